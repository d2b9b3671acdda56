"""The audit of the database: entries are sealed into a chain, emptied as people are erased, and old ones go by age."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection, connections, transaction

BATCH = 20_000
"""Entries that one statement seals: no lock for long."""
SEAL = "SELECT seal_row_changes(%s)"
# Entries go in the order of the chain and from its beginning, so that what is left is a chain; none goes behind one
# that is missing already.
FORGET = """
WITH old AS (
    SELECT l.position, l.change_id, l.hash,
           bool_and(coalesce(c.at < %(cutoff)s, false)) OVER (ORDER BY l.position) AS is_old
    FROM (SELECT * FROM row_change_links ORDER BY position LIMIT %(most)s) l
    LEFT JOIN row_changes c ON c.id = l.change_id),
going AS (SELECT * FROM old WHERE is_old),
links AS (DELETE FROM row_change_links l USING going g WHERE l.change_id = g.change_id),
entries AS (DELETE FROM row_changes c USING going g WHERE c.id = g.change_id),
ends AS (SELECT position, hash FROM going ORDER BY position DESC LIMIT 1),
kept AS (UPDATE row_change_chains SET forgotten = e.position, base = e.hash FROM ends e)
SELECT count(*) FROM going
"""

EMPTY = """
UPDATE row_changes SET before = NULL, after = NULL, salt = NULL, emptied_at = %(moment)s
WHERE table_name = %(table)s AND row_id = ANY (%(keys)s) AND emptied_at IS NULL RETURNING id
"""
# Who does it stands in front of the statement, as for the triggers (``system.trail``).
SAY_EMPTIED = """
WITH said AS (SELECT coalesce(current_setting('app.doer', true), '') AS doer)
INSERT INTO row_changes (transaction_id, table_name, row_id, operation, after, actor, door, request_id)
SELECT pg_current_xact_id()::text::bigint, 'row_changes', min(entry), 'UPDATE',
    jsonb_build_object('emptied_at', %(moment)s::timestamptz,
                       'entries', range_agg(int8range(entry, entry, '[]'))::text, 'count', count(*)),
    coalesce(nullif(split_part(min(doer), '|', 1), ''), 'role:' || session_user),
    coalesce(nullif(split_part(min(doer), '|', 2), ''), 'sql'), nullif(split_part(min(doer), '|', 3), '')
FROM said, unnest(%(entries)s::bigint[]) entry HAVING count(*) > 0
"""


def empty_changes(rows: Mapping[str, Collection[int]], moment: datetime) -> int:
    """Take away what stood in rows, from all that is noted of them; that something was done, when and by whom, stays.

    The owner's role does it, in a transaction of the caller. Which entries it was is noted as an entry of its own,
    which is sealed as any other: what is empty without such a word was emptied by somebody else.

    Args:
        rows: keys, by table.
        moment: the present.
    Returns:
        How many entries.
    """
    entries: list[int] = []
    with connections["owner"].cursor() as cursor:
        for table, keys in rows.items():
            cursor.execute(EMPTY, {"table": table, "keys": sorted(keys), "moment": moment})
            entries += [pk for (pk,) in cursor.fetchall()]
        cursor.execute(SAY_EMPTIED, {"entries": entries, "moment": moment})
    return len(entries)


def seal_changes(batch: int = BATCH) -> int:
    """Give every entry that has no place yet its place in the chain; how many. Several at once follow one another."""
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SEAL, [batch])
            sealed = int(cursor.fetchone()[0])
        total += sealed
        if sealed < batch:
            return total


def forget_changes(cutoff: datetime, batch: int) -> int:
    """Take sealed entries from before ``cutoff`` away, from the beginning of the chain; at most ``batch``.

    The owner's role does it: for the application's they are written once.

    Returns:
        How many went.
    """
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id FROM row_change_chains FOR UPDATE")
        cursor.execute(FORGET, {"cutoff": cutoff, "most": batch})
        return int(cursor.fetchone()[0])
