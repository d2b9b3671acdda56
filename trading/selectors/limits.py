"""The limits that a person has set for themselves, as they are compared."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from trading.compute.risk_limits import Limits
from trading.models import RiskProfile

WHOLE = "max_open_positions"
STATED = "capital_usd"


def limits_of(profile: RiskProfile) -> Limits:
    """The limits as they are compared."""
    rules: Mapping[str, Any] = profile.risk_rules or {}
    exact = {name: Decimal(str(value)) for name, value in rules.items() if value is not None}
    exact.pop(STATED, None)
    count = exact.pop(WHOLE, None)
    return Limits(
        max_position_size=profile.max_position_size,
        max_portfolio_risk=profile.max_portfolio_risk,
        max_open_positions=None if count is None else int(count),
        **exact,
    )


def stated_capital(profile: RiskProfile) -> Decimal | None:
    """Dollars that the person says they trade with; None where the worth of the portfolio counts."""
    value = (profile.risk_rules or {}).get(STATED)
    return None if value is None else Decimal(str(value))
