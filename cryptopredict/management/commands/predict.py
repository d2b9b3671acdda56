"""Forecast now."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.learning import forecast
from system.choices import RunTimeframe


class Command(BaseCommand):
    help = (
        "Forecast every asset and every sector on the newest snapshot of a timeframe, and write what is new into the "
        "ledger. What stands there stays as it is: the same again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--timeframe", choices=RunTimeframe.values, default=RunTimeframe.D1, help="1d by default")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        started = time.perf_counter()
        found = forecast(options["timeframe"])
        seconds = round(time.perf_counter() - started, 3)
        if options["json"]:
            self.stdout.write(json.dumps({**found, "seconds": seconds}))
            return
        self.stdout.write(
            f"{found['as_of']}: {found['forecasts']} forecasts, {found['new']} of them new; {seconds:.2f} s"
        )
