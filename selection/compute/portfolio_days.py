"""What daily values are counted from, and what they are. Exact, in Decimals of 18 places, as their columns have."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import NamedTuple

ZERO = Decimal(0)
EXACT = Context(prec=100)
PLACES = Decimal(1).scaleb(-18)
RATIO = Context(prec=60)
"""Prices in another currency have no end; so many digits of them are kept."""


class Restart(StrEnum):
    """Why the chain of returns starts anew on a day: nothing was held, or a flow met an unknown value."""

    NONE = ""
    EMPTY = "empty"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Position:
    """What does not change about a position.

    Attributes:
        id: its key.
        asset_id: what is held.
        is_short: a debt of coins.
    """

    id: int
    asset_id: int
    is_short: bool = False


class Leg(NamedTuple):
    """What an entry of the journal did to one position, see ``PositionFlow``. Amounts are in the currency of the
    portfolio, None where they are unknown because its rate is; but ``owed`` is in USD.

    Attributes:
        owed: change of what a leveraged position owes beyond the money in it: cost less tied; 0 without leverage.
        tied: change of the money that is in the position: its cost, or the margin of a leveraged one; of a short
            without leverage negative: what was received.
        price: what a coin was worth at that moment; None where nothing was priced.
        splits: the same coins became more or fewer.
        carried: lots came from another position, or went there, at what they had cost.
        action_id, number: the entry and the place among its legs.
    """

    position_id: int
    quantity: Decimal
    owed: Decimal
    tied: Decimal | None
    price: Decimal | None = None
    external: Decimal | None = ZERO
    realized: Decimal | None = ZERO
    fee: Decimal | None = ZERO
    income: Decimal | None = ZERO
    splits: bool = False
    assumptions: tuple[str, ...] = ()
    carried: bool = False
    action_id: int = 0
    number: int = 0


@dataclass(frozen=True)
class Entry:
    """All that one entry of the journal did at one moment of a day (``date.toordinal``). ``dollar`` is what a dollar
    was worth then in the portfolio's currency; None where it is unknown."""

    day: int
    legs: tuple[Leg, ...]
    at: datetime | None = None
    dollar: Decimal | None = Decimal(1)


@dataclass(frozen=True)
class Day:
    """A portfolio at the end of a UTC day, in its currency. ``realized``, ``income`` and ``fees`` are totals since the
    beginning. What rests on a rate that is unknown is None.

    Attributes:
        day: number of the day.
        value: worth of all that is held; None where a price is unknown.
        external: what was put in (+) or taken out (-) on the day.
        invested: money that is in the positions: what they cost, or their margins; of a short one what was received.
        growth: product of the day's returns between flows, each as 1 + r; None where none could be measured.
        restart: why the chain of returns starts anew on this day, if it does.
        missing: assets held whose price is unknown, and the currency if its rate is.
        carried: assets held without a close of the day itself, those that are missing included.
        assumptions: what was assumed on this day.
    """

    day: int
    value: Decimal | None
    external: Decimal | None
    invested: Decimal | None
    realized: Decimal | None
    unrealized: Decimal | None
    income: Decimal | None
    fees: Decimal | None
    growth: Decimal | None
    restart: Restart = Restart.NONE
    missing: tuple[int, ...] = ()
    carried: tuple[int, ...] = ()
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prices:
    """Prices that hold at the ends of days, USD.

    Attributes:
        first: number of the first day.
        closes: price of each asset on each day from there on; None where it is unknown.
        carried: places of the days on which it is not a close of the day itself.
        assumed: what the price of an asset rests on, by its place, where it is not a known close.
        currency: the asset whose price is the rate of the portfolio's currency; None = the dollar.
    """

    first: int
    closes: Mapping[int, Sequence[Decimal | None]]
    carried: Mapping[int, AbstractSet[int]] = field(default_factory=dict)
    assumed: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    currency: int | None = None

    def rate(self, place: int) -> Decimal | None:
        """Dollars per unit of the portfolio's currency at the end of a day; None where it is unknown."""
        return Decimal(1) if self.currency is None else self.closes[self.currency][place]

    def close(self, asset_id: int, place: int) -> Decimal | None:
        """Price of an asset at the end of a day in the portfolio's currency; None where it or the rate is unknown."""
        close, rate = self.closes[asset_id][place], self.rate(place)
        if close is None or rate is None:
            return None
        return close if self.currency is None else RATIO.divide(close, rate)


@dataclass
class State:
    """A portfolio between two moments: holdings, what they owe (USD) and the money in them by position, last known
    prices by asset and that of a dollar, totals.

    ``base`` is what the next return is measured from: the value after the last flow, or at the last known close; None
    where nothing was held.
    """

    quantity: dict[int, Decimal] = field(default_factory=dict)
    owed: dict[int, Decimal] = field(default_factory=dict)
    tied: dict[int, Decimal | None] = field(default_factory=dict)
    marks: dict[int, Decimal] = field(default_factory=dict)
    dollar: Decimal | None = Decimal(1)
    base: Decimal | None = None
    realized: Decimal | None = ZERO
    income: Decimal | None = ZERO
    fees: Decimal | None = ZERO


def rounded(amount: Decimal) -> Decimal:
    """The amount with the places of its column."""
    return amount.quantize(PLACES, ROUND_HALF_EVEN, EXACT)


def plus(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    """Sum; None if one of the two is unknown."""
    return None if first is None or second is None else first + second


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Sum; None if one of the amounts is unknown."""
    found = ZERO
    for amount in amounts:
        if amount is None:
            return None
        found += amount
    return found


def worth(state: State, position: Position, price: Decimal) -> Decimal | None:
    """Value of a position at a price: coins by price, less what it owes; of a short what closing it costs, negative."""
    amount = state.quantity[position.id] * price
    value, owed = -amount if position.is_short else amount, state.owed[position.id]
    if not owed:
        return value
    return None if state.dollar is None else value - owed * state.dollar
