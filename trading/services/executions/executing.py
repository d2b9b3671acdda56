"""Executing signals: the person's limits are checked, and what they did is booked in their journal. No order is sent,
and the signal itself does not change: its status is about the market."""

from datetime import datetime
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from selection.compute.lots import EXACT
from selection.models import Portfolio
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput
from trading.models import AITradingSignal, RiskProfile, SignalExecution
from trading.selectors.limits import stated_capital
from trading.selectors.risk_book import portfolio_books
from trading.services.executions import booking
from trading.services.executions.access import OPEN, locked_profile, noted, open_signal, own
from trading.services.executions.booking import Part
from trading.services.executions.requests import (
    HUNDRED,
    SIZES,
    Wanted,
    asked,
    check,
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
def execute_signal(
    signal_id: int,
    *,
    user: User,
    portfolio: Portfolio | None = None,
    risk_confirmed: bool = False,
    key: str | None = None,
    now: datetime | None = None,
    **wanted: Any,
) -> SignalExecution:
    """Execute a signal: with a portfolio and a price it is booked at once, else it is a plan that is filled later.

    The same key with the same content again returns the execution that is there.

    Args:
        signal_id: a live signal that is active and has not run out.
        user: who executes it.
        portfolio: theirs, that it goes into.
        risk_confirmed: they have confirmed the risk.
        key: of the client.
        now: the present moment.
        wanted: attributes of ``Wanted``: position_size, price, leverage and so on.
    Raises:
        InvalidInput: an amount, level, time or key that makes no sense, or the risk is not confirmed.
        NoData: there is no such signal for this person.
        NotAllowed: not their portfolio.
        ConflictError: the signal is not active, they are executing it already, the key belongs to something else, a
            price is unknown, or the journal does not allow it.
        RiskLimit: limits of their risk profile are broken, or cannot be checked.
    """
    request, moment = Wanted(**wanted), now or timezone.now()
    check(request)
    check_key(key)
    if not risk_confirmed:
        message = _("Confirm that you know what this may lose.")
        raise InvalidInput(message, field="risk_confirmation", code="risk_confirmation_required")
    profile = locked_profile(user)
    content = fingerprint("execute", signal_id, portfolio.pk if portfolio else None, asked(request))
    if key and (found := _known(user, key, content)):
        return found
    signal = open_signal(signal_id, user)
    _require_free(signal, user)
    portfolio = own(portfolio, user)
    execution = _drafted(signal, user, portfolio, request)
    execution.client_key, execution.request_hash = key or None, content if key else None
    return _carried_out(execution, request, profile, portfolio, moment)


def _known(user: User, key: str, content: str) -> SignalExecution | None:
    found = SignalExecution.objects.filter(user=user, client_key=key).first()
    if found is not None and found.request_hash != content:
        raise ConflictError(_("This key belongs to another execution."), field="key", code="key_in_use")
    return found


def _require_free(signal: AITradingSignal, user: User) -> None:
    if SignalExecution.objects.filter(signal=signal, user=user, status__in=OPEN).exists():
        raise ConflictError(_("You are executing this signal already."), code="already_executing")


def _drafted(signal: AITradingSignal, user: User, portfolio: Portfolio | None, request: Wanted) -> SignalExecution:
    """The execution with its levels, not stored yet."""
    levels = levels_of(signal, request.stop_loss, request.target)
    return SignalExecution(
        signal=signal,
        user=user,
        portfolio=portfolio,
        execution_type=request.execution_type,
        risk_confirmed=True,
        stop_price=levels.stop,
        target_price=levels.target,
        leverage=request.leverage,
    )


def _carried_out(
    execution: SignalExecution, request: Wanted, profile: RiskProfile, portfolio: Portfolio | None, now: datetime
) -> SignalExecution:
    """Checked, stored, and booked where it is known at which price and in which portfolio."""
    signal = execution.signal
    price = signal.entry_price if request.price is None else request.price
    if price is None:
        raise InvalidInput(_("This signal has no entry price: state one."), field="price")
    check_amount("price", price)
    check_sides(signal.signal_type, levels_of(signal, execution.stop_price, execution.target_price), price)
    size = _size(request, profile, portfolio, now)
    at = moment_of(request.executed_at, signal, now)
    part = Part(price, coins(size, price), at, request.fee or None, request.venue)
    admitted = booking.admit(execution, part, profile, portfolio, now)
    execution.position_size = size
    with localcontext(EXACT):
        execution.portfolio_percentage = booking.share_pct(part.amount / execution.leverage, admitted.capital)
    execution.execution_details = {"checks": booking.told(admitted.checks)}
    execution.save()
    noted(execution, execution.user, AuditOperation.INSERT, new={"signal": signal.pk, "position_size": str(size)})
    if portfolio is not None and request.price is not None:
        booking.book(execution, admitted, portfolio, user=execution.user)
        refresh_exposure(execution.user, now=now)
    return execution


def _size(request: Wanted, profile: RiskProfile, portfolio: Portfolio | None, now: datetime) -> Decimal:
    """Size of the position, dollars, at the scale of its column.

    Raises:
        InvalidInput: a share without a portfolio, or less than the column can say.
        ConflictError: the worth that the share is of is unknown.
    """
    size, share = request.position_size, request.portfolio_percentage
    if size is None and share is not None:
        size = _shared(share, profile, portfolio, now)
    size = None if size is None else size.quantize(SIZES, ROUND_DOWN, EXACT)
    if not size:
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "position_size"}, field="position_size")
    return size


def _shared(share: Decimal, profile: RiskProfile, portfolio: Portfolio | None, now: datetime) -> Decimal:
    if portfolio is None:
        raise InvalidInput(_("A share needs the portfolio that it is of."), field="portfolio_percentage")
    whole = stated_capital(profile)
    if whole is None:
        whole = portfolio_books([portfolio.pk], now)[portfolio.pk].worth
    if whole is None or whole <= 0:
        message = _("The worth of the portfolio is unknown or not above 0: state the size.")
        raise ConflictError(message, field="portfolio_percentage", code="worth_unknown")
    with localcontext(EXACT):
        return whole * share / HUNDRED
