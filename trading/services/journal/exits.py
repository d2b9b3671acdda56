"""Full exits that name no quantity: they close all that is held at their moment."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from selection.models import PositionFlow
from system.exceptions import ConflictError, InvalidInput
from trading.choices import ActionType
from trading.services.journal.accounts import Key, Positions
from trading.services.journal.entries import NewEntry


class Exits:
    """Full exits among the entries of one call, by their places in it."""

    def __init__(self, entries: Mapping[int, NewEntry], positions: Positions) -> None:
        self.positions = positions
        self._first: dict[Key, tuple[datetime, int]] = {}
        if any(map(_is_open, entries.values())):
            for row, entry in entries.items():
                for key in self._keys(entry):
                    place = (entry.executed_at, row)
                    self._first[key] = min(self._first.get(key, place), place)

    def whole(self, row: int, entry: NewEntry) -> NewEntry:
        """The entry with its quantity.

        Raises:
            InvalidInput: entries of the same call change what is held before it.
            ConflictError: nothing is held then.
        """
        if not _is_open(entry):
            return entry
        if self._first[next(self._keys(entry))] != (entry.executed_at, row):
            message = _("Other entries of this call change what is held then: state the quantity.")
            raise InvalidInput(message, field="quantity", code="quantity_needed")
        flows = PositionFlow.objects.filter(position=self.positions.of(entry), occurred_at__lte=entry.executed_at)
        if entry.corrects is not None:
            flows = flows.exclude(action_id=entry.corrects.pk)
        held: Decimal | None = flows.aggregate(held=Sum("quantity_change"))["held"]
        if not held or held < 0:
            raise ConflictError(_("Nothing is held then."), field="quantity", code="quantity_exceeds_position")
        return replace(entry, quantity=held, looked_up=("quantity",))

    def _keys(self, entry: NewEntry) -> Iterator[Key]:
        """Positions that an entry moves, its own first."""
        yield entry.asset.pk, entry.is_short, entry.leverage
        for coin in self.positions.paid_in(entry):
            yield coin.pk, False, Decimal(1)


def _is_open(entry: NewEntry) -> bool:
    return entry.action_type == ActionType.FULL_EXIT and entry.quantity is None
