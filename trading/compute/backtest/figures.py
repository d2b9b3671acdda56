"""What a backtest came to: result, risk and costs."""

from dataclasses import dataclass

import numpy as np

from aimodels.compute.sharpe import sharpe_ratio
from trading.compute.backtest.bars import Bars, Floats, Integers
from trading.compute.backtest.equity import Equity
from trading.compute.backtest.paths import Paths
from trading.compute.backtest.portfolio import Trades

DAY = 86_400
YEAR = 365 * DAY
LEAST_RETURNS = 30
"""Fewer say nothing of a ratio."""


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall of the account, at closes.

    Attributes:
        depth: 0-1, of the high before it.
        peak, trough: rows; -1 = the start.
        longest: candles between a high and the next.
    """

    depth: float
    peak: int
    trough: int
    longest: int


@dataclass(frozen=True)
class Figures:
    """A backtest in numbers; None where one cannot be said.

    Attributes:
        total_return, annual_return: fractions; a year's only from 365 days on.
        sharpe, sortino: per year, of daily returns, riskless rate 0. ``calmar``: annual return by the deepest fall.
        exposure: mean worth of all positions by the equity. ``in_market``: share of the candles with any position.
        closed, still_open: trades.
        win_rate: share of the closed trades that earned after costs.
        profit_factor: what those earned over what the others lost.
        mean_r: mean result in multiples of the risk of the trade, where there is a stop; ``mean_net_pct``: of the worth
            put in, percent.
        mean_candles: from entry to end.
        fees, funding, slippage: USD in all. ``turnover``: USD traded.
        assumed: trades in which a candle held stop and target and the stop counted, undecided.
    """

    start: float
    end: float
    total_return: float
    annual_return: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    drawdown: Drawdown
    exposure: float
    in_market: float
    closed: int
    still_open: int
    win_rate: float | None
    profit_factor: float | None
    mean_r: float | None
    mean_net_pct: float | None
    mean_candles: float | None
    fees: float
    funding: float
    slippage: float
    turnover: float
    assumed: int


def figures(bars: Bars, found: Paths, trades: Trades, curve: Equity, *, start: float) -> Figures:
    """All numbers of a backtest."""
    closed = np.isfinite(trades.net)
    net, order = trades.net[closed], trades.order[closed]
    worth = (trades.quantity * trades.price)[closed]
    risk = (found.risk[trades.order] * trades.quantity)[closed]
    returns = daily_returns(bars, curve.value, start)
    fall = deepest(curve.value, start)
    seconds = bars.length * bars.step
    growth = float(curve.value[-1] / start)
    annual = growth ** (YEAR / seconds) - 1 if seconds >= YEAR and growth > 0 else None
    lost = float(-net[net < 0].sum())
    return Figures(
        start=start,
        end=float(curve.value[-1]),
        total_return=growth - 1,
        annual_return=annual,
        sharpe=_ratio(returns, bars.step, losses_only=False),
        sortino=_ratio(returns, bars.step, losses_only=True),
        calmar=annual / fall.depth if annual is not None and fall.depth > 0 else None,
        drawdown=fall,
        exposure=float((curve.invested / np.where(curve.value > 0, curve.value, np.inf)).mean()),
        in_market=float((curve.positions > 0).mean()),
        closed=len(net),
        still_open=int((~closed).sum()),
        win_rate=float((net > 0).mean()) if len(net) else None,
        profit_factor=float(net[net > 0].sum()) / lost if lost > 0 else None,
        mean_r=_mean(net[risk > 0] / risk[risk > 0]),
        mean_net_pct=_mean(100 * net / worth),
        mean_candles=_mean((found.end_row[order] - found.fill_row[order]).astype(np.float64)),
        fees=float(trades.fee.sum() + np.nansum(trades.exit_fee)),
        funding=float(np.nansum(trades.exit_funding)),
        slippage=_slippage(found, trades),
        turnover=float(worth_traded(found, trades).sum()),
        assumed=int(found.assumed[trades.order].sum()),
    )


def daily_returns(bars: Bars, value: Floats, start: float) -> Floats:
    """Simple returns of the account from day to day (UTC), the first from the start; of longer candles one each."""
    path = np.concatenate([[start], value[day_ends(bars)]])
    before = path[:-1]
    return np.asarray(np.where(before > 0, path[1:] / np.where(before > 0, before, 1.0) - 1, 0.0))


def day_ends(bars: Bars) -> Integers:
    """Row of the last candle of each day (UTC), at whose close the return of that day is known; of candles longer than
    a day each one is the last."""
    ends = bars.start + bars.step * np.arange(1, bars.length + 1)
    return np.append(np.flatnonzero(np.diff((ends - 1) // DAY)), bars.length - 1)


def deepest(value: Floats, start: float) -> Drawdown:
    """The deepest fall of a curve that begins at ``start``, shape (t,)."""
    path = np.concatenate([[start], value])
    peaks = np.maximum.accumulate(path)
    depths = np.minimum(1 - path / peaks, 1.0)
    trough = int(depths.argmax())
    highs = np.append(np.flatnonzero(path == peaks), len(path) - 1)
    return Drawdown(
        float(depths[trough]), int(path[: trough + 1].argmax()) - 1, trough - 1, int(np.diff(highs).max(initial=0))
    )


def worth_traded(found: Paths, trades: Trades) -> Floats:
    """USD that each trade moved, in and out, shape (q,)."""
    out = np.nan_to_num(found.exit_share[trades.order] * trades.exit_price).sum(axis=1)
    return np.asarray(trades.quantity * (trades.price + out))


def _ratio(returns: Floats, step: int, *, losses_only: bool) -> float | None:
    if len(returns) < LEAST_RETURNS:
        return None
    per_year = YEAR / max(step, DAY)
    if not losses_only:
        ratio = sharpe_ratio(returns, per_year=per_year)
        return None if np.isnan(ratio) else ratio
    downside = float(np.sqrt((np.minimum(returns, 0) ** 2).mean()))
    return float(returns.mean()) / downside * float(np.sqrt(per_year)) if downside > 0 else None


def _slippage(found: Paths, trades: Trades) -> float:
    order, quantity = trades.order, trades.quantity
    entry = quantity * np.abs(trades.price - found.fill_price[order])
    out = np.abs(trades.exit_price - found.exit_price[order]) * found.exit_share[order] * quantity[:, None]
    return float(entry.sum() + np.nansum(out))


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


@dataclass(frozen=True)
class Part:
    """Closed trades of one kind: how many, how many of them earned, what they earned in all (USD) and on average, in
    percent of the worth put in."""

    trades: int
    wins: int
    net: float
    mean_net_pct: float


def parts(labels: Integers, trades: Trades) -> dict[int, Part]:
    """The closed trades by a label of each, such as the regime at its entry.

    Args:
        labels: of each trade, shape (q,).
    """
    closed = np.isfinite(trades.net)
    found = {}
    for label in np.unique(labels[closed]).tolist():
        mine = closed & (labels == label)
        net = trades.net[mine]
        share = 100 * net / (trades.quantity * trades.price)[mine]
        found[label] = Part(len(net), int((net > 0).sum()), float(net.sum()), float(share.mean()))
    return found
