"""The web as a process of its own."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.running import single, static_files
from cryptopredict.running.product import add_options


class Command(BaseCommand):
    help = (
        "Serve the web on one port, with servers of your own (DATABASE_URL, REDIS_URL). SIGTERM lets requests end that "
        "are begun. `up` runs the same, and everything else."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_options(parser)
        parser.add_argument(
            "--only-collect", action="store_true", help="collect the files of the pages and end: for an image"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if options["only_collect"]:
            static_files.ensure()
            return
        single.serve(options["host"], options["port"])
