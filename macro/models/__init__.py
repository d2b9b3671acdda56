"""Layer 1: the whole market."""

from macro.models.news import NewsEvent
from macro.models.regime import AIRegimeAnalysis
from macro.models.series import ExternalSeries, ExternalValue
from macro.models.snapshot import MetricsSnapshot

__all__ = [
    "AIRegimeAnalysis",
    "ExternalSeries",
    "ExternalValue",
    "MetricsSnapshot",
    "NewsEvent",
]
