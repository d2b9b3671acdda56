"""A worker as a process of its own."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.celery import QUEUES
from cryptopredict.running import single


class Command(BaseCommand):
    help = (
        "Do background work, one task after the other, with servers of your own (DATABASE_URL, REDIS_URL). SIGTERM "
        "lets the present task end. `up` runs the same, and everything else."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queues",
            type=lambda text: list(filter(None, text.split(","))),
            default=[],
            help=f"names with commas between: {', '.join(QUEUES)} (default: all of them)",
        )
        parser.add_argument("--name", default="", help="what this worker is called (default: its queues)")

    def handle(self, *_: Any, **options: Any) -> None:
        single.work(options["queues"], options["name"])
