"""The engine against the same told candle by candle: no trade differs."""

import numpy as np
import pytest

from tests.trading.compute.backtest_markets import COSTS, market, some_account, some_orders
from tests.trading.compute.backtest_reference import Reference
from trading.compute.backtest.bars import nothing_finer
from trading.compute.backtest.follow import follow
from trading.compute.backtest.portfolio import trade

STRATEGIES = 200


def told(bars, orders, account, finer, *, pauses):
    found = follow(bars, orders, finer=finer, pauses=pauses)
    trades = trade(bars, orders, found, account, COSTS)
    rows = []
    for place, order in enumerate(trades.order.tolist()):
        exits = tuple(
            (j, *(getattr(found, f"exit_{name}")[order, j].item() for name in ("row",)),
             trades.exit_price[place, j].item(), found.exit_share[order, j].item(),
             found.exit_reason[order, j].item(), trades.exit_fee[place, j].item())
            for j in range(found.exit_row.shape[1]) if found.exit_row[order, j] >= 0
        )  # fmt: skip
        rows.append((order, found.fill_row[order].item(), found.fill_price[order].item(), bool(found.inside[order]),
                     trades.quantity[place].item(), trades.price[place].item(), trades.fee[place].item(), exits,
                     found.end_row[order].item(), bool(found.assumed[order]), trades.net[place].item()))  # fmt: skip
    return rows, trades, found


def same(ours, theirs):
    """``==``, but that what is not known equals what is not known."""
    return repr(ours) == repr(theirs)


@pytest.mark.parametrize("block", range(10))
def test_no_trade_differs_from_the_slow_telling(block: int) -> None:
    closed = assumed = refused = 0
    for seed in range(block * STRATEGIES // 10, (block + 1) * STRATEGIES // 10):
        bars, finer = market(seed, holes=0.004 if seed % 3 == 0 else 0.0)
        finer = nothing_finer if seed % 4 == 1 else finer
        orders, account = some_orders(bars, seed), some_account(seed, bars.keys)
        ours, trades, found = told(bars, orders, account, finer, pauses=seed % 2 == 0)
        reference = Reference(bars, orders, account, COSTS, finer, pauses=seed % 2 == 0).run()
        theirs = reference.trade_list()
        assert len(ours) == len(theirs), seed
        for mine, other in zip(ours, theirs, strict=True):
            assert same(mine, other), (seed, mine, other)
        assert trades.refused == reference.refused
        closed += int(np.isfinite(trades.net).sum())
        assumed += int(found.assumed.sum())
        refused += trades.refused.total()
    assert closed > 300  # that there is something to compare
    assert assumed > 10
    assert refused > 100
