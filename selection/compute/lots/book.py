"""One position: what each fill does to its lots, its basis and the money in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from selection.compute.lots.amounts import ZERO, exact, share
from selection.compute.lots.fills import NOTHING, Assumptions, Disposal, Fill, Flow, Holding, Lot, OversoldError
from selection.compute.lots.methods import METHODS


@dataclass(frozen=True)
class Terms:
    """How a position is kept.

    Attributes:
        method: which coins leave first: average, fifo, lifo or hifo.
        is_short: a short one.
        leverage: margin is the amount by this; 1 = none.
        has_lots: its disposals are listed; not those of dollars.
    """

    method: str = "average"
    is_short: bool = False
    leverage: Decimal = Decimal(1)
    has_lots: bool = True


class Book:
    """A position while its fills are posted. It needs the context ``EXACT``."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.pool = METHODS[terms.method]()
        self.realized = self.cash = ZERO
        self.closed_quantity = self.closed_amount = ZERO
        self.last_average: Decimal | None = None
        self.disposals: list[Disposal] = []
        self._sign = -1 if terms.is_short else 1

    @property
    def holding(self) -> Holding:
        """The position as it stands."""
        return Holding(self.pool.quantity, self.pool.cost, self.realized, self.cash, self.terms.is_short)

    @property
    def average_entry(self) -> Decimal | None:
        """Average cost of a coin that is held; of a closed position, as it was before the last coins left."""
        return self.holding.average_price if self.pool.quantity else self.last_average

    @property
    def average_exit(self) -> Decimal | None:
        """Average price of what was sold or covered; None if nothing was."""
        return exact(self.closed_amount / self.closed_quantity) if self.closed_quantity else None

    def open(self, fill: Fill, amount: Decimal) -> Flow:
        """Coins join. What joins the basis is what was paid, or received, with the fee against us in either case."""
        if fill.is_income:
            added, paid, gained = amount, fill.fee, amount - fill.fee
        else:
            added, gained = self._sign * amount + fill.fee, ZERO
            paid = exact(amount / self.terms.leverage) + fill.fee if self._is_margined else added
        self.pool.add(Lot(fill.action_id, fill.occurred_at, fill.quantity, added, fill.assumptions))
        income = amount if fill.is_income else ZERO
        return self._flow(fill, fill.quantity, -paid, added, gained, income=income)

    def close(self, fill: Fill, amount: Decimal) -> Flow:
        """Coins leave; what they brought, less the fee and their cost, is profit."""
        self.require(fill, fill.quantity)
        held, tied = self.pool.quantity, self.realized - self.cash
        if fill.quantity == held:
            self.last_average = self.holding.average_price
        slices = self.pool.take(fill.quantity)
        cost = sum((part.cost for part in slices), ZERO)
        proceeds = self._sign * amount - fill.fee
        gained = proceeds - cost
        released = share(tied, fill.quantity, held) if self._is_margined else cost
        self.closed_quantity += fill.quantity
        self.closed_amount += amount
        if self.terms.has_lots:
            self._dispose(fill, slices, proceeds)
        return self._flow(fill, -fill.quantity, released + gained, -cost, gained, slices=slices)

    def pay(self, fill: Fill, amount: Decimal) -> Flow:
        """Money alone comes or goes."""
        return self._flow(fill, ZERO, amount - fill.fee, ZERO, amount - fill.fee)

    def split(self, fill: Fill) -> Flow:
        """Each coin becomes several, or several become one. Cost and dates stay."""
        held = self.pool.quantity
        slices = self.pool.take(held)
        for part in slices:
            part.quantity = exact(part.quantity * fill.quantity)
        self._put_back(slices)
        return self._flow(fill, self.pool.quantity - held, ZERO, ZERO)

    def release(self, fill: Fill) -> list[Lot]:
        """Lots that are carried elsewhere, with their dates and costs."""
        self.require(fill, fill.quantity)
        return self.pool.take(fill.quantity)

    def receive(self, fill: Fill, slices: Iterable[Lot]) -> None:
        """Lots that were carried here; coins lost on the way are lost from each alike."""
        sent, left = fill.quantity, fill.arrives
        arrived = []
        for part in slices:
            quantity = share(left, part.quantity, sent)
            sent, left = sent - part.quantity, left - quantity
            arrived.append(Lot(part.action_id, part.acquired_at, quantity, part.cost, part.assumptions))
        self._put_back(arrived)

    def carried(self, fill: Fill, quantity: Decimal, cost: Decimal, marks: Assumptions, action_id: int) -> Flow:
        """What a carry did to this book: the cost moves, nothing is realised and no money crosses a border."""
        self.cash -= cost
        return Flow(fill, fill.book, action_id, 0, quantity, -cost, cost, assumptions=marks)

    def require(self, fill: Fill, quantity: Decimal) -> None:
        """
        Raises:
            OversoldError: less is held.
        """
        if quantity > self.pool.quantity:
            raise OversoldError(fill, quantity - self.pool.quantity)

    @property
    def _is_margined(self) -> bool:
        return self.terms.leverage != 1

    def _put_back(self, slices: Iterable[Lot]) -> None:
        """Lots join again. One that has become too small for a column gives its cost to the next."""
        orphaned = ZERO
        for part in slices:
            part.cost += orphaned
            orphaned = ZERO
            if part.quantity:
                self.pool.add(part)
            else:
                orphaned = part.cost
        if orphaned:
            self._absorb(orphaned)

    def _absorb(self, cost: Decimal) -> None:
        held = self.pool.take(self.pool.quantity)
        if not held:
            raise ValueError("nothing is left of what was carried or split")
        held[-1].cost += cost
        for lot in held:
            self.pool.add(lot)

    def _dispose(self, fill: Fill, slices: list[Lot], proceeds: Decimal) -> None:
        quantity, left = fill.quantity, proceeds
        for number, part in enumerate(slices):
            received = share(left, part.quantity, quantity)
            quantity, left = quantity - part.quantity, left - received
            marks = fill.assumptions | part.assumptions
            self.disposals.append(Disposal(fill, number, part, part.cost, received, marks))

    def _flow(
        self,
        fill: Fill,
        quantity: Decimal,
        cash: Decimal,
        cost: Decimal,
        gained: Decimal = ZERO,
        *,
        income: Decimal = ZERO,
        slices: Iterable[Lot] = (),
    ) -> Flow:
        self.realized += gained
        self.cash += cash
        marks = fill.assumptions.union(*(part.assumptions for part in slices)) if slices else fill.assumptions
        return Flow(fill, fill.book, fill.action_id, fill.leg, quantity, cash, cost, gained, income, marks or NOTHING)
