"""The card that says in which state the market is, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptopredict.pages.freshness import Chip, chip
from macro.choices import MarketRegime
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.selectors import rationale_words
from macro.selectors.rationale import rationale

LEAD = 3
"""Sentences that stand on the card itself; the others are behind the question why."""


@dataclass(frozen=True)
class Probability:
    """One state with its probability, and its stretch of the bar in percent (as SVG takes it)."""

    regime: str
    label: str
    value: float
    start: str
    width: str


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence: its value (-1 to 1), what it added to the direction, and its bar in percent."""

    label: str
    value: float | None
    contribution: float
    start: str
    width: str


@dataclass(frozen=True)
class RegimeCard:
    """The state of the market as the page shows it."""

    analysis: AIRegimeAnalysis
    snapshot: MetricsSnapshot
    since: datetime | None
    probabilities: list[Probability]
    evidence: list[Evidence]
    lead: list[str]
    rest: list[str]
    chip: Chip


def regime_card(analysis: AIRegimeAnalysis, now: datetime) -> RegimeCard:
    """The card of an analysis."""
    data = analysis.analysis_data or {}
    signals = data.get("primary_signals") or []
    told = rationale(analysis)
    age = analysis.regime_duration_days
    return RegimeCard(
        analysis=analysis,
        snapshot=analysis.metrics_snapshot,
        since=None if age is None else analysis.analysis_time - timedelta(days=age),
        probabilities=probabilities(data.get("probabilities") or {}),
        evidence=evidence(signals),
        lead=told[:LEAD],
        rest=told[LEAD:],
        chip=chip(analysis.analysis_timeframe, analysis.analysis_time, analysis.analysis_timeframe, now),
    )


def probabilities(found: dict[str, float]) -> list[Probability]:
    """All states, the most probable first, end to end on one bar."""
    placed, start = [], 0.0
    for regime in sorted(found, key=lambda name: -found[name]):
        width = 100 * found[regime]
        placed.append(
            Probability(regime, str(MarketRegime(regime).label), found[regime], f"{start:.3f}", f"{width:.3f}")
        )
        start += width
    return placed


def evidence(signals: list[dict[str, Any]]) -> list[Evidence]:
    """The evidence with bars to both sides of the middle; the longest fills its side."""
    longest = max((abs(one["contribution"]) for one in signals), default=0) or 1
    return [
        Evidence(
            label=rationale_words.named(rationale_words.EVIDENCE, one["evidence"]),
            value=one["value"],
            contribution=one["contribution"],
            start=f"{50 + min(0.0, 50 * one['contribution'] / longest):.2f}",
            width=f"{50 * abs(one['contribution']) / longest:.2f}",
        )
        for one in signals
    ]
