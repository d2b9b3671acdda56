"""Which orders become trades, and of what size: one pass over all fills and exits in the order of time, because
capital, limits and the tier of fees are shared by all assets."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import Bars, Floats, Integers
from trading.compute.backtest.book import Book, Exits, Fills
from trading.compute.backtest.costs import Costs, FundingPaid
from trading.compute.backtest.orders import Orders
from trading.compute.backtest.paths import Paths, Reason

AT_OPEN, MARKET, LIMIT, LATER = range(4)
"""What happens first in a candle: exits at its open, entries at its open, limits inside it, all other exits. Capital
that comes free inside a candle is there from the next one on."""


@dataclass(frozen=True)
class Trades:
    """The q orders that became trades, in the order of their entries; what has not happened is NaN.

    Attributes:
        order: place among the orders, shape (q,).
        quantity: coins.
        equity: USD, at the entry.
        price: paid or received per coin, slippage included; ``fee``: USD, at the entry.
        exit_price, exit_fee: of each exit of the path, shape (q, k + 1). ``exit_funding``: USD that was paid for it.
        net: USD, after all costs; NaN while any part is open.
        refused: why other orders did not become trades, and how many.
    """

    order: Integers
    quantity: Floats
    equity: Floats
    price: Floats
    fee: Floats
    exit_price: Floats
    exit_fee: Floats
    exit_funding: Floats
    net: Floats
    refused: Counter[str]

    def __len__(self) -> int:
        return len(self.order)


def trade(
    bars: Bars, orders: Orders, found: Paths, account: Account, costs: Costs, funding: FundingPaid | None = None
) -> Trades:
    """Take what the account has room for.

    Args:
        orders, found: their paths on these bars.
        funding: of perpetuals among the assets.
    """
    places = _in_order_of_entry(bars, orders, found)
    kept, one = orders.take(places), found.take(places)
    who, which = np.nonzero(one.exit_share)
    exits = _exits(bars, kept, one, who, which, costs, funding)
    book = Book(account, costs, bars.keys, _fills(bars, kept, one, account, costs), exits, step=bars.step)
    keys = np.r_[_entry_keys(one), _exit_keys(one)[who, which]]
    among = np.r_[np.arange(len(kept)), _ranks(bars)[kept.column][who]]
    events = np.lexsort((np.r_[np.zeros(len(kept), dtype=np.int64), which], among, keys))
    book.run((events - len(kept)).tolist())
    return _landed(book, places, kept, one, (who, which))


def _ranks(bars: Bars) -> Integers:
    """Place of each asset by its key, which does not hang on their order."""
    return np.asarray(np.argsort(np.argsort(np.array(bars.keys))), dtype=np.int64)


def _entry_keys(found: Paths) -> Integers:
    return np.asarray(4 * found.fill_row + np.where(found.inside, LIMIT, MARKET))


def _exit_keys(found: Paths) -> Integers:
    is_first = found.exit_at_open & (found.exit_row > found.fill_row[:, None])
    return np.asarray(4 * found.exit_row + np.where(is_first, AT_OPEN, LATER))


def _in_order_of_entry(bars: Bars, orders: Orders, found: Paths) -> Integers:
    rank = _ranks(bars)[orders.column]
    order = np.lexsort((orders.row, -orders.direction, rank, -orders.rank, _entry_keys(found)))
    return order[found.fill_row[order] >= 0]


def _impact(bars: Bars, rows: Integers, columns: Integers, costs: Costs) -> list[float]:
    """How far the price gives way per USD; inf where the candle's volume is not known."""
    if not costs.slippage.of_volume:
        return [0.0] * len(rows)
    volume = bars.volume[rows, columns]
    known = volume > 0
    return np.where(known, costs.slippage.of_volume / np.where(known, volume, 1.0), np.inf).tolist()


def _fills(bars: Bars, orders: Orders, found: Paths, account: Account, costs: Costs) -> Fills:
    """A limit that the first open after its order had reached did not wait: it takes what is offered."""
    waited = found.inside | (found.fill_row > orders.row + 1)
    return Fills(
        column=orders.column.tolist(),
        side=orders.direction.tolist(),
        row=found.fill_row.tolist(),
        price=found.fill_price.tolist(),
        way=found.risk.tolist(),
        size=orders.size.tolist(),
        limit=orders.zone.tolist(),
        is_maker=(~np.isnan(orders.zone) & waited).tolist(),
        impact=_impact(bars, found.fill_row, orders.column, costs),
        sector=_sectors(bars, orders, found, account),
    )


def _sectors(bars: Bars, orders: Orders, found: Paths, account: Account) -> list[str]:
    """The sector of each at the open of the candle that filled it."""
    sectors = np.full(len(orders), "", dtype=object)
    times = bars.start + bars.step * found.fill_row
    for column, key in enumerate(bars.keys):
        if key in account.sectors:
            here = orders.column == column
            sectors[here] = account.sectors_at(key, times[here])
    return list(sectors)


def _exits(
    bars: Bars, orders: Orders, found: Paths, who: Integers, which: Integers, costs: Costs, funding: FundingPaid | None
) -> Exits:
    rows, columns = found.exit_row[who, which], orders.column[who]
    paid = np.zeros(len(who))
    if funding is not None:
        paid = funding.between(columns, found.fill_row[who], rows) * orders.direction[who]
    is_last = (np.append(who[1:], -1) != who) & (found.end_row[who] >= 0)
    return Exits(
        fill=who.tolist(),
        row=rows.tolist(),
        price=found.exit_price[who, which].tolist(),
        share=found.exit_share[who, which].tolist(),
        is_maker=(found.exit_reason[who, which] == Reason.TARGET).tolist(),
        is_last=is_last.tolist(),
        impact=_impact(bars, rows, columns, costs),
        paid=paid.tolist(),
    )


def _landed(book: Book, places: Integers, orders: Orders, found: Paths, exits: tuple[Integers, Integers]) -> Trades:
    taken = np.flatnonzero(~np.isnan(np.array(book.quantity)))
    wide = np.full((3, *found.exit_row.shape), np.nan)
    wide[:, exits[0], exits[1]] = np.array([book.exit_price, book.exit_fee, book.exit_funding])
    wide = wide[:, taken]
    quantity, price, fee = (np.array(line)[taken] for line in (book.quantity, book.price, book.fee))
    shares, side = found.exit_share[taken], orders.direction[taken]
    results = (side * quantity)[:, None] * shares * (wide[0] - price[:, None]) - wide[1] - wide[2]
    net = np.where(shares > 0, results, 0.0).sum(axis=1) - fee
    net[found.end_row[taken] < 0] = np.nan
    equity = np.array(book.equity)[taken]
    return Trades(places[taken], quantity, equity, price, fee, wide[0], wide[1], wide[2], net, book.refused)
