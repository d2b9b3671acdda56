"""Score the forecasts that have fallen due."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from aimodels.services import score_predictions
from cryptopredict.management.commands.run_pipeline import known_until, moment
from system.choices import LIVE


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
        as_of = known_until(options["as_of"])
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
