"""Why something was suggested: suggestion → rankings → sector → regime → snapshot → forecasts → candle, by key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aimodels.models import Prediction
from assets.models import PriceData, PriceDataArchive
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AISectorAnalysis
from selection.choices import SuggestionType
from selection.models import (
    AISuggestion,
    AISuggestionArchive,
    AIWatchlistAnalysis,
    AssetRanking,
    SuggestionOutcome,
)

KEYS = ("asset_ranking_id", "watchlist_analysis_id", "sector_analysis_id", "regime_id", "snapshot_id")
NOTHING = 0
"""No row has this key."""


@dataclass(frozen=True)
class Reason:
    """A factor behind a suggestion.

    Attributes:
        value: of the factor itself; None where only its percentile was kept.
        percentile: share of the other assets below, 0-1.
        weight: share of the score, 0-1; None where it was not kept.
    """

    factor: str
    value: float | None
    percentile: float
    weight: float | None


@dataclass(frozen=True)
class SuggestionChain:
    """A suggestion and every row that it rests on, down to the candle. What it does not name is None.

    Attributes:
        reasons: what speaks for the change the most, first.
        candle: newest closed candle of the asset when it was made.
        outcome: what came of it; None before its horizon has passed.
    """

    suggestion: AISuggestion | AISuggestionArchive
    reasons: list[Reason]
    ranking: AssetRanking | None
    analysis: AIWatchlistAnalysis | None
    sector: AISectorAnalysis | None
    regime: AIRegimeAnalysis | None
    snapshot: MetricsSnapshot | None
    forecasts: list[Prediction]
    candle: PriceData | PriceDataArchive | None
    outcome: SuggestionOutcome | None


def why(suggestion: AISuggestion | AISuggestionArchive) -> SuggestionChain:
    """The chain of a suggestion, also of one in the archive."""
    context = suggestion.context_data or {}
    named: dict[str, Any] = context.get("evidence", {})
    keys = {name: named.get(name) or NOTHING for name in KEYS}
    return SuggestionChain(
        suggestion=suggestion,
        reasons=reasons(suggestion),
        ranking=AssetRanking.objects.filter(pk=keys["asset_ranking_id"]).first(),
        analysis=AIWatchlistAnalysis.objects.filter(pk=keys["watchlist_analysis_id"]).first(),
        sector=AISectorAnalysis.objects.select_related("sector").filter(pk=keys["sector_analysis_id"]).first(),
        regime=AIRegimeAnalysis.objects.filter(pk=keys["regime_id"]).first(),
        snapshot=MetricsSnapshot.objects.filter(pk=keys["snapshot_id"]).first(),
        forecasts=list(Prediction.objects.filter(pk__in=named.get("prediction_ids", [])).order_by("pk")),
        candle=_candle(suggestion.asset_id, context),
        outcome=SuggestionOutcome.objects.filter(suggestion_id=suggestion.pk).first(),
    )


def reasons(suggestion: AISuggestion | AISuggestionArchive) -> list[Reason]:
    """The factors, those that speak for the change the most first."""
    told = suggestion.reasoning
    values, weights = told.get("values", {}), told.get("weights", {})
    falls = {SuggestionType.REMOVE, SuggestionType.DEMOTE}
    rises = told.get("direction", -1 if suggestion.suggestion_type in falls else 1) > 0
    found = [
        Reason(name, values.get(name), percentile, weights.get(name))
        for name, percentile in told.get("percentiles", {}).items()
    ]
    return sorted(found, key=lambda reason: reason.percentile, reverse=rises)


def _candle(asset_id: int, context: dict[str, Any]) -> PriceData | PriceDataArchive | None:
    if "candle_time" not in context:
        return None
    named = {
        "asset": asset_id,
        "timeframe": context["timeframe"],
        "candle_time": datetime.fromisoformat(context["candle_time"]),
    }
    return PriceData.objects.filter(**named).first() or PriceDataArchive.objects.filter(**named).first()
