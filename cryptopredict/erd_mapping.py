"""Where the tables and columns of the design documents live: ``docs/erd-mapping.csv`` joined with the models.

The file says, for each table and column of the documents, where it went; the models say what is there now.
"""

import csv
import inspect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from django.apps import apps
from django.db import connections
from django.db.models import Field, Model

from cryptopredict.environment import BASE_DIR

ORIGINS = BASE_DIR / "docs" / "erd-mapping.csv"
PAGE = BASE_DIR / "docs" / "erd-mapping.md"
APPS = ("accounts", "assets", "aimodels", "macro", "sectors", "selection", "trading", "system")

INTRODUCTION = """\
# Where the design documents live in the database

*Written by `manage.py erd_mapping` from the models and `docs/erd-mapping.csv`; a test compares. Do not edit.*

The product grew out of five design documents, named here by their numbers:

| number | document |
|---|---|
| 003 | newest entity-relationship diagram; it decides where the documents differ |
| 000 | plan of SQLAlchemy models for the same diagram |
| 002, 004 | older diagrams with SQL, views and API |
| 001 | oldest plan of files, with names of tables |

Rules that hold everywhere: keys are `bigint`; times are `timestamptz` in UTC; prices and quantities are
`numeric(38,18)`, because `numeric(20,8)` stores the cheapest tokens as 0; amounts of US dollars are `numeric(30,2)`;
a choice has a CHECK named `chk_<table>_<column>`; a column named `…_id` is a foreign key. "–" under *documents* means
that no document has the column. Django's own tables (`users_groups`, `users_user_permissions`, `auth_*`, `django_*`,
`django_celery_beat_*`) are not listed.
"""

DIFFERENCES = """\
## Where the database and the specification differ

`users.chk_email_format` admits the address `system@localhost` beside the pattern of 003. What the system adds by itself
belongs to that inactive user, whose address is fixed by the product's rules and has no top-level domain, so the pattern
alone would refuse it. `price_data` and `price_data_archive` have a column more than the documents, `base_volume`: an
exchange counts coins, the documents want dollars, and where a source gives no dollars the volume is an estimate, which
the kept coins and the missing vwap tell from a figure of the exchange. `is_derived` in both tells candles that were
aggregated from shorter ones from those that the source published itself.

`predictions` has `features_hash`, which the chain of hashes covers so that what a model saw can't be exchanged
afterwards, and `unresolved_reason`, which says why a due forecast has no outcome. `model_jobs` has what a queue needs
that survives its workers: `attempts`, `worker`, `taken_at`, `heartbeat_at` and `lease_until` (who works on it, and
until when that is believed), `stop_requested` (cancel or pause), `available_at` (not before), `checkpoint` (where to
go on), `schedule_id` and `due_at` (one job per schedule and due time).

`user_sessions` has `access_expires_at`: the access token ends before its session. `watchlists` has `last_change_id`,
the audit row that undo takes back, and `wants_suggestions`: owners review suggestions for their personal lists only
where they have asked for them. `portfolios` has what its figures depend on: `base_currency`, `lot_method` and
`cash_asset_id` (with a cash position only deposits and withdrawals are flows). `trade_actions` has what the kinds of
entries need: `settlement_asset_id` and `settlement_quantity` (the coins that were paid or received), `matches_id` (the
other half of a transfer or migration), `corrects_id` (the entry whose place it takes), `accepts_missing` (a sale beyond
the holding counts as brought in, and is marked), `assumptions` (what its amounts rest on) and `looked_up` (amounts that
nobody stated, which a correction looks up anew). `signal_executions` has the plan and where it is booked:
`portfolio_id`, `stop_price`, `target_price`, `leverage`; and `client_key` with `request_hash`, so that the same request
again changes nothing.

`ai_trading_signals` has what a plan needs to be followed without a person: `entry_type` with `entry_zone_low` and
`entry_zone_high` (filled at the next open, or in a zone of prices), `further_targets` (the documents have one target),
`has_break_even` and `trailing_distance` (when the stop moves). What came of a signal stands in `signal_outcomes`, which
no document has: `signal_successful` says whether its first target was reached.

The check of the schema against its specification reports these six, the nineteen of the paragraph above, the twelve of
the one before and the five of the first one as its standing warnings.

`signal_alerts` has `armed_at` and `arming`: only what becomes known after it was armed makes an alert fire, and it
fires once for each number. They are two standing warnings more. Its trigger of `updated_at` leaves out `last_checked`,
because that an alert was looked at is no change of it.

`recommendations` has `answer` (what the person said; it stays when the advice lapses) and `rejection_reason`, two
standing warnings more; the table `recommendation_entries` links the journal entries that carried an advice out.

`model_jobs` and `background_tasks` have `request_id`, two more: the request that asked for the work, which its lines in
the log name too; and `trace_parent`, two more again: the trace that the work is a part of, where traces are made.

`portfolios` has `is_paper`, one standing warning more: a portfolio that follows signals by itself, whose rules stand in
`paper_portfolios`; no sum of what a person owns counts it.

The application declares no `ON DELETE` actions in the database: Django deletes what depends on a row, or refuses.
`price_data` and `price_data_archive` have no `id`: PostgreSQL wants the partition's key in the primary key, and nothing
points at a single candle. They are partitioned by timeframe, then by month (by year from `1d` up).

SQL functions of the documents are services, because they need permissions, limits and an audit trail. The trigger
function `update_updated_at_column` of 002 and 004 is `set_updated_at`; tables with `updated_at` have a trigger
`trg_<table>_updated_at`.
"""


@dataclass(frozen=True)
class Origin:
    """A table or column of the documents and one place where it is now. A table's own row has no columns."""

    documents: str
    table: str
    column: str
    target_table: str
    target_column: str
    note: str

    def seen_from(self, table: str, column: str) -> str:
        """How the target's row names it: nothing but the documents where table and column kept their names."""
        name = "" if (self.table, self.column) == (table, column) else f"`{self.table}.{self.column}` "
        return f"{name}{self.documents}" + (f" ({text(self.note)})" if self.note else "")


def origins() -> list[Origin]:
    """What ``docs/erd-mapping.csv`` says."""
    with ORIGINS.open(newline="", encoding="utf-8") as file:
        return [
            Origin(
                row["documents"],
                row["table"],
                row["column"],
                row["target_table"],
                row["target_column"],
                row["note"],
            )
            for row in csv.DictReader(file)
        ]


def tables() -> dict[str, type[Model]]:
    """Our tables by name, in the order of the apps."""
    return {model._meta.db_table: model for model in _models() if model._meta.managed}


def views() -> dict[str, type[Model]]:
    """Our database views by name."""
    found = {model._meta.db_table: model for model in _models() if not model._meta.managed}
    return dict(sorted(found.items()))


def columns(model: type[Model]) -> "list[Field[object, object]]":
    """The columns of a table, in order. A composite key is none of its own."""
    return [field for field in model._meta.local_fields if field.column]


def page() -> str:
    """The text of ``docs/erd-mapping.md``."""
    mapped = origins()
    parts = [
        INTRODUCTION,
        "\n".join(_old_tables(mapped)),
        "\n".join(_moved_columns(mapped)),
        "\n".join(_new_tables(mapped)),
        "\n".join(_views()),
        DIFFERENCES,
        "## Every column\n",
        *("\n".join(_columns(table, model, mapped)) for table, model in tables().items()),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def write(path: Path = PAGE) -> bool:
    """Bring the page up to date; whether it changed."""
    new = page()
    if path.exists() and path.read_text(encoding="utf-8") == new:
        return False
    path.write_text(new, encoding="utf-8")
    return True


def text(value: object) -> str:
    """Plain text as a cell of a Markdown table shows it."""
    return escape(str(value), quote=False).replace("|", "\\|").replace("*", "\\*").replace("\n", " ")


def _models() -> list[type[Model]]:
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


def _old_tables(mapped: list[Origin]) -> Iterator[str]:
    targets: dict[tuple[str, str], list[str]] = defaultdict(list)
    for origin in mapped:
        if not origin.column:
            note = f" ({text(origin.note)})" if origin.note else ""
            targets[origin.table, origin.documents].append(f"`{origin.target_table}`{note}")
    yield "## Tables of the documents\n"
    yield "| table | documents | now |"
    yield "|---|---|---|"
    for (table, documents), found in sorted(targets.items()):
        yield f"| `{table}` | {documents} | {', '.join(found)} |"


def _moved_columns(mapped: list[Origin]) -> Iterator[str]:
    yield "## Columns of the documents that moved or changed\n"
    yield "Every other column kept its name and its table.\n"
    yield "| column | documents | now |"
    yield "|---|---|---|"
    targets: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for origin in mapped:
        moved = (origin.table, origin.column) != (origin.target_table, origin.target_column)
        if origin.column and (moved or origin.note):
            note = f" ({text(origin.note)})" if origin.note else ""
            targets[origin.table, origin.column, origin.documents].append(
                f"`{origin.target_table}.{origin.target_column}`{note}"
            )
    for (table, column, documents), found in sorted(targets.items()):
        yield f"| `{table}.{column}` | {documents} | {', '.join(found)} |"


def _new_tables(mapped: list[Origin]) -> Iterator[str]:
    known = {origin.target_table for origin in mapped}
    yield "## Tables that no document has\n"
    yield "| table | app | why it is there |"
    yield "|---|---|---|"
    for table, model in tables().items():
        if table not in known:
            yield f"| `{table}` | {model._meta.app_label} | {text(meaning(model))} |"


def _views() -> Iterator[str]:
    yield "## Views\n"
    yield "The five views of 002, for the live series only and with the rights of the role that asks.\n"
    yield "| view | app | what it shows |"
    yield "|---|---|---|"
    for view, model in views().items():
        yield f"| `{view}` | {model._meta.app_label} | {text(meaning(model))} |"


def _columns(table: str, model: type[Model], mapped: list[Origin]) -> Iterator[str]:
    came_from = defaultdict(list)
    for origin in mapped:
        if origin.target_table == table and origin.column:
            came_from[origin.target_column].append(origin.seen_from(table, origin.target_column))
    yield f"### {table}\n"
    yield f"{text(meaning(model))} Model `{model._meta.label}`.\n"
    yield "| column | type | empty? | meaning | documents |"
    yield "|---|---|---|---|---|"
    for field in columns(model):
        kind = (field.db_type(connections["owner"]) or "").replace("timestamp with time zone", "timestamptz")
        null = "yes" if field.null else "no"
        sources = "; ".join(came_from[field.column or ""]) or "–"
        yield f"| `{field.column}` | `{kind}` | {null} | {text(_unit(field))} | {sources} |"


def _unit(field: "Field[object, object]") -> str:
    return field.db_comment or ("Primary key" if field.primary_key else str(field.help_text or field.verbose_name))


def meaning(model: type[Model]) -> str:
    """What a row is, in the words of the model's docstring."""
    return " ".join((inspect.getdoc(model) or "").split())
