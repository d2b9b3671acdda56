"""Run any command with the embedded services."""

import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.embedded.wrapper import run_with_services


class Command(BaseCommand):
    help = (
        "Run a command with DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL of the embedded services in its "
        "environment, and return its exit status: manage.py with_services -- CMD …"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("command_line", nargs=REMAINDER, metavar="CMD …")

    def handle(self, *_: Any, **options: Any) -> None:
        sys.exit(run_with_services(options["command_line"]))
