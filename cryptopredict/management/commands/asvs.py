"""The page that says how the product stands to OWASP ASVS."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cryptopredict import asvs
from cryptopredict.environment import BASE_DIR


class Command(BaseCommand):
    help = "Write docs/security/asvs.md from docs/security/asvs.toml, and name what is wrong there."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; status 1 if it is out of date")

    def handle(self, *_: Any, **options: Any) -> None:
        if faults := [fault for one in asvs.requirements() for fault in one.faults()]:
            raise CommandError("\n".join(faults))
        name = asvs.PAGE.relative_to(BASE_DIR)
        if options["check"]:
            if not asvs.PAGE.exists() or asvs.PAGE.read_text() != asvs.page():
                raise CommandError(f"{name} is out of date; run: manage.py asvs")
            return
        self.stdout.write(f"{name} {'written' if asvs.write() else 'is up to date'}.")
