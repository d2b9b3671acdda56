"""Known faults of the packages that we use."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cryptopredict import auditing, sbom
from system.exceptions import UnavailableError

FOUND, NOT_LOOKED_UP = 1, 3


class Command(BaseCommand):
    help = (
        "Look every package of the lock file and of the pages up among known faults (OSV). Ends with status 1 if one "
        "has any that is not accepted, and with 3 if nobody could be asked: then nothing is known."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", default=auditing.SOURCE, help="another address of OSV, such as a mirror")

    def handle(self, *_: Any, **options: Any) -> None:
        found = sbom.components()
        fine = auditing.accepted(timezone.now().date())
        try:
            known = auditing.known_faults(found, source=options["source"])
        except UnavailableError as fault:
            self.stderr.write(f"NOT LOOKED UP, so nothing is known of {len(found)} packages: {fault}")
            sys.exit(NOT_LOOKED_UP)
        for one in known:
            reason = f"accepted: {fine[one.number]}" if one.number in fine else "not accepted"
            self.stdout.write(f"{one.package}: {one.number} ({reason})")
        wrong = [one for one in known if one.number not in fine]
        self.stdout.write(f"{len(found)} packages, {len(known)} known faults, {len(wrong)} of them not accepted.")
        if wrong:
            sys.exit(FOUND)
