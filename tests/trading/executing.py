"""People who execute signals, in tests."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from assets.models import Asset
from selection.models import Portfolio
from tests.factories import AssetFactory, PortfolioFactory, RiskProfileFactory, SignalFactory
from trading.models import AITradingSignal, RiskProfile, SignalExecution
from trading.services import execute_signal, record_trade, us_dollar

D = Decimal


def funded(dollars: str = "10000", **rules: Any) -> Portfolio:
    """A portfolio with cash, whose owner has wide limits but for those that are named."""
    portfolio = PortfolioFactory(cash_asset=us_dollar())
    deposit(portfolio, dollars)
    limit(portfolio.user, **rules)
    return portfolio


def deposit(portfolio: Portfolio, dollars: str) -> None:
    """Put money in."""
    record_trade(
        portfolio, us_dollar(), actor=portfolio.user, action_type="deposit", quantity=D(dollars), price=D(1),
        executed_at=timezone.now(),
    )  # fmt: skip


def limit(user: User, **rules: Any) -> RiskProfile:
    """Limits of a person; those that are columns by their names, the rest as rules."""
    columns = {name: rules.pop(name, wide) for name, wide in WIDE.items()}
    RiskProfile.objects.filter(user=user).delete()
    found: RiskProfile = RiskProfileFactory(user=user, risk_rules=rules, **columns)
    return found


WIDE: dict[str, Any] = {"max_position_size": None, "max_portfolio_risk": None}


def signal(asset: Asset | None = None, **columns: Any) -> AITradingSignal:
    """A long of an asset at 100: entry 100, stop 90, target 120."""
    found: AITradingSignal = SignalFactory(asset=asset or AssetFactory(current_price=D(100)), **columns)
    found.refresh_from_db()
    return found


def execute(one: AITradingSignal, portfolio: Portfolio | None, **wanted: Any) -> SignalExecution:
    """Execute a signal: a thousand dollars at a hundred, unless said otherwise."""
    values: dict[str, Any] = {"user": portfolio.user if portfolio else None, "risk_confirmed": True}
    values |= {"position_size": D(1000), "price": D(100)} | wanted
    return execute_signal(one.pk, portfolio=portfolio, **values)
