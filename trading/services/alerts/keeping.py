"""Alerts as their owners keep them: made, changed, paused, acknowledged, armed again, deleted.

Whatever moves ``armed_at`` counts the arming: an alert fires once for each, by what is known after it was armed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from system.choices import AuditOperation
from system.exceptions import ConflictError, LimitExceeded, NoData
from system.services import record_change, setting
from trading.models import SignalAlert
from trading.services.alerts.wanted import WATCH, WRITABLE, checked


@transaction.atomic
def create_alert(wanted: Mapping[str, Any], *, actor: User) -> SignalAlert:
    """Watch something for a person from now on.

    Args:
        wanted: writable columns by name; at least ``alert_type`` and ``trigger_value``.
        actor: its owner.
    Raises:
        InvalidInput: something makes no sense; the field is named.
        ConflictError: the person is told of the very same already.
        LimitExceeded: the person has as many alerts as one may have.
    """
    now = timezone.now()
    values = checked(wanted, now)
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    own = SignalAlert.objects.filter(user=actor)
    most = setting("alerts")["most_per_person"]
    if own.count() >= most:
        raise LimitExceeded(_("You may have %(most)s alerts.") % {"most": most}, code="too_many_alerts")
    _require_unlike(own, values, now)
    alert = SignalAlert.objects.create(user=actor, armed_at=now, **values)
    record_change(alert, AuditOperation.INSERT, actor=actor, new=values)
    return alert


@transaction.atomic
def change_alert(alert_id: int, changes: Mapping[str, Any], *, actor: User) -> SignalAlert:
    """Change an alert. With another thing to watch it is armed anew, also after it has fired, and without its cooldown;
    so is one that waited while it was paused.

    Args:
        alert_id: which.
        changes: writable columns by name; parameters are replaced as a whole.
        actor: its owner.
    Raises:
        NoData: the person has no such alert.
        InvalidInput: something makes no sense; the field is named.
        ConflictError: the person is told of the very same already.
    """
    alert, now = _own(alert_id, actor), timezone.now()
    old = {name: getattr(alert, name) for name in WRITABLE}
    new = _changed(old, changes, now)
    if new == old:
        return alert
    is_another = any(new[name] != old[name] for name in WATCH)
    if is_another:
        _require_unlike(SignalAlert.objects.filter(user=actor).exclude(pk=alert.pk), new, now)
    for name, value in new.items():
        setattr(alert, name, value)
    is_resumed = new["is_active"] and not old["is_active"] and not alert.is_triggered
    if is_another:
        alert.triggered_at = None  # the cooldown was that of what it watched before
    if is_another or is_resumed:
        _arm(alert, now)
    alert.save()
    told = {name: value for name, value in new.items() if value != old[name]}
    record_change(alert, AuditOperation.UPDATE, actor=actor, old={name: old[name] for name in told}, new=told)
    return alert


def pause_alert(alert_id: int, *, actor: User) -> SignalAlert:
    """Look away. An admin may quiet anybody's alert.

    Raises:
        NoData: there is no such alert, or it is somebody else's.
    """
    return _set_active(alert_id, actor, is_active=False)


def resume_alert(alert_id: int, *, actor: User) -> SignalAlert:
    """Look again: armed from now on, so that nothing of the meantime makes it fire.

    Raises:
        NoData: there is no such alert, or it is somebody else's.
    """
    return _set_active(alert_id, actor, is_active=True)


@transaction.atomic
def acknowledge_alert(alert_id: int, *, actor: User) -> SignalAlert:
    """Take note that it has fired.

    Raises:
        NoData: the person has no such alert.
        ConflictError: it has not fired since it was armed.
    """
    alert = _own(alert_id, actor)
    if not alert.is_triggered:
        raise ConflictError(_("This alert has not fired."), code="alert_not_fired")
    if alert.acknowledged_at is None:
        alert.acknowledged_at = timezone.now()
        alert.save()
        record_change(alert, AuditOperation.UPDATE, actor=actor, new={"acknowledged_at": alert.acknowledged_at})
    return alert


@transaction.atomic
def rearm_alert(alert_id: int, *, actor: User) -> SignalAlert:
    """Arm a fired alert again; until its cooldown has passed nothing makes it fire.

    Raises:
        NoData: the person has no such alert.
        ConflictError: it has not fired since it was armed, or its time has passed.
    """
    alert, now = _own(alert_id, actor), timezone.now()
    if not alert.is_triggered:
        raise ConflictError(_("This alert has not fired."), code="alert_not_fired")
    if alert.expires_at is not None and alert.expires_at <= now:
        raise ConflictError(_("The time of this alert has passed."), code="alert_expired")
    _arm(alert, now)
    alert.save()
    record_change(alert, AuditOperation.UPDATE, actor=actor, new={"arming": alert.arming}, details="armed again")
    return alert


@transaction.atomic
def delete_alert(alert_id: int, *, actor: User) -> None:
    """Forget an alert. Why it fired stays known.

    Raises:
        NoData: the person has no such alert.
    """
    alert = _own(alert_id, actor)
    old = {name: getattr(alert, name) for name in WRITABLE}
    record_change(alert, AuditOperation.DELETE, actor=actor, old=old)
    alert.delete()


@transaction.atomic
def _set_active(alert_id: int, actor: User, *, is_active: bool) -> SignalAlert:
    alert = _own(alert_id, actor, admins_too=True)
    if alert.is_active == is_active:
        return alert
    alert.is_active = is_active
    if is_active and not alert.is_triggered:
        _arm(alert, timezone.now())
    alert.save()
    record_change(
        alert, AuditOperation.UPDATE, actor=actor, old={"is_active": not is_active}, new={"is_active": is_active}
    )
    return alert


def _arm(alert: SignalAlert, now: datetime) -> None:
    alert.is_triggered, alert.acknowledged_at = False, None
    alert.armed_at, alert.arming = now, alert.arming + 1


def _own(alert_id: int, actor: User, *, admins_too: bool = False) -> SignalAlert:
    """The alert, locked. Somebody else's is answered like one that does not exist.

    Raises:
        NoData: so it is.
    """
    found = SignalAlert.objects.select_for_update(of=("self",)).filter(pk=alert_id)
    if not (admins_too and actor.is_staff):
        found = found.filter(user=actor)
    alert = found.first()
    if alert is None:
        raise NoData(_("There is no such alert."), code="not_found")
    return alert


def _changed(old: Mapping[str, Any], changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The columns after a change. An expiry that has passed may stay; parameters of another kind may not."""
    kept = {**old, "expires_at": None}
    if {"alert_type", "condition"} & set(changes) and "parameters" not in changes:
        kept["parameters"] = {}
    if "alert_type" in changes and "condition" not in changes:
        kept["condition"] = None
    new = checked({**kept, **changes}, now)
    return new if "expires_at" in changes else new | {"expires_at": old["expires_at"]}


def _require_unlike(others: QuerySet[SignalAlert], values: Mapping[str, Any], now: datetime) -> None:
    """One alert on one thing is enough.

    Raises:
        ConflictError: another one waits for the very same.
    """
    waiting = others.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), is_active=True, is_triggered=False)
    if waiting.filter(**{name: values[name] for name in WATCH}).exists():
        raise ConflictError(_("You have this alert already."), code="alert_exists")
