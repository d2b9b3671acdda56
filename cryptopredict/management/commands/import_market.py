"""Import market data from files."""

import csv
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from assets.providers.text_files import Reject
from cryptopredict.importing import ImportReport, import_files
from system.exceptions import InvalidInput

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Store candles, daily market caps, macro series, funding rates, sector memberships and headlines from CSV "
        "files (plain or gzip). Faulty rows are listed with line and reason, the others stored; the same files again "
        "change nothing. Exit status: 0 all sound, 1 some rows refused, 2 nothing readable."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
        parser.add_argument("--report", type=Path, help="where the list of refused and skipped rows goes (CSV)")

    def handle(self, *_: Any, **options: Any) -> None:
        started, now = time.perf_counter(), timezone.now()
        if options["report"]:
            ensure_writable(options["report"])
        report = import_files(options["paths"], now, self._progress if options["verbosity"] > 1 else lambda _file: None)
        listed = [("refused", row) for row in report.rejects] + [("skipped", row) for row in report.skipped]
        if listed:
            path = options["report"] or settings.CRYPTOPREDICT_HOME / "imports" / f"{now:%Y-%m-%dT%H-%M-%S}.csv"
            write_report(path, listed)
            for what, row in listed[:SHOWN]:
                self.stderr.write(f"{what}: {row.file}{f' line {row.line}' if row.line else ''}: {row.reason}")
            more = f" ({len(listed) - SHOWN} more there)" if len(listed) > SHOWN else ""
            self.stderr.write(f"The whole list is in {path}{more}.")
        self.stdout.write(summary(report, time.perf_counter() - started))
        if report.is_empty:
            sys.exit(2)
        if report.rejects:
            sys.exit(1)

    def _progress(self, file: str) -> None:
        self.stdout.write(f"  {file}")


def summary(report: ImportReport, seconds: float) -> str:
    """One line per kind of row, and the totals."""
    lines = [
        f"{kind}: {total.new} new, {total.changed} changed, {total.equal} as before"
        for kind, total in report.stored.items()
    ]
    if report.gaps:
        lines.append(f"gaps: {report.gaps} stretches of candles are missing; manage.py gaps lists them")
    lines.append(
        f"{report.files} files, {len(report.rejects)} refused, {len(report.skipped)} skipped, {seconds:.1f} s"
        if lines
        else f"Nothing could be read: {len(report.rejects)} refused, {len(report.skipped)} skipped."
    )
    return "\n".join(lines)


def ensure_writable(path: Path) -> None:
    """See that a report can be written there, before anything is stored; leaves no empty file.

    Raises:
        InvalidInput: it cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        was_there = path.exists()
        path.open("a").close()
        if not was_there:
            path.unlink()
    except OSError as error:
        raise InvalidInput(
            f"The report cannot be written to {path} ({error.strerror}); name another file with --report.",
            field="report",
        ) from None


def write_report(path: Path, listed: list[tuple[str, Reject]]) -> None:
    """The list of what was not stored. A file may have a name that is no text: its odd bytes are written as codes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["what", "file", "line", "reason"])
        writer.writerows([what, row.file, row.line, row.reason] for what, row in listed)
