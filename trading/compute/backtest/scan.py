"""Variants of a strategy, chosen walk-forward: by the past alone, judged by what came next.

All variants run once over the whole time, in processes that share the candles. That is allowed because no result before
a moment hangs on anything after it; a variant is chosen by its account up to the end of the past alone.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory

import numpy as np

from aimodels.compute.sharpe import sharpe_ratio
from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import PRICES, Bars, Finer, Floats, Integers, nothing_finer
from trading.compute.backtest.costs import Costs, Funding
from trading.compute.backtest.entries import rule_orders
from trading.compute.backtest.figures import DAY, daily_returns
from trading.compute.backtest.orders import Orders, joined
from trading.compute.backtest.rules import Rules
from trading.compute.backtest.run import Backtest, backtest

LINES = (*PRICES, "volume")
LEAST_DAYS = 60
"""Of a past that a variant is chosen by."""


@dataclass(frozen=True)
class Fold:
    """One step of a walk: entries of the candles from ``first`` to ``end`` (excluded) by the variant that was the best
    before ``first``. ``ratio``: its Sharpe ratio per day then."""

    first: int
    end: int
    variant: int
    ratio: float


@dataclass(frozen=True)
class Walk:
    """A strategy whose settings were chosen as it went.

    Attributes:
        folds: oldest first.
        result: of the chosen variants, each in its own fold, with one account.
        trials: variants tried. ``variance``: of their Sharpe ratios per day over the whole time.
    """

    folds: tuple[Fold, ...]
    result: Backtest
    trials: int
    variance: float


@dataclass(frozen=True)
class Setting:
    """What all variants share."""

    account: Account
    costs: Costs
    funding: Funding | None = None
    pauses: bool = False


def walk_forward(
    bars: Bars,
    variants: Sequence[Rules],
    setting: Setting,
    *,
    folds: int,
    finer: Finer = nothing_finer,
    processes: int | None = None,
    progress: Callable[[float], None] = lambda _share: None,
) -> Walk:
    """Choose on the past, judge on what comes next; the first part of ``folds + 1`` is past only.

    A choice does not look into shorter candles (where one candle holds both, the stop counts); the result does.

    Args:
        processes: that work; as many as there are processors without it.
    Raises:
        ValueError: no variant, or a past shorter than ``LEAST_DAYS``.
    """
    if not variants or folds < 1:
        raise ValueError("variants: there must be one at least, and one fold")
    bounds = _bounds(bars, folds)
    returns = list(_all_returns(bars, variants, setting, processes, progress))
    days = (bars.start + bars.step * bounds) // DAY - bars.start // DAY
    chosen = []
    for place, (first, end) in enumerate(pairwise(bounds.tolist())):
        past = [sharpe_ratio(line[: days[place]]) for line in returns]
        best = int(np.argmax(np.nan_to_num(past, nan=-np.inf)))
        chosen.append(Fold(first, end, best, past[best]))
    parts = [_within(rule_orders(bars, variants[fold.variant]), fold) for fold in chosen]
    result = backtest(
        bars, joined(parts), account=setting.account, costs=setting.costs, funding=setting.funding, finer=finer,
        pauses=setting.pauses,
    )  # fmt: skip
    ratios = np.nan_to_num([sharpe_ratio(line) for line in returns])
    return Walk(tuple(chosen), result, len(variants), float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0)


def _bounds(bars: Bars, folds: int) -> Integers:
    """Rows at which folds begin, and the end: midnights (UTC), evenly spaced after the first part."""
    first_day = -(-bars.start // DAY)
    last_day = (bars.start + bars.step * bars.length) // DAY
    cuts = np.linspace(first_day, last_day, folds + 2).round().astype(np.int64)[1:]
    if cuts[0] - first_day < LEAST_DAYS:
        raise ValueError(f"folds: the past before the first of {folds} is shorter than {LEAST_DAYS} days")
    rows = -(-(cuts * DAY - bars.start) // bars.step)
    rows[-1] = bars.length
    return np.asarray(rows, dtype=np.int64)


def _within(orders: Orders, fold: Fold) -> Orders:
    """Entries that are known from the last candle of the past on, until that before the next choice."""
    return orders.take((orders.row >= fold.first - 1) & (orders.row < fold.end - 1))


def variant_returns(bars: Bars, rules: Rules, setting: Setting) -> Floats:
    """Returns of a variant from day to day."""
    found = backtest(
        bars, rule_orders(bars, rules), account=setting.account, costs=setting.costs, funding=setting.funding,
        pauses=setting.pauses,
    )  # fmt: skip
    return daily_returns(bars, found.equity.value, setting.account.start)


def _all_returns(
    bars: Bars,
    variants: Sequence[Rules],
    setting: Setting,
    processes: int | None,
    progress: Callable[[float], None],
) -> Iterator[Floats]:
    count = min(processes or len(os.sched_getaffinity(0)), len(variants))
    if count == 1:
        for place, rules in enumerate(variants):
            yield variant_returns(bars, rules, setting)
            progress((place + 1) / len(variants))
        return
    with (
        _shared(bars) as name,
        ProcessPoolExecutor(
            count, get_context("spawn"), _attach, (name, bars.keys, bars.start, bars.step, bars.close.shape, setting)
        ) as pool,
    ):
        for place, line in enumerate(pool.map(_of_shared, variants)):
            yield line
            progress((place + 1) / len(variants))


@contextmanager
def _shared(bars: Bars) -> Iterator[str]:
    """The candles where other processes see them."""
    memory = SharedMemory(create=True, size=len(LINES) * bars.close.nbytes)
    try:
        lines = np.ndarray((len(LINES), bars.close.shape[1], bars.length), buffer=memory.buf)
        for place, line in enumerate(LINES):
            lines[place] = getattr(bars, line).T
        del lines
        yield memory.name
    finally:
        memory.close()
        memory.unlink()


_seen: dict[str, tuple[SharedMemory, Bars, Setting]] = {}
"""What a working process has attached to."""


def _attach(name: str, keys: tuple[str, ...], start: int, step: int, shape: tuple[int, int], setting: Setting) -> None:
    memory = SharedMemory(name)
    lines = np.ndarray((len(LINES), shape[1], shape[0]), buffer=memory.buf)
    opens, high, low, close, volume = (line.T for line in lines)
    _seen["bars"] = memory, Bars(keys, start, step, opens, high, low, close, volume), setting


def _of_shared(rules: Rules) -> Floats:
    _memory, bars, setting = _seen["bars"]
    return variant_returns(bars, rules, setting)
