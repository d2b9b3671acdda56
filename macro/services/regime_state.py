"""Columns about the state itself: which, how sure, how long, what follows, and how often it was right before."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from aimodels.choices import EvaluationStatus, PerformanceGrade
from aimodels.models import AIModel, ModelPerformance
from assets.compute.periods import LENGTHS
from assets.selectors import moment
from macro.choices import MarketRegime, PerformanceRating
from macro.compute.regime.record import LEAST_SEPARATE, MEANING, HitRate, hit_rate
from macro.compute.regime.scorecard import REGIMES
from macro.compute.regime.transitions import Spell, Transitions, spells, transitions
from macro.services.regime_case import Case, Part
from system.choices import RiskLevel

AFTERMATH = {"1h": 24, "4h": 18, "1d": 7, "1w": 4}
"""Candles after which a state is checked against what came: a day, three days, a week, four weeks."""
STEADY_OVER = 30
TOLD = 100
"""States of the past that an analysis keeps."""
RISK_LIMITS = ((RiskLevel.LOW, 0.3), (RiskLevel.MEDIUM, 0.7), (RiskLevel.HIGH, 0.9))
RATINGS = {
    PerformanceGrade.A: PerformanceRating.EXCELLENT,
    PerformanceGrade.B: PerformanceRating.GOOD,
    PerformanceGrade.C: PerformanceRating.AVERAGE,
    PerformanceGrade.D: PerformanceRating.POOR,
    PerformanceGrade.F: PerformanceRating.POOR,
}


def state_part(case: Case) -> Part:
    """The state in force, its probability and age, how strong and clear it is."""
    age, now = _age(case), case.now
    trend, momentum = now["trend_long"], now["momentum"]
    return Part(
        {
            "current_regime": MarketRegime(case.regime),
            "regime_confidence": case.chances[case.regime],
            "regime_duration_days": int(age * LENGTHS[case.view.timeframe] / timedelta(days=1)),
            "regime_quality_score": case.clarity,
            "risk_level": _risk(now["volatility"]),
            "trend_strength_score": now["strength"],
            "volatility_regime_score": now["volatility"],
            "momentum_alignment_score": (1 + trend * momentum) / 2,
            "signal_agreement_score": _agreement(case),
            "prediction_stability": stability(case.judgement.probabilities),
        },
        {
            "risk_level": "fewer than 30 volatilities are known",
            "volatility_regime_score": "fewer than 30 volatilities are known",
            "trend_strength_score": "the price has not moved",
            "momentum_alignment_score": "trend or momentum is not known",
            "signal_agreement_score": "nothing pulls the judgement",
            "prediction_stability": f"fewer than {STEADY_OVER} judgements in a row",
        },
        {
            "probabilities": case.chances,
            "direction": case.judgement.direction,
            "bull_phase": float(case.judgement.phase[-1]),
            "components": {
                name: dict(zip(REGIMES, map(float, part[-1]), strict=True))
                for name, part in case.judgement.components.items()
            },
        },
    )


def _age(case: Case) -> int:
    """Candles for which the state has been in force, the present one included."""
    return spells(case.judgement.states)[-1].length


def _risk(volatility: float) -> RiskLevel | None:
    """Risk by the place of the present volatility among those of the last year."""
    if not np.isfinite(volatility):
        return None
    return next((level for level, limit in RISK_LIMITS if volatility < limit), RiskLevel.EXTREME)


def _agreement(case: Case) -> float | None:
    """How much of the evidence pulls the way that its sum points, 0-1; None when nothing pulls."""
    moved = case.judgement.contributions.values()
    pull = sum(abs(value) for value in moved)
    return abs(sum(moved)) / pull if pull else None


def stability(chances: np.ndarray) -> float | None:
    """How little the judgement moved: 1 less the mean total variation distance of the last 30 steps, 0-1."""
    recent = chances[-STEADY_OVER - 1 :]
    if len(recent) <= STEADY_OVER or not np.isfinite(recent).all():
        return None
    return 1 - float(np.abs(np.diff(recent, axis=0)).sum(axis=1).mean()) / 2


def transition_part(case: Case) -> Part:
    """What follows this state and when, and what it was like before."""
    states = case.judgement.states
    found, past = transitions(states, len(REGIMES)), spells(states)
    horizon = AFTERMATH[case.view.timeframe]
    judged = int((case.states >= 0).sum())
    ended = int(found.changes.sum())
    values: dict[str, Any] = {"regime_transition_prob": found.leaving(case.state)}
    if ended:
        values["predicted_regime"] = MarketRegime(REGIMES[found.next_state(case.state)])
        values["regime_duration_estimate"] = found.remaining(case.state) * case.seconds / 3600
    hits = hit_rate(MEANING[case.regime], case.states, case.state, case.lines.close, horizon)
    measured = hits is not None and hits.separate >= LEAST_SEPARATE
    return Part(
        values
        | {
            "ai_confidence_score": hits.rate if hits is not None and measured else None,
            "regime_statistics": _statistics(case, past, hits),
        },
        dict.fromkeys(
            ("predicted_regime", "regime_duration_estimate"), f"no state ended within the {judged} candles judged"
        )
        | {"ai_confidence_score": _unmeasured(hits)},
        {"forecast": _ahead(case, found, horizon), "states": _told(case, past)},
    )


def _told(case: Case, past: list[Spell]) -> list[dict[str, str]]:
    """The newest states of the past, oldest first, each from the end of the candle that showed it."""
    return [
        {"regime": REGIMES[one.state], "from": moment(case.judgement.times[one.start] + case.seconds).isoformat()}
        for one in past[-TOLD:]
    ]


def _unmeasured(hits: HitRate | None) -> str:
    count = 0 if hits is None else hits.separate
    return f"this state has {count} separate past moments with a known aftermath, {LEAST_SEPARATE} are needed"


def _ahead(case: Case, found: Transitions, horizon: int) -> dict[str, Any]:
    """Where the chain of states leads, from the state in force."""
    return {
        "candles": horizon,
        "probabilities": dict(zip(REGIMES, map(float, found.ahead(case.state, horizon)), strict=True)),
        "at_next_change": {
            name: float(chance) / found.leaving(case.state)
            for place, (name, chance) in enumerate(zip(REGIMES, found.matrix[case.state], strict=True))
            if place != case.state
        },
        "changes_seen": int(found.changes.sum()),
        "changes_of_this_state": int(found.changes[case.state]),
        "candles_of_this_state": int(found.steps[case.state]),
    }


def _statistics(case: Case, past: list[Spell], hits: HitRate | None) -> dict[str, Any]:
    """What this state was like before, as far as it was seen; null where it never was."""
    days = case.seconds / 86_400
    whole = [spell.length * days for spell in past if spell.state == case.state and spell.is_whole]
    inside = case.volatility[(case.states == case.state) & np.isfinite(case.volatility)]
    age, open_ended = past[-1].length, past[-1].start == 0
    return {
        "typical_duration_days": float(np.median(whole)) if whole else None,
        "whole_spells": len(whole),
        "current_duration_days": age * days,
        "began_before_history": open_ended,
        "since": None if open_ended else moment(case.judgement.times[past[-1].start]).isoformat(),
        "typical_volatility": float(np.median(inside)) if len(inside) else None,
        "current_volatility": float(case.volatility[-1]),
        "success_rate_historical": hits.rate if hits else None,
        "success_moments": hits.moments if hits else 0,
        "success_separate": hits.separate if hits else 0,
        "success_means": MEANING[case.regime],
        "success_after_candles": AFTERMATH[case.view.timeframe],
    }


def record_part(model: AIModel, as_of: datetime) -> Part:
    """The rating of the model version, from its newest evaluation that was known then."""
    newest = (
        ModelPerformance.objects.filter(
            model=model, evaluation_date__lte=as_of, evaluation_status=EvaluationStatus.COMPLETED
        )
        .exclude(performance_grade=None)
        .order_by("-evaluation_date", "-pk")
        .first()
    )
    if newest is None or newest.performance_grade is None:
        return Part({}, {"model_performance_rating": "no graded evaluation of this version was known then"})
    score = newest.overall_score
    return Part(
        {"model_performance_rating": RATINGS[PerformanceGrade(newest.performance_grade)]},
        data={"model_health_score": None if score is None else float(score)},
    )
