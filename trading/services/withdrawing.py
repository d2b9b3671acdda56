"""Signals that an admin takes out of the market before they end."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from system.choices import LIVE, AuditOperation
from system.exceptions import ConflictError, InvalidInput, NoData, NotAllowed
from system.services import record_change
from trading.choices import SignalStatus
from trading.models import AITradingSignal
from trading.selectors.visible import WITHDRAWN, status_now
from trading.services.signal_events import SIGNAL_UPDATED, announce_signals

LONGEST_REASON = 500


@transaction.atomic
def withdraw_signal(signal_id: int, *, actor: User, status: str, reason: str = "") -> AITradingSignal:
    """Cancel or invalidate an active signal. Its levels and its probability stay as they were said, and it is followed
    to its end all the same, so that the record tells what it would have come to.

    Args:
        signal_id: a live signal.
        actor: an admin.
        status: cancelled, or invalidated.
        reason: why; kept in the audit trail.
    Raises:
        NotAllowed: no admin.
        InvalidInput: another status, or a reason that is too long.
        NoData: there is no such signal.
        ConflictError: it is not active any more.
    """
    if not actor.is_staff:
        raise NotAllowed(_("A signal is withdrawn by an admin."))
    if status not in WITHDRAWN:
        raise InvalidInput(_("status must be one of: cancelled, invalidated."), field="status")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "reason"}, field="reason")
    signal = AITradingSignal.objects.select_for_update(of=("self",)).filter(pk=signal_id, series=LIVE).first()
    if signal is None:
        raise NoData(_("There is no such signal."), code="not_found")
    before = status_now(signal)
    if before != SignalStatus.ACTIVE:
        message = _("This signal is %(status)s.") % {"status": SignalStatus(before).label}
        raise ConflictError(message, code="not_active")
    signal.status, signal.withdrawn_at = status, timezone.now()
    if status == SignalStatus.INVALIDATED:
        signal.invalidated_at = signal.withdrawn_at
    signal.save(update_fields=["status", "withdrawn_at", "invalidated_at", "updated_at"])
    new = {"status": status, "reason": reason.strip()}
    record_change(signal, AuditOperation.UPDATE, actor=actor, old={"status": before}, new=new, details="withdraw")
    announce_signals(SIGNAL_UPDATED, [signal.pk])
    return signal
