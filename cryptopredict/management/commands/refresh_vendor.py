"""Fetches the pinned front-end packages anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict import bundling, vendor


class Command(BaseCommand):
    help = (
        "Refresh static/vendor and tests/vendor from npm as their packages.json say, verifying each package. "
        "Needs npm and a network."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--record",
            action="store_true",
            help='write down the integrity of packages whose "integrity" is empty (after choosing a new version)',
        )

    def handle(self, *_: Any, **options: Any) -> None:
        for place in (vendor.VENDOR, vendor.OF_TESTS):
            for line in vendor.refresh(place, record=options["record"]):
                self.stdout.write(line)
        for line in bundling.build():
            self.stdout.write(line)
