"""Faults become rows, and somebody says that one is mended."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.utils.translation import gettext as _

from system import fault_log
from system.choices import AuditOperation
from system.exceptions import ConflictError
from system.models import Fault
from system.services.audit import record_change

logger = logging.getLogger(__name__)
# Who writes at the same time waits for the row; in their order, nobody waits for each other.
UPSERT = """
INSERT INTO program_faults (fingerprint, kind, error, place, message, during, traceback, request_id, code_version,
    times, first_at, last_at)
VALUES (%(fingerprint)s, %(kind)s, %(error)s, %(place)s, %(message)s, %(during)s, %(traceback)s, %(request_id)s,
    %(code_version)s, %(times)s, %(first_at)s, %(last_at)s)
ON CONFLICT (fingerprint) DO UPDATE SET
    kind = excluded.kind, message = excluded.message, during = excluded.during, traceback = excluded.traceback,
    request_id = excluded.request_id, code_version = excluded.code_version, last_at = excluded.last_at,
    times = program_faults.times + excluded.times,
    done_at = CASE WHEN program_faults.done_at < excluded.last_at THEN NULL ELSE program_faults.done_at END
"""


def write_faults() -> int:
    """Write what was gathered in this process. While the database is away it waits.

    Returns:
        How many places were written.
    """
    found = fault_log.take()
    if not found:
        return 0
    ordered = sorted(found, key=lambda one: one.fingerprint)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(UPSERT, [vars(one) | {"code_version": settings.VERSION} for one in ordered])
    except Error as error:
        fault_log.give_back(found)
        logger.warning("Faults wait to be written: %s", type(error).__name__)
        return 0
    return len(found)


@transaction.atomic
def mark_done(fault: Fault, *, actor: Any, now: datetime) -> Fault:
    """Somebody says that it is mended. If it comes again, it is open again.

    Raises:
        ConflictError: it is done already.
    """
    row = Fault.objects.select_for_update().get(pk=fault.pk)
    if row.done_at is not None:
        raise ConflictError(_("It is marked as done already."), code="wrong_state")
    row.done_at = now
    row.save(update_fields=["done_at"])
    record_change(row, AuditOperation.UPDATE, actor=actor, old={"done_at": None}, new={"done_at": now})
    return row
