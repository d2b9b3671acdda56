"""What executions touch: the limits, the signal, the portfolio and the execution, each as far as the person may."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from selection.models import Portfolio
from system.choices import AuditOperation
from system.exceptions import ConflictError, NoData, NotAllowed
from system.services import publish, record_change
from trading.choices import ExecutionStatus, SignalStatus
from trading.models import AITradingSignal, RiskProfile, SignalExecution
from trading.selectors.visible import status_now, visible_signals
from trading.services.journal.booking import locked
from trading.services.risk.profile import risk_profile

OPEN = (ExecutionStatus.PENDING, ExecutionStatus.PARTIALLY_FILLED)


def locked_profile(user: User) -> RiskProfile:
    """The limits of a person, locked: one execution of theirs after the other. A portfolio is locked after it."""
    return RiskProfile.objects.select_for_update().get(pk=risk_profile(user).pk)


def open_signal(signal_id: int, user: User) -> AITradingSignal:
    """A signal that may be executed now.

    Raises:
        NoData: there is none of this number that the person may see.
        ConflictError: it is not active, or has run out.
    """
    signal = visible_signals(user).select_related("asset").filter(pk=signal_id).first()
    if signal is None:
        raise NoData(_("There is no such signal."), code="not_found")
    status = status_now(signal)
    if status != SignalStatus.ACTIVE:
        message = _("This signal is %(status)s.") % {"status": SignalStatus(status).label}
        raise ConflictError(message, code="signal_not_active")
    return signal


def own(portfolio: Portfolio | None, user: User) -> Portfolio | None:
    """The portfolio as it stands, locked.

    Raises:
        NotAllowed: not theirs.
        ConflictError: it is not in use any more, or is on paper and follows signals by itself.
    """
    if portfolio is None:
        return None
    if portfolio.user_id != user.pk:
        raise NotAllowed(_("This is not your portfolio."))
    portfolio = locked(portfolio)
    if not portfolio.is_active:
        raise ConflictError(_("This portfolio is not in use any more."), field="portfolio")
    if portfolio.is_paper:
        message = _("A portfolio on paper follows signals by itself: execute into a real one.")
        raise ConflictError(message, field="portfolio", code="paper_portfolio")
    return portfolio


def own_execution(execution_id: int, user: User) -> SignalExecution:
    """
    Raises:
        NoData: they have none of this number.
    """
    executions = SignalExecution.objects.select_for_update(of=("self",)).select_related("signal__asset", "portfolio")
    found = executions.filter(pk=execution_id, user=user).first()
    if found is None:
        raise NoData(_("There is no such execution."), code="not_found")
    return found


def noted(
    execution: SignalExecution,
    user: User,
    operation: AuditOperation,
    *,
    new: dict[str, Any],
    old: dict[str, Any] | None = None,
) -> None:
    action = "create" if operation == AuditOperation.INSERT else "update"
    record_activity(user, activity_type="execute_signal", action=action, entity=execution, details=new)
    record_change(execution, operation, actor=user, old=old, new=new)
    publish("execution.updated", {"execution_id": execution.pk}, user=user)
