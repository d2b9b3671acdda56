"""Run any command with the embedded services."""

import os
import signal
import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cryptopredict import embedded, environment
from cryptopredict.embedded import process


class Command(BaseCommand):
    help = (
        "Run a command with DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL of the embedded services in its "
        "environment, and return its exit status: manage.py with_services -- CMD …"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("command_line", nargs=REMAINDER, metavar="CMD …")

    def handle(self, *_: Any, **options: Any) -> None:
        command = [part for i, part in enumerate(options["command_line"]) if i or part != "--"]
        if not command:
            raise CommandError("Name a command: manage.py with_services -- CMD …")
        services = embedded.wanted()
        if not services:
            sys.exit(run(command, dict(os.environ)))
        with embedded.attached(environment.home(), services) as running:
            status = run(command, os.environ | running.variables())
        sys.exit(status)


def run(command: list[str], variables: dict[str, str]) -> int:
    """The command's exit status as a shell gives it. Ctrl-C reaches the command by itself; other signals are passed on."""
    try:
        child = process.spawn(command, environment=variables, foreground=True)
    except OSError as error:
        raise CommandError(f"{command[0]}: {error.strerror}") from None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: child.poll() is None and child.send_signal(received))
    status = child.wait()
    return status if status >= 0 else 128 - status
