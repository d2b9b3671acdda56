"""Several positions at once, in the order of time: what moves from one to another is known when it is needed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from itertools import groupby
from operator import attrgetter

from selection.compute.lots.amounts import EXACT, ZERO, exact
from selection.compute.lots.book import Book, Terms
from selection.compute.lots.fills import MISSING, Disposal, Effect, Fill, Flow, Holding, Lot, OversoldError

MISSING_LEG = 10
"""Added to the leg of a fill, it is the leg of the acquisition that it lacked."""


@dataclass
class Posted:
    """What the fills did.

    Attributes:
        flows: of every book, in the order of time.
        books: the positions as they stand.
    """

    flows: list[Flow] = field(default_factory=list)
    books: dict[int, Book] = field(default_factory=dict)

    def holding(self, book: int) -> Holding:
        """A position as it stands."""
        return self.books[book].holding

    def lots(self, book: int) -> list[Lot]:
        """What it holds, by the time of acquisition."""
        with localcontext(EXACT):
            return self.books[book].pool.lots()

    def average_entry(self, book: int) -> Decimal | None:
        """Average cost of a coin that it holds, or held last."""
        return self.books[book].average_entry

    def average_exit(self, book: int) -> Decimal | None:
        """Average price of what it has sold or covered."""
        with localcontext(EXACT):
            return self.books[book].average_exit

    @property
    def disposals(self) -> list[Disposal]:
        """Every lot, or part of one, that has left."""
        return [disposal for book in self.books.values() for disposal in book.disposals]


def post(fills: Iterable[Fill], terms: Mapping[int, Terms]) -> Posted:
    """Flows, lots and disposals of positions from all of their fills.

    Args:
        fills: in the order of their times; those of one entry together, by leg.
        terms: how each position is kept.
    Raises:
        ValueError: a quantity, amount or fee out of range.
        OversoldError: a fill closes more than is held, and may not.
    """
    posting = _Posting({book: Book(kept) for book, kept in terms.items()})
    with localcontext(EXACT):
        for fill in fills:
            posting.post(fill)
    return Posted(posting.flows, posting.books)


def shortages(fills: Iterable[Fill], terms: Mapping[int, Terms]) -> list[OversoldError]:
    """The first shortage of each entry that closes more than is held, where those before it that do are left out whole.

    Args:
        fills: as ``post`` takes them.
        terms: how each position is kept.
    """
    posting = _Posting({book: Book(kept) for book, kept in terms.items()})
    found: list[OversoldError] = []
    with localcontext(EXACT):
        for _entry, legs in groupby(fills, key=attrgetter("action_id")):
            try:
                posting.post_whole(list(legs))
            except OversoldError as error:
                found.append(error)
    return found


class _Posting:
    def __init__(self, books: dict[int, Book]) -> None:
        self.books = books
        self.flows: list[Flow] = []
        self._owed: dict[int, Decimal] = {}

    def post(self, fill: Fill) -> None:
        is_signed = fill.effect in (Effect.PAYS, Effect.SETTLES)
        if fill.quantity < 0 or fill.fee < 0 or (not is_signed and (fill.amount or ZERO) < 0):
            raise ValueError(f"fill {fill.action_id} has a quantity, amount or fee out of range")
        if fill.effect is Effect.SETTLES:
            self._settle(fill)
        elif fill.effect is Effect.CARRIES:
            self._carry(fill)
        elif fill.effect is Effect.PAYS:
            self._note(self.books[fill.book].pay(fill, fill.amount or ZERO))
        elif not fill.quantity:
            raise ValueError(f"fill {fill.action_id} has a quantity out of range")
        elif fill.effect is Effect.SPLITS:
            self._note(self.books[fill.book].split(fill))
        elif fill.effect is Effect.OPENS:
            self._note(self.books[fill.book].open(fill, fill.amount or ZERO))
        else:
            self._close(fill)

    def post_whole(self, legs: Sequence[Fill]) -> None:
        """All fills of an entry, or none.

        Raises:
            OversoldError: one of them closes more than is held.
        """
        held = {book: self.books[book].pool.quantity for leg in legs for book in (leg.book, leg.to) if book}
        for leg in legs:
            for book, change in _changes(leg):
                held[book] += change
                if held[book] < 0 and not leg.accepts_missing:
                    raise OversoldError(leg, held[book].copy_negate())
                held[book] = max(held[book], ZERO)
        for leg in legs:
            self.post(leg)

    def _note(self, flow: Flow) -> None:
        self.flows.append(flow)
        if not flow.leg:
            self._owed[flow.action_id] = flow.cash

    def _close(self, fill: Fill) -> None:
        fill = self._supplied(fill)
        self._note(self.books[fill.book].close(fill, fill.amount or ZERO))

    def _supplied(self, fill: Fill) -> Fill:
        """The fill, marked, once what it lacks counts as brought in at its price; as it is if it lacks nothing."""
        book = self.books[fill.book]
        lacking = fill.quantity - book.pool.quantity
        if not fill.accepts_missing or lacking <= 0:
            return fill
        marks = fill.assumptions | {MISSING}
        brought = replace(
            fill,
            effect=Effect.OPENS,
            leg=fill.leg + MISSING_LEG,
            kind="transfer",
            quantity=lacking,
            amount=exact((fill.amount or ZERO) * lacking / fill.quantity),
            fee=ZERO,
            is_external=True,
            assumptions=marks,
        )
        self._note(book.open(brought, brought.amount or ZERO))
        return replace(fill, assumptions=marks)

    def _settle(self, fill: Fill) -> None:
        """Coins for the money of the entry leave, or join, their position: as many as were named, else as many as
        dollars."""
        money = (self._owed[fill.action_id] if fill.amount is None else fill.amount) + fill.besides
        if money:
            quantity, effect = fill.quantity or abs(money), Effect.OPENS if money > 0 else Effect.CLOSES
            price = exact(abs(money) / quantity)
            self.post(replace(fill, effect=effect, quantity=quantity, amount=abs(money), price=price))

    def _carry(self, fill: Fill) -> None:
        if fill.arrives <= 0 or fill.quantity <= 0 or (fill.to == fill.book and fill.arrives > fill.quantity):
            raise ValueError(f"fill {fill.action_id} has a quantity out of range")
        fill = self._supplied(fill)
        source, target = self.books[fill.book], self.books[fill.to]
        slices = source.release(fill)
        cost = sum((part.cost for part in slices), ZERO)
        marks = fill.assumptions.union(*(part.assumptions for part in slices))
        target.receive(fill, slices)
        if source is target:
            lost = fill.arrives - fill.quantity
            self.flows.append(source.carried(fill, lost, ZERO, marks, fill.to_action))
            return
        self.flows.append(source.carried(fill, -fill.quantity, -cost, marks, fill.action_id))
        self.flows.append(target.carried(replace(fill, book=fill.to), fill.arrives, cost, marks, fill.to_action))


def _changes(fill: Fill) -> Iterator[tuple[int, Decimal]]:
    """What a fill does to quantities, in order; nothing of what only posting tells."""
    if fill.effect is Effect.OPENS:
        yield fill.book, fill.quantity
    elif fill.effect is Effect.CLOSES:
        yield fill.book, -fill.quantity
    elif fill.effect is Effect.CARRIES:
        yield fill.book, -fill.quantity
        yield fill.to, fill.arrives
    elif fill.effect is Effect.SETTLES and fill.amount is not None:
        money = fill.amount + fill.besides
        if money:
            quantity = fill.quantity or abs(money)
            yield fill.book, quantity if money > 0 else -quantity
