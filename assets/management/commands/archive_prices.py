"""Move old candles to the archive, or back."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from assets.services.archival import Move, MoveReport, archive_prices, due_partitions, restore_prices
from assets.services.partitions import StoredPartition


class Command(BaseCommand):
    help = (
        "Move partitions whose candles are all older than the age of their timeframe (settings, group retention) to "
        "the archive. Repeatable, safe to interrupt. Exit status: 0 done, 1 some are in use and stay for the next run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--dry-run", action="store_true", help="only list what would move")
        what.add_argument(
            "--restore",
            nargs="+",
            metavar="NAME",
            help="move these partitions back; the next run archives them again unless their age is raised",
        )
        parser.add_argument("--json", action="store_true", help="as JSON, for programs")

    def handle(self, *_: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            due = due_partitions(now)
            said = {"due": [described(one) for one in due]}
            lines = [*map(line, due), f"{len(due)} partitions would move"]
            report = MoveReport()
        else:
            report = restore_prices(options["restore"]) if options["restore"] else archive_prices(now)
            said = {
                "moved": [described(move.partition) | {"locked_ms": milliseconds(move)} for move in report.moves],
                "postponed": [described(one) for one in report.postponed],
            }
            lines = [f"{line(move.partition)}  locked {milliseconds(move)} ms" for move in report.moves]
            lines += [f"{line(one)}  in use, stays for the next run" for one in report.postponed]
            lines.append(f"{len(report.moves)} partitions moved, {len(report.postponed)} postponed")
        self.stdout.write(json.dumps(said, indent=2) if options["json"] else "\n".join(lines))
        if report.postponed:
            sys.exit(1)


def described(partition: StoredPartition) -> dict[str, Any]:
    """A partition for programs; ``rows`` is an estimate, null when nobody has counted yet."""
    return {
        "name": partition.name,
        "timeframe": partition.timeframe,
        "home": partition.home,
        "from": partition.first.isoformat(),
        "to": partition.end.isoformat(),
        "rows": partition.rows,
        "bytes": partition.size,
    }


def line(partition: StoredPartition) -> str:
    """A partition for people."""
    rows = "–" if partition.rows is None else f"{partition.rows:,}"
    return f"{partition.name:<22}{partition.home:<20}{rows:>13} rows (estimate){partition.size / 1e6:>10.1f} MB"


def milliseconds(move: Move) -> float:
    return round(move.locked * 1000, 2)
