"""Start the product. ``manage.py`` calls it before Django is loaded; this is the way there for everybody else."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cryptopredict.running.product import add_options


class Command(BaseCommand):
    help = "Start the product: services, database, web, worker and schedule. Ctrl-C stops everything."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_options(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Begin in a new interpreter: this one has loaded what must not be there when children are forked."""
        program = str(settings.BASE_DIR / "manage.py")
        arguments = ["up", "--host", options["host"], "--port", str(options["port"])]
        os.execv(sys.executable, [sys.executable, program, *arguments])  # noqa: S606 - our own program, no shell
