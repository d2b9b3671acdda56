"""The moment an alert fires: its state, the reason that is kept and the message, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models.fields.json import KT

from accounts.choices import NotificationType
from accounts.models import Notification
from accounts.services import Message, notify_all
from accounts.services.preferences import hours_of
from system.choices import Priority
from system.services import fitted
from system.services.events import publish_each
from trading.models import AlertFiring, SignalAlert
from trading.services.alerts.armed import Hit
from trading.services.alerts.kinds import AUTO, OF_CANDLES
from trading.services.alerts.wording import told

# A second worker waits for the rows, and then finds that they have fired; so it does not touch them. Rows are locked in
# the order of their keys, so two workers never wait for each other.
FIRE = """
WITH due AS (
    SELECT a.id FROM signal_alerts a
    JOIN unnest(%(alerts)s::bigint[], %(armings)s::int[]) AS hit(id, arming) ON a.id = hit.id AND a.arming = hit.arming
    WHERE a.is_active AND NOT a.is_triggered
    ORDER BY a.id FOR NO KEY UPDATE OF a
)
UPDATE signal_alerts a SET is_triggered = true, triggered_at = %(now)s, last_checked = %(now)s, acknowledged_at = NULL
FROM due WHERE a.id = due.id RETURNING a.id
"""
REARM = """
WITH due AS (
    SELECT id FROM signal_alerts
    WHERE is_active AND is_triggered AND parameters ->> 'rearm' = %(auto)s
      AND triggered_at + cooldown_minutes * interval '1 minute' <= %(now)s
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE signal_alerts a SET is_triggered = false, acknowledged_at = NULL, arming = arming + 1,
    armed_at = triggered_at + cooldown_minutes * interval '1 minute'
FROM due WHERE a.id = due.id
"""
NOTED_AT_ONCE = 1000
NOTE_CHECK = """
WITH due AS (
    SELECT id FROM signal_alerts
    WHERE is_active AND NOT is_triggered AND (last_checked IS NULL OR last_checked < %(now)s - interval '5 minutes')
        AND (%(timeframe)s::text IS NULL OR NOT alert_type = ANY(%(of_candles)s)
             OR parameters ->> 'timeframe' = %(timeframe)s)
    ORDER BY last_checked NULLS FIRST, id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE signal_alerts a SET last_checked = %(now)s FROM due WHERE a.id = due.id
"""


def rearm_by_choice(now: datetime) -> int:
    """Arm those again that do so by themselves, from the end of their cooldown on.

    Returns:
        How many.
    """
    return _execute(REARM, {"now": now, "auto": AUTO})


def note_check(now: datetime, timeframe: str | None) -> int:
    """Say of the alerts that wait when they were looked at last: those on candles of a timeframe or of all, and those
    on analyses. Every five minutes is often enough, and where there are very many, each has its turn; who edits one is
    not held up."""
    words = {"now": now, "timeframe": timeframe, "of_candles": list(OF_CANDLES), "most": NOTED_AT_ONCE}
    return _execute(NOTE_CHECK, words)


@transaction.atomic
def fire(hits: Sequence[Hit], now: datetime) -> list[AlertFiring]:
    """Let alerts fire that still wait under the arming that was looked at. Each does so once, however many workers
    call, and wherever one of them dies.

    Returns:
        The reasons that were kept, one per alert that fired here.
    """
    if not hits:
        return []
    with connection.cursor() as cursor:
        arrays = {"alerts": [one.alert.pk for one in hits], "armings": [one.alert.arming for one in hits]}
        cursor.execute(FIRE, arrays | {"now": now})
        fired = {pk for (pk,) in cursor.fetchall()}
    alerts = SignalAlert.objects.select_related("user", "asset").in_bulk(fired)
    firings = [_firing(alerts[one.alert.pk], one, now) for one in hits if one.alert.pk in fired]
    messages = [_message(one) for one in firings]
    notify_all(messages)
    sent = _sent(messages)
    for firing, message in zip(firings, messages, strict=True):
        firing.notification_id = sent.get(message.key)
    kept = AlertFiring.objects.bulk_create(firings, batch_size=1000)
    publish_each("alert.triggered", ((one.user_id, {"alert_id": one.alert_id, "number": one.number}) for one in kept))
    return kept


def _firing(alert: SignalAlert, hit: Hit, now: datetime) -> AlertFiring:
    values = {
        "user": alert.user,
        "alert": alert,
        "asset": alert.asset,
        "number": hit.alert.arming,
        "alert_type": alert.alert_type,
        "condition": alert.condition,
        "threshold": alert.trigger_value,
        "value": hit.value,
        "value_before": hit.before,
        "timeframe": hit.timeframe,
        "known_at": hit.known_at,
        "fired_at": now,
        "details": dict(hit.details),
    }
    firing = AlertFiring(**fitted(AlertFiring, values))
    firing.user, firing.alert, firing.asset = alert.user, alert, alert.asset
    return firing


def _message(firing: AlertFiring) -> Message:
    alert = firing.alert
    title, text = told(firing, alert)
    is_urgent = bool(alert and (alert.parameters or {}).get("urgent"))
    hours = hours_of(firing.user)
    waits_until = None if is_urgent and hours.urgent_passes else hours.waits_until(firing.fired_at)
    data: dict[str, Any] = {
        "alert_id": firing.alert_id,
        "number": firing.number,
        "asset_id": firing.asset_id,
        "notification_method": alert.notification_method if alert else None,
    }
    return Message(
        user_id=firing.user_id,
        kind=NotificationType.ALERT,
        title=title,
        message=text,
        key=f"alert:{firing.alert_id}:{firing.number}",
        data=data,
        priority=Priority.URGENT if is_urgent else Priority.HIGH,
        scheduled_for=waits_until,
    )


def _sent(messages: Sequence[Message]) -> dict[str, int]:
    """Messages that were just written, by their key."""
    rows = Notification.objects.filter(
        user__in={one.user_id for one in messages}, data__key__in=[one.key for one in messages]
    )
    return dict(rows.values_list(KT("data__key"), "pk"))


def _execute(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
