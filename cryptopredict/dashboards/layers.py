"""The market in four layers."""

from dataclasses import dataclass
from decimal import Decimal
from math import floor
from typing import Any

from django.db.models import Avg
from django.utils.translation import gettext as _

from assets.choices import Market
from assets.selectors.shown import shown_market
from macro.choices import MarketRegime
from macro.models import AIRegimeAnalysis
from macro.selectors.shown import shown_regime
from sectors.models import AICrossSectorAnalysis
from sectors.selectors.standing import newest_comparison
from selection.models import WatchlistAsset
from selection.selectors.tiers import default_lists
from selection.selectors.visible import newest_ranking
from trading.selectors.chains import active_signals, counts

NO_DATA = "no_data"
TIMEFRAME = "1d"
MOODS = {MarketRegime.BULL: "bullish", MarketRegime.BEAR: "bearish"}
ROTATING = Decimal("0.5")
"""From this probability on capital is said to rotate."""
MOST_DOTS = 5


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
