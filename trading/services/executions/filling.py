"""Filling what was planned, in one part or several, and giving the rest up."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from selection.compute.lots import EXACT
from selection.models import Portfolio
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput
from system.json_values import json_fault
from trading.choices import ExecutionStatus
from trading.models import ExecutionFill, SignalExecution
from trading.services.executions import booking
from trading.services.executions.access import OPEN, locked_profile, noted, open_signal, own, own_execution
from trading.services.executions.booking import Part
from trading.services.executions.requests import (
    check_amount,
    check_key,
    check_sides,
    coins,
    fingerprint,
    levels_of,
    moment_of,
)
from trading.services.risk.profile import refresh_exposure


@transaction.atomic
def fill_execution(
    execution_id: int,
    *,
    user: User,
    price: Decimal,
    portfolio: Portfolio | None = None,
    quantity: Decimal | None = None,
    fee: Decimal | None = None,
    executed_at: datetime | None = None,
    venue: str = "",
    details: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> SignalExecution:
    """Book what an execution still lacks, or a part of it. Every part is checked against the limits anew.

    Args:
        execution_id: theirs, pending or partially filled.
        user: whose.
        price: dollars per coin.
        portfolio: that it goes into, where that is still open.
        quantity: coins; None = all that is left of the size.
        fee: dollars.
        executed_at: when; None = now.
        venue: exchange.
        details: what the person states besides, for example the number of an order; kept as it is.
        key: of the client: the same key with the same content again changes nothing.
    Raises:
        NoData: they have no such execution.
        InvalidInput: an amount, time or key that makes no sense, or more than is left.
        ConflictError: nothing is left to fill, the signal is not active any more, the key belongs to something else, a
            price is unknown, or the journal does not allow it.
        RiskLimit: limits of their risk profile are broken, or cannot be checked.
    """
    moment = timezone.now()
    check_amount("price", price)
    check_amount("quantity", quantity)
    check_amount("fee", fee or None)
    check_key(key)
    profile = locked_profile(user)
    execution = own_execution(execution_id, user)
    content = fingerprint("fill", execution.pk, portfolio.pk if portfolio else None, price, quantity, fee, executed_at)
    if key and _is_booked(execution, key, content):
        return execution
    _require_open(execution)
    signal = open_signal(execution.signal_id, user)
    chosen = own(_portfolio_of(execution, portfolio), user)
    if chosen is None:
        raise InvalidInput(_("Name the portfolio that it goes into."), field="portfolio")
    execution.portfolio = chosen
    check_sides(signal.signal_type, levels_of(signal, execution.stop_price, execution.target_price), price)
    part = Part(
        price, _left(execution, price, quantity), moment_of(executed_at, signal, moment), fee or None, venue,
        key or None, content if key else None,
    )  # fmt: skip
    before = execution.status
    _state(execution, details)
    booking.book(execution, booking.admit(execution, part, profile, chosen, moment), chosen, user=user)
    new = {"status": execution.status, "price": str(price), "quantity": str(part.quantity)}
    noted(execution, user, AuditOperation.UPDATE, old={"status": before}, new=new)
    refresh_exposure(user, now=moment)
    return execution


@transaction.atomic
def cancel_execution(execution_id: int, *, user: User, details: Mapping[str, Any] | None = None) -> SignalExecution:
    """Give up what is not filled yet; what was booked stays.

    Args:
        execution_id: theirs, pending or partially filled.
        user: whose.
        details: what the person states besides.
    Raises:
        NoData: they have no such execution.
        ConflictError: nothing is left to cancel.
    """
    locked_profile(user)
    execution = own_execution(execution_id, user)
    _require_open(execution)
    before, execution.status = execution.status, ExecutionStatus.CANCELLED
    _state(execution, details)
    execution.save(update_fields=["status", "execution_details", "updated_at"])
    noted(execution, user, AuditOperation.UPDATE, old={"status": before}, new={"status": execution.status})
    return execution


def _state(execution: SignalExecution, details: Mapping[str, Any] | None) -> None:
    """
    Raises:
        InvalidInput: what cannot be stored.
    """
    if not details:
        return
    if fault := json_fault(dict(details)):
        raise InvalidInput(fault, field="execution_details")
    execution.execution_details = (execution.execution_details or {}) | {"stated": dict(details)}


def _is_booked(execution: SignalExecution, key: str, content: str) -> bool:
    found = ExecutionFill.objects.filter(execution=execution, client_key=key).first()
    if found is not None and found.request_hash != content:
        raise ConflictError(_("This key belongs to another fill."), field="key", code="key_in_use")
    return found is not None


def _require_open(execution: SignalExecution) -> None:
    if execution.status not in OPEN:
        message = _("This execution is %(status)s.") % {"status": ExecutionStatus(execution.status).label}
        raise ConflictError(message, code="already_final")


def _portfolio_of(execution: SignalExecution, portfolio: Portfolio | None) -> Portfolio | None:
    if portfolio is not None and execution.portfolio_id not in (None, portfolio.pk):
        raise ConflictError(_("This execution goes into another portfolio."), field="portfolio")
    return execution.portfolio or portfolio


def _left(execution: SignalExecution, price: Decimal, quantity: Decimal | None) -> Decimal:
    """Coins of this part.

    Raises:
        InvalidInput: more than is left of the size.
    """
    amount, _coins = booking.filled(execution)
    with localcontext(EXACT):
        rest = (execution.position_size or Decimal(0)) - amount
        if quantity is None:
            return coins(rest, price)
        if quantity * price > rest:
            message = _("Only %(rest)s USD of this execution are left.") % {"rest": f"{rest.normalize():f}"}
            raise InvalidInput(message, field="quantity", code="more_than_left")
    return quantity
