"""Which coins leave first: first in, last in, highest cost, or all alike at their average cost."""

import heapq
from abc import ABC, abstractmethod
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from selection.compute.lots.amounts import ZERO, share
from selection.compute.lots.fills import NOTHING, Assumptions, Lot


class Pool(ABC):
    """Lots of a position. It needs the context ``EXACT``."""

    def __init__(self) -> None:
        self.quantity = ZERO
        self.cost = ZERO

    def add(self, lot: Lot) -> None:
        """Coins join."""
        self.quantity += lot.quantity
        self.cost += lot.cost
        self._put(lot)

    def take(self, quantity: Decimal) -> list[Lot]:
        """Coins that leave first, as slices of their lots with their share of the costs.

        A slice of a lot takes its share of the lot's cost; the last slice takes what is left.
        """
        slices = []
        while quantity:
            lot = self._next()
            part = min(quantity, lot.quantity)
            cost = share(lot.cost, part, lot.quantity)
            slices.append(Lot(lot.action_id, lot.acquired_at, part, cost, lot.assumptions))
            lot.quantity -= part
            lot.cost -= cost
            if not lot.quantity:
                self._drop()
            quantity -= part
            self.quantity -= part
            self.cost -= cost
        return slices

    def lots(self) -> list[Lot]:
        """What is held, by the time of acquisition."""
        return sorted(self, key=age)

    @abstractmethod
    def __iter__(self) -> Iterator[Lot]: ...

    @abstractmethod
    def _put(self, lot: Lot) -> None: ...

    @abstractmethod
    def _next(self) -> Lot:
        """The lot that leaves first."""

    @abstractmethod
    def _drop(self) -> None:
        """The lot that leaves first is used up."""


def age(lot: Lot) -> tuple[datetime, int]:
    """What lots are ordered by: when they were acquired, and among those of one moment the order of the entries."""
    return (lot.acquired_at, lot.action_id)


class FirstIn(Pool):
    """First in, first out."""

    def __init__(self) -> None:
        super().__init__()
        self._lots: deque[Lot] = deque()

    def __iter__(self) -> Iterator[Lot]:
        return iter(self._lots)

    def _put(self, lot: Lot) -> None:
        if self._lots and age(lot) < age(self._lots[-1]):  # carried in from elsewhere: it keeps its date
            insort(self._lots, lot, key=age)
        else:
            self._lots.append(lot)

    def _next(self) -> Lot:
        return self._lots[0]

    def _drop(self) -> None:
        self._lots.popleft()


class LastIn(FirstIn):
    """Last in, first out."""

    def _next(self) -> Lot:
        return self._lots[-1]

    def _drop(self) -> None:
        self._lots.pop()


class HighestCost(Pool):
    """Highest cost per coin first, of equal ones the oldest; of a short that for which least was received."""

    def __init__(self) -> None:
        super().__init__()
        self._heap: list[tuple[Decimal, tuple[datetime, int], int, Lot]] = []
        self._count = 0

    def __iter__(self) -> Iterator[Lot]:
        return (entry[-1] for entry in self._heap)

    def _put(self, lot: Lot) -> None:
        self._count += 1
        heapq.heappush(self._heap, ((lot.cost / lot.quantity).copy_negate(), age(lot), self._count, lot))

    def _next(self) -> Lot:
        return self._heap[0][-1]

    def _drop(self) -> None:
        heapq.heappop(self._heap)


class AverageCost(FirstIn):
    """Every coin costs the average of all that are held; for the dates the first in leave first."""

    def __init__(self) -> None:
        super().__init__()
        self._marks: Assumptions = NOTHING

    def add(self, lot: Lot) -> None:
        if not self.quantity:
            self._marks = NOTHING
        self._marks |= lot.assumptions
        super().add(lot)

    def take(self, quantity: Decimal) -> list[Lot]:
        """Coins that leave first, each at the average cost."""
        left = share(self.cost, quantity, self.quantity)
        held, cost = self.quantity, self.cost
        slices = super().take(quantity)
        for part in slices:
            part.cost, quantity, left = _off(part, quantity, left)
            part.assumptions = self._marks
        self.quantity = held - sum((part.quantity for part in slices), ZERO)
        self.cost = cost - sum((part.cost for part in slices), ZERO)
        return slices

    def lots(self) -> list[Lot]:
        """What is held, each coin at the average cost."""
        quantity, left = self.quantity, self.cost
        found = []
        for lot in super().lots():
            cost, quantity, left = _off(lot, quantity, left)
            found.append(Lot(lot.action_id, lot.acquired_at, lot.quantity, cost, self._marks))
        return found


def _off(lot: Lot, quantity: Decimal, cost: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """A lot's share of the cost of a quantity, and what is left of both."""
    part = share(cost, lot.quantity, quantity)
    return part, quantity - lot.quantity, cost - part


METHODS: dict[str, Callable[[], Pool]] = {
    "average": AverageCost,
    "fifo": FirstIn,
    "lifo": LastIn,
    "hifo": HighestCost,
}
