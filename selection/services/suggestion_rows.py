"""A suggestion as a row: what is to change, the numbers behind it, and the rows that they came from."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from aimodels.models import AIModel
from assets.selectors import MarketView
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AISectorAnalysis
from sectors.selectors.members import primary_sectors
from selection.choices import SuggestionType, Tier
from selection.compute.candidates import Candidate
from selection.compute.weights import share_right
from selection.models import AISuggestion, AIWatchlistAnalysis, AssetRanking, Watchlist
from selection.selectors.outlooks import HORIZON_HOURS
from selection.services.standings import Ranked
from system.choices import Priority
from system.models import PipelineRun
from system.services import complete, plain

LAYER = 3
URGENT, HIGH = 0.95, 0.85
LATER = ("reviewed_by", "reviewed_at", "implemented_at", "actual_return", "success_score", "deferred_until",
         "reasoning", "context_data", "performance_metrics")  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """Rows of the run that suggestions point at, by key.

    Attributes:
        analyses: ranking of each list, by list.
        sectors: analysis of the primary sector of each asset, by asset.
    """

    snapshot: int
    ranking: int | None
    regime: int | None
    analyses: dict[int, int]
    sectors: dict[int, int]

    def of(self, watchlist: Watchlist, asset_id: int, forecasts: tuple[int, ...]) -> dict[str, Any]:
        """The keys that belong to one suggestion."""
        return {
            "snapshot_id": self.snapshot,
            "asset_ranking_id": self.ranking,
            "watchlist_analysis_id": self.analyses.get(watchlist.pk),
            "regime_id": self.regime,
            "sector_analysis_id": self.sectors.get(asset_id),
            "prediction_ids": list(forecasts),
        }


def evidence_of(snapshot: MetricsSnapshot, run: PipelineRun, series: str, asset_ids: list[int]) -> Evidence:
    """What the run has written so far about the snapshot."""
    same: dict[str, Any] = {"metrics_snapshot": snapshot, "series": series}
    by_sector = dict(AISectorAnalysis.objects.filter(**same).order_by("pk").values_list("sector_id", "pk"))
    sectors = primary_sectors(asset_ids, run.as_of)
    return Evidence(
        snapshot=snapshot.pk,
        ranking=AssetRanking.objects.filter(**same).order_by("-pk").values_list("pk", flat=True).first(),
        regime=AIRegimeAnalysis.objects.filter(**same).order_by("-pk").values_list("pk", flat=True).first(),
        analyses=dict(AIWatchlistAnalysis.objects.filter(**same).order_by("pk").values_list("watchlist_id", "pk")),
        sectors={one: by_sector[sector.pk] for one, sector in sectors.items() if sector.pk in by_sector},
    )


@dataclass(frozen=True)
class Ground:
    """What all suggestions of a run share."""

    view: MarketView
    found: Ranked
    model: AIModel
    evidence: Evidence
    lifetime: timedelta
    threshold: float


def suggestion_row(one: Candidate, watchlist: Watchlist, ground: Ground, weight_now: float | None) -> dict[str, Any]:
    """The columns of a suggestion; each that stays empty is named with the reason.

    Args:
        weight_now: weight of the asset on the list, for a rebalancing.
    """
    outlook = ground.found.outlooks.get(one.asset_id)
    values, absent = complete(
        AISuggestion,
        {
            "watchlist": watchlist,
            "asset_id": one.asset_id,
            "ai_model": ground.model,
            "suggestion_type": SuggestionType(one.kind),
            "ai_layer": LAYER,
            "target_tier": Tier(one.target) if one.target else None,
            "target_weight": one.weight,
            "priority": priority(one.confidence),
            "confidence_score": one.confidence,
            "expected_return": 100 * outlook.expected_return if outlook else None,
            "risk_score": outlook.possible_loss if outlook else None,
            "horizon_hours": HORIZON_HOURS,
            "expires_at": ground.view.as_of + ground.lifetime,
        },
        {
            "expected_return": "the run has no forecast of the asset",
            "risk_score": "the run has no forecast of the asset",
            "target_tier": "it changes no tier",
            "target_weight": "it changes no weight",
            "target_position": "an asset joins at the end",
        },
        by_people=LATER,
    )
    values["reasoning"] = plain(reasoning(one, ground, weight_now))
    values["context_data"] = {
        "as_of": ground.view.as_of.isoformat(),
        "timeframe": ground.view.timeframe,
        "candle_time": ground.view.candle_time.isoformat(),
        "evidence": ground.evidence.of(watchlist, one.asset_id, outlook.ids if outlook else ()),
        "missing": absent,
    }
    values["performance_metrics"] = plain(
        {
            name: ground.found.at(getattr(ground.found.standing.raw, name), one.asset_id)
            for name in ("momentum_7d", "momentum_30d", "momentum_90d")
        }
        | ({"probability_up": outlook.probability_up, "possible_loss": outlook.possible_loss} if outlook else {})
    )
    return values


def reasoning(one: Candidate, ground: Ground, weight_now: float | None) -> dict[str, Any]:
    """The numbers behind a suggestion: of each factor the value, the percentile and the weight; the place, the limit
    that it passed, and how often such places were followed by what is suggested."""
    found = ground.found
    shares = dict(zip(found.weights.names, found.weights.values.tolist(), strict=True))
    percentiles = found.percentiles(one.asset_id)
    raw = vars(found.standing.raw)
    place = found.place(one.asset_id)
    share, count = share_right(found.record.found, place, rises=one.rises)
    told: dict[str, Any] = {
        "percentiles": percentiles,
        "values": {name: found.at(raw[name], one.asset_id) for name in percentiles if name in raw},
        "weights": {name: shares[name] for name in percentiles},
        "score": found.at(found.total, one.asset_id),
        "place": place,
        "among": len(found.asset_ids),
        "threshold": ground.threshold,
        "direction": 1 if one.rises else -1,
        "confidence_is": "clearness of the rank, no probability",
        "measured": {"share": share, "n": count, "is": "how often assets at such a place did so against the median"},
    }
    if one.other is not None and one.other_weight is None:
        told["changes_place_with"] = {"asset_id": one.other, "place": found.place(one.other)}
    if one.other is not None and one.other_weight is not None:
        wanted = round(one.other_weight, 4)
        told["changes_weight_with"] = {"asset_id": one.other, "place": found.place(one.other), "wanted": wanted}
    if one.weight is not None:
        told["weight"] = {"now": weight_now, "wanted": one.weight}
    return told


def priority(confidence: float) -> Priority:
    """How soon somebody should look at it."""
    if confidence >= URGENT:
        return Priority.URGENT
    return Priority.HIGH if confidence >= HIGH else Priority.NORMAL


def spreads(found: Ranked) -> dict[int, float]:
    """Volatility per period of each asset of which it is known."""
    pairs = zip(found.asset_ids, (-found.standing.raw.calm).tolist(), strict=True)
    return {asset_id: value for asset_id, value in pairs if np.isfinite(value)}
