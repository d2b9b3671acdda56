"""``verify_isolation``: every table with people's rows has a fence that holds."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from system.fences import FENCED, UNFENCED
from system.selectors.isolation import isolation_faults


class Command(BaseCommand):
    help = (
        "Look whether each table from which a person can be reached has a fence in the database (row-level security), "
        "and name those that have none. With --all also tell which have one, and why some need none."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--all", action="store_true", help="tell all tables, not only what is wrong")

    def handle(self, *_args: Any, **options: Any) -> None:
        faults = isolation_faults()
        if options["all"]:
            for name in sorted(FENCED):
                self.stdout.write(f"fence   {name}")
            for name, reason in sorted(UNFENCED.items()):
                self.stdout.write(f"none    {name}: {reason}")
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} faults in the fences between people.")
        self.stdout.write(f"{len(FENCED)} tables are fenced, {len(UNFENCED)} need none; nothing is wrong.")
