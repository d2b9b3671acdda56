"""Entries of the journal in another currency. Exact but for the division by a rate, which is kept to 18 places.

Every amount counts at the rate of its own moment. Cost is kept as by average cost of each position: what joins counts
at the rate of its moment, what leaves takes its share along, what is carried to another position keeps what it had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, localcontext

from selection.compute.portfolio_days import EXACT, RATIO, ZERO, Entry, Leg, Position, plus, rounded

ONE = Decimal(1)


def in_currency(
    entries: Sequence[Entry],
    rates: Mapping[datetime, Decimal | None],
    positions: Mapping[int, Position],
    currency: int | None,
) -> list[Entry]:
    """The entries in units of a currency. Where its rate is unknown, so is what depends on it.

    Args:
        entries: of a portfolio from its first one on, USD, in the order of their moments.
        rates: USD per unit at the moments of the entries.
        positions: by key, all that the entries name.
        currency: asset whose price the rate is; an entry that prices it tells the rate of its moment itself.
    """
    books = _Books()
    found = []
    with localcontext(EXACT):
        for entry in entries:
            own = (leg.price for leg in entry.legs if leg.price and positions[leg.position_id].asset_id == currency)
            rate = next(own, rates.get(entry.at) if entry.at else None)
            legs = tuple(books.converted(leg, rate) for leg in entry.legs)
            found.append(replace(entry, legs=legs, dollar=None if rate is None else RATIO.divide(ONE, rate)))
    return found


class _Books:
    """Money that is in the positions, in USD and in the currency."""

    def __init__(self) -> None:
        self.dollars: dict[int, Decimal] = {}
        self.tied: dict[int, Decimal | None] = {}
        self.moving: dict[Decimal, Decimal | None] = {}

    def converted(self, leg: Leg, rate: Decimal | None) -> Leg:
        """The leg at the rate of its moment."""
        in_dollars, realized = leg.tied or ZERO, leg.realized or ZERO
        before, tied_before = self.dollars.get(leg.position_id, ZERO), self.tied.get(leg.position_id, ZERO)
        after = before + in_dollars
        joins = abs(after) > abs(before)
        if joins:
            tied = self.moving.pop(in_dollars, None) if leg.carried else _at(in_dollars, rate)
        else:
            tied = _share(tied_before, in_dollars, before, after)
        self.dollars[leg.position_id] = after
        self.tied[leg.position_id] = plus(tied_before, tied) if after else ZERO
        if leg.carried and not joins:
            self.moving[-in_dollars] = None if tied is None else -tied
        gain = _at(realized, rate)
        if not joins and in_dollars and not leg.carried:
            gain = plus(tied, _at(realized - in_dollars, rate))
        return leg._replace(
            tied=tied,
            price=None if leg.price is None or rate is None else RATIO.divide(leg.price, rate),
            external=_at(leg.external, rate),
            realized=gain,
            fee=_at(leg.fee, rate),
            income=_at(leg.income, rate),
        )


def _share(tied: Decimal | None, leaves: Decimal, before: Decimal, after: Decimal) -> Decimal | None:
    """What leaves takes along of the money in a position; the last takes what is left."""
    if not leaves:
        return ZERO
    if tied is None:
        return None
    return rounded(RATIO.divide(RATIO.multiply(tied, leaves), before)) if after else -tied


def _at(amount: Decimal | None, rate: Decimal | None) -> Decimal | None:
    """An amount in the currency; 0 is 0 at any rate."""
    if amount is None or not amount:
        return amount
    return None if rate is None else rounded(RATIO.divide(amount, rate))
