"""The page about many assets and many people."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict import scaling
from cryptopredict.environment import BASE_DIR


class Command(BaseCommand):
    help = (
        "Write docs/scaling.md from what was measured; with --measure weigh a candle in the database at hand first. "
        "Everything is measured by benchmarks/scaling.py."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--measure", action="store_true", help="weigh a candle anew (needs the owner's role)")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["measure"]:
            found = json.loads(scaling.MEASURED.read_text()) | scaling.measure()
            scaling.MEASURED.write_text(json.dumps(found, indent=1) + "\n")
        scaling.write()
        self.stdout.write(f"{scaling.PAGE.relative_to(BASE_DIR)} written.")
