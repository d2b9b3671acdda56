"""Run the pipeline once."""

import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from cryptopredict.observing import tracing
from cryptopredict.pipeline import newest_close, run_pipeline
from system.choices import LIVE, RunTimeframe
from system.exceptions import InvalidInput
from system.models import PipelineRun

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Sums of times and spans stay within what a date can bear."""


class Command(BaseCommand):
    help = "Run every stage for the whole universe with what was known at a moment; the same run again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=moment, help="moment with its zone; default: end of the newest candle")
        parser.add_argument("--timeframe", default="1d", choices=RunTimeframe.values)
        parser.add_argument("--series", default=LIVE, help="live, or the name of a replay")

    @tracing.traced("command")
    def handle(self, *_: Any, **options: Any) -> None:
        as_of = options["as_of"] or newest_close(options["timeframe"], timezone.now())
        started = time.perf_counter()
        run = run_pipeline(as_of, options["timeframe"], options["series"])
        self.stdout.write(report(run))
        self.stdout.write(f"run {run.pk} done in {time.perf_counter() - started:.2f} s")


def moment(text: str) -> datetime:
    """A moment with its zone; a date alone is its start in UTC.

    Raises:
        InvalidInput: no time, one without zone, or one before there was any data.
    """
    try:
        day = parse_date(text)
        found = datetime.combine(day, datetime.min.time(), UTC) if day else parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput(f"{text!r} is no time with its zone, such as 2024-06-30T00:00:00Z.", field="as_of")
    if found < EARLIEST:
        raise InvalidInput(f"{text!r} is too early; the earliest is {EARLIEST:%Y-%m-%dT%H:%M:%SZ}.", field="as_of")
    return found


def report(run: PipelineRun) -> str:
    """One line per stage: rows, and what else it says."""
    lines = [f"{run.series} {run.timeframe} as of {run.as_of:%Y-%m-%dT%H:%M:%SZ}"]
    for stage, facts in (run.counts or {}).items():
        words = ", ".join(f"{name} {value}" for name, value in facts.items() if name != "seconds")
        lines.append(f"  {stage:<16}{facts['seconds']:>7.3f} s  {words}")
    return "\n".join(lines)


def known_until(as_of: datetime | None) -> datetime:
    """The moment that was asked for, else the present.

    Raises:
        InvalidInput: it lies in the future.
    """
    now = timezone.now()
    if as_of is not None and as_of > now:
        raise InvalidInput(f"as_of {as_of:%Y-%m-%d %H:%M} lies in the future.", field="as_of")
    return as_of or now
