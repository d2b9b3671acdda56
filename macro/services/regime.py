"""The regime: in which state the market is, by the rules, with the numbers that say so."""

from datetime import timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

from aimodels.services import model_in_force
from assets.choices import Market
from assets.compute.indicators import indicators
from assets.compute.periods import LENGTHS
from assets.selectors import MarketView, market_view, moment
from macro.choices import AnalysisSource, MarketRegime, PositionSizing, SentimentRegime, Strategy, StructureChange
from macro.compute.regime import levels, scorecard
from macro.compute.snapshot import TOP, breadth, most_liquid
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.rules import REGIME_RULES
from system.choices import LIVE, RiskLevel
from system.exceptions import NoData
from system.models import PipelineRun
from system.services import complete, land

EXPOSURE = {"Bull": 1.0, "Accumulation": 0.6, "Sideways": 0.4, "Transition": 0.3, "Distribution": 0.25, "Bear": 0.0}
"""Share of the capital that a state admits; the recommended exposure is its mean over the probabilities."""
STRATEGY = {
    "Bull": Strategy.TREND_FOLLOWING,
    "Bear": Strategy.DEFENSIVE,
    "Sideways": Strategy.RANGE_TRADING,
    "Transition": Strategy.DEFENSIVE,
    "Accumulation": Strategy.MEAN_REVERSION,
    "Distribution": Strategy.DEFENSIVE,
}


@transaction.atomic
def detect_regime(snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE) -> AIRegimeAnalysis:
    """Judge the state of the market on a snapshot. The same snapshot again changes nothing.

    Raises:
        NoData: Bitcoin's history is too short for half of the evidence.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    high, low, close, volume, share, times = _bitcoin(view)
    found = scorecard.evidence(high, low, close, share)
    chances = scorecard.probabilities(found)
    states = scorecard.path(chances)
    if states[-1] < 0:
        raise NoData(
            f"A regime needs about 75 {view.timeframe} candles of Bitcoin before {view.as_of:%Y-%m-%d %H:%M} UTC; "
            f"there are {len(close)}."
        )
    reasons = {"ai_confidence_score": "no measured record yet"}
    reasons |= dict.fromkeys(("sentiment_regime", "fear_greed_impact", "sentiment_regime_conflict"), "no source")
    latest = {name: float(series_[-1]) for name, series_ in indicators(high, low, close, volume).items()}
    values = {
        "metrics_snapshot": snapshot,
        "ai_model": model_in_force(REGIME_RULES, view.as_of),
        "analysis_time": view.as_of,
        "analysis_timeframe": view.timeframe,
        "data_source": AnalysisSource.LIVE if _is_live(view, series) else AnalysisSource.SIMULATION,
        "analysis_version": settings.VERSION,
        "run": run,
        "series": series,
        **_state(chances[-1], states, view),
        **_judgement(found, latest, volume),
        **_mood(snapshot, found),
        "key_levels": _levels(high, low, close, latest["ATR_14"], times),
        "analysis_data": _rationale(found, chances[-1]),
    }
    values, absent = complete(AIRegimeAnalysis, values, reasons, by_people=("analyst_notes", "validation_flags"))
    share_of_evidence = float(scorecard.direction(found)[2][-1])
    values["analysis_validated"] = share_of_evidence == 1
    values["validation_flags"] = {"completeness_check": share_of_evidence, "missing": absent}
    return land(AIRegimeAnalysis, [values], key=("metrics_snapshot", "ai_model", "series")).rows[0]


def _is_live(view: MarketView, series: str) -> bool:
    return series == LIVE and view.market == Market.REAL


def _bitcoin(view: MarketView) -> tuple[np.ndarray, ...]:
    """Bitcoin's candles without holes, the market's breadth beside them, and the candles' starts."""
    if view.universe.bitcoin is None:
        raise NoData(f"Bitcoin has no {view.timeframe} candle near {view.as_of:%Y-%m-%d %H:%M} UTC.")
    panel = view.panel
    column = panel.column(view.universe.bitcoin)
    free = [panel.column(asset_id) for asset_id in view.universe.free]
    top = most_liquid(panel.close[:, free], panel.volume[:, free], TOP, days=view.bars(timedelta(days=30)))
    share = breadth(panel.close[:, free][:, top])
    present = np.isfinite(panel.close[:, column])
    lines = (
        panel.high[:, column],
        panel.low[:, column],
        panel.close[:, column],
        panel.volume[:, column],
        share,
        panel.times,
    )
    return tuple(line[present] for line in lines)


def _state(chances: np.ndarray, states: np.ndarray, view: MarketView) -> dict[str, Any]:
    """The state in force, since when, and what it admits."""
    regime = scorecard.REGIMES[states[-1]]
    age = int(np.argmax(states[::-1] != states[-1])) or len(states)
    exposure = sum(EXPOSURE[name] * float(chance) for name, chance in zip(scorecard.REGIMES, chances, strict=True))
    entropy = -float(np.sum(chances * np.log(np.maximum(chances, 1e-12)))) / np.log(len(chances))
    sizing = (PositionSizing.CONSERVATIVE, PositionSizing.NORMAL, PositionSizing.AGGRESSIVE)[
        int(exposure > 0.35) + int(exposure > 0.75)
    ]
    return {
        "current_regime": MarketRegime(regime),
        "regime_confidence": float(chances[states[-1]]),
        "regime_duration_days": int(age * LENGTHS[view.timeframe] / timedelta(days=1)),
        "regime_quality_score": 1 - entropy,
        "recommended_exposure": exposure,
        "recommended_strategy": STRATEGY[regime],
        "position_sizing_guidance": sizing,
    }


def _judgement(found: scorecard.Evidence, latest: dict[str, float], volume: np.ndarray) -> dict[str, Any]:
    """Scores of trend, structure and volatility."""
    now = scorecard.last(found)
    spread = float(scorecard.direction(found)[1][-1])
    swings = found.structure[np.isfinite(found.structure)]
    before = swings[-2] if len(swings) > 1 else np.nan
    broken = bool(len(swings) > 1 and swings[-1] != before)
    change = {1.0: StructureChange.HIGHER_HIGH, -1.0: StructureChange.LOWER_LOW, 0.0: StructureChange.CONSOLIDATION}
    turned = broken and swings[-1] * before < 0
    return {
        "risk_level": _risk(now["volatility"]),
        "trend_strength_score": now["strength"],
        "volatility_regime_score": now["volatility"],
        "momentum_alignment_score": (1 + now["trend_long"] * now["momentum"]) / 2,
        "trend_intact": bool(swings[-1] * now["trend_long"] > 0)
        if len(swings) and np.isfinite(now["trend_long"])
        else None,
        "structure_break": broken if len(swings) > 1 else None,
        "structure_change_type": (StructureChange.REVERSAL if turned else change[float(swings[-1])])
        if len(swings)
        else None,
        "volume_surge_ratio": float(volume[-1] / latest["volume_sma_20"]) if latest["volume_sma_20"] > 0 else None,
        "signal_agreement_score": max(0.0, 1 - spread),
    }


def _risk(volatility: float) -> RiskLevel | None:
    """Risk by the place of the present volatility among those of the last year."""
    if not np.isfinite(volatility):
        return None
    limits = (0.3, 0.7, 0.9)
    return (RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH, RiskLevel.EXTREME)[
        sum(volatility >= limit for limit in limits)
    ]


def _mood(snapshot: MetricsSnapshot, found: scorecard.Evidence) -> dict[str, Any]:
    """Fear and greed, and whether the price agrees."""
    if snapshot.fear_greed_index is None:
        return {}
    index = float(snapshot.fear_greed_index)
    limits = (25, 45, 56, 76)
    words = (
        SentimentRegime.EXTREME_FEAR,
        SentimentRegime.FEAR,
        SentimentRegime.NEUTRAL,
        SentimentRegime.GREED,
        SentimentRegime.EXTREME_GREED,
    )
    mean = float(scorecard.direction(found)[0][-1])
    return {
        "sentiment_regime": words[sum(index >= limit for limit in limits)],
        "fear_greed_impact": abs(index - 50) / 50,
        "sentiment_regime_conflict": bool(abs(index - 50) > 10 and abs(mean) > 0.2 and (index - 50) * mean < 0),
    }


def _levels(
    high: np.ndarray, low: np.ndarray, close: np.ndarray, atr: float, times: np.ndarray
) -> list[dict[str, Any]]:
    return [
        {
            "type": "support" if level.is_support else "resistance",
            "value": level.price,
            "strength": level.strength,
            "tests_count": level.tests,
            "last_test": moment(times[level.last_test]).isoformat(),
            "distance_pct": 100 * (level.price / float(close[-1]) - 1),
        }
        for level in levels.key_levels(high, low, close, atr)
    ]


def _rationale(found: scorecard.Evidence, chances: np.ndarray) -> dict[str, Any]:
    """The numbers behind the judgement, the weightiest first."""
    shares = scorecard.contributions(found)
    return {
        "probabilities": dict(zip(scorecard.REGIMES, map(float, chances), strict=True)),
        "primary_signals": [
            {"evidence": name, "contribution": shares[name], "value": scorecard.last(found)[name]}
            for name in sorted(shares, key=lambda name: -abs(shares[name]))
        ],
        "supporting_evidence": scorecard.last(found),
    }
