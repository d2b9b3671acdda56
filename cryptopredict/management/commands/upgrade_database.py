"""Carry the embedded database over from an older major version of PostgreSQL."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cryptopredict.backups.upgrading import upgrade
from cryptopredict.embedded.postgres import MAJOR
from cryptopredict.progress import steps


class Command(BaseCommand):
    help = (
        f"Carry the embedded database over to PostgreSQL {MAJOR}: dumped by the version that it is of, loaded beside "
        "it, every table compared row by row, and only then put in place. The old data directory stays under another "
        "name until restore --drop-former. Refuses while the product runs."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--programs", type=Path, help="directory of postgres of the old version (default: found)")

    def handle(self, *_: Any, **options: Any) -> None:
        started = time.perf_counter()
        done = upgrade(Path(settings.CRYPTOPREDICT_HOME), programs=options["programs"], say=steps(self.stderr))
        if done.former is None:
            self.stdout.write(f"The database is of PostgreSQL {done.before}, as the program; nothing was done")
            return
        self.stdout.write(
            f"The database of PostgreSQL {done.before} is one of PostgreSQL {MAJOR} now: {done.tables} tables, "
            f"{done.rows} rows, counts and checksums as before; {time.perf_counter() - started:.1f} s"
        )
        self.stdout.write(f"What was there is in {done.former}; remove it: restore --drop-former")
        if done.others:
            self.stderr.write(self.style.WARNING(f"Not carried over: {', '.join(done.others)}"))
