"""The regime: in which state the market is, with the numbers that say so and those that say what may come."""

from typing import Any

from django.conf import settings
from django.db import transaction

from assets.choices import Market
from assets.selectors import MarketView, market_view
from macro.choices import AnalysisSource
from macro.compute.regime.guidance import SectorReturns
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.services import regime_signals as signals
from macro.services.judging import judge_market
from macro.services.regime_analogues import analogues_part
from macro.services.regime_case import Case, Part
from macro.services.regime_context import liquidity_part, mood_part, outside_part
from macro.services.regime_guidance import guidance_part, invalidation, next_review, sectors_part
from macro.services.regime_review import REVIEWED, verdict_of_person
from macro.services.regime_state import record_part, state_part, transition_part
from macro.services.regime_structure import breakout_part, levels_part, structure_part
from macro.services.regime_timeframes import timeframes_part
from system.choices import LIVE
from system.models import PipelineRun
from system.services import complete, fitted, land

KEY = ("metrics_snapshot", "ai_model", "series")


@transaction.atomic
def detect_regime(
    snapshot: MetricsSnapshot,
    *,
    run: PipelineRun | None = None,
    series: str = LIVE,
    sectors: SectorReturns | None = None,
) -> AIRegimeAnalysis:
    """Judge the state of the market on a snapshot. The same snapshot again changes nothing.

    Args:
        snapshot: of the moment that is judged.
        run: the run that asks.
        series: ``live``, or the name of a replay.
        sectors: returns of the sectors as they were known; without them their part of the row stays empty.
    Raises:
        NoData: Bitcoin's history is too short for half of the evidence.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    case = Case(view, snapshot, judge_market(view))
    about = {
        "metrics_snapshot": snapshot,
        "ai_model": case.judgement.model,
        "analysis_time": view.as_of,
        "analysis_timeframe": view.timeframe,
        "data_source": AnalysisSource.LIVE if _is_live(view, series) else AnalysisSource.SIMULATION,
        "analysis_version": settings.VERSION,
        "run": run,
        "series": series,
    }
    whole = _described(case, sectors)
    flags = signals.validation(case, whole.values, whole.data)
    values, absent = complete(
        AIRegimeAnalysis,
        about | whole.values | {"analysis_data": whole.data},
        whole.reasons,
        by_people=("analyst_notes", "validation_flags"),
    )
    said = verdict_of_person({name: about[name] for name in KEY})
    values["analysis_validated"] = signals.passes(case, flags) if said is None else said["validated"]
    told = flags | {"missing": absent} | ({} if said is None else {REVIEWED: said})
    values |= fitted(AIRegimeAnalysis, {"validation_flags": told})
    return land(AIRegimeAnalysis, [values], key=KEY).rows[0]


def _is_live(view: MarketView, series: str) -> bool:
    return series == LIVE and view.market == Market.REAL


def _described(case: Case, sectors: SectorReturns | None) -> Part:
    """All parts of the row, in the order in which they build on one another."""
    whole = Part({})
    for part in (
        state_part(case),
        transition_part(case),
        record_part(case.judgement.model, case.view.as_of),
        structure_part(case),
        levels_part(case),
        breakout_part(case),
        timeframes_part(case),
        mood_part(case),
        liquidity_part(case),
        outside_part(case),
        analogues_part(case),
        sectors_part(case, sectors),
    ):
        _add(whole, part)
    _add(whole, guidance_part(case, whole.data.get("breakout")))
    whole.values["transition_indicators"] = signals.transition_indicators(case, whole.values, whole.data)
    whole.data |= _reasons(case, whole)
    return whole


def _add(whole: Part, part: Part) -> None:
    whole.values |= part.values
    whole.reasons |= part.reasons
    whole.data |= part.data


def _reasons(case: Case, whole: Part) -> dict[str, Any]:
    """What moved the result, what endangers it, and what would refute it."""
    return {
        "primary_signals": signals.primary_signals(case),
        "supporting_evidence": case.now,
        "risk_factors": signals.risk_factors(case, whole.values, whole.data),
        "invalidation_scenario": invalidation(case),
        "next_review_trigger": next_review(case),
    }
