"""Old rows go away, in batches of one short transaction each."""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError, connection
from django.utils.module_loading import import_string
from psycopg import sql

from system.retention import RetentionRule, retention_rules
from system.selectors.settings import setting
from system.services.background import IncompleteError, background_task

logger = logging.getLogger(__name__)
BATCH = 10_000
# Each batch goes on behind the one before, so that nothing is looked at twice; what another sweep holds is its work.
DELETE = """
WITH old AS (
    SELECT id FROM {table} WHERE id > %(after)s AND {column} < %(cutoff)s
    ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED),
gone AS (DELETE FROM {table} t USING old WHERE t.id = old.id RETURNING t.id)
SELECT count(*), max(id) FROM gone
"""
COUNT = "SELECT count(*) FROM {table} WHERE {column} < %s"


@dataclass
class SweepReport:
    """What a sweep did.

    Attributes:
        rows: by table, how many rows went (to the archive, where there is one).
        seconds: by table.
        faults: by table, why its rows could not go; what had gone before stays gone.
    """

    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


def sweep_old_rows(now: datetime, *, batch: int = BATCH) -> SweepReport:
    """Delete or archive every row that is older than the age of its table. Repeatable; several at once share the work.

    A table that cannot be swept does not keep the others from it: the background task is failed and names it.

    Args:
        now: the present.
        batch: rows per transaction.
    """
    report = SweepReport()
    with background_task("system.services.sweep_old_rows", "cleanup", {"now": now.isoformat(), "batch": batch}) as task:
        for rule, cutoff in _cutoffs(now):
            report.rows[rule.table], started = 0, time.perf_counter()
            try:
                _sweep(rule, cutoff, batch, report)
            except DatabaseError as error:
                logger.exception("Old rows of %s could not be swept", rule.table)
                report.faults[rule.table] = str(error).strip()
            report.seconds[rule.table] = round(time.perf_counter() - started, 3)
        task.result_data = {"rows": report.rows, "seconds": report.seconds}
        if report.faults:
            raise IncompleteError("; ".join(f"{table}: {fault}" for table, fault in report.faults.items()))
    return report


def old_rows(now: datetime) -> dict[str, int]:
    """How many rows of each table a sweep would take."""
    found = {}
    for rule, cutoff in _cutoffs(now):
        with connection.cursor() as cursor:
            cursor.execute(_named(COUNT, rule), [cutoff])
            found[rule.table] = cursor.fetchone()[0]
    return found


def _cutoffs(now: datetime) -> list[tuple[RetentionRule, datetime]]:
    ages = setting("retention", now)
    return [(rule, rule.cutoff(now, ages[rule.setting])) for rule in retention_rules()]


def _sweep(rule: RetentionRule, cutoff: datetime, batch: int, report: SweepReport) -> None:
    after = 0
    while True:
        gone, last = (
            (import_string(rule.archive)(cutoff, batch), None) if rule.archive else _delete(rule, cutoff, batch, after)
        )
        if not gone:
            return
        report.rows[rule.table] += gone
        after = last or 0


def _delete(rule: RetentionRule, cutoff: datetime, batch: int, after: int) -> tuple[int, int | None]:
    """One batch: how many rows went, and the greatest id of them."""
    with connection.cursor() as cursor:
        cursor.execute(_named(DELETE, rule), {"after": after, "cutoff": cutoff, "batch": batch})
        gone, last = cursor.fetchone()
        return gone, last


def _named(statement: str, rule: RetentionRule) -> sql.Composed:
    return sql.SQL(statement).format(table=sql.Identifier(rule.table), column=sql.Identifier(rule.column))
