"""Portfolios: what their positions were worth on a snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max, Sum

from aimodels.services import model_in_force
from assets.compute.series import log_returns
from assets.selectors import MarketView, market_view
from macro.models import MetricsSnapshot
from sectors.selectors.members import primary_sectors
from selection.choices import HoldingType
from selection.compute.lots import EXACT, Holding
from selection.models import AIPortfolioAnalysis, Portfolio, PortfolioAsset, PositionFlow
from selection.rules import ASSET_RULES
from selection.selectors import latest_closes
from system.choices import LIVE
from system.models import PipelineRun
from system.services import complete, land

QUARTER = timedelta(days=90)
CENT = Decimal("0.01")
DOLLARS = ("USDT", "USDC")
"""Coins that count as one dollar where no rate of theirs is known; what is built on that says so."""


@dataclass(frozen=True)
class Valued:
    """A position at a moment. ``price`` and what follows from it is None where no price is known.

    ``is_assumed`` says that the price is not a known one: a coin counted as one dollar.
    """

    position: PortfolioAsset
    holding: Holding
    price: Decimal | None
    is_assumed: bool = False

    @property
    def value(self) -> Decimal | None:
        return None if self.price is None else self.holding.value(self.price)

    @property
    def unrealized(self) -> Decimal | None:
        return None if self.price is None else self.holding.unrealized(self.price)


def valued_positions(portfolio: Portfolio, view: MarketView) -> list[Valued]:
    """Positions that were open at the view's moment, by the flows up to then and the last closes known then."""
    flows = PositionFlow.objects.filter(position__portfolio=portfolio, occurred_at__lte=view.as_of)
    sums = flows.values("position_id").annotate(
        quantity=Sum("quantity_change"),
        cost=Sum("cost_change_usd"),
        realized=Sum("realized_usd"),
        cash=Sum("cash_flow_usd"),
        last=Max("occurred_at"),
    )
    totals = {row["position_id"]: row for row in sums if row["quantity"]}
    positions = list(PortfolioAsset.objects.filter(pk__in=totals).select_related("asset").order_by("id"))
    closes = latest_closes({position.asset_id for position in positions}, view)
    return [
        Valued(
            position,
            Holding(
                totals[position.pk]["quantity"],
                totals[position.pk]["cost"],
                totals[position.pk]["realized"],
                totals[position.pk]["cash"],
                position.asset_type == HoldingType.SHORT_POSITION,
            ),
            *_price(position, closes),
        )
        for position in positions
    ]


def _price(position: PortfolioAsset, closes: dict[int, Decimal]) -> tuple[Decimal | None, bool]:
    """Price of a position's asset, USD, and whether it is assumed."""
    close = closes.get(position.asset_id)
    if close is None and position.asset.symbol in DOLLARS:
        return Decimal(1), True
    return close, False


def assumptions(valued: Sequence[Valued]) -> list[str]:
    """What the figures about the positions rest on besides known prices, in words."""
    assumed = {one.position.asset.symbol for one in valued if one.is_assumed}
    return [f"{symbol} counted as 1 USD: no rate is known" for symbol in sorted(assumed)]


@transaction.atomic
def analyse_portfolio(
    portfolio: Portfolio, snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE
) -> AIPortfolioAnalysis | None:
    """Value a portfolio and describe its risks on a snapshot. The same snapshot again changes nothing.

    Returns:
        None for a portfolio without an open position at that moment.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    valued = valued_positions(portfolio, view)
    if not valued:
        return None
    priced = [one for one in valued if one.value is not None]
    unpriced = sorted(one.position.asset.symbol for one in valued if one.value is None)
    no_price = f"no price of {', '.join(unpriced)}" if unpriced else "no price"
    values, absent = complete(
        AIPortfolioAnalysis,
        {
            "portfolio": portfolio,
            "metrics_snapshot": snapshot,
            "ai_model": model_in_force(ASSET_RULES, view.as_of),
            "timeframe": view.timeframe,
            "candle_time": view.candle_time,
            "analysis_time": view.as_of,
            "run": run,
            "series": series,
            **(_totals(priced) if not unpriced else {}),
            **(_risk(priced, view) if not unpriced else {}),
        },
        {"ai_confidence_score": "no measured record yet"}
        | dict.fromkeys(
            ("total_portfolio_value_usd", "total_pnl_usd", "total_pnl_pct", "concentration_risk", "current_allocation",
             "diversification_score"), no_price)
        | {"portfolio_beta": no_price if unpriced else "fewer than 30 returns in common with Bitcoin"},
        by_people=("analysis_data",),
    )  # fmt: skip
    values["analysis_data"] = {
        "positions": len(valued),
        "method": "average cost",
        "assumptions": assumptions(valued),
        "missing": absent,
    }
    key = ("metrics_snapshot", "portfolio", "ai_model", "series")
    return land(AIPortfolioAnalysis, [values], key=key).rows[0]


def _totals(valued: list[Valued]) -> dict[str, Any]:
    """Value and unrealised profit, exact until they are rounded to cents."""
    with localcontext(EXACT):
        value = sum((one.value or Decimal(0) for one in valued), Decimal(0))
        unrealized = sum((one.unrealized or Decimal(0) for one in valued), Decimal(0))
        cost = sum((abs(one.holding.cost) for one in valued), Decimal(0))
        return {
            "total_portfolio_value_usd": value.quantize(CENT),
            "total_pnl_usd": unrealized.quantize(CENT),
            "total_pnl_pct": 100 * unrealized / cost if cost else None,
        }


def _risk(valued: list[Valued], view: MarketView) -> dict[str, Any]:
    """How concentrated the portfolio is, and how it moves with Bitcoin."""
    sizes = np.array([abs(float(one.value or 0)) for one in valued])
    if not sizes.sum():
        return {}
    weights = sizes / sizes.sum()
    hhi = float((weights**2).sum())
    sectors = primary_sectors([one.position.asset_id for one in valued], view.as_of)
    by_sector: dict[str, float] = {}
    by_type: dict[str, float] = {}
    for one, weight in zip(valued, weights, strict=True):
        sector = sectors.get(one.position.asset_id)
        name = sector.name if sector else "none"
        by_sector[name] = by_sector.get(name, 0) + 100 * float(weight)
        by_type[one.position.asset_type] = by_type.get(one.position.asset_type, 0) + 100 * float(weight)
    return {
        "concentration_risk": hhi,
        "diversification_score": 1 - hhi,
        "current_allocation": {"by_sector": by_sector, "by_asset_type": by_type},
        "portfolio_beta": _beta(valued, weights, view),
    }


def _beta(valued: list[Valued], weights: np.ndarray, view: MarketView) -> float:
    """Slope of the present holdings' returns on Bitcoin's over 90 days; NaN with fewer than 30 common returns.

    A coin that is counted as one dollar does not move.
    """
    signs = np.array([-1.0 if one.holding.is_short else 1.0 for one in valued])
    moving = np.array([not one.is_assumed for one in valued])
    asset_ids = [one.position.asset_id for one in valued if not one.is_assumed]
    if view.universe.bitcoin is None or not set(asset_ids) <= set(view.universe.asset_ids):
        return float("nan")
    span = view.bars(QUARTER)
    returns = log_returns(view.panel.close)[-span:]
    columns = [view.panel.column(asset_id) for asset_id in asset_ids]
    mixed = returns[:, columns] @ (weights * signs)[moving]
    bitcoin = returns[:, view.panel.column(view.universe.bitcoin)]
    both = np.isfinite(mixed) & np.isfinite(bitcoin)
    if both.sum() < 30 or bitcoin[both].var() == 0:
        return float("nan")
    return float(np.cov(mixed[both], bitcoin[both], ddof=1)[0, 1] / bitcoin[both].var(ddof=1))
