"""The whole product as one function: from candles to advice, with what was known at one moment."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from aimodels.services import model_in_force, score_predictions
from assets.compute import periods
from assets.selectors import Part, is_collected, remembered_views, shown_market, universe
from assets.services import is_awaited
from assets.services.indicators import cache_indicators
from cryptopredict.rules import rules_of_run
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.services import detect_regime, take_snapshot
from sectors.selectors import sector_returns
from sectors.services import analyse_sectors
from sectors.services.forecasts import forecast_sectors
from selection.models import Portfolio
from selection.selectors import lists_with_members
from selection.services import (
    analyse_portfolio,
    expire_suggestions,
    fill_empty_lists,
    forecast_assets,
    measure_rankings,
    rank_assets,
    rank_watchlist,
    score_suggestions,
    suggest,
)
from system import spans
from system.choices import LIVE, RunStatus, RunTimeframe
from system.exceptions import InvalidInput, NoData
from system.models import PipelineRun
from system.services import pipeline_run, publish
from trading.models import Recommendation
from trading.services import (
    analyse_positions,
    expire_recommendations,
    follow_signals,
    generate_signals,
    recommend,
    score_recommendations,
    tell_people,
    track_signals,
)

Facts = dict[str, Any]
"""What a stage says of itself: rows, and what else is worth knowing."""

ORDER = (
    "scoring",
    "indicators",
    "snapshot",
    "regime",
    "sectors",
    "forecasts",
    "ranking",
    "suggestions",
    "portfolios",
    "tracking",
    "signals",
    "positions",
    "recommendations",
    "notifications",
)
LONGEST_SERIES = 40
FRESH_PERIODS = 2
"""A live run that is older than this many candles tells nobody: it is history."""


def run_pipeline(
    as_of: datetime, timeframe: str = "1d", series: str = LIVE, *, parts: Sequence[Part] = ()
) -> PipelineRun:
    """Run every stage for the whole universe with what was known at ``as_of``.

    Live, replay and backtest are this function at different moments. All rows of a run appear together. The same run
    again takes the same row and rewrites nothing that is equal.

    Args:
        as_of: moment whose knowledge is used, with its zone, not in the future.
        timeframe: candles that are analysed: 1h, 4h, 1d or 1w.
        series: ``live``, or the name of a replay, which tells nobody and is seen by no live page.
        parts: what other workers have read of some assets (``shared_runs``); the rest is read here.
    Raises:
        InvalidInput: a moment without zone or in the future, another timeframe, or a name that is too long.
        NoData: there are no candles near that moment.
    """
    _check(as_of, timeframe, series)
    as_of = as_of.astimezone(UTC)
    universe(timeframe, as_of)  # without candles there is no run, not even a failed one
    with remembered_views(), pipeline_run(series, timeframe, as_of) as run:
        stages = Stages(run, parts)
        with spans.span(f"pipeline {timeframe}", facts={"series": series, "as_of": as_of.isoformat()}):
            run.counts = {name: _timed(name, getattr(stages, name)) for name in ORDER}
        versions = {work: model_in_force(rules, as_of) for work, rules in rules_of_run(timeframe).items()}
        if stages.state is not None:
            versions["macro"] = stages.state.ai_model  # a trained version, where one with proven skill is in force
        run.model_versions = {work: str(version) for work, version in versions.items()}
        if series == LIVE:
            publish("pipeline.done", {"run_id": run.pk, "timeframe": timeframe, "as_of": as_of.isoformat()})
    return run


def run_newest(timeframe: str, now: datetime) -> PipelineRun | None:
    """The scheduled run of the live series, at the newest close; once it is done it is not done again.

    Returns:
        None while there is nothing to run.
    Raises:
        NoData: candles of the timeframe exist, but none near ``now``.
    """
    as_of = newest_close(timeframe, now)
    return run_pipeline(as_of, timeframe) if is_due(timeframe, as_of, now) else run_done(timeframe, as_of)


def is_due(timeframe: str, as_of: datetime, now: datetime) -> bool:
    """Whether the live run at a close is to be made now. It is not where the market that is shown has no candles of the
    timeframe at all: nothing is late then; nor while the candles of the close are still being fetched: whoever ends
    that calls again; nor once it is done."""
    if not is_collected(timeframe, shown_market()) or run_done(timeframe, as_of) is not None:
        return False
    return not is_awaited(timeframe, as_of, now)


def run_done(timeframe: str, as_of: datetime) -> PipelineRun | None:
    """The live run at a moment, if it was done."""
    return PipelineRun.objects.filter(series=LIVE, timeframe=timeframe, as_of=as_of, status=RunStatus.DONE).first()


def newest_close(timeframe: str, now: datetime) -> datetime:
    """When the newest closed candle of a timeframe ended: what a run of the present is run at."""
    return periods.start(now, timeframe)


def _check(as_of: datetime, timeframe: str, series: str) -> None:
    if as_of.tzinfo is None:
        raise InvalidInput("as_of needs a time zone, for example 2024-06-30T00:00:00Z.", field="as_of")
    if as_of > timezone.now():
        raise InvalidInput(f"as_of {as_of:%Y-%m-%d %H:%M} lies in the future.", field="as_of")
    if timeframe not in RunTimeframe.values:
        raise InvalidInput(f"timeframe must be one of: {', '.join(RunTimeframe.values)}.", field="timeframe")
    if not 1 <= len(series) <= LONGEST_SERIES:
        raise InvalidInput(f"The name of a series has 1 to {LONGEST_SERIES} characters.", field="series")


def _timed(name: str, stage: Callable[[], Facts]) -> Facts:
    started = time.perf_counter()
    with spans.span(f"stage {name}") as span:
        facts = stage()
        span.facts["rows"] = facts.get("rows")
    return {**facts, "seconds": round(time.perf_counter() - started, 3)}


class Stages:
    """The stages of one run. Each calls the services of its layer and hands its rows to those that follow."""

    def __init__(self, run: PipelineRun, parts: Sequence[Part] = ()) -> None:
        self.parts = parts
        self.run, self.as_of, self.series = run, run.as_of, run.series
        self.shared: dict[str, Any] = {"run": run, "series": run.series}
        self.market: MetricsSnapshot
        self.state: AIRegimeAnalysis | None = None
        self.advice: list[Recommendation] = []
        self.owned = list(Portfolio.objects.filter(is_active=True).order_by("id"))

    def scoring(self) -> Facts:
        rankings, suggestions = measure_rankings(self.as_of, self.series), score_suggestions(self.as_of, self.series)
        advice = score_recommendations(self.as_of, self.series)
        return {
            **vars(score_predictions(self.as_of, self.series)),
            "rankings_measured": rankings.measured,
            "rankings_unresolved": rankings.unresolved,
            "suggestions_scored": suggestions.scored,
            "suggestions_unresolved": suggestions.unresolved,
            "recommendations_scored": advice.scored,
            "recommendations_unresolved": advice.unresolved,
        }

    def indicators(self) -> Facts:
        return {"rows": cache_indicators(self.run.timeframe, self.as_of, self.parts)}

    def snapshot(self) -> Facts:
        self.market = take_snapshot(self.run.timeframe, self.as_of)
        return {"rows": 1}

    def regime(self) -> Facts:
        """Without enough history there is no regime, and the layers above do without."""
        try:
            self.state = detect_regime(self.market, sectors=sector_returns(self.market), **self.shared)
        except NoData as reason:
            return {"rows": 0, "skipped": str(reason)}
        return {"rows": 1}

    def sectors(self) -> Facts:
        try:
            return {"rows": len(analyse_sectors(self.market, **self.shared).sectors)}
        except NoData as reason:
            return {"rows": 0, "skipped": str(reason)}

    def forecasts(self) -> Facts:
        made = [
            forecast_sectors(self.market, self.state, **self.shared),
            forecast_assets(self.market, self.state, **self.shared),
        ]
        return {"rows": sum(part.count for part in made), "created": sum(part.created for part in made)}

    def ranking(self) -> Facts:
        filled = fill_empty_lists(self.market, series=self.series)
        lists = lists_with_members(self.as_of, self.series)
        market = rank_assets(self.market, **self.shared)
        rows = [rank_watchlist(one, self.market, **self.shared) for one in lists]
        return {"rows": len(rows), "assets": market.asset_count, "lists_filled": filled}

    def suggestions(self) -> Facts:
        expired = expire_suggestions(self.as_of, self.series)
        made = suggest(self.market, **self.shared)
        return {
            "rows": len(made.rows),
            "created": made.created,
            "candidates": made.candidates,
            "above_threshold": made.above_threshold,
            "expired": expired,
        }

    def portfolios(self) -> Facts:
        rows = [analyse_portfolio(one, self.market, **self.shared) for one in self.owned]
        return {"rows": len([row for row in rows if row is not None])}

    def tracking(self) -> Facts:
        """What earlier signals of the timeframe have come to: one that is over makes room for a new one."""
        found = track_signals(self.as_of, self.series, timeframe=self.run.timeframe, run=self.run)
        return {
            "rows": found.ended.total(),
            "judged": found.judged,
            "paused": found.paused,
            "ran_out": found.ran_out,
            "revised": found.revised,
            "ended": dict(sorted(found.ended.items())),
            **({"paper": follow_signals(self.as_of).entered} if self.series == LIVE else {}),
        }

    def signals(self) -> Facts:
        made = generate_signals(self.market, self.state, **self.shared)
        return {
            "rows": len(made.rows),
            "created": made.created,
            "considered": made.considered,
            "none_because": dict(sorted(made.reasons.items())),
        }

    def positions(self) -> Facts:
        return {"rows": sum(len(analyse_positions(one, self.market, **self.shared)) for one in self.owned)}

    def recommendations(self) -> Facts:
        expired = expire_recommendations(self.as_of, self.series)
        self.advice = recommend(self.market, self.state, **self.shared)
        return {"rows": len(self.advice), "expired": expired}

    def notifications(self) -> Facts:
        """Only a live run of the present tells people."""
        age = timezone.now() - self.as_of
        is_news = self.series == LIVE and age <= FRESH_PERIODS * periods.LENGTHS[self.run.timeframe]
        return {"rows": tell_people(self.run, self.advice) if is_news else 0}
