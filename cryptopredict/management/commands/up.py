"""Start the product. ``manage.py`` calls it before Django is loaded; this is the way there for everybody else."""

import os
import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Start the product: services, database, web, worker and schedule. Options: --host, --port. Ctrl-C stops it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("arguments", nargs=REMAINDER)

    def handle(self, *_: Any, **options: Any) -> None:
        """Begin in a new interpreter: this one has loaded what must not be there when children are forked."""
        program = str(settings.BASE_DIR / "manage.py")
        os.execv(sys.executable, [sys.executable, program, "up", *options["arguments"]])
