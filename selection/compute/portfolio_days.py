"""What daily values are counted from, and what they are. Exact, in Decimals of 18 places, as their columns have."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum

ZERO = Decimal(0)
EXACT = Context(prec=100)
PLACES = Decimal(1).scaleb(-18)


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


@dataclass(frozen=True)
class Leg:
    """What an entry of the journal did to one position, see ``PositionFlow``.

    Attributes:
        cost: change of the basis; of a short position negative for what was received.
        tied: change of the money that is in the position: its cost, or the margin of a leveraged one.
        price: what a coin was worth at that moment; None where nothing was priced.
        splits: the same coins became more or fewer.
    """

    position_id: int
    quantity: Decimal
    cost: Decimal
    tied: Decimal
    price: Decimal | None = None
    external: Decimal = ZERO
    realized: Decimal = ZERO
    fee: Decimal = ZERO
    income: Decimal = ZERO
    splits: bool = False
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """All that one entry of the journal did, at one moment of a day (``date.toordinal``)."""

    day: int
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Day:
    """A portfolio at the end of a UTC day, USD. ``realized``, ``income`` and ``fees`` are totals since the beginning.

    Attributes:
        day: number of the day.
        value: worth of all that is held; None where a price is unknown.
        external: what was put in (+) or taken out (-) on the day.
        invested: money that is in the positions: what they cost, or their margins; of a short one what was received.
        growth: product of the day's returns between flows, each as 1 + r; None where none could be measured.
        restart: why the chain of returns starts anew on this day, if it does.
        missing: assets held whose price is unknown.
        carried: assets held without a close of the day itself, those that are missing included.
        assumptions: what was assumed on this day.
    """

    day: int
    value: Decimal | None
    external: Decimal
    invested: Decimal
    realized: Decimal
    unrealized: Decimal | None
    income: Decimal
    fees: Decimal
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
    """

    first: int
    closes: Mapping[int, Sequence[Decimal | None]]
    carried: Mapping[int, AbstractSet[int]] = field(default_factory=dict)
    assumed: Mapping[int, Mapping[int, str]] = field(default_factory=dict)


@dataclass
class State:
    """A portfolio between two moments: holdings, their basis and the money in them by position, last known prices by
    asset, totals.

    ``base`` is what the next return is measured from: the value after the last flow, or at the last known close; None
    where nothing was held.
    """

    quantity: dict[int, Decimal] = field(default_factory=dict)
    cost: dict[int, Decimal] = field(default_factory=dict)
    tied: dict[int, Decimal] = field(default_factory=dict)
    marks: dict[int, Decimal] = field(default_factory=dict)
    base: Decimal | None = None
    realized: Decimal = ZERO
    income: Decimal = ZERO
    fees: Decimal = ZERO


def rounded(amount: Decimal) -> Decimal:
    """The amount with the places of its column."""
    return amount.quantize(PLACES, ROUND_HALF_EVEN, EXACT)


def worth(state: State, position: Position, price: Decimal) -> Decimal:
    """Value of a position at a price: the money in it and what was gained since; without leverage, coins by price."""
    amount = state.quantity[position.id] * price
    gained = (-amount if position.is_short else amount) - state.cost[position.id]
    return state.tied[position.id] + gained
