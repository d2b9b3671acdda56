"""Runs of the pipeline as people see them: the live series only."""

from dataclasses import dataclass

from django.db.models import QuerySet

from system.choices import LIVE, RunStatus, RunTimeframe
from system.models import PipelineRun


@dataclass(frozen=True)
class RunState:
    """Where a timeframe's analysis stands: its newest finished run, and a later one that failed."""

    timeframe: str
    done: PipelineRun | None
    failed: PipelineRun | None


def run_states() -> list[RunState]:
    """The state of every timeframe that has been run, the shortest first."""
    done = {run.timeframe: run for run in newest_by_timeframe(RunStatus.DONE)}
    failed = {run.timeframe: run for run in newest_by_timeframe(RunStatus.FAILED)}
    return [
        RunState(timeframe, done.get(timeframe), later(failed.get(timeframe), done.get(timeframe)))
        for timeframe in RunTimeframe.values
        if timeframe in done or timeframe in failed
    ]


def newest_by_timeframe(status: RunStatus) -> QuerySet[PipelineRun]:
    """The newest live run of each timeframe in a state."""
    runs = PipelineRun.objects.filter(series=LIVE, status=status)
    return runs.order_by("timeframe", "-as_of").distinct("timeframe")


def later(failed: PipelineRun | None, done: PipelineRun | None) -> PipelineRun | None:
    """The failed run, unless a later moment has been analysed since."""
    return None if failed is None or (done is not None and done.as_of >= failed.as_of) else failed
