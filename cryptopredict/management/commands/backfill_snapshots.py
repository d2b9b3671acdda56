"""Take the snapshots of the past."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.management.commands.run_pipeline import moment
from macro.services.backfill import Backfilled, backfill_snapshots
from system.choices import RunTimeframe
from system.exceptions import InvalidInput

SHOWN = 5
TOLD_EVERY = 5.0
"""Seconds between two lines of progress."""


class Command(BaseCommand):
    help = (
        "Take the market snapshot of every candle close from --start to --end with what was known then. Repeatable, "
        "and safe to interrupt: moments that have one are passed over. Exit status: 0 done, 1 no moment has a snapshot."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--start", type=named("start"), required=True, help="first moment, a date or a time with its zone"
        )
        parser.add_argument("--end", type=named("end"), required=True, help="last moment, included")
        parser.add_argument("--timeframe", default="1d", choices=RunTimeframe.values)
        parser.add_argument("--again", action="store_true", help="look anew at moments that have a snapshot")
        parser.add_argument("--json", action="store_true", help="the outcome as JSON, for programs")

    def handle(self, *_: Any, **options: Any) -> None:
        self.started = self.told = time.perf_counter()
        done = backfill_snapshots(
            options["start"],
            options["end"],
            options["timeframe"],
            again=options["again"],
            progress=lambda at, so_far: self._progress(at, so_far, quiet=options["json"]),
        )
        seconds = time.perf_counter() - self.started
        self.stdout.write(json.dumps(described(done, seconds), indent=2) if options["json"] else said(done, seconds))
        if not done.taken and not done.stood:
            sys.exit(1)

    def _progress(self, at: datetime, done: Backfilled, *, quiet: bool) -> None:
        now = time.perf_counter()
        if not quiet and now - self.told >= TOLD_EVERY:
            self.told = now
            self.stdout.write(f"  {at:%Y-%m-%d %H:%M} {done.total} moments, {now - self.started:.0f} s")


def described(done: Backfilled, seconds: float) -> dict[str, Any]:
    """The outcome for programs."""
    return {
        "taken": len(done.taken),
        "stood": len(done.stood),
        "without": [{"moment": at.isoformat(), "reason": reason} for at, reason in done.without],
        "seconds": round(seconds, 2),
    }


def said(done: Backfilled, seconds: float) -> str:
    """The outcome for people, with the first moments that have none."""
    lines = [f"{len(done.taken)} taken, {len(done.stood)} stood, {len(done.without)} without, {seconds:.1f} s"]
    lines += [f"  {at:%Y-%m-%d %H:%M} {reason}" for at, reason in done.without[:SHOWN]]
    more = len(done.without) - SHOWN
    return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def named(option: str) -> Callable[[str], datetime]:
    """Reads a moment; a fault names the option."""

    def read(text: str) -> datetime:
        try:
            return moment(text)
        except InvalidInput as error:
            raise InvalidInput(f"--{option}: {error}", field=option) from error

    return read
