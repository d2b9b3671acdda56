"""Live signals against a backtest of the same window."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder

from cryptopredict.management.commands.run_pipeline import moment
from system.choices import LIVE
from trading.rules import HORIZON_HOURS
from trading.services.reconciliation import EQUAL, Line, reconcile


class Command(BaseCommand):
    help = (
        "Make the signals of a past window anew from candles and hold them, with how they ended, against those that "
        "runs wrote. Exit status: 0 all are equal, 1 some differ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--series", default=LIVE, help="live, or the name of a replay")
        parser.add_argument("--timeframe", default="4h", choices=[*HORIZON_HOURS])
        parser.add_argument("--from", dest="start", type=moment, required=True, help="first moment of runs")
        parser.add_argument("--to", dest="end", type=moment, required=True, help="runs before this one")
        parser.add_argument("--all", action="store_true", help="show equal ones too")
        parser.add_argument("--json", action="store_true", help="print each as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        found = reconcile(options["series"], options["timeframe"], options["start"], options["end"])
        for line in found.lines:
            if options["json"]:
                self.stdout.write(json.dumps(asdict(line), cls=DjangoJSONEncoder))
            elif options["all"] or line.state != EQUAL:
                self.stdout.write(sentence(line))
        if not options["json"]:
            counts = ", ".join(f"{count} {state}" for state, count in sorted(found.counts.items())) or "no signals"
            self.stdout.write(
                f"{options['series']} {options['timeframe']}: {counts}; {found.ended} of the equal ones had ended by "
                f"{found.known_at:%Y-%m-%d %H:%M} UTC, and their results are equal too"
            )
        if not found.is_equal:
            sys.exit(1)


def sentence(line: Line) -> str:
    """A signal in a line."""
    told = "; ".join(f"{name} {ours} stored, {theirs} anew" for name, ours, theirs in line.differences)
    reasons = f" ({', '.join(line.reasons)})" if line.reasons else ""
    return f"{line.as_of:%Y-%m-%d %H:%M} {line.symbol} {line.side}: {line.state}{': ' if told else ''}{told}{reasons}"
