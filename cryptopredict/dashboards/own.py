"""What belongs to a person, and what concerns him."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.selectors.notifications import unread_count
from assets.models import Asset
from assets.selectors.shown import shown_market
from cryptopredict.dashboards.layers import TIMEFRAME
from macro.models import MetricsSnapshot
from macro.selectors.shown import shown_regime
from macro.selectors.snapshots import DAY, at_spans_before, present_snapshot
from selection.selectors.day_profit import DayProfit, day_profit
from selection.selectors.tiers import default_lists
from selection.selectors.valuation import PortfolioValue, latest_values
from selection.selectors.visible import newest_ranking, real_portfolios
from trading.models import AITradingSignal
from trading.selectors.chains import active_signals

TOP = 5


def own_values(user: Any) -> dict[int, PortfolioValue]:
    """What the real portfolios of a person are worth."""
    return latest_values(real_portfolios(user).values_list("pk", flat=True))


def own_profit(user: Any, now: datetime) -> DayProfit:
    """Worth of all own real portfolios together, and what they have won since yesterday."""
    return day_profit(own_values(user), now.date())


def open_signals(user: Any, most: int, *, proven_only: bool = False) -> list[AITradingSignal]:
    """Signals of the market that is shown, the surest first."""
    market = shown_market()
    if market is None:
        return []
    found = active_signals(market, user).order_by("-confidence_score", "-pk")
    return list((found.filter(ai_analysis__is_proven=True) if proven_only else found)[:most])


def best_assets(most: int = TOP) -> Sequence[tuple[Asset, float | None]]:
    """The first assets of the newest ranking of the first tier's list, each with its place from 0 to 1."""
    first = next(iter(default_lists().values()), None)
    ranking = newest_ranking(first) if first else None
    scores = sorted((ranking.asset_scores if ranking else None) or [], key=lambda one: one["rank"])[:most]
    assets = Asset.objects.in_bulk([one["asset_id"] for one in scores])
    return [(assets[one["asset_id"]], one["score"]) for one in scores if one["asset_id"] in assets]


@dataclass(frozen=True)
class QuickStats:
    """Few figures; those of a person are None for a visitor."""

    regime: str | None
    snapshot: MetricsSnapshot | None
    btc_change_24h: float | None
    active_signals: int
    portfolio: DayProfit | None
    unread: int | None


def quick_stats(user: Any, now: datetime) -> QuickStats:
    """The market at the newest look at it, and what concerns the reader."""
    market = shown_market()
    analysis = shown_regime(market, TIMEFRAME) if market else None
    snapshot = present_snapshot(market) if market else None
    before = at_spans_before(snapshot, [DAY]).get(DAY) if snapshot else None
    known = user.is_authenticated
    return QuickStats(
        regime=analysis.current_regime.lower() if analysis else None,
        snapshot=snapshot,
        btc_change_24h=float(100 * (snapshot.btc_price_usd / before.btc_price_usd - 1))
        if snapshot and before
        else None,
        active_signals=active_signals(market, user).count() if market else 0,
        portfolio=own_profit(user, now) if known else None,
        unread=unread_count(user, now) if known else None,
    )
