"""Portfolios: what their positions were worth on a snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Max, Sum

from assets.selectors import MarketView
from selection.choices import HoldingType
from selection.compute.lots import Holding
from selection.models import Portfolio, PortfolioAsset, PositionFlow
from selection.selectors import latest_closes
from selection.selectors.daily_prices import AS_DOLLAR, DOLLARS

QUARTER = timedelta(days=90)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Valued:
    """A position at a moment. ``price`` and what follows from it is None where no price is known.

    ``is_assumed`` says that the price is not a known one: a coin counted as one dollar. ``marks`` are codes of what its
    journal rests on.
    """

    position: PortfolioAsset
    holding: Holding
    price: Decimal | None
    is_assumed: bool = False
    marks: frozenset[str] = frozenset()

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
    marks: dict[int, frozenset[str]] = {}
    for key, codes in flows.filter(position__in=totals).exclude(assumptions=[]).values_list("position", "assumptions"):
        marks[key] = marks.get(key, frozenset()).union(codes)
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
            marks.get(position.pk, frozenset()),
        )
        for position in positions
    ]


def _price(position: PortfolioAsset, closes: dict[int, Decimal]) -> tuple[Decimal | None, bool]:
    """Price of a position's asset, USD, and whether it is assumed."""
    close = closes.get(position.asset_id)
    if close is None and position.asset.symbol in DOLLARS:
        return Decimal(1), True
    return close, False


def assumptions(valued: Sequence[Valued], *more: str) -> list[str]:
    """What the figures about the positions rest on besides known prices: in words where a price is assumed, codes of
    what the journal, or their past (``more``), rests on."""
    assumed = {one.position.asset_id: one.position.asset.symbol for one in valued if one.is_assumed}
    words = [f"{symbol} counted as 1 USD: no rate is known" for symbol in sorted(assumed.values())]
    codes = {code for one in valued for code in one.marks}.union(more)
    return words + sorted(codes - {f"{AS_DOLLAR}:{asset_id}" for asset_id in assumed})
