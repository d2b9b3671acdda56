"""One number for all closed trades, by which two backtests are the same or not."""

import hashlib

import numpy as np

from trading.compute.backtest.bars import Bars
from trading.compute.backtest.orders import Orders
from trading.compute.backtest.paths import Paths
from trading.compute.backtest.portfolio import Trades


def fingerprint(bars: Bars, orders: Orders, found: Paths, trades: Trades) -> str:
    """SHA-256 over the closed trades, by the key of their asset and then by time: the same for the same trades,
    whatever the order of assets, the process, and what was asked for but not traded.

    Of each: entry (time, side, price filled, price paid, quantity, fee) and all exits (time, price, share, reason, fee,
    funding), as 64-bit little-endian numbers.
    """
    closed = np.flatnonzero(np.isfinite(trades.net))
    order = trades.order[closed]
    columns, rows = orders.column[order], found.fill_row[order]
    digest = hashlib.sha256()
    for column in np.argsort(np.array(bars.keys)).tolist():
        mine = np.flatnonzero(columns == column)
        if not len(mine):
            continue
        mine = mine[np.argsort(rows[mine], kind="stable")]
        one, what = closed[mine], order[mine]
        digest.update(f"{bars.keys[column]}\n{len(mine)}\n".encode())
        entries = (
            bars.start + bars.step * found.fill_row[what], orders.direction[what], found.fill_price[what],
            trades.price[one], trades.quantity[one], trades.fee[one],
        )  # fmt: skip
        who, which = np.nonzero(found.exit_share[what])
        exits = (
            who, bars.start + bars.step * found.exit_row[what][who, which], trades.exit_price[one][who, which],
            found.exit_share[what][who, which], found.exit_reason[what][who, which], trades.exit_fee[one][who, which],
            trades.exit_funding[one][who, which],
        )  # fmt: skip
        for line in (*entries, *exits):
            kind = "<f8" if line.dtype.kind == "f" else "<i8"
            digest.update((line + 0).astype(kind).tobytes())  # + 0: a zero has no sign
    return digest.hexdigest()
