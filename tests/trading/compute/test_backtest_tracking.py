"""One meaning: the backtest follows a plan as tracking does."""

import numpy as np

from tests.rounds import examples
from tests.trading.compute.backtest_markets import PARTS, market
from trading.compute.backtest.bars import Bars
from trading.compute.backtest.follow import follow
from trading.compute.backtest.orders import Orders, orders
from trading.compute.backtest.paths import Paths, Reason, State
from trading.compute.tracked import NONE, Candles, Ended, Finer, Integers, Plans, began
from trading.compute.tracked import State as Tracked
from trading.compute.tracking import advance

ENDS = {Reason.TARGET: Ended.TARGET, Reason.STOP: Ended.STOP, Reason.EXPIRY: Ended.EXPIRY,
        Reason.INVALID: Ended.INVALIDATED}  # fmt: skip
EARLY = {State.NEVER_FILLED: Ended.NEVER_FILLED, State.WITHDRAWN: Ended.INVALIDATED}


def some_plans(bars: Bars, seed: int, *, count: int = 80) -> Plans:
    """Plans of every kind: market and limit, up to three targets, trailing, moving to break-even, with conditions."""
    generator = np.random.default_rng(seed)
    column = generator.integers(0, len(bars.keys), count)
    row = np.sort(generator.integers(0, bars.length - 1, count))
    side = generator.choice([1, -1], count)
    price = np.nan_to_num(bars.known_close[row, column], nan=100.0)
    is_limit = generator.random(count) < 0.5
    zone = np.round(price * (1 - side * generator.uniform(0.0, 0.03, count)), 1)
    near = np.where(is_limit, zone, price)
    way = np.maximum(near * generator.uniform(0.02, 0.06, count), 0.6)
    targets = np.round(near[:, None] + side[:, None] * np.cumsum(way[:, None] * [1.0, 0.7, 0.7], axis=1), 1)
    number = generator.integers(1, 4, count)
    targets[np.arange(3) >= number[:, None]] = np.nan
    shares = np.where(np.arange(3) < number[:, None], (1 / number)[:, None], 0.0)
    rule = np.where(generator.random(count) < 0.4, near - side * way * 0.6, np.nan)
    far = zone - side * 0.1
    return Plans(
        side=side,
        column=column,
        first=row + 1,
        last=row + generator.integers(1, 50, count),
        is_limit=is_limit,
        zone_low=np.where(is_limit, np.minimum(zone, far), np.nan),
        zone_high=np.where(is_limit, np.maximum(zone, far), np.nan),
        stop=np.round(near - side * way, 1),
        targets=targets,
        shares=shares,
        below=np.where(side > 0, rule, np.nan),
        above=np.where(side < 0, rule, np.nan),
        to_break_even=generator.random(count) < 0.4,
        trail=np.where(generator.random(count) < 0.3, np.round(way, 1), np.nan),
    )


def as_orders(plans: Plans) -> Orders:
    zone = np.where(plans.is_limit, np.where(plans.side > 0, plans.zone_high, plans.zone_low), np.nan)
    return orders(
        plans.column, plans.first - 1, plans.side, last=plans.last, zone=zone, stop=plans.stop, targets=plans.targets,
        shares=plans.shares, invalid=np.where(plans.side > 0, plans.below, plans.above),
        to_entry=plans.to_break_even, trail_away=np.nan_to_num(plans.trail),
    )  # fmt: skip


def told(found: Paths, place: int) -> tuple[int, int, int, float, bool]:
    """How it ended, at which candle, where it was filled, the mean price it left at, and whether that was assumed."""
    state, row = State(found.state[place]), int(found.end_row[place])
    if state in (State.OPEN, State.WAITING, State.PAUSED):
        return Ended.OPEN, NONE, int(found.fill_row[place]), np.nan, bool(found.assumed[place])
    if state in EARLY:
        return EARLY[state], row, NONE, np.nan, bool(found.assumed[place])
    last = int(np.flatnonzero(found.exit_row[place] == row)[-1])
    taken = float(np.nansum(found.exit_share[place] * found.exit_price[place]))
    ended = ENDS[Reason(found.exit_reason[place, last])]
    return ended, row, int(found.fill_row[place]), taken, bool(found.assumed[place])


def tracked(state: Tracked, place: int) -> tuple[int, int, int, float, bool]:
    is_over = state.ended[place] != Ended.OPEN
    left = is_over and state.filled_row[place] != NONE
    return (
        int(state.ended[place]), int(state.ended_row[place]), int(state.filled_row[place]),
        abs(float(state.taken[place])) if left else np.nan, bool(state.is_assumed[place]),
    )  # fmt: skip


def test_every_plan_ends_as_tracking_ends_it() -> None:
    """640 plans; 4,800 with ``--full``."""
    seen: dict[int, int] = {}
    assumed, seeds = 0, examples(8, 60)
    for seed in range(seeds):
        bars, finer = market(seed, holes=0.003 if seed % 3 == 0 else 0.0)
        plans = some_plans(bars, seed)

        def inside(number: int, columns: Integers, finer=finer) -> Candles:
            opens, high, low = finer(columns, np.full(len(columns), number))
            return Candles(0, opens.T, high.T, low.T, opens.T)

        ask: Finer | None = inside if seed % 4 else None
        candles = Candles(0, bars.open, bars.high, bars.low, bars.close)
        state = advance(plans, began(plans), candles, ask)
        found = follow(bars, as_orders(plans), finer=finer) if ask else follow(bars, as_orders(plans))
        for place in range(len(plans)):
            ours, theirs = told(found, place), tracked(state, place)
            assert ours[:3] == theirs[:3], (seed, place, ours, theirs)
            assert ours[4] == theirs[4], (seed, place, ours, theirs)
            assert np.isclose(ours[3], theirs[3], rtol=1e-12, atol=0, equal_nan=True), (seed, place, ours, theirs)
            seen[ours[0]] = seen.get(ours[0], 0) + 1
            assumed += ours[4]
    assert min(seen[one] for one in Ended) > seeds / 3
    assert assumed > seeds / 2
    assert PARTS == 4
