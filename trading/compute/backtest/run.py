"""A whole backtest: orders followed, traded, valued, and told in numbers."""

from dataclasses import dataclass

from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import Bars, Finer, nothing_finer
from trading.compute.backtest.costs import Costs, FundingPaid
from trading.compute.backtest.equity import Equity, equity
from trading.compute.backtest.figures import Figures, figures
from trading.compute.backtest.fingerprint import fingerprint
from trading.compute.backtest.follow import follow
from trading.compute.backtest.orders import Orders
from trading.compute.backtest.paths import Paths
from trading.compute.backtest.portfolio import Trades, trade


@dataclass(frozen=True)
class Backtest:
    """A backtest and all that it rests on. ``has_finer``: shorter candles were asked where one held too much."""

    bars: Bars
    orders: Orders
    paths: Paths
    trades: Trades
    equity: Equity
    figures: Figures
    account: Account
    costs: Costs
    pauses: bool
    has_finer: bool
    has_funding: bool

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all closed trades."""
        return fingerprint(self.bars, self.orders, self.paths, self.trades)


def backtest(
    bars: Bars,
    orders: Orders,
    *,
    account: Account,
    costs: Costs,
    funding: FundingPaid | None = None,
    finer: Finer = nothing_finer,
    pauses: bool = True,
    followed: Paths | None = None,
) -> Backtest:
    """Follow all orders and trade those that the account has room for.

    Args:
        funding: what perpetuals among these bars paid.
        finer, pauses: as for ``follow``. ``followed``: what it found, if these orders were followed before.
    Raises:
        ValueError: an order that cannot be, naming its field.
    """
    found = follow(bars, orders, finer=finer, pauses=pauses) if followed is None else followed
    trades = trade(bars, orders, found, account, costs, funding)
    curve = equity(bars, orders, found, trades, account, funding)
    told = figures(bars, found, trades, curve, start=account.start)
    has_finer, has_funding = finer is not nothing_finer, funding is not None
    return Backtest(bars, orders, found, trades, curve, told, account, costs, pauses, has_finer, has_funding)
