"""Ranking: where every asset stands among the others, and what that makes of a list."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import transaction

from aimodels.services import model_in_force
from assets.compute.series import simple_return
from assets.selectors import MarketView, market_view
from macro.models import MetricsSnapshot
from sectors.selectors.members import primary_sectors
from selection.compute import ranking
from selection.models import AIWatchlistAnalysis, Watchlist
from selection.rules import ASSET_RULES
from selection.selectors import members
from system.choices import LIVE, Outlook
from system.models import PipelineRun
from system.services import complete, land, plain

WEEK, MONTH, QUARTER = timedelta(days=7), timedelta(days=30), timedelta(days=90)
CLEAR = 0.25


@dataclass(frozen=True)
class Standing:
    """Scores of the universe's free assets on a snapshot, by asset id."""

    asset_ids: list[int]
    scores: ranking.Scores
    raw: ranking.Factors

    def place(self, asset_id: int) -> float:
        """Percentile of the total score, 0-1; NaN if the asset has none."""
        return float(self.scores.place[self.asset_ids.index(asset_id)]) if asset_id in self.asset_ids else float("nan")

    def reasons(self, asset_id: int) -> dict[str, float]:
        """The asset's percentile in each factor that is known."""
        at = self.asset_ids.index(asset_id)
        values = {name: float(column[at]) for name, column in self.scores.by_factor.items()}
        return {name: value for name, value in values.items() if np.isfinite(value)}


def standing(view: MarketView) -> Standing:
    """Score every asset of the universe that follows no other price."""
    return view.figure("standing", lambda: _standing(view))


def _standing(view: MarketView) -> Standing:
    panel = view.panel.take(view.universe.free)
    span = ranking.Span(view.bars(WEEK), view.bars(MONTH), view.bars(QUARTER))
    month = simple_return(panel.close, span.month)
    peers = _peers(view, panel.asset_ids.tolist(), month)
    raw = ranking.factors(panel.high, panel.low, panel.close, panel.volume, peers, span)
    return Standing(panel.asset_ids.tolist(), ranking.scores(raw), raw)


def _peers(view: MarketView, asset_ids: list[int], month: np.ndarray) -> np.ndarray:
    """Median 30-day return of each asset's sector; of the whole universe for one without a sector."""
    sectors = primary_sectors(asset_ids, view.as_of)
    names = [sectors[asset_id].pk if asset_id in sectors else 0 for asset_id in asset_ids]
    medians = {}
    for name in set(names):
        group = month if name == 0 else month[[n == name for n in names]]
        known = group[np.isfinite(group)]
        medians[name] = float(np.median(known)) if len(known) else float("nan")
    return np.array([medians[name] for name in names])


@transaction.atomic
def rank_watchlist(
    watchlist: Watchlist, snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE
) -> AIWatchlistAnalysis:
    """Rank the members that a list had at the snapshot's moment. The same snapshot again changes nothing."""
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    found = standing(view)
    listed = [member for member in members(watchlist, view.as_of, series) if member.asset_id in found.asset_ids]
    ranked = sorted(
        listed, key=lambda member: (-np.nan_to_num(found.place(member.asset_id), nan=-1), member.sort_order)
    )
    momentum = np.array([found.scores.by_factor["momentum_30d"][found.asset_ids.index(m.asset_id)] for m in listed])
    returns = np.array([found.raw.momentum_30d[found.asset_ids.index(m.asset_id)] for m in listed])
    values, absent = complete(
        AIWatchlistAnalysis,
        {
            "watchlist": watchlist,
            "metrics_snapshot": snapshot,
            "ai_model": model_in_force(ASSET_RULES, view.as_of),
            "timeframe": view.timeframe,
            "candle_time": view.candle_time,
            "analysis_time": view.as_of,
            "asset_scores": [
                {"asset_id": member.asset_id, "score": found.place(member.asset_id), "rank": place}
                for place, member in enumerate(ranked, 1)
            ],
            "key_signals": {member.asset_id: _signals(found, member.asset_id) for member in ranked},
            **_outlook(returns),
            "run": run,
            "series": series,
        },
        {"ai_confidence_score": "no measured record yet"}
        | dict.fromkeys(("ai_watchlist_outlook", "signal_agreement_score"), "no member has 30 days of history"),
        by_people=("analysis_data", "generated_signals"),
    )
    values["analysis_data"] = {
        "rationale": [f"{len(listed)} of the list's assets are ranked among {len(found.asset_ids)}."],
        "median_momentum_percentile": float(np.nanmedian(momentum)) if np.isfinite(momentum).any() else None,
        "weights": "equal",
        "missing": absent,
    }
    key = ("metrics_snapshot", "watchlist", "ai_model", "series")
    return land(AIWatchlistAnalysis, [values], key=key).rows[0]


def _signals(found: Standing, asset_id: int) -> dict[str, Any]:
    at = found.asset_ids.index(asset_id)
    return {"momentum": float(found.raw.momentum_30d[at]), "volume_spike": float(found.raw.volume_surge[at])}


def _outlook(returns: np.ndarray) -> dict[str, Any]:
    """Direction of the list: which way most of its assets went in 30 days."""
    known = returns[np.isfinite(returns)]
    if not len(known):
        return {}
    rising = float((known > 0).mean())
    outlook = Outlook.BULLISH if rising > 0.5 + CLEAR else Outlook.BEARISH if rising < 0.5 - CLEAR else Outlook.NEUTRAL
    return {"ai_watchlist_outlook": outlook, "signal_agreement_score": max(rising, 1 - rising)}


def attach_signals(analyses: list[AIWatchlistAnalysis], signals: list[dict[str, Any]]) -> int:
    """Note on each ranking which signals came of it.

    Args:
        analyses: rankings of one run.
        signals: ``signal_id``, ``asset_id``, ``signal_type``, ``confidence``, ``entry_price`` of each.
    Returns:
        How many rankings changed.
    """
    changed = 0
    for analysis in {row.pk: row for row in analyses}.values():
        listed = {score["asset_id"] for score in analysis.asset_scores or []}
        wanted = plain([signal for signal in signals if signal["asset_id"] in listed])
        if analysis.generated_signals != wanted:
            analysis.generated_signals = wanted
            analysis.save(update_fields=["generated_signals", "updated_at"])
            changed += 1
    return changed
