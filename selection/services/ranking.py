"""Ranking: the order of the whole market, and what it makes of a list."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import transaction

from aimodels.services import model_in_force
from assets.selectors import market_view
from macro.models import MetricsSnapshot
from selection.choices import Factor
from selection.compute import weights
from selection.models import AIWatchlistAnalysis, AssetRanking, Watchlist
from selection.rules import ASSET_RULES
from selection.selectors import members
from selection.selectors.membership import Member
from selection.services.standings import WEEK, Ranked, ranked
from system.choices import LIVE, Outlook
from system.models import PipelineRun
from system.services import complete, land, plain

CLEAR = 0.25
HOURS = 3600


@transaction.atomic
def rank_assets(snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE) -> AssetRanking:
    """Keep the order of the whole market with its weights and their evidence. The same again changes nothing."""
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    found = ranked(view, run)
    values = {
        "metrics_snapshot": snapshot,
        "ai_model": model_in_force(ASSET_RULES, view.as_of),
        "timeframe": view.timeframe,
        "candle_time": view.candle_time,
        "analysis_time": view.as_of,
        "asset_count": int(np.isfinite(found.total).sum()),
        "is_estimated": found.weights.is_estimated,
        "moments": found.weights.moments,
        "weights": dict(zip(found.weights.names, found.weights.values.tolist(), strict=True)),
        "evidence": evidence(found),
        "scores": [_score(found, asset_id) for asset_id in found.asset_ids],
        "analysis_data": {"rationale": rationale(found)},
        "run": run,
        "series": series,
    }
    return land(AssetRanking, [values], key=("metrics_snapshot", "ai_model", "series")).rows[0]


def evidence(found: Ranked) -> dict[str, Any]:
    """What the weights rest on."""
    held, interval = found.weights, found.record.interval
    lines = zip(held.names, held.measured.tolist(), held.errors.tolist(), strict=True)
    known = np.isfinite(found.record.found.correlations)
    return {
        "factors": {name: {"rank_correlation": measured, "standard_error": error} for name, measured, error in lines},
        "trust": held.trust,
        "walk_forward": {
            "n": int(known.sum()),
            "mean": interval.value if interval else None,
            "low": interval.low if interval else None,
            "high": interval.high if interval else None,
            "share_positive": found.record.share_positive,
        },
        "steady_hours": _steady_hours(found),
    }


def _steady_hours(found: Ranked) -> int | None:
    return None if found.record.steady is None else int(found.record.steady * WEEK.total_seconds() // HOURS)


def rationale(found: Ranked) -> list[str]:
    """The weights in sentences."""
    held = found.weights
    count = int(np.isfinite(found.total).sum())
    if not held.is_estimated:
        why = (
            f"only {held.moments} past weeks with an outcome are known, fewer than {weights.LEAST_MOMENTS}"
            if held.moments < weights.LEAST_MOMENTS
            else "no factor has ordered the assets the right way round"
        )
        return [f"{count} assets are ranked. All factors weigh the same: {why}."]
    first = max(zip(held.values.tolist(), held.names, strict=True))
    how = (
        f"follow them by {100 * held.trust:.0f} %; {first[1]} weighs the most, {100 * first[0]:.0f} %"
        if held.trust > 0
        else "are equal all the same: the factors do not differ by more than chance"
    )
    return [
        f"{count} assets are ranked. The weights rest on {held.moments} past weeks and {how}.",
        "The forecasts count among the factors."
        if Factor.FORECAST in held.names
        else "Forecasts order nothing here: the rules give every asset the same chance.",
    ]


def _score(found: Ranked, asset_id: int) -> dict[str, Any]:
    outlook, level = found.outlooks.get(asset_id), found.risk_level(asset_id)
    return {
        "asset_id": asset_id,
        "score": found.at(found.total, asset_id),
        "place": found.place(asset_id),
        "momentum_30d": found.at(found.standing.raw.momentum_30d, asset_id),
        "risk_level": level.value if level else None,
        "probability_up": outlook.probability_up if outlook else None,
        "expected_return_pct": 100 * outlook.expected_return if outlook else None,
    }


@transaction.atomic
def rank_watchlist(
    watchlist: Watchlist, snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE
) -> AIWatchlistAnalysis:
    """Rank the members that a list had at the snapshot's moment. The same snapshot again changes nothing."""
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    found, model = ranked(view, run), model_in_force(ASSET_RULES, view.as_of)
    listed = [member for member in members(watchlist, view.as_of, series) if member.asset_id in found.asset_ids]
    ordered = sorted(
        listed, key=lambda member: (-np.nan_to_num(found.place(member.asset_id), nan=-1), member.sort_order)
    )
    key = {"metrics_snapshot": snapshot, "watchlist": watchlist, "ai_model": model, "series": series}
    # Locked: a run may be noting its signals on the row just now.
    held = AIWatchlistAnalysis.objects.select_for_update(of=("self",)).filter(**key)
    before = held.values_list("generated_signals", flat=True).first()
    values, absent = complete(
        AIWatchlistAnalysis,
        {
            **key,
            "timeframe": view.timeframe,
            "candle_time": view.candle_time,
            "analysis_time": view.as_of,
            **with_signals(_member_scores(found, ordered), _key_signals(found, ordered), before or []),
            **_outlook(found, listed),
            "ai_confidence_score": found.record.share_positive,
            "outlook_duration_estimate": _steady_hours(found),
            "run": run,
        },
        {
            "ai_confidence_score": "fewer than half a year of past weeks to measure the score on",
            "outlook_duration_estimate": "fewer than half a year of past weeks to see how long an order lasts",
        }
        | dict.fromkeys(("ai_watchlist_outlook", "signal_agreement_score"), "no member has 30 days of history"),
        by_people=("analysis_data", "generated_signals"),
    )
    values["analysis_data"] = plain(_analysis_data(found, listed) | {"missing": absent})
    return land(AIWatchlistAnalysis, [values], key=tuple(key)).rows[0]


def _member_scores(found: Ranked, ordered: list[Member]) -> list[dict[str, Any]]:
    risks = {member.asset_id: found.risk_level(member.asset_id) for member in ordered}
    return [
        {
            "asset_id": member.asset_id,
            "score": found.place(member.asset_id),
            "rank": place,
            "risk_level": risk.value if (risk := risks[member.asset_id]) else None,
        }
        for place, member in enumerate(ordered, 1)
    ]


def _key_signals(found: Ranked, ordered: list[Member]) -> dict[int, dict[str, Any]]:
    raw = found.standing.raw
    lines = {"momentum": raw.momentum_30d, "volume_spike": raw.volume_surge, "breakout": found.standing.breakouts}
    return {
        member.asset_id: {name: found.at(line, member.asset_id) for name, line in lines.items()} for member in ordered
    }


def _analysis_data(found: Ranked, listed: list[Member]) -> dict[str, Any]:
    momentum = np.array([found.at(found.by_factor["momentum_30d"], member.asset_id) for member in listed])
    held = found.weights
    return {
        "rationale": [
            f"{len(listed)} of the list's assets are ranked among {len(found.asset_ids)}.",
            *rationale(found),
        ],
        "median_momentum_percentile": float(np.nanmedian(momentum)) if np.isfinite(momentum).any() else None,
        "weights": dict(zip(held.names, held.values.tolist(), strict=True)),
        "weights_are": "estimated" if held.is_estimated else "equal",
        "walk_forward": evidence(found)["walk_forward"],
        "notes": {
            "ai_confidence_score": "share of past weeks in which the score, with the weights of that time, ordered the "
            "assets the right way round",
            "outlook_duration_estimate": "hours after which half of the order has gone",
            "avg_signal_quality": "mean confidence of the signals",
        },
    }


def _outlook(found: Ranked, listed: list[Member]) -> dict[str, Any]:
    """Direction of the list: which way most of its assets went in 30 days."""
    returns = np.array([found.at(found.standing.raw.momentum_30d, member.asset_id) for member in listed])
    known = returns[np.isfinite(returns)]
    if not len(known):
        return {}
    rising = float((known > 0).mean())
    outlook = Outlook.BULLISH if rising > 0.5 + CLEAR else Outlook.BEARISH if rising < 0.5 - CLEAR else Outlook.NEUTRAL
    return {"ai_watchlist_outlook": outlook, "signal_agreement_score": max(rising, 1 - rising)}


def with_signals(
    scores: list[dict[str, Any]], key_signals: dict[Any, dict[str, Any]], signals: list[dict[str, Any]]
) -> dict[str, Any]:
    """The scores and key signals of a ranking with the signals that came of it: how many, how good, which."""
    by_asset: dict[int, list[dict[str, Any]]] = {}
    for signal in signals:
        by_asset.setdefault(signal["asset_id"], []).append(signal)
    told = []
    for score in scores:
        own = [signal["confidence"] for signal in by_asset.get(score["asset_id"], [])]
        quality = float(np.mean(own)) if own else None
        told.append({**score, "signal_count": len(own), "avg_signal_quality": quality})
    named = {
        asset_id: {**held, "active_signals": [one["signal_id"] for one in by_asset.get(int(asset_id), [])]}
        for asset_id, held in key_signals.items()
    }
    return {"asset_scores": told, "key_signals": named}


def attach_signals(analyses: Sequence[AIWatchlistAnalysis], signals: list[dict[str, Any]]) -> int:
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
            for name, value in with_signals(analysis.asset_scores or [], analysis.key_signals or {}, wanted).items():
                setattr(analysis, name, value)
            analysis.save(update_fields=["generated_signals", "asset_scores", "key_signals", "updated_at"])
            changed += 1
    return changed
