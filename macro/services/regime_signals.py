"""What stands behind a judgement, as codes and numbers: signals, risks, announcements of a change, and doubts.

Sentences are made of them when somebody reads (``macro.selectors.rationale``); none is stored.
"""

from collections.abc import Mapping
from typing import Any

from macro.choices import LiquidityRegime, MacroAlignment, SentimentRegime
from macro.services.regime_case import Case
from macro.services.regime_guidance import FALLING, RISING
from macro.services.regime_structure import divergence_signals, structural_signals
from macro.services.regime_timeframes import TIMEFRAMES

CLOSE_RACE = 0.10
"""With less than this between the two most probable states the judgement is doubtful."""
DEEP, WILD = 0.30, 0.9
ALL_THERE = 0.9
UPWARDS = {"broken_upwards": 1, "falling_line_left": 1, "broken_downwards": -1, "rising_line_lost": -1}
"""Where a signal of the price points; a failed breakout points against its own direction."""

Values = Mapping[str, Any]


def primary_signals(case: Case) -> list[dict[str, Any]]:
    """The evidence by how much it moved the result, signed; the contributions add up to the direction."""
    moved = case.judgement.contributions
    return [
        {"evidence": name, "contribution": moved[name], "value": case.now.get(name)}
        for name in sorted(moved, key=lambda name: (-abs(moved[name]), name))
    ]


def transition_indicators(case: Case, values: Values, data: Values) -> dict[str, Any]:
    """What announces a change of state."""
    return {
        "divergence_signals": divergence_signals(case),
        "structural_signals": structural_signals(case, data.get("breakout")),
        "sentiment_signals": _mood_signals(values, data),
        "transition_probability": values["regime_transition_prob"],
    }


def _mood_signals(values: Values, data: Values) -> list[dict[str, Any]]:
    """Extremes of the mood, and mood against price."""
    mood, told = values.get("sentiment_regime"), data["sentiment_breakdown"]
    signals = []
    if mood in (SentimentRegime.EXTREME_FEAR, SentimentRegime.EXTREME_GREED):
        signals.append({"code": str(mood), "index": told["fear_greed_index"], "composite": told["composite"]})
    if values.get("sentiment_regime_conflict"):
        signals.append({"code": "mood_against_price", "index": told["fear_greed_index"], "mood": str(mood)})
    return signals


def risk_factors(case: Case, values: Values, data: Values) -> list[dict[str, Any]]:
    """What speaks for caution, whatever the state."""
    found: list[dict[str, Any]] = []
    now = case.now
    if now["volatility"] >= WILD:
        found.append({"code": "high_volatility", "place": now["volatility"]})
    if now["drawdown"] >= DEEP:
        found.append({"code": "deep_drawdown", "share": now["drawdown"]})
    found += [{"code": one["code"], "of": one["of"]} for one in values["transition_indicators"]["divergence_signals"]]
    found += [one for one in values["transition_indicators"]["structural_signals"] if _is_against(case.regime, one)]
    if values.get("liquidity_regime") in (LiquidityRegime.TIGHT, LiquidityRegime.STRESSED):
        found.append({"code": "thin_liquidity", "score": data["liquidity"]["score"]})
    if values.get("macro_regime_alignment") == MacroAlignment.HEADWIND:
        found.append({"code": "macro_headwind", "score": data["outside_markets"]["environment"]["score"]})
    if values.get("multi_timeframe_agreement") is False:
        found.append({"code": "timeframes_disagree", "consensus": values["timeframe_consensus_score"]})
    return found


def _is_against(regime: str, signal: Values) -> bool:
    """Whether a signal of the price contradicts the state; where the state has no direction every signal does."""
    points = UPWARDS.get(signal["code"], -1 if signal.get("direction") == "up" else 1)
    return points < 0 if regime in RISING else points > 0 if regime in FALLING else True


def confidence_warnings(case: Case, values: Values) -> list[dict[str, Any]]:
    """Why the judgement may be worth less than its probability says."""
    chances = sorted(case.chances.values(), reverse=True)
    found: list[dict[str, Any]] = []
    if max(case.chances, key=case.chances.__getitem__) != case.regime:
        found.append({"code": "held_by_hysteresis", "most_probable": max(case.chances, key=case.chances.__getitem__)})
    if chances[0] - chances[1] < CLOSE_RACE:
        found.append({"code": "close_race", "margin": chances[0] - chances[1]})
    if case.missing_sources:
        found.append({"code": "sources_missing", "names": case.missing_sources})
    absent = [one for one in TIMEFRAMES if one in values["timeframe_alignment"]["missing"]]
    if absent:
        found.append({"code": "timeframes_missing", "names": absent})
    if values["regime_statistics"]["whole_spells"] == 0:
        found.append({"code": "state_never_seen_whole"})
    return found


def validation(case: Case, values: Values, data: Values) -> dict[str, Any]:
    """How far the row can be trusted."""
    quality = case.snapshot.data_quality_flags or {}
    return {
        "data_quality_score": quality.get("completeness_score"),
        "completeness_check": case.completeness,
        "missing_sources": case.missing_sources,
        "outlier_flags": sorted(quality.get("outlier_flags") or {}),
        "confidence_warnings": confidence_warnings(case, values),
        "model_health_score": data.get("model_health_score"),
    }


def passes(case: Case, flags: Values) -> bool:
    """Nearly everything was there, nothing of it was an outlier, and the snapshot passed its own checks."""
    return case.completeness >= ALL_THERE and not flags["outlier_flags"] and case.snapshot.is_validated
