"""Variants of a strategy, chosen walk-forward: by the past alone, judged by what came next.

All variants run once over the whole time, in processes that share the candles. That is allowed because no result before
a moment hangs on anything after it; a variant is chosen by its account up to the end of the past alone.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory

import numpy as np

from aimodels.compute.boosting import Stopped
from aimodels.compute.sharpe import sharpe_ratio
from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import PRICES, Bars, Finer, Floats, Integers, nothing_finer
from trading.compute.backtest.costs import Costs, Funding, FundingPaid
from trading.compute.backtest.entries import rule_orders
from trading.compute.backtest.figures import DAY, daily_returns, day_ends
from trading.compute.backtest.orders import Orders, joined
from trading.compute.backtest.rules import Rules
from trading.compute.backtest.run import Backtest, backtest

LINES = (*PRICES, "volume")
LEAST_DAYS = 60
"""Of a past that a variant is chosen by."""


class TooShort(ValueError):
    """There is not enough of a past to choose by."""


@dataclass(frozen=True)
class Fold:
    """One step of a walk: entries of the candles from ``first`` to ``end`` (excluded) by the variant that was the best
    before ``first``. ``ratio``: its Sharpe ratio per day (or candle, if longer) then."""

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
        trials: variants tried. ``variance``: of their Sharpe ratios per day (or candle, if longer) over the whole time.
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
    first: int = 0,
    finer: Finer = nothing_finer,
    processes: int | None = None,
    progress: Callable[[float], None] = lambda _share: None,
    stop: Callable[[], bool] = bool,
) -> Walk:
    """Choose on the past, judge on what comes next; the first part of ``folds + 1`` is past only.

    A choice does not look into shorter candles (where one candle holds both, the stop counts); the result does.

    Args:
        first: row that the window begins at; what lies before warms the rules up. Rows of the result, of its folds and
            those that ``finer`` is asked for count from it.
        processes: that work; as many as there are processors without it.
        stop: asked after every variant.
    Raises:
        ValueError: no variant, or no fold. TooShort: a past shorter than ``LEAST_DAYS``. Stopped: ``stop`` said so.
    """
    if not variants or folds < 1:
        raise ValueError("variants: there must be one at least, and one fold")
    market = _Market(bars, first, setting)
    bounds = _bounds(market.window, folds)
    returns = list(_all_returns(market, variants, processes, progress, stop))
    known = np.searchsorted(day_ends(market.window), bounds)
    chosen = []
    for place, (begin, end) in enumerate(pairwise(bounds.tolist())):
        past = [sharpe_ratio(line[: known[place]]) for line in returns]
        best = int(np.argmax(np.nan_to_num(past, nan=-np.inf)))
        chosen.append(Fold(begin, end, best, past[best]))
    parts = [_within(market.orders(variants[fold.variant]), fold) for fold in chosen]
    result = market.followed(joined(parts), finer)
    ratios = np.nan_to_num([sharpe_ratio(line) for line in returns])
    return Walk(tuple(chosen), result, len(variants), float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0)


def _bounds(bars: Bars, folds: int) -> Integers:
    """Rows at which folds begin, and the end: midnights (UTC), evenly spaced after the first part."""
    first_day = -(-bars.start // DAY)
    last_day = (bars.start + bars.step * bars.length) // DAY
    cuts = np.linspace(first_day, last_day, folds + 2).round().astype(np.int64)[1:]
    if cuts[0] - first_day < LEAST_DAYS:
        raise TooShort(f"folds: the past before the first of {folds} is shorter than {LEAST_DAYS} days")
    rows = -(-(cuts * DAY - bars.start) // bars.step)
    rows[-1] = bars.length
    return np.asarray(rows, dtype=np.int64)


def _within(orders: Orders, fold: Fold) -> Orders:
    """Entries that are known from the last candle of the past on, until that before the next choice."""
    return orders.take((orders.row >= fold.first - 1) & (orders.row < fold.end - 1))


class _Market:
    """Candles that variants run on, and what is the same for all of them."""

    def __init__(self, bars: Bars, first: int, setting: Setting) -> None:
        self.bars, self.first, self.setting = bars, first, setting
        self.window = bars.since(first)
        self.funding = None if setting.funding is None else FundingPaid(self.window, setting.funding)

    def orders(self, rules: Rules) -> Orders:
        """Of a variant, in the window."""
        return rule_orders(self.bars, rules, first=self.first)

    def followed(self, given: Orders, finer: Finer = nothing_finer) -> Backtest:
        """What came of orders."""
        setting = self.setting
        return backtest(
            self.window, given, account=setting.account, costs=setting.costs, funding=self.funding, finer=finer,
            pauses=setting.pauses,
        )  # fmt: skip

    def returns(self, rules: Rules) -> Floats:
        """Of a variant from day to day."""
        value = self.followed(self.orders(rules)).equity.value
        return daily_returns(self.window, value, self.setting.account.start)


def variant_returns(bars: Bars, rules: Rules, setting: Setting) -> Floats:
    """Returns of a variant from day to day."""
    return _Market(bars, 0, setting).returns(rules)


def _all_returns(
    market: _Market,
    variants: Sequence[Rules],
    processes: int | None,
    progress: Callable[[float], None],
    stop: Callable[[], bool],
) -> Iterator[Floats]:
    count = min(processes or len(os.sched_getaffinity(0)), len(variants))
    with ExitStack() as open_:
        lines: Iterator[Floats] = map(market.returns, variants)
        if count > 1:
            lines = open_.enter_context(_in_processes(market, variants, count))
        for place, line in enumerate(lines):
            yield line
            if stop():
                raise Stopped
            progress((place + 1) / len(variants))


@contextmanager
def _in_processes(market: _Market, variants: Sequence[Rules], count: int) -> Iterator[Iterator[Floats]]:
    """Returns of all variants, in their order. Leaving early waits for no variant that has not begun."""
    bars = market.bars
    about = (bars.keys, bars.start, bars.step, bars.close.shape, market.first, market.setting)
    with (
        _shared(bars) as name,
        ProcessPoolExecutor(count, get_context("spawn"), _attach, (name, *about)) as pool,
    ):
        try:
            yield pool.map(_of_shared, variants)
        finally:
            pool.shutdown(cancel_futures=True)


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


_seen: dict[str, tuple[SharedMemory, _Market]] = {}
"""What a working process has attached to."""


def _attach(
    name: str, keys: tuple[str, ...], start: int, step: int, shape: tuple[int, int], first: int, setting: Setting
) -> None:
    memory = SharedMemory(name)
    lines = np.ndarray((len(LINES), shape[1], shape[0]), buffer=memory.buf)
    opens, high, low, close, volume = (line.T for line in lines)
    _seen["market"] = memory, _Market(Bars(keys, start, step, opens, high, low, close, volume), first, setting)


def _of_shared(rules: Rules) -> Floats:
    _memory, market = _seen["market"]
    return market.returns(rules)
