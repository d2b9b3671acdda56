"""Where the declared rules enter and leave, on all candles at once. Entry r knows candles up to r only."""

from dataclasses import replace
from typing import Any

import numpy as np

from trading.compute.backtest.bars import Bars, Flags, Floats, Integers
from trading.compute.backtest.orders import FAR, Orders, joined, orders
from trading.compute.backtest.rules import Rules


def rule_orders(bars: Bars, rules: Rules, *, first: int = 0) -> Orders:
    """The orders of a strategy: one at each candle whose close says so, whether or not a position is open then.

    A missing candle is passed over: its neighbours count as neighbours.

    Args:
        first: row from which on orders are made, and which theirs count from; what lies before warms the rules up.
    """
    parts = []
    for column in range(len(bars.keys)):
        known = np.flatnonzero(~np.isnan(bars.close[:, column])) if bars.has_holes else None
        lines = [getattr(bars, name)[:, column] for name in ("high", "low", "close")]
        high, low, close = lines if known is None else [line[known] for line in lines]
        up, down = signals(high, low, close, rules)
        atr = average_true_range(high, low, close, rules.atr_length) if rules.stop == "atr" else None
        for side, enters, leaves in ((1, up, down), (-1, down, up)):
            if side in rules.sides:
                parts.append(_orders(column, rules, side, enters, leaves, atr, known))
    return _counted_from(first, joined(parts)) if first else joined(parts)


def _counted_from(first: int, given: Orders) -> Orders:
    kept = given.take(given.row >= first)
    return replace(kept, **{name: getattr(kept, name) - first for name in ("row", "last", "leave")})


def _orders(
    column: int,
    rules: Rules,
    side: int,
    enters: Integers,
    leaves: Integers,
    atr: Floats | None,
    known: Integers | None,
) -> Orders:
    away: Floats | float = 0.0
    if atr is not None:
        enters = enters[np.isfinite(atr[enters])]
        away = rules.stop_size * atr[enters]
    rows, outs = (enters, leaves) if known is None else (known[enters], known[leaves])
    leave: Integers | int = FAR
    if rules.leaves:
        leave = np.append(outs, FAR - 1)[np.searchsorted(outs, rows, side="right")] + 1
    targets = np.array(rules.targets).reshape(-1, 2)
    return orders(
        np.full(len(rows), column),
        rows,
        np.full(len(rows), side),
        last=rows + rules.time_limit if rules.time_limit else FAR,
        leave=leave,
        stop_away=away,
        stop_fraction=rules.stop_size / 100 if rules.stop == "percent" else 0.0,
        target_r=targets[:, 0] if len(targets) else np.empty((len(rows), 0)),
        shares=targets[:, 1] if len(targets) else np.empty((len(rows), 0)),
        trail=rules.trail,
        to_entry=rules.to_entry,
        size=np.nan if rules.size is None else rules.size,
    )


def signals(high: Floats, low: Floats, close: Floats, rules: Rules) -> tuple[Integers, Integers]:
    """Candles whose close says up, and whose close says down.

    Args:
        high, low, close: of one asset without holes, shape (t,).
    """
    given = {name: int(value) for name, value in rules.settings.items()}
    if rules.entry in ("sma_cross", "ema_cross"):
        mean = simple_mean if rules.entry == "sma_cross" else _exponential_mean
        is_above = mean(close, given["fast"]) > mean(close, given["slow"])
        return _begins(is_above, given["slow"]), _begins(~is_above, given["slow"])
    if rules.entry == "rsi":
        strength = _talib().RSI(close, given["length"]) if len(close) > given["length"] else np.full(len(close), np.nan)
        low_, high_ = strength < rules.settings["below"], strength > rules.settings["above"]
        return _begins(low_, given["length"] + 1), _begins(high_, given["length"] + 1)
    return _breakouts(high, low, close, given["bars"])


def _begins(holds: Flags, warm_up: int) -> Integers:
    """Where something begins to hold; whether it did before the warm-up ended is not known, so it counts from the
    second candle on that has a value."""
    begins = holds[1:] & ~holds[:-1]
    begins[: max(warm_up - 1, 0)] = False
    return np.flatnonzero(begins) + 1


def _breakouts(high: Floats, low: Floats, close: Floats, bars: int) -> tuple[Integers, Integers]:
    if len(close) <= bars + 1:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    top = _talib().MAX(high, bars) if bars > 1 else high
    bottom = _talib().MIN(low, bars) if bars > 1 else low
    up, down = np.zeros((2, len(close)), dtype=np.bool_)
    up[bars:], down[bars:] = close[bars:] > top[bars - 1 : -1], close[bars:] < bottom[bars - 1 : -1]
    return _begins(up, bars + 1), _begins(down, bars + 1)


def simple_mean(values: Floats, length: int) -> Floats:
    """Mean of the last ``length`` values, shape (t,); NaN before."""
    return np.asarray(_talib().SMA(values, length)) if 1 < length <= len(values) else _short(values, length)


def _exponential_mean(values: Floats, length: int) -> Floats:
    return np.asarray(_talib().EMA(values, length)) if 1 < length <= len(values) else _short(values, length)


def _short(values: Floats, length: int) -> Floats:
    return values if length == 1 else np.full(len(values), np.nan)


def average_true_range(high: Floats, low: Floats, close: Floats, length: int) -> Floats:
    """Wilder's average true range, shape (t,); NaN during warm-up."""
    if len(close) <= length:
        return np.full(len(close), np.nan)
    return np.asarray(_talib().ATR(high, low, close, length))


def _talib() -> Any:
    """Loaded when something is computed: it brings pandas along, and most processes start without computing."""
    import talib

    return talib
