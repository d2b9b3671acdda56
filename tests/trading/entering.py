"""Entries of a journal, in tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from assets.models import Asset
from selection.models import Portfolio, PositionFlow
from trading.services import record_trade

FIRST = datetime(2024, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
D = Decimal


def enter(portfolio: Portfolio, kind: str, asset: Asset, quantity: str = "0", price: str | None = None, day: int = 0,
          **more: Any) -> Any:  # fmt: skip
    values: dict[str, Any] = {"executed_at": FIRST + day * DAY, "actor": portfolio.user} | more
    values |= {} if price is None else {"price": D(price)}
    return record_trade(portfolio, asset, action_type=kind, quantity=D(quantity), **values)


def held(portfolio: Portfolio) -> Any:
    return {p.asset.symbol: p.quantity for p in portfolio.positions.select_related("asset") if p.quantity}


def sums(portfolio: Portfolio) -> Any:
    """Realised, paid and received, and what crossed the border."""
    flows = PositionFlow.objects.filter(position__portfolio=portfolio)
    rows = flows.values_list("realized_usd", "cash_flow_usd", "external_usd")
    return tuple(sum(column, D(0)) for column in zip(*rows, strict=True))
