"""Entries of the journal as they stand now: corrected ones by what stands in for them, reversed ones not at all."""

from collections.abc import Iterable

from trading.models import TradeAction


def standing_now(keys: Iterable[int]) -> dict[int, TradeAction | None]:
    """Entry → the one that stands for it now; None if it was taken back for good. A query for each correction of a
    correction, however many entries there are."""
    found: dict[int, TradeAction | None] = {}
    waiting = {key: key for key in keys}
    while waiting:
        rows = TradeAction.objects.filter(pk__in=set(waiting.values())).select_related("reversal", "correction")
        known = {row.pk: row for row in rows}
        later: dict[int, int] = {}
        for key, at in waiting.items():
            row = known.get(at)
            if row is None or (hasattr(row, "reversal") and not hasattr(row, "correction")):
                found[key] = None
            elif hasattr(row, "correction"):
                later[key] = row.correction.pk
            else:
                found[key] = row
        waiting = later
    return found
