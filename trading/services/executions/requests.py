"""What a person asks for when they execute a signal, and whether it makes sense by itself."""

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

from django.utils.translation import gettext as _

from selection.choices import PositionType
from selection.compute.lots import EXACT, PLACES
from selection.services.positions import LARGEST
from system.exceptions import InvalidInput
from trading.choices import ExecutionType
from trading.models import AITradingSignal
from trading.services.journal.entries import LARGEST_LEVERAGE

CENTS = Decimal("0.01")
SIZES = Decimal("0.00000001")
"""Scale of sizes in dollars."""
HUNDRED = Decimal(100)
LONGEST_KEY = 100
"""Characters that the columns of clients' keys hold."""


@dataclass(frozen=True)
class Wanted:
    """How a signal is to be executed. Without a price it is a plan that is filled later.

    Attributes:
        position_size: dollars, coins by price.
        portfolio_percentage: the same as a share of the portfolio, percent; for those who give no size.
        price: dollars per coin that was paid or received.
        stop_loss: instead of the signal's, dollars.
        target: instead of the signal's, dollars.
        leverage: of the position; 1 = none.
        fee: dollars.
        executed_at: when; not in the future. None = now.
        execution_type: how.
        venue: exchange.
    """

    position_size: Decimal | None = None
    portfolio_percentage: Decimal | None = None
    price: Decimal | None = None
    stop_loss: Decimal | None = None
    target: Decimal | None = None
    leverage: Decimal = Decimal(1)
    fee: Decimal | None = None
    executed_at: datetime | None = None
    execution_type: str = ExecutionType.MANUAL
    venue: str = ""


@dataclass(frozen=True)
class Levels:
    """Where the plan ends, dollars: the stop, and the target if there is one."""

    stop: Decimal
    target: Decimal | None


def check(wanted: Wanted) -> None:
    """What can be said without looking at the signal.

    Raises:
        InvalidInput: an amount or time that makes no sense; names the field.
    """
    for name in ("position_size", "price", "stop_loss", "target", "portfolio_percentage"):
        check_amount(name, getattr(wanted, name))
    check_amount("fee", wanted.fee or None)
    if wanted.position_size is None and wanted.portfolio_percentage is None:
        raise InvalidInput(_("State the size of the position, or its share of the portfolio."), field="position_size")
    if wanted.portfolio_percentage is not None and wanted.portfolio_percentage > HUNDRED:
        raise InvalidInput(
            _("%(field)s is out of range.") % {"field": "portfolio_percentage"}, field="portfolio_percentage"
        )
    leverage = wanted.leverage
    is_sound = leverage.is_finite() and 0 < leverage < LARGEST_LEVERAGE and leverage == round(leverage, 2)
    if not is_sound:
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "leverage"}, field="leverage")
    if wanted.execution_type not in ExecutionType.values:
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "execution_type"}, field="execution_type")


def check_amount(name: str, value: Decimal | None) -> None:
    """
    Raises:
        InvalidInput: not a number above 0 that the columns hold; None is left alone.
    """
    if value is None:
        return
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 < value < LARGEST:
        raise InvalidInput(_("%(field)s is out of range.") % {"field": name}, field=name)
    with localcontext(EXACT):
        if value != value.quantize(PLACES):
            raise InvalidInput(_("%(field)s has more than 18 decimal places.") % {"field": name}, field=name)


def check_key(key: str | None) -> None:
    """
    Raises:
        InvalidInput: longer than a key may be.
    """
    if key is not None and len(key) > LONGEST_KEY:
        raise InvalidInput(_("A key has at most %(most)s characters.") % {"most": LONGEST_KEY}, field="key")


def levels_of(signal: AITradingSignal, stop: Decimal | None, target: Decimal | None) -> Levels:
    """Stop and target: those that were asked for, else the signal's.

    Raises:
        InvalidInput: there is no stop, so the risk is unknown; or a level is no number above 0.
    """
    stop = signal.stop_loss if stop is None else stop
    target = signal.target_price if target is None else target
    if stop is None:
        raise InvalidInput(_("This signal has no stop: state one, the risk is unknown without."), field="stop_loss")
    check_amount("stop_loss", stop)
    check_amount("target", target)
    return Levels(stop, target)


def check_sides(signal_type: str, levels: Levels, price: Decimal) -> None:
    """
    Raises:
        InvalidInput: the stop or the target is on the wrong side of the price, or at it.
    """
    sign = -1 if signal_type == PositionType.SHORT else 1
    if sign * (price - levels.stop) <= 0:
        raise InvalidInput(_("The stop is on the wrong side of the price."), field="stop_loss", code="wrong_side")
    if levels.target is not None and sign * (levels.target - price) <= 0:
        raise InvalidInput(_("The target is on the wrong side of the price."), field="target", code="wrong_side")


def moment_of(executed_at: datetime | None, signal: AITradingSignal, now: datetime) -> datetime:
    """When it was executed: within the life of the signal, and not in the future.

    Raises:
        InvalidInput: it was not.
    """
    if executed_at is None:
        return now
    if executed_at.tzinfo is None:
        raise InvalidInput(_("executed_at needs a time zone."), field="executed_at")
    if executed_at > now:
        raise InvalidInput(_("executed_at lies in the future."), field="executed_at")
    if executed_at < signal.created_at:
        raise InvalidInput(_("The signal did not exist then."), field="executed_at")
    return executed_at


def coins(size: Decimal, price: Decimal) -> Decimal:
    """How many coins a size buys, rounded down, so that they are never worth more.

    Raises:
        InvalidInput: not even the smallest part of one, or more than a column holds.
    """
    with localcontext(EXACT):
        quantity = (size / price).quantize(PLACES, ROUND_DOWN)
    if not 0 < quantity < LARGEST:
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "position_size"}, field="position_size")
    return quantity


def fingerprint(*parts: Any) -> str:
    """SHA-256 of what was asked for: the same number written otherwise is the same."""
    told = json.dumps([_plain(part) for part in parts])
    return hashlib.sha256(told.encode()).hexdigest()


def asked(wanted: Wanted) -> list[Any]:
    """The attributes of a request, in their order."""
    return [getattr(wanted, one.name) for one in fields(wanted)]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize(EXACT):f}"
    if isinstance(value, datetime):
        return value.isoformat()
    return [_plain(one) for one in value] if isinstance(value, list) else value
