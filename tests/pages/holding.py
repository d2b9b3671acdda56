"""A portfolio for the pages: bought, sold in part, with an analysis, a note and a file under way."""

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from assets.models import Asset
from selection.models import Portfolio
from tests.factories import (
    AssetFactory,
    PortfolioAnalysisFactory,
    PortfolioFactory,
    PositionAnalysisFactory,
    PositionFactory,
    TradeActionFactory,
    add_candles,
)
from tests.pages import market as making
from trading.models import TradeImport
from trading.services import preview_import, record_trade, write_note

D = Decimal
DAY = timedelta(days=1)
NUMBER = 9001
"""Key of the portfolio, of its first entry and of its file, so that addresses can name them."""
RULES = [
    {"rule": "single_asset", "figure": 61.5, "limit": 40, "unit": "%", "verdict": "look"},
    {"rule": "fees", "figure": 0.2, "limit": 2, "unit": "%", "verdict": "ok"},
    {"rule": "liquidity", "figure": None, "limit": 1, "unit": "days", "verdict": "unknown"},
]
FILE = "time,kind,symbol,quantity,price\n2026-01-05T00:00:00Z,buy,{symbol},1,100\n2026-01-06T00:00:00Z,buy,WHAT,1,5\n"


def enter(
    portfolio: Portfolio, kind: str, asset: Asset, quantity: str, price: str | None, days: int, **more: Any
) -> Any:
    """An entry of some days ago, at midnight."""
    values: dict[str, Any] = {"actor": portfolio.user, "executed_at": making.TODAY - days * DAY} | more
    values |= {} if price is None else {"price": D(price)}
    return record_trade(portfolio, asset, action_type=kind, quantity=D(quantity), **values)


def coin(symbol: str, price: str | None, closes: list[int] | None = None) -> Asset:
    """A coin with a price of now, and closes of the last days, the last of yesterday."""
    made: Asset = AssetFactory(
        symbol=symbol, name=symbol.title(), current_price=price and D(price), last_price_update=making.NOW
    )
    if closes:
        add_candles(made, closes, first=making.TODAY - len(closes) * DAY)
    return made


def two_coins(user: User, bitcoin: Asset) -> Portfolio:
    """Ten of one coin bought at 100 with a stop at 90 and a target at 130, four sold at 120; two of Bitcoin."""
    portfolio: Portfolio = PortfolioFactory(user=user, name="Savings", pk=NUMBER)
    other = coin("SOLID", "125", [100 + day for day in range(30)])
    position = PositionFactory(pk=NUMBER, portfolio=portfolio, asset=other, quantity=0, entry_price=None)
    first = TradeActionFactory(
        pk=NUMBER, portfolio_asset=position, action_type="buy", quantity=D(10), asset_price=D(100), fees_paid=D(10),
        stop_loss=D(90), take_profit=D(130), executed_at=making.TODAY - 20 * DAY,
    )  # fmt: skip
    enter(portfolio, "buy", bitcoin, "0.02", "60000", 15)
    enter(portfolio, "sell", other, "4", "120", 10, fee=D(4))
    write_note(first, actor=user, text="Bought on the news.", tags=["news"], followed_rules=True)
    return portfolio


def analysed(portfolio: Portfolio, snapshot: Any, **columns: Any) -> None:
    """What the newest analysis says of it."""
    shared = {"metrics_snapshot": snapshot, "analysis_time": snapshot.snapshot_time}
    values: dict[str, Any] = {
        "analysis_data": {"rules": RULES},
        "optimal_allocation": {"by_asset": {"SOLID": 40.0, "BTC": 60.0}},
        "rebalancing_suggestions": [
            {"action": "sell", "asset": "SOLID", "current_pct": 36.0, "target_pct": 30.0, "amount_usd": 120.5,
             "fee_usd": 0.12, "related_signals": [], "suggested_signals": []},
        ],
    }  # fmt: skip
    PortfolioAnalysisFactory(portfolio=portfolio, **shared, **(values | columns))
    for position in portfolio.positions.exclude(quantity=0):
        PositionAnalysisFactory(
            portfolio_asset=position, **shared, recommended_action="tighten_sl", exit_probability=D("0.31"),
            analysis_data={"current_analysis": {"record": {}}, "missing": {}},
        )  # fmt: skip


def make(market: making.Market, reader: User) -> None:
    """All of it, once, for the pages of a reader."""
    if Portfolio.objects.filter(pk=NUMBER).exists():
        return
    portfolio = two_coins(reader, market.asset)
    analysed(portfolio, market.snapshot)
    made = preview_import(portfolio, io.BytesIO(FILE.format(symbol="SOLID").encode()), actor=reader, name="trades.csv")
    TradeImport.objects.filter(pk=made.pk).update(id=NUMBER)
