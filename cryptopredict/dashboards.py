"""What the dashboards of the API show: the market in four layers, one's own portfolios, and what is open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import floor
from typing import Any

from django.db.models import Avg
from django.utils.translation import gettext as _

from accounts.choices import NotificationStatus
from accounts.models import User
from accounts.selectors.notifications import unread_count, visible_notifications
from aimodels.models import AIModel
from assets.choices import Market
from assets.models import Asset
from assets.selectors.shown import shown_market
from macro.choices import MarketRegime
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.selectors.rationale import rationale
from macro.selectors.shown import shown_regime
from macro.selectors.snapshots import DAY, at_spans_before, present_snapshot
from sectors.models import AICrossSectorAnalysis
from sectors.selectors.standing import newest_comparison
from selection.models import WatchlistAsset
from selection.selectors.day_profit import DayProfit, day_profit
from selection.selectors.tiers import default_lists
from selection.selectors.valuation import PortfolioValue, latest_values
from selection.selectors.visible import newest_ranking, real_portfolios
from system import formats
from system.models import AnalyticsData, SystemHealth
from trading.models import AITradingSignal
from trading.selectors.chains import active_signals, counts

TIMEFRAME = "1d"
NO_DATA = "no_data"
MOODS = {MarketRegime.BULL: "bullish", MarketRegime.BEAR: "bearish"}
ROTATING = Decimal("0.5")
"""From this probability on capital is said to rotate."""
MOST_DOTS = 5
TOP, TIPS = 5, 3
RATES = ("requests_per_minute", "predictions_per_minute")
"""Figures of ``analytics_data`` that say how much is worked on."""


@dataclass(frozen=True)
class LayerCard:
    """One of the four layers in short; confidence is unknown where there is no data."""

    layer: int
    name: str
    status: str
    confidence: float | None
    key_metric: str | None

    @property
    def indicator_dots(self) -> int:
        """The confidence in fifths, rounded down."""
        return 0 if self.confidence is None else floor(MOST_DOTS * self.confidence)


def layer_cards(user: Any) -> list[LayerCard]:
    """The four layers of the market that is shown."""
    market = shown_market()
    return [
        macro_card(shown_regime(market, TIMEFRAME) if market else None),
        sector_card(newest_comparison()),
        asset_card(),
        signal_card(market, user),
    ]


def mood(analysis: AIRegimeAnalysis) -> str:
    """The state of the market as one word of the API."""
    return MOODS.get(MarketRegime(analysis.current_regime), analysis.current_regime.lower())


def macro_card(analysis: AIRegimeAnalysis | None) -> LayerCard:
    if analysis is None:
        return LayerCard(1, _("Macro"), NO_DATA, None, None)
    confidence = float(analysis.regime_confidence)
    metric = f"{analysis.current_regime} {100 * confidence:.0f}%"
    return LayerCard(1, _("Macro"), mood(analysis), confidence, metric)


def sector_card(comparison: AICrossSectorAnalysis | None) -> LayerCard:
    """How probable it is that capital rotates, and the sector that rose most in seven days."""
    chance = comparison.rotation_probability if comparison else None
    if comparison is None or chance is None:
        return LayerCard(2, _("Sectors"), NO_DATA, None, None)
    ranked = [one for one in comparison.sector_performance_ranking or [] if one.get("return_7d") is not None]
    best = min(ranked, key=lambda one: one["rank"], default=None)
    metric = f"{best['sector']} {best['return_7d']:+.1f}%" if best else None
    is_rotating = chance >= ROTATING
    confidence = float(chance if is_rotating else 1 - chance)
    return LayerCard(2, _("Sectors"), "rotating" if is_rotating else "steady", confidence, metric)


def asset_card() -> LayerCard:
    """How many assets are on the default lists, and how sure the newest ranking of the first tier is."""
    lists = list(default_lists().values())
    active = WatchlistAsset.objects.filter(watchlist__in=lists, is_active=True).values("asset").distinct().count()
    if not active:
        return LayerCard(3, _("Assets"), NO_DATA, None, None)
    ranking = newest_ranking(lists[0])
    sure = ranking.ai_confidence_score if ranking else None
    metric = _("%(count)s active") % {"count": active}
    return LayerCard(3, _("Assets"), "active", None if sure is None else float(sure), metric)


def signal_card(market: Market | None, user: Any) -> LayerCard:
    """How many signals are open, and how sure they are on average. Without a proven edge they are only watched."""
    name = _("Timing")
    if market is None:
        return LayerCard(4, name, NO_DATA, None, None)
    active = active_signals(market, user)
    found, mean = counts(active), active.order_by().aggregate(mean=Avg("confidence_score"))["mean"]
    count = found.proven + found.unproven
    if not count:
        return LayerCard(4, name, NO_DATA, None, None)
    metric = _("%(count)s signals") % {"count": count}
    return LayerCard(4, name, "signals_ready" if found.proven else "unproven", float(mean), metric)


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


def main(user: User, now: datetime) -> dict[str, Any]:
    """What a person sees first."""
    return {"user_profile": user, "ai_status": ai_status(), **overview(user, now, market_overview())}


def overview(user: User, now: datetime, market: dict[str, Any]) -> dict[str, Any]:
    """The part of it that changes by the minute.

    Args:
        market: the same for everybody, see ``market_overview``.
    """
    shown = market["market"]
    return {
        "market_overview": market,
        "portfolio_summary": own_profit(user, now),
        "active_signals": active_signals(shown, user).count() if shown else 0,
        "notifications": unread_count(user, now),
    }


def market_overview() -> dict[str, Any]:
    """State of the market that is shown in its newest daily analysis; every figure is None before the first."""
    market = shown_market()
    analysis = shown_regime(market, TIMEFRAME) if market else None
    snapshot = analysis.metrics_snapshot if analysis else None
    return {
        "market": market,
        "is_demo": market == Market.DEMO,
        "as_of": analysis.analysis_time if analysis else None,
        "regime": analysis.current_regime.lower() if analysis else None,
        "regime_confidence": analysis.regime_confidence if analysis else None,
        "risk_level": analysis.risk_level if analysis else None,
        "sentiment": snapshot.composite_sentiment if snapshot else None,
        "breadth": snapshot.crypto_market_breadth if snapshot else None,
        "btc_dominance": snapshot.btc_dominance if snapshot else None,
        "btc_price_usd": snapshot.btc_price_usd if snapshot else None,
        "total_market_cap": snapshot.total_market_cap if snapshot else None,
    }


def overviews(people: Iterable[User], now: datetime) -> dict[int, dict[str, Any]]:
    """The overviews of people by id; what is the same for all of them is looked up once."""
    market = market_overview()
    return {user.pk: overview(user, now, market) for user in people}


def ai_status() -> dict[str, Any]:
    """Whether the layers were well at the newest round of health checks, and how many versions are in force."""
    health = SystemHealth.objects.order_by("-check_time").first()
    found = (health.api_status if health else None) or {}
    layers = [state for name, state in found.items() if name.startswith("layer")]
    return {
        "all_online": all(state == "healthy" for state in layers) if layers else None,
        "active_models": AIModel.objects.filter(is_active=True).count(),
        "processing_rate": processing_rate(),
    }


def processing_rate() -> str | None:
    """Requests or forecasts a minute, as it was measured last."""
    measured = AnalyticsData.objects.filter(metric_name__in=RATES).order_by("-created_at", "-pk").first()
    return None if measured is None else f"{formats.amount(measured.metric_value)}/min"


def casual(user: User, now: datetime) -> dict[str, Any]:
    """The market in a sentence, the best of it, and the own worth."""
    market = shown_market()
    analysis = shown_regime(market, TIMEFRAME) if market else None
    unread = visible_notifications(user, now).filter(status=NotificationStatus.UNREAD)
    return {
        "market": {
            "mood": mood(analysis) if analysis else None,
            "confidence": analysis.regime_confidence if analysis else None,
            "sentence": next(iter(rationale(analysis)), None) if analysis else None,
        },
        "top_assets": best_assets(),
        "top_signals": open_signals(user, TOP, proven_only=True),
        "portfolio": own_profit(user, now),
        "tips": list(unread[:TIPS]),
    }
