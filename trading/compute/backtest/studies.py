"""Whether a result is more than luck: against holding, against entries at random, and in another order of trades."""

from dataclasses import dataclass

import numpy as np

from aimodels.compute.bootstrap import drawn_counts, enough_blocks
from aimodels.compute.sharpe import deflated_sharpe
from trading.compute.backtest.bars import Bars, Floats
from trading.compute.backtest.costs import Costs
from trading.compute.backtest.figures import daily_returns, deepest
from trading.compute.backtest.orders import Orders
from trading.compute.backtest.paths import Paths
from trading.compute.backtest.portfolio import Trades

DRAWS = 1000
BLOCK = 10
"""Days that are drawn together: moods of the market last."""
LEAST_TRADES = 10


@dataclass(frozen=True)
class Holding:
    """Equal parts of all assets, bought at their first close and held; after the cost of buying.

    Attributes:
        total_return, max_drawdown: fractions.
        p_value: how often, over blocks of days drawn anew, the strategy earned no more a day than holding did: small =
            the difference is hardly luck. None for a time too short.
    """

    total_return: float
    max_drawdown: float
    p_value: float | None


def holding(bars: Bars, value: Floats, start: float, costs: Costs, *, seed: int = 0) -> Holding:
    """The strategy beside holding the same assets.

    Args:
        value: of the strategy's account, shape (t,); ``start`` is what it began with.
    """
    close = bars.known_close
    known = ~np.isnan(close)
    has_any = known.any(axis=0)
    first = close[known.argmax(axis=0), np.arange(close.shape[1])]
    paid = 1 + costs.tiers[0].taker + costs.slippage.fixed
    worth = np.where(known, close / np.where(has_any, first, 1.0) / paid, 1.0)[:, has_any].mean(axis=1)
    ours, theirs = daily_returns(bars, value, start), daily_returns(bars, worth, 1.0)
    p_value = None
    if enough_blocks(len(ours), BLOCK):
        drawn = drawn_counts(len(ours), block=BLOCK, draws=DRAWS, seed=seed) @ (ours - theirs)
        p_value = float((1 + (drawn <= 0).sum()) / (DRAWS + 1))
    return Holding(float(worth[-1] - 1), deepest(worth, 1.0).depth, p_value)


@dataclass(frozen=True)
class RandomEntries:
    """As many trades of the same assets, sides and lengths, entered at random.

    Attributes:
        mean_pct: mean result of a trade after costs, percent of the worth put in: of the strategy. ``random_pct``: of
            the draws, with quantiles of 5 and 95 %.
        p_value: how often random entries did at least as well.
    """

    mean_pct: float
    random_pct: float
    low_pct: float
    high_pct: float
    p_value: float


def random_entries(
    bars: Bars, orders: Orders, found: Paths, trades: Trades, costs: Costs, *, seed: int = 0
) -> RandomEntries | None:
    """The entries against chance: each drawn trade enters at an open, lasts as many candles as its model, and leaves at
    an open where that did, else at a close.

    Returns:
        None with fewer than ``LEAST_TRADES`` closed trades.
    """
    closed = np.isfinite(trades.net)
    order = trades.order[closed]
    if len(order) < LEAST_TRADES:
        return None
    column, side = orders.column[order], orders.direction[order]
    lasting = found.end_row[order] - found.fill_row[order]
    at_open = found.exit_at_open[order, found.last_exit[order]]
    first = (~np.isnan(bars.known_close)).argmax(axis=0)[column]
    room = np.maximum(bars.length - lasting - first, 1)
    cost = 2 * (costs.tiers[0].taker + costs.slippage.fixed)
    ours = float((100 * trades.net[closed] / (trades.quantity * trades.price)[closed]).mean())
    generator = np.random.default_rng(seed)
    opens, close, means = bars.known_open, bars.known_close, np.empty(DRAWS)
    for draw in range(DRAWS):
        begins = first + (generator.random(len(order)) * room).astype(np.int64)
        ends = np.minimum(begins + lasting, bars.length - 1)
        out = np.where(at_open, opens[ends, column], close[ends, column])
        means[draw] = 100 * (side * (out / opens[begins, column] - 1) - cost).mean()
    low, high = np.quantile(means, (0.05, 0.95))
    p_value = (1 + (means >= ours).sum()) / (DRAWS + 1)
    return RandomEntries(ours, float(means.mean()), float(low), float(high), float(p_value))


@dataclass(frozen=True)
class Reordered:
    """The deepest fall if the same trades had come in another order, one after the other: quantiles of 5, 50 and 95 %,
    and how often it was deeper than in the order that they came in."""

    low: float
    median: float
    high: float
    actual: float
    deeper: float


def reordered(trades: Trades, *, seed: int = 0) -> Reordered | None:
    """Falls of the account under random orders of its trades, each trade as the share of the equity that it brought.

    Returns:
        None with fewer than ``LEAST_TRADES`` closed trades.
    """
    closed = np.isfinite(trades.net)
    if closed.sum() < LEAST_TRADES:
        return None
    shares = trades.net[closed] / trades.equity[closed]
    generator = np.random.default_rng(seed)
    falls = np.array([_fall(generator.permutation(shares)) for _ in range(DRAWS)])
    low, median, high = np.quantile(falls, (0.05, 0.5, 0.95))
    actual = _fall(shares)
    return Reordered(float(low), float(median), float(high), actual, float((falls > actual).mean()))


def _fall(shares: Floats) -> float:
    return deepest(np.maximum(np.cumprod(1 + shares), 0.0), 1.0).depth


@dataclass(frozen=True)
class Deflated:
    """Chance that the Sharpe ratio is above 0, given how many variants were tried; None where it cannot be said."""

    chance: float | None
    trials: int
    variance: float


def deflated(bars: Bars, value: Floats, start: float, *, trials: int, variance: float) -> Deflated:
    """What is left of the Sharpe ratio.

    Args:
        trials: variants tried, this one among them.
        variance: of their Sharpe ratios per day (or candle, if longer).
    """
    chance = deflated_sharpe(daily_returns(bars, value, start), trials=trials, variance=variance)
    return Deflated(None if np.isnan(chance) else chance, trials, variance)
