"""Positions from fills, exactly: quantity, cost and realised profit by average cost, in Decimals.

A long position grows by buys and shrinks by sells; a short one grows by shorts and shrinks by covers. The identity
holds to the last digit after every fill: realised (net of fees) + unrealised = value + sum of cash flows, where the
value of a short position is negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

PLACES = Decimal(1).scaleb(-18)
ZERO = Decimal(0)
EXACT = Context(prec=100)
"""Python's own 28 digits would round: a product of two columns of 38 digits has up to 76."""


@dataclass(frozen=True)
class Fill:
    """One trade of a position. ``opens`` is True for a buy or a short, False for a sell or a cover."""

    action_id: int
    opens: bool
    quantity: Decimal
    price: Decimal
    fee: Decimal = ZERO


@dataclass(frozen=True)
class Flow:
    """What a fill did.

    Attributes:
        action_id: which fill.
        quantity_change: coins that joined (+) or left (-) the position.
        cash: dollars received (+) or spent (-), fee included.
        cost_change: change of the basis: what was paid for what is held; of a short, what was received, negative.
        realized: profit of a closing fill, net of its fee; 0 for an opening one.
    """

    action_id: int
    quantity_change: Decimal
    cash: Decimal
    cost_change: Decimal
    realized: Decimal


@dataclass(frozen=True)
class Holding:
    """A position after all its fills. ``cost`` is negative for a short one."""

    quantity: Decimal
    cost: Decimal
    realized: Decimal
    cash: Decimal
    is_short: bool

    @property
    def average_price(self) -> Decimal | None:
        """Price per coin that the basis stands for."""
        with localcontext(EXACT):
            return _exact(abs(self.cost) / self.quantity) if self.quantity else None

    def value(self, price: Decimal) -> Decimal:
        """Worth of what is held; what it would cost to close a short, negative."""
        with localcontext(EXACT):
            return -self.quantity * price if self.is_short else self.quantity * price

    def unrealized(self, price: Decimal) -> Decimal:
        """Profit that selling, or covering, at a price would realise before fees."""
        with localcontext(EXACT):
            return self.value(price) - self.cost


def average_exit(fills: Sequence[Fill]) -> Decimal | None:
    """Average price of the closing fills, by quantity; None without any."""
    closing = [fill for fill in fills if not fill.opens]
    with localcontext(EXACT):
        sold = sum((fill.quantity for fill in closing), ZERO)
        return _exact(sum((fill.quantity * fill.price for fill in closing), ZERO) / sold) if sold else None


class OversoldError(ValueError):
    """A fill closes more than is held. ``missing`` says how much."""

    def __init__(self, action_id: int, missing: Decimal) -> None:
        super().__init__(f"fill {action_id} closes {missing.normalize():f} more than the position holds")
        self.action_id, self.missing = action_id, missing


def average_cost(fills: Sequence[Fill], *, is_short: bool = False) -> tuple[list[Flow], Holding]:
    """Flows and holding of a position by average cost.

    Args:
        fills: in the order of their times; quantities above 0, prices and fees not negative.
        is_short: a short position.
    Raises:
        ValueError: a quantity, price or fee out of range.
        OversoldError: a fill closes more than is held.
    """
    with localcontext(EXACT):
        return _average_cost(fills, is_short)


def _average_cost(fills: Sequence[Fill], is_short: bool) -> tuple[list[Flow], Holding]:
    quantity = cost = realized = cash = ZERO
    sign = -1 if is_short else 1
    flows = []
    for fill in fills:
        if fill.quantity <= 0 or fill.price < 0 or fill.fee < 0:
            raise ValueError(f"fill {fill.action_id} has a quantity, price or fee out of range")
        amount = _exact(fill.quantity * fill.price)
        if fill.opens:
            # What joins the basis is what was paid, or received, with the fee against us in either case.
            change, added, gained = sign * amount + fill.fee, fill.quantity, ZERO
            moved = -change
        else:
            if fill.quantity > quantity:
                raise OversoldError(fill.action_id, fill.quantity - quantity)
            # The last slice takes what is left, so that nothing of the basis is lost in rounding.
            out = cost if fill.quantity == quantity else _exact(cost * fill.quantity / quantity)
            moved = sign * amount - fill.fee
            change, added, gained = -out, -fill.quantity, moved - out
        quantity, cost, realized, cash = quantity + added, cost + change, realized + gained, cash + moved
        flows.append(Flow(fill.action_id, added, moved, change, gained))
    return flows, Holding(quantity, cost, realized, cash, is_short)


def _exact(amount: Decimal) -> Decimal:
    return amount.quantize(PLACES, ROUND_HALF_EVEN)
