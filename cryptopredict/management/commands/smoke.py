"""Ask the product what every installation answers."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.backups.smoke import ask


class Command(BaseCommand):
    help = "Ask for health, pages, candles and forecasts. Exit status: 0 all answered with 200, 1 something did not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the answers as one JSON line, and end with 0")

    def handle(self, *_: Any, **options: Any) -> None:
        found = ask()
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for path, status in found.items():
            self.stdout.write(f"{status}  {path}")
        if any(status != 200 for status in found.values()):
            sys.exit(1)
