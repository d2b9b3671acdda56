"""One call that enters trades: what is known already, what the entries touch, what they are worth, what follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from selection.choices import HoldingType, PositionType
from selection.models import Portfolio
from selection.services.positions import ImpossibleHistory
from system.exceptions import DomainError, InvalidInput, NotAllowed
from trading.models import TradeAction
from trading.services.journal.accounts import Positions
from trading.services.journal.derivation import derive, desk_of, leverage_of
from trading.services.journal.entries import NewEntry, check
from trading.services.journal.exits import Exits
from trading.services.journal.keys import Known
from trading.services.journal.matching import matched
from trading.services.journal.pricing import Priced, Prices
from trading.services.journal.refusals import refusals

BATCH = 1000


@dataclass(frozen=True)
class RowError:
    """Why an entry is refused.

    Attributes:
        row: its place among the entries of the call, from 0.
        field: the input at fault, if there is one.
        message: a sentence.
        code: word for programs.
    """

    row: int
    field: str | None
    message: str
    code: str | None = None

    @classmethod
    def of(cls, row: int, error: DomainError) -> "RowError":
        return cls(row, error.field, str(error), error.code)


class RefusedEntries(InvalidInput):
    """Some of the entries cannot be booked; none has been. ``errors`` says why, row by row."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        first = errors[0]
        super().__init__(
            _("Row %(row)s: %(message)s") % {"row": first.row, "message": first.message},
            field=first.field,
            code=first.code or "refused_entries",
        )
        self.errors = list(errors)


@dataclass(frozen=True)
class Recorded:
    """What became of the entries.

    Attributes:
        actions: the entry of each, in the order of the call.
        new: how many of them were written.
        known: how many were there already under their keys.
        changed_from: the earliest moment at which a position changed; None if none did.
    """

    actions: list[TradeAction]
    new: int
    known: int
    changed_from: datetime | None


class Recording:
    """One call. ``causes`` says why entries are refused, by their place; ``created`` are the new ones.

    Raises:
        NotAllowed: not their portfolio.
    """

    def __init__(self, portfolio: Portfolio, entries: Sequence[NewEntry], actor: User) -> None:
        if portfolio.user_id != actor.pk and not actor.is_staff:
            raise NotAllowed(_("This is not your portfolio."))
        self.portfolio = locked(portfolio)
        self.entries = list(entries)
        self.actor = actor
        self.causes: dict[int, DomainError] = {}
        self.created: list[TradeAction] = []

    def record(self) -> Recorded:
        """Write what is new and derive what follows.

        Raises:
            RefusedEntries: some make no sense, or are impossible.
            ConflictError: entries that were there before are impossible, and none of these is at fault.
        """
        whole = dict(enumerate(self.entries))
        whole = self._each(whole, self._on_position)
        self._each(whole, lambda _row, entry: check(entry))
        known = Known(self.portfolio, whole)
        self._each(whole, known.check)
        new = {row: entry for row, entry in whole.items() if row not in known}
        new = matched(self.portfolio, new, self.causes)
        self._require()
        positions = Positions(self.portfolio, self.actor)
        new = self._each(new, Exits(new, positions).whole)
        prices = Prices(self.portfolio, list(new.values()))
        priced = self._each(new, lambda _row, entry: prices.complete(entry))
        positions.note(priced.values())
        written = self._write(self._each(priced, lambda _row, one: self._action(one, positions)), new)
        changed_from = self._derive(written, positions) if written else None
        actions = [known.action(row, written) for row in whole]
        return Recorded(actions, len(written), len(whole) - len(written), changed_from)

    def _each(self, rows: dict[int, Any], step: Callable[[int, Any], Any]) -> dict[int, Any]:
        """A step for every row; all that fail are told together."""
        done = {}
        for row, value in rows.items():
            try:
                done[row] = step(row, value)
            except DomainError as error:
                self.causes[row] = error
        self._require()
        return done

    def _require(self) -> None:
        if self.causes:
            raise RefusedEntries([RowError.of(row, self.causes[row]) for row in sorted(self.causes)])

    def _on_position(self, _row: int, entry: NewEntry) -> NewEntry:
        """The entry with the side and leverage of the position that it names."""
        position = entry.position
        if position is None:
            return entry
        if position.portfolio_id != self.portfolio.pk or position.asset_id != entry.asset.pk:
            raise InvalidInput(_("This position is not of this portfolio and coin."), field="position")
        side = PositionType.SHORT if position.asset_type == HoldingType.SHORT_POSITION else PositionType.LONG
        if entry.side not in (None, side):
            raise InvalidInput(_("The position is of the other side."), field="side")
        return replace(entry, side=side, leverage=leverage_of(position))

    def _action(self, priced: Priced, positions: Positions) -> TradeAction:
        entry = priced.entry
        return TradeAction(
            portfolio_asset=positions.of(entry),
            action_type=entry.action_type,
            asset_price=entry.price or Decimal(0),
            quantity=entry.quantity or Decimal(0),
            fees_paid=entry.fee or Decimal(0),
            fee_asset=entry.fee_asset,
            fee_quantity=entry.fee_quantity,
            settlement_asset=entry.settlement_asset,
            settlement_quantity=entry.settlement_quantity,
            executed_at=entry.executed_at,
            notes=entry.notes or None,
            client_key=entry.client_key or None,
            external_id=entry.external_id or None,
            venue=entry.venue or None,
            stop_loss=entry.stop_loss,
            take_profit=entry.take_profit,
            accepts_missing=entry.accepts_missing,
            corrects=entry.corrects,
            matches=entry.matches,
            assumptions=list(priced.assumptions),
            looked_up=list(entry.looked_up),
            **entry.remarks,
        )

    def _write(self, actions: dict[int, TradeAction], entries: dict[int, NewEntry]) -> dict[int, TradeAction]:
        """Both halves of a transfer may be new: the one that names the other is written after it."""
        later = {row for row, entry in entries.items() if entry.matches_row is not None}
        TradeAction.objects.bulk_create([a for row, a in actions.items() if row not in later], batch_size=BATCH)
        for row in later:
            actions[row].matches = actions[entries[row].matches_row or 0]
        TradeAction.objects.bulk_create([actions[row] for row in sorted(later)], batch_size=BATCH)
        self.created = list(actions.values())
        return actions

    def _derive(self, written: dict[int, TradeAction], positions: Positions) -> datetime | None:
        named = {action.portfolio_asset_id for action in written.values()}
        try:
            changed_from = derive(desk_of(self.portfolio), named | positions.touched, actor=self.actor)
        except ImpossibleHistory as error:
            for row, cause in refusals(error, {action.pk: row for row, action in written.items()}):
                self.causes.setdefault(row, cause)
            self._require()
            raise
        return changed_from


def locked(portfolio: Portfolio) -> Portfolio:
    """The portfolio as it stands, locked: one change of its journal after the other."""
    rows = Portfolio.objects.select_for_update(of=("self",)).select_related("cash_asset")
    return rows.get(pk=portfolio.pk)
