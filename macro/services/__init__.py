"""Writes of layer 1."""

from macro.services.collection import SeriesCollected, collect_series, standing_sources
from macro.services.regime import detect_regime
from macro.services.series import copy_market_caps, register_series, store_values
from macro.services.snapshot import take_snapshot

__all__ = [
    "SeriesCollected",
    "collect_series",
    "copy_market_caps",
    "detect_regime",
    "register_series",
    "standing_sources",
    "store_values",
    "take_snapshot",
]
