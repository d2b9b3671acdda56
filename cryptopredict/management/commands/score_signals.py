"""Follow signals to their end, and print their record."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.management.commands.run_pipeline import known_until, moment
from system.choices import LIVE
from trading.selectors.signal_record import By, Mean, SignalRecord, signal_record
from trading.services import track_signals

PARTS = {by.name.lower(): by for by in By if by is not By.WHOLE}


class Command(BaseCommand):
    help = (
        "Judge every signal on the candles that have come, and print what came of those that ended: targets, stops, "
        "expiries, results in R, and whether their probabilities held. The same again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=moment, help="use nothing that ended later; default: now")
        parser.add_argument("--series", default=LIVE, help="live, or the name of a replay")
        parser.add_argument("--by", choices=list(PARTS), help="the record in parts as well")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        as_of, series = known_until(options["as_of"]), options["series"]
        tracked = track_signals(as_of, series)
        record = signal_record(as_of, series=series)
        parts = signal_record(as_of, PARTS[options["by"]], series) if options["by"] else {}
        if options["json"]:
            told = {
                "series": series,
                "tracked": asdict(tracked),
                "record": {name: asdict(one) for name, one in record.items()},
                "parts": {name: asdict(one) for name, one in parts.items()},
            }
            self.stdout.write(json.dumps(told, default=str))
            return
        self.stdout.write(
            f"{series}: {tracked.judged} signals judged, {tracked.ended.total()} ended now, "
            f"{tracked.paused} wait for a missing candle, {tracked.revised} outcomes corrected"
        )
        for name, one in [*record.items(), *parts.items()]:
            self.stdout.write(f"  {name or ('all' if one is record.get(name) else 'none')}")
            for line in record_lines(one):
                self.stdout.write(f"    {line}")


def record_lines(found: SignalRecord) -> Iterator[str]:
    """A record in words."""
    yield f"{found.n} ended, {found.filled} filled, {found.sized} with a size above 0"
    for name, one in found.endings.items():
        if one:
            yield f"{name:<13} {one.count:>6}  {one.value:6.1%}  [{one.low:.1%}, {one.high:.1%}]"
    if found.successes is not None and found.forecast is not None:
        one = found.successes
        yield (
            f"first target reached {one.value:.1%} [{one.low:.1%}, {one.high:.1%}] of the filled; "
            f"mean probability {found.forecast:.1%}"
        )
    for name, mean in (("R before costs", found.r), ("R after costs", found.net_r)):
        if mean is not None:
            yield f"{name}: {_words(mean)}"
    if found.calibration is not None:
        one_error = found.calibration
        yield (
            f"ECE {one_error.error:.4f}; a calibrated model shows {one_error.by_chance:.4f}, "
            f"95 % of the time up to {one_error.at_most:.4f}"
        )
    if found.hours_to_target is not None:
        yield f"median hours to the target: {found.hours_to_target:g}"


def _words(mean: Mean) -> str:
    if mean.low is None:
        return f"{mean.value:+.3f} (too few periods for an interval)"
    return f"{mean.value:+.3f} [{mean.low:+.3f}, {mean.high:+.3f}]"
