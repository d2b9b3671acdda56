"""Alerts of every state, for the page that lists them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from tests.factories import AlertFactory, FiringFactory
from tests.pages import market as making
from trading.choices import AlertCondition, AlertType
from trading.models import SignalAlert

HOUR = timedelta(hours=1)


def add_alert(market: making.Market, user: User, level: str = "70000", **columns: Any) -> SignalAlert:
    """An alert on the market's asset, looked at an hour ago."""
    values = {"asset": market.asset, "trigger_value": Decimal(level), "last_checked": making.NOW - HOUR} | columns
    made: SignalAlert = AlertFactory(user=user, **values)
    return made


def add_fired(market: making.Market, user: User, value: str = "67100", **columns: Any) -> SignalAlert:
    """An alert that fired two hours ago."""
    when = making.NOW - 2 * HOUR
    alert = add_alert(market, user, "67000", is_triggered=True, triggered_at=when, **columns)
    FiringFactory(
        alert=alert, threshold=alert.trigger_value, value=Decimal(value), known_at=when, fired_at=when, timeframe="1h"
    )
    return alert


def add_every(market: making.Market, user: User) -> None:
    """One of each kind, and of each state."""
    add_alert(market, user)
    add_fired(market, user, message="Look at the book of orders.")
    add_fired(market, user, acknowledged_at=making.NOW, parameters={"rearm": "manual", "urgent": True})
    add_alert(market, user, "60000", condition=AlertCondition.BELOW, is_active=False, parameters={"cross": True})
    add_alert(market, user, "61000", condition=AlertCondition.EQUALS, expires_at=making.NOW - HOUR)
    paused = {"triggered_at": making.NOW - HOUR, "cooldown_minutes": 1440}
    add_alert(
        market, user, "5", condition=AlertCondition.PERCENTAGE_CHANGE, parameters={"window": 12, "direction": "up"},
        **paused,
    )  # fmt: skip
    add_alert(market, user, "4", alert_type=AlertType.VOLUME_SPIKE)
    add_alert(market, user, "30", alert_type=AlertType.INDICATOR_LEVEL, condition=AlertCondition.BELOW,
              parameters={"indicator": "RSI_14", "cross": True})  # fmt: skip
    add_alert(market, user, "0.6", alert_type=AlertType.SIGNAL_GENERATED, notification_method="telegram")
    add_alert(market, user, "0.5", alert_type=AlertType.REGIME_CHANGE, asset=None,
              parameters={"to": ["Bear", "Distribution"]})  # fmt: skip
    add_alert(market, user, "0.3", alert_type=AlertType.SECTOR_ROTATION, asset=None)
