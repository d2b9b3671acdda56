"""The audit of the database: entries are sealed into a chain, and old ones go by age."""

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
