"""Which entries of a call are at fault where the journal would become impossible."""

from collections.abc import Iterator, Mapping

from selection.compute.lots import Effect
from selection.services.positions import ImpossibleHistory
from system.exceptions import ConflictError

TAKING = frozenset({Effect.CLOSES, Effect.CARRIES, Effect.SETTLES, Effect.SPLITS})
"""What may lessen a position."""


def refusals(error: ImpossibleHistory, rows: Mapping[int, int]) -> Iterator[tuple[int, ConflictError]]:
    """Rows that are refused, and why: those that lack coins, of a transfer between own venues with the other half;
    where an entry lacks coins that was there before, the last row before it that takes from its position.

    Args:
        error: all shortages of the journal as it would be.
        rows: entry → its row, of those that are new.
    """
    lacking = {(one.fill.action_id, one.fill.leg): one for one in error.shortages}
    last: dict[int, int] = {}
    for fill in error.fills:
        if fill.effect in TAKING and fill.action_id in rows:
            last[fill.book] = rows[fill.action_id]
        one = lacking.get((fill.action_id, fill.leg))
        if one is None:
            continue
        own = [rows[key] for key in (fill.action_id, fill.to_action) if key in rows]
        for row in own:
            yield row, ConflictError(one.text, field="quantity", code="quantity_exceeds_position")
        if not own and fill.book in last:
            yield last[fill.book], ConflictError(one.text, field="quantity", code="impossible_history")
