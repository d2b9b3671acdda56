"""The audit of the database as it is read: whether its chain holds, and what was done to one row."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connections

from system.models import RowChange, RowChangeChain

BATCH = 20_000
"""Entries that one statement looks at: little memory, and a sign of life every second."""
# An entry is judged by the link before it, whether or not that one is right: so each batch is one statement. One that
# was emptied is held against the hash of what was not taken away; sealed with one hash of all, there is none.
FIRST_BAD = """
WITH batch AS (
    SELECT l.position, l.change_id, l.sealed_at, l.content_hash, l.values_hash, l.hash, c.id IS NULL AS is_gone,
           c.emptied_at IS NOT NULL AS is_emptied,
           num_nonnulls(c.before, c.after, c.salt) > 0 AS has_values,
           CASE WHEN l.values_hash IS NOT NULL THEN row_change_facts_digest(c)
                WHEN c.emptied_at IS NULL THEN row_change_digest(c) ELSE l.content_hash END AS digest,
           CASE WHEN l.values_hash IS NOT NULL AND c.emptied_at IS NULL THEN row_change_values_digest(c)
                ELSE l.values_hash END AS values_digest,
           lag(l.hash, 1, %(before)s) OVER places AS previous,
           lag(l.position, 1, %(after)s) OVER places AS place_before,
           lag(l.sealed_at) OVER places AS sealed_before
    FROM row_change_links l LEFT JOIN row_changes c ON c.id = l.change_id
    WHERE l.position > %(after)s AND l.position <= %(until)s
    WINDOW places AS (ORDER BY l.position)
)
SELECT position, change_id, fault FROM (
    SELECT position, change_id, CASE
        WHEN position <> place_before + 1 THEN 'link_missing'
        WHEN is_gone THEN 'entry_missing'
        WHEN digest <> content_hash OR values_digest <> values_hash OR (is_emptied AND has_values) THEN 'entry_changed'
        WHEN hash <> row_change_link_hash(previous, content_hash, values_hash, position, sealed_at) THEN 'out_of_order'
        WHEN sealed_at < sealed_before THEN 'times_run_backwards' END AS fault
    FROM batch
) judged WHERE fault IS NOT NULL ORDER BY position LIMIT 1
"""
# What an erasure says that it has emptied (``services.trail.empty_changes``), against what is empty. It can speak of
# entries before its own only, and of those that have gone by age since nothing is looked for.
ERASED = """
WITH told AS (
    SELECT e.id, (e.after ->> 'emptied_at')::timestamptz AS moment, lower(part) AS first, upper(part) AS behind
    FROM row_changes e, unnest((e.after ->> 'entries')::int8multirange) part
    WHERE e.table_name = 'row_changes' AND e.id >= %(from)s
        AND pg_input_is_valid(e.after ->> 'entries', 'int8multirange')
        AND pg_input_is_valid(e.after ->> 'emptied_at', 'timestamptz')
), named AS (
    SELECT c.id, bool_or(c.emptied_at = t.moment) AS is_then
    FROM told t JOIN row_changes c ON c.id >= greatest(t.first, %(from)s) AND c.id < least(t.behind, t.id)
    GROUP BY c.id
), emptied AS (
    SELECT c.id, l.position, l.position IS NOT NULL AND l.values_hash IS NULL AS is_unproven
    FROM row_changes c LEFT JOIN row_change_links l ON l.change_id = c.id
    WHERE c.id >= %(from)s AND c.emptied_at IS NOT NULL
)
SELECT count(e.id), count(*) FILTER (WHERE e.is_unproven), (SELECT count(DISTINCT id) FROM told),
    min(e.id) FILTER (WHERE n.is_then IS NOT TRUE), min(n.id) FILTER (WHERE n.is_then IS NULL)
FROM emptied e FULL JOIN named n USING (id)
"""
PLACE = "SELECT position FROM row_change_links WHERE change_id = %s"
HASH = "SELECT hash, change_id FROM row_change_links WHERE position = %s"
LAST = "SELECT position, hash, change_id FROM row_change_links ORDER BY position DESC LIMIT 1"
FOREIGN = """
SELECT min(c.id) FROM row_changes c
WHERE c.id <= %s AND NOT EXISTS (SELECT FROM row_change_links l WHERE l.change_id = c.id)
"""
WAITING = """
SELECT count(*), min(c.at) FROM row_changes c
WHERE c.id > %s AND NOT EXISTS (SELECT FROM row_change_links l WHERE l.change_id = c.id)
"""
MEANING = {
    "link_missing": "an entry is missing before this place",
    "entry_missing": "the entry was taken away",
    "entry_changed": "the entry does not say what was sealed",
    "out_of_order": "it does not follow from the entry before it",
    "times_run_backwards": "it was sealed before the entry before it",
    "end_cut": "the chain does not end where its last entry is",
    "entry_not_sealed": "this entry was slipped in behind the seal",
    "emptied_unexplained": "its values were taken away, and no erasure of a person says so",
    "not_emptied": "an erasure says that its values were taken away, and they were not",
    "anchor_missing": "it is not the entry that was noted here earlier",
}
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Fault:
    """The first bad entry.

    Attributes:
        kind: key of ``MEANING``.
        position: place in the chain; None for an entry that has none.
        change_id: the entry; None where only the end of the chain is wrong.
    """

    kind: str
    position: int | None
    change_id: int | None

    @property
    def meaning(self) -> str:
        return MEANING[self.kind]

    def __str__(self) -> str:
        place = "without a place" if self.position is None else f"at place {self.position}"
        entry = "" if self.change_id is None else f", entry {self.change_id}"
        return f"{place}{entry}: {self.meaning}"


@dataclass(frozen=True)
class Verified:
    """The audit as it was found.

    Attributes:
        length: place of the last sealed entry.
        forgotten: how many of these have gone by age.
        head: hash of the last one.
        emptied: entries whose values were taken away, as people were erased.
        unproven: those of them of which nothing can be checked, since they were sealed with one hash of all.
        erasures: entries that say which were emptied.
        waiting: entries that are not sealed yet, of which a change would not be noticed; since when.
    """

    length: int
    forgotten: int
    head: str
    emptied: int
    unproven: int
    erasures: int
    waiting: int
    waiting_since: datetime | None
    fault: Fault | None

    def plain(self) -> dict[str, Any]:
        return asdict(self) | {"fault": self.fault and asdict(self.fault) | {"meaning": self.fault.meaning}}


@dataclass(frozen=True)
class Anchor:
    """The end of the chain as somebody noted it earlier, outside the database."""

    length: int
    head: str


def verify_trail(
    *,
    anchor: Anchor | None = None,
    newest: int | None = None,
    progress: Progress = lambda _done, _length: None,
    database: str = "default",
) -> Verified:
    """Compute the chain anew and name the first entry that was changed, is missing or stands in another order.

    Who owns the database could compute the whole chain anew; only what was noted outside of it shows that: ``anchor``.

    Args:
        anchor: the end that an earlier verification gave.
        newest: look at so many of the newest only.
        database: alias of the role that reads.
    """
    chain = RowChangeChain.objects.using(database).first() or RowChangeChain()
    with connections[database].cursor() as cursor:
        fault = first_fault(cursor, chain, newest, progress) or end_fault(cursor, chain)
        if fault is None and anchor is not None:
            fault = anchor_fault(cursor, chain, anchor)
        if fault is None:
            cursor.execute(FOREIGN, [chain.settled_id])
            (slipped,) = cursor.fetchone()
            fault = None if slipped is None else Fault("entry_not_sealed", None, slipped)
        erased = read_erased(cursor, chain, newest)
        fault = fault or erased.fault
        cursor.execute(WAITING, [chain.settled_id])
        waiting, since = cursor.fetchone()
    counts = erased.emptied, erased.unproven, erased.erasures
    return Verified(chain.length, chain.forgotten, chain.head, *counts, waiting, since, fault)


def first_fault(cursor: Any, chain: RowChangeChain, newest: int | None, progress: Progress) -> Fault | None:
    """The first bad link up to where the chain ended when it was read."""
    after, before = chain.forgotten, chain.base
    if newest is not None and chain.length - newest > after:
        cursor.execute(HASH, [chain.length - newest])
        found = cursor.fetchone()
        if found is None:
            return Fault("link_missing", chain.length - newest, None)
        after, before = chain.length - newest, found[0]
    while after < chain.length:
        until = min(after + BATCH, chain.length)
        cursor.execute(FIRST_BAD, {"after": after, "before": before, "until": until})
        if bad := cursor.fetchone():
            return Fault(bad[2], bad[0], bad[1])
        cursor.execute(HASH, [until])
        last = cursor.fetchone()
        if last is None:  # links up to here are missing, and none behind them is in this batch
            return Fault("end_cut" if until == chain.length else "link_missing", until, None)
        after, before = until, last[0]
        progress(after, chain.length)
    return None


def end_fault(cursor: Any, chain: RowChangeChain) -> Fault | None:
    """The chain ends with the link that it says, unless more was sealed meanwhile."""
    if chain.length == chain.forgotten:
        cursor.execute(LAST)
        return None if cursor.fetchone() is None or chain.length else Fault("end_cut", 0, None)
    cursor.execute(HASH, [chain.length])
    found = cursor.fetchone()
    return None if found and found[0] == chain.head else Fault("end_cut", chain.length, found and found[1])


def anchor_fault(cursor: Any, chain: RowChangeChain, anchor: Anchor) -> Fault | None:
    """What was noted earlier is still there; what has gone by age since cannot be compared."""
    if anchor.length < chain.forgotten or not anchor.length:
        return None
    if anchor.length == chain.forgotten:
        return None if chain.base == anchor.head else Fault("anchor_missing", anchor.length, None)
    cursor.execute(HASH, [anchor.length])
    found = cursor.fetchone()
    return None if found and found[0] == anchor.head else Fault("anchor_missing", anchor.length, found and found[1])


@dataclass(frozen=True)
class Erased:
    """What the audit has lost as people were erased, see ``Verified``."""

    emptied: int
    unproven: int
    erasures: int
    fault: Fault | None


def read_erased(cursor: Any, chain: RowChangeChain, newest: int | None) -> Erased:
    """Every entry that is empty was emptied by an erasure that says so, and what one says was done.

    An erasure is an entry itself, sealed as any other: nobody empties an entry, nor brings one back, without a trace.
    """
    first = 0
    if newest is not None and chain.length - newest > chain.forgotten:
        cursor.execute(HASH, [chain.length - newest + 1])
        found = cursor.fetchone()
        first = found[1] if found else 0
    cursor.execute(ERASED, {"from": first})
    emptied, unproven, erasures, unexplained, kept = cursor.fetchone()
    fault = None
    for kind, change_id in (("emptied_unexplained", unexplained), ("not_emptied", kept)):
        if fault is None and change_id is not None:
            cursor.execute(PLACE, [change_id])
            place = cursor.fetchone()
            fault = Fault(kind, place and place[0], change_id)
    return Erased(emptied, unproven, erasures, fault)


def changes_of(table: str, row_id: int) -> Any:
    """What was done to a row, the newest first."""
    return RowChange.objects.filter(table_name=table, row_id=row_id).order_by("-pk")
