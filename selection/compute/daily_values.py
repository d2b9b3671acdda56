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
    plus,
    rounded,
    total,
    worth,
)

RATIO = Context(prec=40)
"""Ratios have no end; 18 places of them are kept."""
ONE = Decimal(1)


def daily_values(
    positions: Mapping[int, Position], entries: Sequence[Entry], prices: Prices, state: State, *, first: int, last: int
) -> Iterator[Day]:
    """The days ``first`` to ``last``, each with its entries and its close.

    Args:
        positions: by key, all that the entries or the state name.
        entries: of these days, in the order of their moments.
        prices: of these days; also of the day before, which tells the worth of coins that join without a price.
        state: at the end of the day before ``first``; it is changed.
        first: number of the first day.
        last: number of the last day.
    """
    book = _Book(positions, state, prices)
    waiting = iter(entries)
    entry = next(waiting, None)
    with localcontext(EXACT):
        for day in range(first, last + 1):
            book.begin(day)
            while entry is not None and entry.day <= day:
                book.enter(entry)
                entry = next(waiting, None)
            yield book.close()


class _Book:
    """A portfolio on its way through the days. What each position is worth is kept, so that a flow costs as much as
    the positions that it touches, however many there are."""

    def __init__(self, positions: Mapping[int, Position], state: State, prices: Prices) -> None:
        self.positions, self.state, self.prices = positions, state, prices
        self.worths: dict[int, Decimal | None] = {}
        self.total, self.unknown = ZERO, 0
        self.unsure = prices.carried.keys() | prices.assumed.keys()
        self.of_asset: dict[int, list[int]] = defaultdict(list)
        for key, position in positions.items():
            self.of_asset[position.asset_id].append(key)
        for key in state.quantity:
            self._revalue(key)

    def begin(self, day: int) -> None:
        """A new day: nothing has happened on it."""
        self.day, self.place = day, day - self.prices.first
        self.external: Decimal | None = ZERO
        self.growth: Decimal | None = None
        self.restart = Restart.NONE
        self.assumptions: set[str] = set()
        self.carried: set[int] = set()
        self.moving: dict[Decimal | None, Decimal] = {}

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
        external = total([leg.external for leg in entry.legs])
        if self.state.dollar is None:
            self.state.dollar = entry.dollar
        for leg in entry.legs:
            if leg.price:
                self._mark(self.positions[leg.position_id].asset_id, leg.price)
        before = self.value()
        for leg in entry.legs:
            self._carry_out(leg)
        if external is None or external:
            self._flow(external, before, self.value())
            self.external = plus(self.external, external)

    def _holds(self, asset_id: int) -> bool:
        return any(key in self.state.quantity for key in self.of_asset[asset_id])

    def _mark_arrival(self, leg: Leg) -> None:
        """Coins that nothing is known of join without a price: that of the day before counts, else what was given for
        them."""
        asset_id = self.positions[leg.position_id].asset_id
        if self._holds(asset_id):
            return
        price = self.prices.close(asset_id, self.place - 1) if self.place else None
        given = self.moving.get(leg.tied) if leg.carried else None
        if price is None and given is not None:
            price = RATIO.divide(given, leg.quantity)
        self._mark(asset_id, price)

    def _carry_out(self, leg: Leg) -> None:
        state, key = self.state, leg.position_id
        held = state.quantity.get(key, ZERO)
        if leg.carried and leg.quantity < 0:
            self._note_moving(leg)
        elif leg.quantity > 0 and not leg.price and not leg.splits:
            self._mark_arrival(leg)
        state.quantity[key] = held + leg.quantity
        state.owed[key] = state.owed.get(key, ZERO) + leg.owed
        state.tied[key] = plus(state.tied.get(key, ZERO), leg.tied)
        if not state.quantity[key]:
            self._forget(key)
        state.realized = plus(state.realized, leg.realized)
        state.income = plus(state.income, leg.income)
        state.fees = plus(state.fees, leg.fee)
        self.assumptions.update(leg.assumptions)
        if leg.splits and held:
            self._split(self.positions[key].asset_id, held, held + leg.quantity)
        self._revalue(key)

    def _forget(self, key: int) -> None:
        """Nothing is held any more. What is tied or owed still, as entries of one moment are in disorder, stays."""
        state = self.state
        del state.quantity[key]
        if not state.owed[key]:
            del state.owed[key]
        if not state.tied[key]:
            del state.tied[key]

    def _note_moving(self, leg: Leg) -> None:
        """What coins are worth that turn into others; the same cost tells which these are."""
        mark = self.state.marks.get(self.positions[leg.position_id].asset_id)
        if mark is not None and leg.tied is not None:
            self.moving[-leg.tied] = -leg.quantity * mark

    def _split(self, asset_id: int, before: Decimal, after: Decimal) -> None:
        """Coins that became several are worth as much less each."""
        mark = self.state.marks.get(asset_id)
        if mark is not None and after:
            self._mark(asset_id, mark * before / after)

    def _flow(self, external: Decimal | None, before: Decimal | None, after: Decimal | None) -> None:
        """End one return and begin the next: what is put in earns from then on, what is taken out earned until then;
        a fee lessens what is put in after it has joined, and what is taken out before it has left."""
        if external is None or before is None or after is None:
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

    def close(self) -> Day:
        """The end of the day: everything at its close."""
        state, missing = self.state, self._mark_all()
        value, tied, invested = self.value(), *self._money()
        if value is not None:
            self._reach(value)
        return Day(
            self.day,
            value,
            self.external,
            invested,
            state.realized,
            None if value is None or tied is None else rounded(value - tied),
            state.income,
            state.fees,
            None if self.growth is None else rounded(self.growth),
            self.restart,
            tuple(sorted(missing)),
            tuple(sorted(self.carried)),
            tuple(sorted(self.assumptions)),
        )

    def _money(self) -> tuple[Decimal | None, Decimal | None]:
        """The money in all positions, and the sum of its sizes; None where that of one is unknown."""
        tied = invested = ZERO
        for one in self.state.tied.values():
            if one is None:
                return None, None
            tied += one
            invested += abs(one)
        return tied, invested

    def _mark_all(self) -> set[int]:
        """Put the day's closes in place of what was known, and count anew; what has none."""
        missing: set[int] = set()
        self.total, self.unknown, place, prices = ZERO, 0, self.place, self.prices
        rate = prices.rate(place)
        self.state.dollar = None if rate is None else RATIO.divide(ONE, rate)
        if prices.currency is not None and self.state.quantity:
            self._note_basis(prices.currency)
            if rate is None:
                missing.add(prices.currency)
        state = self.state
        for key in state.quantity:
            position = self.positions[key]
            asset_id = position.asset_id
            close = prices.closes[asset_id][place]
            if close is None:
                missing.add(asset_id)
            elif prices.currency is not None:
                close = prices.close(asset_id, place)
            if asset_id in self.unsure:
                self._note_basis(asset_id)
            if close is None:
                state.marks.pop(asset_id, None)
                new = None
            else:
                state.marks[asset_id] = close
                new = worth(state, position, close)
            self.worths[key] = new
            if new is None:
                self.unknown += 1
            else:
                self.total += new
        return missing

    def _note_basis(self, asset_id: int) -> None:
        """Whether a price is not a close of the day itself, and what it rests on then."""
        prices, place = self.prices, self.place
        if asset_id in prices.carried and place in prices.carried[asset_id]:
            self.carried.add(asset_id)
        if asset_id in prices.assumed and place in prices.assumed[asset_id]:
            self.assumptions.add(prices.assumed[asset_id][place])

    def _reach(self, value: Decimal) -> None:
        """The last return of the day, up to its close."""
        if self.state.base is not None:
            self._grow(value, self.state.base)
        if (self.state.base is None or value <= 0) and self.state.quantity:
            self._start_anew(value, self.restart or Restart.EMPTY)
        self.state.base = value if value > 0 else None
