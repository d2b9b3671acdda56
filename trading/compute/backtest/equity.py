"""The worth of the account at each close."""

from dataclasses import dataclass

import numpy as np

from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import Bars, Floats, Integers
from trading.compute.backtest.costs import FundingPaid
from trading.compute.backtest.orders import Orders
from trading.compute.backtest.paths import Paths
from trading.compute.backtest.portfolio import Trades


@dataclass(frozen=True)
class Equity:
    """The account at the close of each candle, shape (t,).

    Attributes:
        value: USD: cash, and what is open at the last known close.
        invested: USD: worth of all positions, longs and shorts added.
        positions: how many are open.
    """

    value: Floats
    invested: Floats
    positions: Integers


def equity(
    bars: Bars, orders: Orders, found: Paths, trades: Trades, account: Account, funding: FundingPaid | None = None
) -> Equity:
    """The curve of an account.

    Args:
        orders, found, trades: of these bars.
        funding: as it was traded with; paid when it falls due.
    """
    column, side = orders.column[trades.order], orders.direction[trades.order]
    filled, shares = found.fill_row[trades.order], found.exit_share[trades.order]
    who, which = np.nonzero(shares)
    out_row = found.exit_row[trades.order][who, which]
    signed = side * trades.quantity
    left = signed[who] * shares[who, which]
    held = _summed(bars, np.r_[filled, out_row], np.r_[column, column[who]], np.r_[signed, -left])
    flows = np.r_[
        -signed * trades.price - trades.fee, left * trades.exit_price[who, which] - trades.exit_fee[who, which]
    ]
    cash = np.cumsum(np.bincount(np.r_[filled, out_row], weights=flows, minlength=bars.length))
    worth = held * np.nan_to_num(bars.known_close)
    ended = found.end_row[trades.order]
    counts = np.bincount(filled, minlength=bars.length) - np.bincount(ended[ended >= 0], minlength=bars.length)
    value = account.start + cash + worth.sum(axis=1)
    if funding is not None:
        due = np.diff(funding.until, axis=0)
        value[1:] -= np.cumsum((held[:-1] * due).sum(axis=1))
    return Equity(value, np.abs(worth).sum(axis=1), np.cumsum(counts))


def _summed(bars: Bars, rows: Integers, columns: Integers, values: Floats) -> Floats:
    """What has come together until each candle, shape (t, n)."""
    flat = np.bincount(columns * bars.length + rows, weights=values, minlength=bars.length * len(bars.keys))
    return np.asarray(np.cumsum(flat.reshape(len(bars.keys), bars.length), axis=1).T)
