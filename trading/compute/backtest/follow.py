"""Following orders from their fill to their end, each for itself. The meaning is that of docs/backtesting.md, which is
also that of tracking."""

from dataclasses import dataclass, field

import numpy as np

from trading.compute.backtest.bars import Bars, Finer, Flags, Floats, Integers, nothing_finer
from trading.compute.backtest.finer import Held, Touched, settled, touched
from trading.compute.backtest.orders import SLACK, Orders
from trading.compute.backtest.paths import Paths, Reason, State, no_paths
from trading.compute.backtest.search import Found, Levels, Side, first_event, side_of


def follow(bars: Bars, orders: Orders, *, finer: Finer = nothing_finer, pauses: bool = True) -> Paths:
    """How each order goes: none knows of the others, and none of a candle after its end.

    Args:
        finer: the shorter candles that decide where one candle holds too much.
        pauses: at a missing candle judging stops, as live does; else it goes on with the next that is there.
    Raises:
        ValueError: naming the field that no order can have, or that lies outside the bars, and the first such order.
    """
    _check(bars, orders)
    found = no_paths(len(orders), orders.shares.shape[1] + 1)
    for sign in (1, -1):
        places = np.flatnonzero(orders.direction == sign)
        if len(places):
            one = _Walk(bars, orders.take(places), side_of(bars, sign), finer, pauses=pauses).run()
            for name in Paths.__dataclass_fields__:
                getattr(found, name)[places] = getattr(one, name)
    return found


def _check(bars: Bars, orders: Orders) -> None:
    for name, length in (("column", len(bars.keys)), ("row", bars.length)):
        values = getattr(orders, name)
        wrong = (values < 0) | (values >= length)
        if wrong.any():
            raise ValueError(f"{name} of order {int(wrong.argmax())} lies outside the candles")
    for name, wrong in orders.faults(reference(bars, orders)).items():
        if wrong.any():
            first = int(wrong.argmax())
            raise ValueError(f"{name} of order {first} (candle {orders.row[first]}) is {getattr(orders, name)[first]}")


def reference(bars: Bars, orders: Orders) -> Floats:
    """The price that the levels of each must lie around, USD; NaN where none was known."""
    close = bars.known_close[orders.row, orders.column]
    return np.where(np.isnan(orders.zone), close, orders.zone)


@dataclass
class _Walk:
    """Orders of one side on their way; all prices as of the side."""

    bars: Bars
    orders: Orders
    side: Side
    finer: Finer
    pauses: bool = True
    done: Paths = field(init=False)

    def __post_init__(self) -> None:
        orders, sign = self.orders, self.side.sign
        self.done = no_paths(len(orders), orders.shares.shape[1] + 1)
        self.base = orders.column * self.bars.length
        self.zone = sign * orders.zone
        self.invalid = np.where(np.isnan(orders.invalid), -np.inf, sign * orders.invalid)
        follows = (orders.trail > 0) | (orders.trail_away > 0)
        self.keep = np.where(follows, 1 - sign * orders.trail, 0.0)
        self.leave, self.gap = self._interruptions()
        self.end = np.minimum.reduce([orders.last + 1, self.leave, self.gap, np.full(len(orders), self.bars.length)])
        self.stop = np.full(len(orders), -np.inf)
        self.targets = np.full(orders.shares.shape, np.inf)
        self.best = np.full(len(orders), -np.inf)

    def _interruptions(self) -> tuple[Integers, Integers]:
        """Row whose open a signal to leave takes effect at, and that of the first missing candle."""
        bars, orders = self.bars, self.orders
        never = np.full(len(orders), bars.length)
        if not bars.has_holes:
            return orders.leave, never
        first = np.minimum(orders.row + 1, bars.length - 1)
        if self.pauses:
            return orders.leave, np.where(orders.row + 1 < bars.length, bars.next_missing[first, orders.column], never)
        leave = np.minimum(orders.leave, bars.length - 1)
        return np.where(orders.leave < bars.length, bars.next_known[leave, orders.column], orders.leave), never

    def run(self) -> Paths:
        """Fill, then go from event to event until nothing runs on."""
        live = self._fill()
        start = self.done.fill_row[live]
        while len(live):
            found = first_event(self.side, self._levels(live, start))
            over = found.row == self.end[live]
            self._finish(live[over])
            live, rows = live[~over], found.row[~over]
            self._judge(live, rows, Found(rows, found.stop[~over], found.best[~over]))
            stays = self._left(live) > SLACK
            live, start = live[stays], rows[stays] + 1
        return self._seen_from_outside()

    def _fill(self) -> Integers:
        """Fill what can be filled.

        Returns:
            Places of the orders that were.
        """
        orders, done = self.orders, self.done
        first, limited = orders.row + 1, ~np.isnan(self.zone)
        rows = np.where(first < self.end, first, self.end)
        waiting = np.flatnonzero(limited)
        none = np.full(len(waiting), np.inf)
        reaching = Levels(
            self.base[waiting], first[waiting], self.end[waiting], self.zone[waiting], none, self.invalid[waiting],
            -none, 0 / none, 0 / none,
        )  # fmt: skip
        rows[waiting] = first_event(self.side, reaching).row
        filled = rows < self.end
        flat = self.base + np.minimum(rows, self.bars.length - 1)
        price = self.side.open[flat]
        filled &= ~np.isnan(price)
        withdrawn = filled & limited & ~(self.side.low[flat] <= self.zone)
        filled &= ~withdrawn
        done.inside[:] = filled & limited & (price > self.zone)
        price = np.where(done.inside, self.zone, price)
        done.fill_row[filled], done.fill_price[filled] = rows[filled], price[filled]
        self._close_unfilled(np.flatnonzero(~filled & ~withdrawn))
        done.state[withdrawn], done.end_row[withdrawn] = State.WITHDRAWN, rows[withdrawn]
        self._set_levels(np.flatnonzero(filled))
        return np.flatnonzero(filled)

    def _close_unfilled(self, places: Integers) -> None:
        orders, state = self.orders, self.done.state
        paused = self._is_paused(places)
        state[places] = np.where(self.end[places] < self.bars.length, State.NEVER_FILLED, State.WAITING)
        ended = orders.last[places] + 1 == self.bars.length
        lost = np.isnan(self.zone[places]) & (orders.row[places] + 1 < self.bars.length)
        state[places[ended | lost]] = State.NEVER_FILLED
        self._pause(places[paused])
        over = places[state[places] == State.NEVER_FILLED]
        self.done.end_row[over] = np.minimum(orders.last[over], self.bars.length - 1)

    def _set_levels(self, places: Integers) -> None:
        """Levels that hang on the price filled."""
        orders, sign = self.orders.take(places), self.side.sign
        fill = self.done.fill_price[places]
        away = orders.stop_away + orders.stop_fraction * np.abs(fill)
        relative = np.where(away > 0, fill - away, -np.inf)
        stop = np.where(np.isnan(orders.stop), relative, sign * orders.stop)
        risk = fill - stop
        self.stop[places] = stop
        self.done.risk[places] = np.where(np.isfinite(risk), risk, np.nan)
        reward = orders.target_r * np.where(np.isfinite(risk), risk, np.nan)[:, None]
        targets = np.where(np.isnan(orders.targets), fill[:, None] + reward, sign * orders.targets)
        self.targets[places] = np.where(np.isnan(targets), np.inf, targets)

    def _levels(self, live: Integers, start: Integers) -> Levels:
        waiting = self.done.exit_row[live, :-1] < 0
        target = np.where(waiting, self.targets[live], np.inf).min(axis=1, initial=np.inf)
        return Levels(
            self.base[live], start, self.end[live], self.stop[live], target, self.invalid[live], self.best[live],
            self.keep[live], self.orders.trail_away[live],
        )  # fmt: skip

    def _left(self, places: Integers) -> Floats:
        """Share of each position that still runs."""
        return np.asarray(1.0 - self.done.exit_share[places].sum(axis=1))

    def _judge(self, live: Integers, rows: Integers, found: Found) -> None:
        """One candle of each position, in which something happens."""
        flat = self.base[live] + rows
        opens, closes = self.side.open[flat], self.side.close[flat]
        inside = self.done.inside[live] & (rows == self.done.fill_row[live])
        gone = ~inside & (opens <= found.stop)
        self._close_rest(live[gone], rows[gone], opens[gone], Reason.STOP, at_open=True)
        reached = self._reached(live, opens) & ~(gone | inside)[:, None]
        self._hit(live, rows, opens[:, None], reached, at_open=True)
        self._guard(live, reached)
        held = self._held(live, np.fmax(found.stop, self.stop[live]))
        told = touched(self.side.high[flat], self.side.low[flat], inside, held)
        told = self._ask(live, rows, inside, held, told)
        self._hit(live, rows, self.targets[live], told.hits)
        self._guard(live, told.hits)
        stops = told.stopped
        self._close_rest(live[stops], rows[stops], told.price[stops], Reason.STOP)
        out = (self._left(live) > SLACK) & (closes < self.invalid[live])
        self._close_rest(live[out], rows[out], closes[out], Reason.INVALID)
        self.best[live] = np.fmax(found.best, closes)

    def _guard(self, live: Integers, hits: Flags) -> None:
        """Once a target is reached the stop goes to the price filled, where the order says so."""
        moved = live[hits.any(axis=1) & self.orders.to_entry[live]]
        self.stop[moved] = np.maximum(self.stop[moved], self.done.fill_price[moved])

    def _held(self, live: Integers, stop: Floats) -> Held:
        waiting = self.done.exit_row[live, :-1] < 0
        return Held(
            fill=self.done.fill_price[live],
            stop=stop,
            targets=np.where(waiting, self.targets[live], np.inf),
            shares=self.orders.shares[live],
            left=self._left(live),
            guards=self.orders.to_entry[live] & waiting.all(axis=1),
        )

    def _reached(self, live: Integers, price: Floats) -> Flags:
        """Targets that still wait and lie at or below a price, shape (q, k)."""
        waiting = (self.done.exit_row[live, :-1] < 0) & (self._left(live) > SLACK)[:, None]
        return np.asarray(waiting & (self.targets[live] <= price[:, None]))

    def _hit(self, live: Integers, rows: Integers, price: Floats, hits: Flags, *, at_open: bool = False) -> None:
        who, which = np.nonzero(hits)
        places, done = live[who], self.done
        done.exit_row[places, which] = rows[who]
        done.exit_price[places, which] = np.broadcast_to(price, hits.shape)[who, which]
        done.exit_share[places, which] = self.orders.shares[places, which]
        done.exit_reason[places, which] = Reason.TARGET
        done.exit_at_open[places, which] = at_open

    def _close_rest(
        self,
        places: Integers,
        rows: Integers,
        price: Floats,
        reason: "Reason | Integers",
        *,
        at_open: "bool | Flags" = False,
    ) -> None:
        done = self.done
        done.exit_row[places, -1], done.exit_price[places, -1] = rows, price
        done.exit_share[places, -1] = self._left(places)
        done.exit_reason[places, -1] = reason
        done.exit_at_open[places, -1] = at_open

    def _ask(self, live: Integers, rows: Integers, inside: Flags, held: Held, told: Touched) -> Touched:
        """Let the shorter candles decide what is unclear, if they are all there and say what the candle says."""
        asked = told.unclear
        if not asked.any():
            return told
        places, some = live[asked], held.take(asked)
        opens, high, low = self.finer(self.orders.column[places], rows[asked])
        if self.side.sign < 0:
            opens, high, low = -opens, -low, -high
        found = settled(opens, high, low, np.where(inside[asked], self.zone[places], np.inf), some)
        down = self.side.low[self.base[places] + rows[asked]] <= some.stop
        fits = np.where(down, ~found.is_open, inside[asked] | found.hits.any(axis=1))
        believed = found.is_sure & fits
        self.done.assumed[places] |= ~believed | found.is_mixed
        for ours, theirs in ((told.hits, found.hits), (told.stopped, found.stopped), (told.price, found.price)):
            ours[asked] = np.where(believed.reshape(-1, *[1] * (theirs.ndim - 1)), theirs, ours[asked])
        return told

    def _finish(self, places: Integers) -> None:
        """Positions that nothing stopped before their end."""
        bars, orders, end = self.bars, self.orders, self.end[places]
        paused = self._is_paused(places)
        self._pause(places[paused])
        expired = ~paused & (end == orders.last[places] + 1)
        left = ~paused & ~expired & (end == self.leave[places]) & (end < bars.length)
        self.done.state[places[~(paused | expired | left)]] = State.OPEN
        who = places[expired]
        last = self.side.sign * bars.known_close[orders.last[who], orders.column[who]]
        self._close_rest(who, orders.last[who], last, Reason.EXPIRY)
        who, rows = places[left], end[left]
        self._close_rest(who, rows, self.side.open[self.base[who] + rows], Reason.SIGNAL, at_open=True)

    def _is_paused(self, places: Integers) -> Flags:
        gap = self.gap[places]
        return np.asarray((gap == self.end[places]) & (gap < self.bars.length) & (gap <= self.orders.last[places]))

    def _pause(self, places: Integers) -> None:
        self.done.state[places] = State.PAUSED
        self.done.paused_row[places] = self.gap[places]

    def _seen_from_outside(self) -> Paths:
        done, sign = self.done, self.side.sign
        closed = (done.fill_row >= 0) & (self._left(np.arange(len(done))) <= SLACK)
        done.state[closed] = State.CLOSED
        done.end_row[closed] = done.exit_row[closed].max(axis=1)
        done.fill_price[:] = sign * done.fill_price
        done.exit_price[:] = sign * done.exit_price
        return done
