"""How much of each column of the analysis tables is filled over a replay of real data.

The market of 2024 is loaded into a database of its own and described at every step: snapshot, regime, sectors. Then
each column of their tables is counted. No peer: a null without its reason in the flags, and a column that never changes
although what it describes does, are faults, and the exit status says so.

    .venv/bin/python manage.py with_services -- .venv/bin/python benchmarks/filled.py [--daily] [--json] [--faults]
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared/data"
FOLDERS = (
    "candles/binance-spot-2024",
    "candles/binance-spot-daily",
    "derivatives/funding",
    "macro",
    "news",
    "sectors/coin-categories-2024-05.csv",
)
FIRST, LAST = datetime(2024, 1, 7, tzinfo=UTC), datetime(2024, 9, 6, tzinfo=UTC)
"""The days for which the data has 62 pairs; before and after there are nine."""
SERIES = "filled"
TABLES = (
    "macro.MetricsSnapshot",
    "macro.AIRegimeAnalysis",
    "macro.NewsEvent",
    "sectors.SectorHistory",
    "sectors.AISectorAnalysis",
    "sectors.AICrossSectorAnalysis",
    "sectors.SectorRotationFlow",
)
BOOKKEEPING = {"id", "created_at", "updated_at", "run", "series"}
BY_PEOPLE = {"analyst_notes", "manual_override", "override_reason", "reviewed_by", "reviewed_at", "withdrawn_at"}
"""Columns that people fill in, on a live analysis or on a headline that is not to count."""
CONSTANT = {
    "timeframe": "one timeframe is replayed",
    "analysis_timeframe": "one timeframe is replayed",
    "data_source": "one market is replayed",
    "snapshot_version": "one version replays",
    "analysis_version": "one version replays",
    "is_validated": "these candles have no fault; tests/macro/test_snapshot_bad_markets.py has markets with some",
    "ai_model": "one model version is in force",
    "language": "the files hold English headlines",
    "external_id": "the files name none",
}
"""Columns that stay the same over a replay, and why they truly do."""


@dataclass(frozen=True)
class Column:
    """A column over all rows of a table.

    Attributes:
        rows: how many there are.
        filled: how many hold something; an empty text, list or mapping is nothing.
        distinct: how many different values they hold, a missing one aside.
        unnamed: nulls that their row's flags do not name.
        reasons: why it is empty, with how often.
    """

    table: str
    name: str
    rows: int
    filled: int
    distinct: int
    unnamed: int
    reasons: dict[str, int]

    @property
    def share(self) -> float:
        return self.filled / self.rows if self.rows else 0.0

    @property
    def faults(self) -> list[str]:
        """What is wrong with it, in words."""
        found = []
        if self.unnamed:
            found.append(f"{self.unnamed} nulls without a reason")
        if self.rows > 1 and self.distinct == 1 and self.filled == self.rows and self.name not in CONSTANT:
            found.append("the same in every row")
        return found


def count(table: str, rows: Sequence[Mapping[str, Any]], nullable: Iterable[str]) -> list[Column]:
    """The columns of some rows.

    Args:
        table: its name.
        rows: values by column; all have the same ones.
        nullable: columns that may be NULL.
    """
    optional = set(nullable)
    reasons = [reasons_of(row) for row in rows]
    found = []
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows]
        empty = [why for value, why in zip(values, reasons, strict=True) if is_empty(value)]
        unnamed = [
            why for value, why in zip(values, reasons, strict=True) if value is None and name in optional - why.keys()
        ]
        said: dict[str, int] = {}
        for why in empty:
            said[why.get(name, "empty")] = said.get(why.get(name, "empty"), 0) + 1
        distinct = {json.dumps(value, default=str, sort_keys=True) for value in values if value is not None}
        found.append(Column(table, name, len(rows), len(rows) - len(empty), len(distinct), len(unnamed), said))
    return found


def is_empty(value: Any) -> bool:
    """Nothing, or something that holds nothing; 0 and False are something."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def reasons_of(row: Mapping[str, Any]) -> dict[str, str]:
    """What the row's own flags say of its missing columns: a mapping called ``missing`` in any of its JSON columns."""
    found: dict[str, str] = {}
    for value in row.values():
        if isinstance(value, dict) and isinstance(value.get("missing"), dict):
            found |= value["missing"]
    return found


def counted_tables() -> Iterator[list[Column]]:
    """The columns of each table, of the replay's rows where a table has series."""
    from django.apps import apps

    for label in TABLES:
        model: type[Model] = apps.get_model(label)
        columns = [column for column in model._meta.concrete_fields if column.name not in BOOKKEEPING | BY_PEOPLE]
        rows = model._default_manager.all()
        if any(column.name == "series" for column in model._meta.concrete_fields):
            rows = rows.filter(series=SERIES)
        values = [{column.name: getattr(row, column.attname) for column in columns} for row in rows.iterator()]
        yield count(model._meta.db_table, values, (column.name for column in columns if column.null))


def replayed(moments: Sequence[datetime]) -> dict[str, int]:
    """Describe the market at each moment; how many runs each layer skipped."""
    from assets.selectors import remembered_views
    from cryptopredict.pipeline import Stages
    from system.services import pipeline_run

    skipped: dict[str, int] = {}
    for moment in moments:
        with remembered_views(), pipeline_run(SERIES, "1d", moment) as run:
            stages = Stages(run)
            run.counts = {name: getattr(stages, name)() for name in ("snapshot", "regime", "sectors")}
        for name, facts in run.counts.items():
            if "skipped" in facts:
                skipped[name] = skipped.get(name, 0) + 1
    return skipped


def table_of(columns: Iterable[Column], *, only_faults: bool) -> list[str]:
    """One line per column: filled share, different values, and what is wrong or why it is empty."""
    lines = []
    for column in columns:
        if only_faults and not column.faults:
            continue
        why = "; ".join(f"{n} x {reason}" for reason, n in sorted(column.reasons.items(), key=lambda one: -one[1])[:2])
        note = "FAULT " + ", ".join(column.faults) if column.faults else why
        lines.append(
            f"{column.table:<28}{column.name:<32}{100 * column.share:>6.1f} %{column.distinct:>7}  {note}".rstrip()
        )
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--daily", action="store_true", help="every day instead of every week")
    parser.add_argument("--json", action="store_true", help="the table as JSON")
    parser.add_argument("--faults", action="store_true", help="only columns with a fault")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"no real market data at {DATA}")
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    import django

    django.setup()
    from django.utils import timezone

    from benchmarks.scratch import scratch_database
    from cryptopredict.bootstrap import bootstrap
    from cryptopredict.importing import import_files

    step = timedelta(days=1 if options.daily else 7)
    moments = [FIRST + number * step for number in range((LAST - FIRST) // step + 1)]
    with scratch_database("filled"):
        bootstrap()
        import_files([DATA / folder for folder in FOLDERS], timezone.now(), lambda _file: None)
        started = time.perf_counter()
        skipped = replayed(moments)
        seconds = time.perf_counter() - started
        columns = [column for table in counted_tables() for column in table]
    faults = sum(len(column.faults) for column in columns)
    if options.json:
        print(json.dumps([asdict(column) | {"faults": column.faults} for column in columns], indent=1))
    else:
        print("\n".join(table_of(columns, only_faults=options.faults)))
    filled = sum(column.filled for column in columns) / max(1, sum(column.rows for column in columns))
    print(f"runs: {len(moments)}", f"seconds: {seconds:.1f}", f"skipped: {skipped}", sep="\n")
    print(f"columns: {len(columns)}", f"filled share of all cells: {filled:.4f}", f"faults: {faults}", sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
