"""Delete or archive old rows of logs and activities."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from system.services.retention import old_rows, sweep_old_rows


class Command(BaseCommand):
    help = (
        "Delete or archive the rows of logs and activities that are older than their age (settings, group retention). "
        "Repeatable, safe to interrupt. Exit status: 0 done, 1 a table could not be swept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what would go")
        parser.add_argument("--json", action="store_true", help="as JSON, for programs")

    def handle(self, *_: Any, **options: Any) -> None:
        faults: dict[str, str] = {}
        if options["dry_run"]:
            rows = old_rows(timezone.now())
        else:
            report = sweep_old_rows(timezone.now())
            rows, faults = report.rows, report.faults
        if options["json"]:
            self.stdout.write(json.dumps({"rows": rows, "faults": faults}))
        else:
            for table, count in rows.items():
                self.stdout.write(f"{table:<24}{count:>12,} rows{f'  {faults[table]}' if table in faults else ''}")
        if faults:
            sys.exit(1)
