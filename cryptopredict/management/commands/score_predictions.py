"""Score the forecasts that have fallen due."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from aimodels.services import score_predictions
from cryptopredict.management.commands.run_pipeline import moment
from system.choices import LIVE
from system.exceptions import InvalidInput


class Command(BaseCommand):
    help = (
        "Write the outcome of every forecast whose target has passed and whose candle is closed; one without its "
        "candle waits. The same again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=moment, help="use nothing that ended later; default: now")
        parser.add_argument("--series", default=LIVE, help="live, or the name of a replay")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        now = timezone.now()
        as_of = options["as_of"] or now
        if as_of > now:
            raise InvalidInput(f"as_of {as_of:%Y-%m-%d %H:%M} lies in the future.", field="as_of")
        started = time.perf_counter()
        done = score_predictions(as_of, options["series"])
        seconds = round(time.perf_counter() - started, 3)
        if options["json"]:
            self.stdout.write(json.dumps({**vars(done), "series": options["series"], "seconds": seconds}))
            return
        self.stdout.write(
            f"{options['series']}: {done.scored} scored, {done.unresolved} without a candle at their target, "
            f"{done.revised} outcomes corrected; {seconds:.2f} s"
        )
