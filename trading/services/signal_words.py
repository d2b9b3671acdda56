"""What a signal says of the market it was made in, and by when its target may come. What is not known has a reason."""

from typing import Any

import numpy as np

from assets.compute.periods import LENGTHS
from assets.compute.series import log_returns
from macro.models import AIRegimeAnalysis
from system.choices import RiskLevel
from trading.choices import VolumeProfile
from trading.compute.features import Setup, chance_in_time
from trading.rules import HORIZON_HOURS
from trading.services.chances import BY_WALK, Chance

Told = tuple[dict[str, Any], dict[str, str]]
"""Figures, and why some of them are null, by name."""
TARGETS = {"24h_target": 24, "3d_target": 72, "7d_target": 168}
"""Hours by which the target may have come."""
HOUR = 3600
LOW, MEDIUM = 0.3, 0.7
"""Scores of volatility below which it counts as low, and as medium."""
USUAL = 0.2
"""Share by which volume differs from its average and still counts as normal."""


def market_words(regime: AIRegimeAnalysis) -> Told:
    """State of the market, how strong its trend is (0-1), how much it moves and how much is traded."""
    volatility, surge = regime.volatility_regime_score, regime.volume_surge_ratio
    told: dict[str, Any] = {
        "regime": regime.current_regime,
        "confidence": float(regime.regime_confidence),
        "trend_strength": None if regime.trend_strength_score is None else float(regime.trend_strength_score),
        "volatility_level": None if volatility is None else _level(float(volatility)),
        "volume_profile": None if surge is None else _profile(float(surge)),
    }
    reasons = (regime.validation_flags or {}).get("missing", {})
    columns = {
        "trend_strength": "trend_strength_score",
        "volatility_level": "volatility_regime_score",
        "volume_profile": "volume_surge_ratio",
    }
    missing = {name: reasons.get(column, "not known") for name, column in columns.items() if told[name] is None}
    return told, missing


def _level(score: float) -> str:
    level = RiskLevel.LOW if score < LOW else RiskLevel.MEDIUM if score < MEDIUM else RiskLevel.HIGH
    return level.value


def _profile(surge: float) -> str:
    if abs(surge - 1) <= USUAL:
        return VolumeProfile.NORMAL.value
    return VolumeProfile.ABOVE_AVERAGE.value if surge > 1 else VolumeProfile.BELOW_AVERAGE.value


def probabilities(found: Setup, chance: Chance, timeframe: str) -> Told:
    """The probability that the target comes before the stop by each of some moments: what is claimed at the end of the
    plan, before that what a walk without drift reaches, and no more than what is claimed.

    Returns:
        The figures, with ``before_the_end`` saying how those of earlier moments are meant.
    """
    returns = log_returns(found.candles.close)[1:]
    own, length = HORIZON_HOURS[timeframe], int(LENGTHS[timeframe].total_seconds()) // HOUR
    told: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for name, hours in TARGETS.items():
        told[name] = None
        if hours > own:
            missing[name] = f"the plan lives {own} hours"
        elif hours < length:
            missing[name] = "shorter than a candle"
        elif hours == own:
            told[name] = chance.value
        elif np.isfinite(walked := chance_in_time(found.plan, returns, hours // length)):
            told[name] = min(walked, chance.value)
        else:
            missing[name] = "the price has not moved"
    return told | {"before_the_end": BY_WALK}, missing
