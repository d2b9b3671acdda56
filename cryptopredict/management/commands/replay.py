"""Replay the pipeline over history."""

import re
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand

from aimodels.selectors import ForecastRecord
from cryptopredict.management.commands.run_pipeline import moment
from cryptopredict.observing import tracing
from cryptopredict.replaying import replay
from cryptopredict.reviewers import POLICIES, SHORT
from cryptopredict.suggestion_words import ranking_lines, report_lines
from system.choices import RunTimeframe
from system.exceptions import InvalidInput
from system.models import PipelineRun

UNITS = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
"""Minutes of each."""
LONGEST = timedelta(days=3660)
"""Far more than any replay needs, far less than a date can bear."""


class Command(BaseCommand):
    help = (
        "Run the pipeline over history in a series of its own and score its forecasts. Live pages, queues and the "
        "public record do not see it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--start", type=moment, required=True, help="first moment, a date or a time with its zone")
        parser.add_argument("--end", type=moment, required=True, help="last moment, included")
        parser.add_argument("--step", type=step, default="1d", help="between two moments, such as 1d or 4h")
        parser.add_argument("--timeframe", default="1d", choices=RunTimeframe.values)
        parser.add_argument("--series", help="name of the replay; default: made of all that its record depends on")
        parser.add_argument("--policy", default="none", choices=list(POLICIES), help="scripted reviewer of suggestions")

    @tracing.traced("command")
    def handle(self, *_: Any, **options: Any) -> None:
        started = time.perf_counter()
        start, end = options["start"], options["end"]
        series = options["series"] or name_of(start, end, options["timeframe"], options["step"], options["policy"])
        done = replay(
            start,
            end,
            options["step"],
            timeframe=options["timeframe"],
            series=series,
            policy=options["policy"],
            progress=self._progress if options["verbosity"] > 1 else lambda _run: None,
        )
        self.stdout.write(f"{done.series}: {done.runs} runs, {done.reviews} reviews by policy {options['policy']}")
        for horizon, record in done.records.items():
            self.stdout.write(f"  {horizon:>3} h: {sentence(record)}")
        for line in (*report_lines(done.suggestions), *ranking_lines(done.rankings)):
            self.stdout.write(f"  {line}")
        self.stdout.write(
            f"forecasts still without a candle at their target: {done.scored.unresolved}; "
            f"{time.perf_counter() - started:.1f} s"
        )

    def _progress(self, run: PipelineRun) -> None:
        rows = sum(facts.get("rows", 0) for facts in (run.counts or {}).values())
        self.stdout.write(f"  {run.as_of:%Y-%m-%d %H:%M} {rows} rows")


def name_of(start: datetime, end: datetime, timeframe: str, step: timedelta, policy: str) -> str:
    """A series for each replay that differs in what its record depends on."""
    minutes = step // timedelta(minutes=1)
    parts = ["replay", f"{start:%y%m%d}", f"{end:%y%m%d}", timeframe, f"{minutes}m"]
    return "-".join(parts if policy == "none" else [*parts, SHORT[policy]])


def step(text: str) -> timedelta:
    """A span such as ``1d``, ``4h`` or ``90m``, of ten years at most.

    Raises:
        InvalidInput: anything else.
    """
    found = re.fullmatch(r"(\d{1,9})([mhdw])", text)
    minutes = int(found[1]) * UNITS[found[2]] if found else 0
    if not 0 < minutes <= LONGEST // timedelta(minutes=1):
        raise InvalidInput(f"{text!r} is no span such as 1d or 4h.", field="step")
    return timedelta(minutes=minutes)


def sentence(record: ForecastRecord) -> str:
    """The record in one line; what is not known is said so."""
    if not record.n:
        return f"{record.issued} forecasts, none has come due"
    interval = (
        f"[{record.skill_low:+.3f} … {record.skill_high:+.3f}]" if record.skill_low is not None else "[too few moments]"
    )
    return (
        f"n {record.n} from {record.moments} moments, "
        f"hit rate {record.hit_rate:.3f}, base rate {record.base_rate:.3f}, "
        f"Brier {record.brier:.4f} (naive {record.brier_naive:.4f}), skill {record.skill:+.3f} {interval}; "
        f"coverage of the 90 % interval {record.coverage_90:.3f}, of the 50 % interval {record.coverage_50:.3f} "
        f"(n {record.n_intervals})"
    )
