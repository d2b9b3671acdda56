"""Replay: the pipeline over history, moment by moment, in a series of its own, then the score of its forecasts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from aimodels.selectors import Chosen, ForecastRecord, Part, record_by
from aimodels.services import Scored, score_predictions
from cryptopredict.pipeline import run_pipeline
from cryptopredict.reviewers import POLICIES, decide
from selection.rules import ASSET_PRICES
from selection.selectors.ranking_record import RankingRecord, ranking_record
from selection.selectors.suggestion_report import SuggestionReport, suggestion_report
from selection.services import measure_rankings, score_suggestions
from system.choices import LIVE
from system.exceptions import InvalidInput
from system.models import PipelineRun
from trading.services import score_recommendations


@dataclass(frozen=True)
class Replayed:
    """What a replay did: its runs, the reviews it made, the last scoring, and the records of its forecasts by horizon,
    of its suggestions and of its rankings."""

    series: str
    runs: int
    reviews: int
    scored: Scored
    records: dict[int, ForecastRecord]
    suggestions: SuggestionReport
    rankings: list[RankingRecord]


def replay(
    start: datetime,
    end: datetime,
    step: timedelta,
    *,
    timeframe: str = "1d",
    series: str,
    policy: str = "none",
    progress: Callable[[PipelineRun], None],
) -> Replayed:
    """Run the pipeline at ``start``, ``start + step`` … up to ``end``, both included, and score what has come due.

    Args:
        start, end: with their zone, not in the future.
        step: between two moments, above 0.
        timeframe: candles that are analysed.
        series: name of the replay; not ``live``. The same replay again rewrites nothing.
        policy: the scripted reviewer.
        progress: told each run when it is done.
    Raises:
        InvalidInput: an interval, step, series or policy that makes no sense.
        NoData: there are no candles near one of the moments.
    """
    if series == LIVE:
        raise InvalidInput("A replay needs a series of its own.", field="series")
    if policy not in POLICIES:
        raise InvalidInput(f"policy must be one of: {', '.join(POLICIES)}.", field="policy")
    for name, moment in (("start", start), ("end", end)):
        if moment.tzinfo is None:
            raise InvalidInput(f"{name} needs a time zone, for example 2024-06-30T00:00:00Z.", field=name)
    if end > timezone.now():
        raise InvalidInput(f"end {end:%Y-%m-%d %H:%M} lies in the future.", field="end")
    if start > end or step <= timedelta(0):
        raise InvalidInput("start must not lie behind end, and step must be above 0.", field="start")
    runs = reviews = 0
    for moment in _moments(start, end, step):
        run = run_pipeline(moment, timeframe, series)
        reviews += decide(run, policy)
        runs += 1
        progress(run)
    scored = score_predictions(end, series)
    score_suggestions(end, series)
    score_recommendations(end, series)
    measure_rankings(end, series)
    found = record_by(Part.HORIZON, Chosen(series=series, layer=ASSET_PRICES.layer))
    records = {int(hours): record for hours, record in found.items()}
    return Replayed(series, runs, reviews, scored, records, suggestion_report(series), ranking_record(series))


def _moments(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    moment = start
    while moment <= end:
        yield moment
        moment += step
