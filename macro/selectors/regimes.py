"""Regimes as people see them: the live series only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from assets.choices import Market
from assets.selectors import shown_market
from macro.choices import AnalysisSource
from macro.compute.regime.transitions import left_within
from macro.models import AIRegimeAnalysis
from system.choices import LIVE

ORIGIN = {Market.REAL: AnalysisSource.LIVE, Market.DEMO: AnalysisSource.SIMULATION, None: AnalysisSource.LIVE}
"""How the analyses of a market are marked."""


def live_regimes() -> QuerySet[AIRegimeAnalysis]:
    """Analyses of the live series, newest first."""
    return AIRegimeAnalysis.objects.filter(series=LIVE).order_by("-analysis_time", "-pk")


def newest_regime(timeframe: str) -> AIRegimeAnalysis | None:
    """The present state of the market that is shown, in a timeframe, as far as it has been analysed."""
    return live_regimes().filter(analysis_timeframe=timeframe, data_source=ORIGIN[shown_market()]).first()


def regime_history(timeframe: str, days: int) -> QuerySet[AIRegimeAnalysis]:
    """One analysis per moment over the last days up to the newest one, oldest first, with its snapshot."""
    newest = newest_regime(timeframe)
    if newest is None:
        return AIRegimeAnalysis.objects.none()
    return (
        AIRegimeAnalysis.objects.filter(
            series=LIVE,
            analysis_timeframe=timeframe,
            data_source=newest.data_source,
            analysis_time__gt=newest.analysis_time - timedelta(days=days),
        )
        .select_related("metrics_snapshot")
        .order_by("analysis_time", "-pk")
        .distinct("analysis_time")
    )


@dataclass(frozen=True)
class Judgement:
    """What an analysis said of the market, without everything it was made from.

    Attributes:
        probabilities: of each state, 0-1; empty where none were told.
        volatility: of Bitcoin, of a year; None = not known.
    """

    time: datetime
    regime: str
    probabilities: Mapping[str, float]
    volatility: float | None


def judgements(timeframe: str, days: int) -> list[Judgement]:
    """The same analyses in short: of hundreds, what they keep beside it takes most of the time to read."""
    rows = (
        regime_history(timeframe, days)
        .select_related(None)
        .values_list(
            "analysis_time",
            "current_regime",
            "analysis_data__probabilities",
            "regime_statistics__current_volatility",
        )
    )
    return [Judgement(time, regime, chances or {}, volatility) for time, regime, chances, volatility in rows]


@dataclass(frozen=True)
class RegimeForecast:
    """Which state the market is in after some days, as the changes of its past let expect.

    Attributes:
        analysis: what it is made from.
        predicted: the present state, or the one that its first change leads to, whichever is more probable.
        transition_probability: probability that the present state has ended by then, 0-1.
        confidence: probability of ``predicted``, 0-1.

    The last three are None while no change has been seen.
    """

    analysis: AIRegimeAnalysis
    predicted: str | None
    transition_probability: float | None
    confidence: float | None


def regime_forecast(analysis: AIRegimeAnalysis, days: int) -> RegimeForecast:
    """What a daily analysis lets expect. No statement of its own.

    Args:
        analysis: of daily candles.
        days: how far ahead.
    """
    followers: dict[str, float] = ((analysis.analysis_data or {}).get("forecast") or {}).get("at_next_change") or {}
    if not analysis.regime_duration_estimate or not followers:
        return RegimeForecast(analysis, None, None, None)
    leaves = left_within(analysis.regime_duration_estimate / 24, days)
    chances = {analysis.current_regime: 1 - leaves} | {name: leaves * share for name, share in followers.items()}
    predicted = max(chances, key=lambda name: chances[name])
    return RegimeForecast(analysis, predicted, leaves, chances[predicted])
