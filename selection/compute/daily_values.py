"""What a portfolio was worth at the end of each UTC day, and how it grew between flows. Exact, in Decimals.

A day ends with the close of its candle. Within a day what is held is valued before each flow: the coin that is traded
at the price of its trade, all others at the price that was known last. Where nothing is known the value is unknown,
never 0. All amounts have 18 places, so that going on from a stored day gives what counting from the beginning gives.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal, localcontext

from selection.compute.portfolio_days import (
    EXACT,
    ZERO,
    Day,
    Entry,
    Leg,
    Position,
    Prices,
    Restart,
    State,
    rounded,
    worth,
)

RATIO = Context(prec=40)
"""Ratios have no end; 18 places of them are kept."""


def daily_values(
    positions: Mapping[int, Position], entries: Sequence[Entry], prices: Prices, state: State, *, first: int, last: int
) -> Iterator[Day]:
    """The days ``first`` to ``last``, each with its entries and its close.

    Args:
        positions: by key, all that the entries or the state name.
        entries: of these days, in the order of their moments.
        prices: of these days.
        state: at the end of the day before ``first``; it is changed.
        first: number of the first day.
        last: number of the last day.
    """
    book = _Book(positions, state)
    waiting = iter(entries)
    entry = next(waiting, None)
    with localcontext(EXACT):
        for day in range(first, last + 1):
            book.begin()
            while entry is not None and entry.day <= day:
                book.enter(entry)
                entry = next(waiting, None)
            yield book.close(day, prices)


class _Book:
    """A portfolio on its way through the days. What each position is worth is kept, so that a flow costs as much as
    the positions that it touches, however many there are."""

    def __init__(self, positions: Mapping[int, Position], state: State) -> None:
        self.positions, self.state = positions, state
        self.worths: dict[int, Decimal | None] = {}
        self.total, self.unknown = ZERO, 0
        self.of_asset: dict[int, list[int]] = defaultdict(list)
        for key, position in positions.items():
            self.of_asset[position.asset_id].append(key)
        for key in state.quantity:
            self._revalue(key)
        self.begin()

    def begin(self) -> None:
        """A new day: nothing has happened on it."""
        self.external = ZERO
        self.growth: Decimal | None = None
        self.restart = Restart.NONE
        self.assumptions: set[str] = set()
        self.carried: set[int] = set()

    def value(self) -> Decimal | None:
        """Worth of all that is held at the last known prices; None where one is unknown."""
        return None if self.unknown else rounded(self.total)

    def _revalue(self, key: int) -> None:
        """Count a position anew, after its holding or its price has changed."""
        if key in self.worths:
            old = self.worths.pop(key)
            self.total -= old or ZERO
            self.unknown -= old is None
        if key not in self.state.quantity:
            return
        position = self.positions[key]
        mark = self.state.marks.get(position.asset_id)
        new = None if mark is None else worth(self.state, position, mark)
        self.worths[key] = new
        self.total += new or ZERO
        self.unknown += new is None

    def _mark(self, asset_id: int, price: Decimal | None) -> None:
        """Take a price for an asset from now on; None where it is unknown."""
        if price is None:
            self.state.marks.pop(asset_id, None)
        else:
            self.state.marks[asset_id] = price
        for key in self.of_asset[asset_id]:
            self._revalue(key)

    def enter(self, entry: Entry) -> None:
        """Value what is held, if the entry is a flow, and carry the entry out."""
        external = sum((leg.external for leg in entry.legs), ZERO)
        for leg in entry.legs:
            if leg.price:
                self._mark(self.positions[leg.position_id].asset_id, leg.price)
        before = self.value()
        for leg in entry.legs:
            self._carry_out(leg)
        if external:
            self._flow(external, before, self.value())
            self.external += external

    def _carry_out(self, leg: Leg) -> None:
        state, key = self.state, leg.position_id
        held = state.quantity.get(key, ZERO)
        state.quantity[key] = held + leg.quantity
        state.cost[key] = state.cost.get(key, ZERO) + leg.cost
        state.tied[key] = state.tied.get(key, ZERO) + leg.tied
        if not state.quantity[key]:
            del state.quantity[key], state.cost[key], state.tied[key]
        state.realized += leg.realized
        state.income += leg.income
        state.fees += leg.fee
        self.assumptions.update(leg.assumptions)
        if leg.splits and held:
            self._split(self.positions[key].asset_id, held, held + leg.quantity)
        self._revalue(key)

    def _split(self, asset_id: int, before: Decimal, after: Decimal) -> None:
        """Coins that became several are worth as much less each."""
        mark = self.state.marks.get(asset_id)
        if mark is not None and after:
            self._mark(asset_id, mark * before / after)

    def _flow(self, external: Decimal, before: Decimal | None, after: Decimal | None) -> None:
        """End one return and begin the next: what is put in earns from then on, what is taken out earned until then;
        a fee lessens what is put in after it has joined, and what is taken out before it has left."""
        if before is None or after is None:
            self._start_anew(ZERO, Restart.UNKNOWN)
            return
        reached, base = (before, before + external) if external > 0 else (after - external, after)
        if self.state.base is None:
            self._start_anew(base, Restart.EMPTY)
            return
        self._grow(reached, self.state.base)
        if base > 0 and reached > 0:
            self.state.base = base
        else:
            self._start_anew(base, Restart.EMPTY)

    def _start_anew(self, base: Decimal, reason: Restart) -> None:
        """The chain is broken for the day by an unknown value, whatever follows."""
        self.state.base = base if base > 0 else None
        self.restart = Restart.UNKNOWN if self.restart == Restart.UNKNOWN else reason

    def _grow(self, reached: Decimal, base: Decimal) -> None:
        """What fell to nothing, or below it, has lost all; the chain starts anew from what comes then."""
        grown = RATIO.divide(max(reached, ZERO), base)
        self.growth = grown if self.growth is None else RATIO.multiply(self.growth, grown)

    def close(self, day: int, prices: Prices) -> Day:
        """The end of the day: everything at its close."""
        state, missing = self.state, self._mark_all(day - prices.first, prices)
        value, tied = self.value(), sum(state.tied.values(), ZERO)
        if value is not None:
            self._reach(value)
        return Day(
            day,
            value,
            self.external,
            sum((abs(one) for one in state.tied.values()), ZERO),
            state.realized,
            None if value is None else rounded(value - tied),
            state.income,
            state.fees,
            None if self.growth is None else rounded(self.growth),
            self.restart,
            tuple(sorted(missing)),
            tuple(sorted(self.carried)),
            tuple(sorted(self.assumptions)),
        )

    def _mark_all(self, place: int, prices: Prices) -> set[int]:
        """Put the day's closes in place of what was known, and count anew; the assets held that have none."""
        missing: set[int] = set()
        self.total = ZERO
        for key in self.state.quantity:
            position = self.positions[key]
            asset_id = position.asset_id
            close = prices.closes[asset_id][place]
            if asset_id in prices.carried and place in prices.carried[asset_id]:
                self.carried.add(asset_id)
            if close is None:
                self.state.marks.pop(asset_id, None)
                self.worths[key] = None
                missing.add(asset_id)
                continue
            self.state.marks[asset_id] = close
            new = self.worths[key] = worth(self.state, position, close)
            self.total += new
            if asset_id in prices.assumed and place in prices.assumed[asset_id]:
                self.assumptions.add(prices.assumed[asset_id][place])
        self.unknown = sum(one is None for one in self.worths.values())
        return missing

    def _reach(self, value: Decimal) -> None:
        """The last return of the day, up to its close."""
        if self.state.base is not None:
            self._grow(value, self.state.base)
        if (self.state.base is None or value <= 0) and self.state.quantity:
            self._start_anew(value, self.restart or Restart.EMPTY)
        self.state.base = value if value > 0 else None
