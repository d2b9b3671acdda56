"""Plans followed candle by candle to their end: the one meaning that tracking, replay and backtest share.

A market plan enters at the open of its first candle; a limit plan in the first candle that reaches its zone, at the
near end of it or at a better open. From then on an open beyond the stop or a target leaves at that open, else a touch
of the level leaves at the level; invalidating closes and the end of the time leave at the close. Where one candle holds
what came in an unknown order, the shorter candles inside it tell, else the stop counts and the plan is marked.

All plans of a candle are judged at once; a plan sees nothing after the candle that ended it, and nothing at all after a
candle that is missing.
"""

from dataclasses import dataclass

import numpy as np

from trading.compute.tracked import (
    NONE,
    Candle,
    Candles,
    Decider,
    Ended,
    Finer,
    Flags,
    Floats,
    Integers,
    Plans,
    State,
    signed,
)


@dataclass(frozen=True)
class Touched:
    """What a candle holds for m plans after its open; shape (m,) each.

    Attributes:
        inside: a limit was filled after the open.
        stop: the stop was touched.
        targets: how many targets were reached up to and with this candle, whatever came first.
        unclear: the order of what happened matters and is not known.
    """

    inside: Flags
    stop: Flags
    targets: Integers
    unclear: Flags


def advance(plans: Plans, state: State, candles: Candles, finer: Finer | None = None) -> State:
    """Judge the plans on more candles.

    Args:
        plans: which.
        state: how far they have come; stays as it is.
        candles: of every column of the plans; a plan goes on with the candle of its ``state.row``, if it is among them.
        finer: shorter candles, asked once at most for each candle.
    Returns:
        How far they have come then. In two parts it is the same as at once.
    """
    found = state.take(np.arange(len(plans)))
    for place in range(len(candles.open)):
        number = candles.first + place
        whose = np.flatnonzero(found.is_open & (found.row == number))
        if not len(whose):
            continue
        some = plans.take(whose)
        candle = signed(candles, place, some.column, some.side)
        there = candle.is_there
        found.paused[whose] = np.where(there, NONE, number)
        judged, chosen = whose[there], some.take(there)
        if len(judged):
            before = found.take(judged)
            found.put(judged, _judged(chosen, before, candle.take(there), number, finer))
    return found


def _judged(plans: Plans, state: State, candle: Candle, number: int, finer: Finer | None) -> State:
    """Plans after one candle of their own length, which is there."""
    _leave_in_time(plans, state, number)
    inside = _enter(plans, state, candle, number)
    _leave_at_open(plans, state, candle, number, inside)
    opened = state.take(np.arange(len(plans)))
    touched = _touch(plans, state, candle, number, inside)
    if finer is not None:
        eventful = touched.inside | touched.stop | (touched.targets > opened.reached)
        asked = np.flatnonzero(eventful)
        if len(asked):
            _look_inside(plans, opened, state, touched, asked, finer(number, plans.column[asked]), number)
    _close(plans, state, candle, number)
    return state


def _leave_in_time(plans: Plans, state: State, number: int) -> None:
    """Plans whose time held no candle at all."""
    state.ended[plans.last < plans.first] = Ended.NEVER_FILLED
    state.ended_row[plans.last < plans.first] = number


def _enter(plans: Plans, state: State, candle: Candle, number: int, *, at_level: bool = False) -> Flags:
    """Fill what waits and can be filled; True where that was inside the candle, after its open.

    Args:
        at_level: a limit is filled at the near end of its zone, also where a candle opens beyond it.
    """
    zone = plans.signed_zone
    waits = state.is_open & (state.filled_row == NONE)
    fills = waits & (~plans.is_limit | (candle.low <= zone))
    inside = fills & plans.is_limit & (candle.open > zone)
    price = np.where(inside | (plans.is_limit & at_level), zone, candle.open)
    state.filled_row[fills] = number
    for line in (state.fill, state.best, state.worst):
        line[fills] = price[fills]
    for rows in (state.best_row, state.worst_row):
        rows[fills] = number
    return np.asarray(inside)


def _leave_at_open(plans: Plans, state: State, candle: Candle, number: int, inside: Flags) -> None:
    """A candle that opens beyond the stop or a target: out at the open."""
    held = state.is_held & ~inside
    stopped = held & (candle.open <= state.stop)
    _leave(state, stopped, candle.open, Ended.STOP, number)
    reached = (plans.signed_targets <= candle.open[:, None]).sum(axis=1)
    prices = np.broadcast_to(candle.open[:, None], plans.targets.shape)
    _take_targets(plans, state, held & ~stopped, reached, prices, number)
    _excursion(state, held, candle.open, candle.open, number)


def _touch(plans: Plans, state: State, candle: Candle, number: int, inside: Flags) -> Touched:
    """What happens between open and close; what is unclear goes by the rule for the unknown."""
    held = state.is_held
    targets = plans.signed_targets
    stop = held & (candle.low <= state.stop)
    touched = np.where(held, np.maximum((targets <= candle.high[:, None]).sum(axis=1), state.reached), state.reached)
    hits = touched > state.reached
    # The first target moves the stop to the entry, which the same candle may have passed before it or after it.
    moves = hits & plans.to_break_even & (state.reached == 0)
    returns = moves & ~stop & (candle.low <= state.fill) & (state.fill > state.stop)
    ends_well = touched == np.isfinite(targets).sum(axis=1)
    returns &= ~(ends_well & (touched == 1))
    unclear = hits & (stop | inside | returns)
    counted = np.where(unclear, np.where(returns & ~inside, 1, state.reached), touched)
    before = state.reached.copy()
    _take_targets(plans, state, held, counted, targets, number)
    last = np.where(counted > before, targets[np.arange(len(targets)), np.maximum(counted - 1, 0)], -np.inf)
    back = returns & ~inside & state.is_held
    stopped = state.is_held & (stop | back)
    price = state.stop.copy()
    _leave(state, stopped, price, Ended.STOP, number)
    state.is_assumed[unclear] = True
    state.decided[unclear & ~state.is_open] = Decider.ASSUMED
    ended = held & ~state.is_open
    first = np.where(inside, state.fill, candle.open)
    up = np.where(ended, np.maximum(first, last), np.where(inside, np.maximum(candle.close, last), candle.high))
    down = np.where(ended, np.where(stopped, price, first), candle.low)
    _excursion(state, held, up, np.minimum(down, first), number)
    return Touched(inside, stop, touched, unclear)


def _look_inside(
    plans: Plans, opened: State, state: State, touched: Touched, asked: Integers, candles: Candles, number: int
) -> None:
    """Where the shorter candles are all there and say the same as the candle, they tell the order and how far the price
    had gone before it was over."""
    some = plans.take(asked)
    found = opened.take(asked)
    inside, unclear, stop = touched.inside[asked], touched.unclear[asked], touched.stop[asked]
    for line, empty in ((found.filled_row, NONE), (found.fill, np.nan), (found.best, np.nan), (found.worst, np.nan)):
        line[inside] = empty
    found.is_assumed[:] = False
    complete = _followed_inside(some, found, candles, number)
    plain = state.take(asked)
    filled = found.filled_row != NONE
    same = (found.ended == plain.ended) & (found.reached == plain.reached)
    fits = np.where(stop, ~found.is_open, inside | (found.reached > opened.reached[asked]))
    believed = complete & filled & np.where(unclear, fits, same)
    told = believed & unclear
    found.decided[told & ~found.is_open & (found.decided == Decider.OWN)] = Decider.FINER
    found.is_assumed[opened.is_assumed[asked]] = True
    state.put(asked[told], found.take(told))
    seen = believed & ~unclear
    for name in ("best", "worst", "best_row", "worst_row"):
        getattr(state, name)[asked[seen]] = getattr(found, name)[seen]


def _followed_inside(plans: Plans, state: State, candles: Candles, number: int) -> Flags:
    """Follow plans through shorter candles; True where none was missing as long as it mattered."""
    complete = np.ones(len(plans), dtype=np.bool_)
    columns = np.arange(len(plans))
    for place in range(len(candles.open)):
        going = np.flatnonzero(state.is_open & complete)
        if not len(going):
            break
        some = plans.take(going)
        candle = signed(candles, place, columns[going], some.side)
        there = candle.is_there
        complete[going[~there]] = False
        judged, chosen, seen = going[there], some.take(there), candle.take(there)
        part = state.take(judged)
        inside = _enter(chosen, part, seen, number, at_level=True)
        _touch(chosen, part, seen, number, inside)
        state.put(judged, part)
    return complete


def _close(plans: Plans, state: State, candle: Candle, number: int) -> None:
    """What a close decides: invalidation, the end of the time, and where a trailing stop stands from then on."""
    close = candle.close * plans.side
    invalid = state.is_open & ((close < plans.below) | (close > plans.above))
    over = state.is_open & ~invalid & (plans.last <= number)
    never = over & (state.filled_row == NONE)
    unfilled = invalid & (state.filled_row == NONE)
    _leave(state, invalid & ~unfilled, candle.close, Ended.INVALIDATED, number)
    _leave(state, over & ~never, candle.close, Ended.EXPIRY, number)
    for flags, ended in ((unfilled, Ended.INVALIDATED), (never, Ended.NEVER_FILLED)):
        state.ended[flags] = ended
        state.ended_row[flags] = number
    follows = state.is_held & np.isfinite(plans.trail)
    state.stop[follows] = np.maximum(state.stop, candle.close - plans.trail)[follows]
    state.row[:] = number + 1


def _take_targets(plans: Plans, state: State, flags: Flags, reached: Integers, prices: Floats, number: int) -> None:
    """The shares of every target up to ``reached`` that has not been taken leave at these prices, shape (m, k)."""
    all_of_them = np.isfinite(plans.targets).sum(axis=1)
    for place in range(plans.targets.shape[1]):
        now = flags & (state.reached == place) & (reached > place)
        if not now.any():
            continue
        share = np.where(all_of_them == place + 1, state.rest, plans.shares[:, place])
        state.taken[now] += share[now] * prices[now, place]
        state.rest[now] -= share[now]
        state.reached[now] = place + 1
        state.ended[now & (all_of_them == place + 1)] = Ended.TARGET
        state.ended_row[now & (all_of_them == place + 1)] = number
    moved = flags & state.is_open & plans.to_break_even & (state.reached > 0)
    state.stop[moved] = np.maximum(state.stop, state.fill)[moved]


def _leave(state: State, flags: Flags, price: Floats, ended: Ended, number: int) -> None:
    """What is left leaves at a price."""
    state.taken[flags] += state.rest[flags] * price[flags]
    state.rest[flags] = 0.0
    state.ended[flags] = ended
    state.ended_row[flags] = number


def _excursion(state: State, flags: Flags, up: Floats, down: Floats, number: int) -> None:
    better, worse = flags & (up > state.best), flags & (down < state.worst)
    state.best[better], state.best_row[better] = up[better], number
    state.worst[worse], state.worst_row[worse] = down[worse], number
