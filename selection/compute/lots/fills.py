"""What happens to positions, and what follows: fills in, flows and disposals out."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from enum import Enum, auto

from selection.compute.lots.amounts import EXACT, ZERO, exact

Assumptions = frozenset[str]
NOTHING: Assumptions = frozenset()
MISSING = "missing_acquisition"
"""Mark of what was sold without a known acquisition, and of every figure that it went into."""


class Effect(Enum):
    """What a fill does to its book."""

    OPENS = auto()
    """Coins join: a buy, a short, a deposit, income."""
    CLOSES = auto()
    """Coins leave: a sale, a cover, a withdrawal, a fee in coins."""
    PAYS = auto()
    """Money alone comes or goes: funding, interest, a fee in dollars."""
    SPLITS = auto()
    """Each coin becomes ``quantity`` coins."""
    CARRIES = auto()
    """Lots move to another book, or to another venue in the same one, with their dates and costs."""
    SETTLES = auto()
    """The money of the entry is paid from, or into, a book of dollars or of another coin."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One part of a journal entry.

    Attributes:
        action_id: the entry.
        book: the position.
        occurred_at: when.
        effect: what it does.
        quantity: coins, above 0; of a split the ratio; of a carry what leaves; 0 where only money moves.
        amount: dollars that the coins are worth, not negative; of PAYS and SETTLES what was received, negative if
            paid; None of SETTLES where the first fill of the entry must tell.
        fee: dollars against us.
        besides: of SETTLES dollars that come on top of the money of the first fill.
        price: dollars per coin, as it is shown.
        fee_worth: worth of the fee in whatever coin, as it is shown.
        leg: place among the fills of the entry.
        place: place of the entry among those of one moment.
        kind: word for the flow.
        is_income: the coins were given, not paid for.
        is_external: the money crosses the border of the portfolio.
        accepts_missing: coins beyond the holding count as brought in at the price of this fill, and are marked.
        to: of a carry, the book that the lots arrive in.
        to_action: of a carry, the entry of their arrival.
        arrives: of a carry, coins that arrive; the rest is lost on the way.
        assumptions: what the amounts rest on besides what is known.
    """

    action_id: int
    book: int
    occurred_at: datetime
    effect: Effect
    quantity: Decimal
    amount: Decimal | None = ZERO
    fee: Decimal = ZERO
    besides: Decimal = ZERO
    price: Decimal = ZERO
    fee_worth: Decimal = ZERO
    leg: int = 0
    place: int = 0
    kind: str = "trade"
    is_income: bool = False
    is_external: bool = True
    accepts_missing: bool = False
    to: int = 0
    to_action: int = 0
    arrives: Decimal = ZERO
    assumptions: Assumptions = NOTHING


@dataclass(frozen=True, slots=True)
class Flow:
    """What a fill did.

    Attributes:
        fill: which.
        book: the position.
        action_id: the entry.
        leg: the part of it.
        quantity_change: coins that joined (+) or left (-) the position.
        cash: dollars received (+) or spent (-), fee included.
        cost_change: change of the basis: what was paid for what is held; of a short, what was received, negative.
        realized: profit, net of the fee, income included; 0 where coins are only bought.
        income: part of it that is income.
        assumptions: what these figures rest on, that of the lots included.
    """

    fill: Fill
    book: int
    action_id: int
    leg: int
    quantity_change: Decimal
    cash: Decimal
    cost_change: Decimal
    realized: Decimal = ZERO
    income: Decimal = ZERO
    assumptions: Assumptions = NOTHING

    @property
    def external(self) -> Decimal:
        """Worth that came into (+) or left (-) the portfolio."""
        return self.cash.copy_negate() if self.fill.is_external else ZERO


@dataclass(slots=True)
class Lot:
    """Coins of one acquisition. ``cost`` is negative for a short."""

    action_id: int
    acquired_at: datetime
    quantity: Decimal
    cost: Decimal
    assumptions: Assumptions = NOTHING


@dataclass(frozen=True, slots=True)
class Disposal:
    """A lot, or a part of one, that left with a fill."""

    fill: Fill
    number: int
    lot: Lot
    cost: Decimal
    proceeds: Decimal
    assumptions: Assumptions


@dataclass(frozen=True)
class Holding:
    """A position after its fills.

    Attributes:
        quantity: coins.
        cost: basis, USD; negative of a short one.
        realized: profit so far, USD.
        cash: dollars received less dollars spent.
        is_short: a short one.
    """

    quantity: Decimal
    cost: Decimal
    realized: Decimal
    cash: Decimal
    is_short: bool

    @property
    def average_price(self) -> Decimal | None:
        """Price per coin that the basis stands for."""
        with localcontext(EXACT):
            return exact(abs(self.cost) / self.quantity) if self.quantity else None

    @property
    def tied(self) -> Decimal:
        """Money that is in the position: its cost, or the margin of a leveraged one."""
        with localcontext(EXACT):
            return self.realized - self.cash

    def unrealized(self, price: Decimal) -> Decimal:
        """Profit that selling, or covering, at a price would realise before fees."""
        with localcontext(EXACT):
            worth = self.quantity * price
            return (worth.copy_negate() if self.is_short else worth) - self.cost

    def value(self, price: Decimal) -> Decimal:
        """Worth of the position: of what is held; what a short would cost to close, negative; of a leveraged one its
        margin and the profit not yet realised."""
        with localcontext(EXACT):
            return self.tied + self.unrealized(price)


class OversoldError(ValueError):
    """A fill closes more than is held. ``missing`` says how much."""

    def __init__(self, fill: Fill, missing: Decimal) -> None:
        super().__init__(f"on {fill.occurred_at:%Y-%m-%d %H:%M} UTC {missing.normalize():f} more leaves than is held")
        self.fill, self.missing = fill, missing
