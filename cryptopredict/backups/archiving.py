"""Whether the archive of the write-ahead log keeps up: asked of the server, so also of one that archives by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from cryptopredict.backups.segments import Segment
from cryptopredict.embedded.wal import SEALING

STATE = """
SELECT now(), last_archived_wal, last_archived_time, last_failed_wal, last_failed_time,
    CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END,
    current_setting('archive_command') LIKE '%%/' || %s || '%%'
FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'
"""
LATE = timedelta(minutes=10)
"""So long a full file of the log may wait. They are archived once a minute."""


@dataclass(frozen=True)
class Archiving:
    """How the archive stands.

    Attributes:
        last_at: when the last file was archived; None: none was yet.
        failed: name of the file that cannot be archived; empty when nothing fails.
        waiting: full files that are not archived yet; None: not known.
        is_sealed: whether our own archive is sealed.
    """

    now: datetime
    last_at: datetime | None
    failed: str
    waiting: int | None
    is_sealed: bool = False

    @property
    def age_seconds(self) -> float | None:
        """How old the last archived file is. A database that nobody writes to has nothing to archive."""
        return None if self.last_at is None else max(0.0, (self.now - self.last_at).total_seconds())

    @property
    def is_late(self) -> bool:
        """Whether it does not keep up."""
        is_old = self.last_at is None or self.now - self.last_at > LATE
        return bool(self.failed) or (is_old and bool(self.waiting))


def archiving() -> Archiving | None:
    """How the archive of the database in use stands; None: it has none."""
    with connection.cursor() as cursor:
        cursor.execute(STATE, [SEALING.name])
        row = cursor.fetchone()
    if row is None:
        return None
    now, last, last_at, failed, failed_at, present, is_sealed = row
    fails = failed_at is not None and (last_at is None or failed_at > last_at)
    return Archiving(now, last_at, str(failed) if fails else "", waiting(last, present), is_sealed)


def waiting(last: str | None, present: str | None) -> int | None:
    """How many full files lie between the last that was archived and the one that is written to."""
    archived, written = Segment.of(last or ""), Segment.of(present or "")
    if archived is None or written is None:
        return None
    return max(0, written.number - archived.number - 1)
