"""What the owner of a webhook has sent: a test, or a message once more."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.choices import DeliveryStatus
from accounts.models import User, WebhookDelivery, WebhookSubscription
from accounts.services.activities import record_activity
from accounts.services.webhooks import hurry, require_active, require_own
from system.choices import AuditOperation
from system.exceptions import ConflictError
from system.services.audit import record_change

TEST = "webhook.test"


def send_test_event(row: WebhookSubscription, *, actor: User, now: datetime) -> WebhookDelivery:
    """Queue a test for a locked subscription. What waits before it is tried at once too.

    Raises:
        NotAllowed: somebody else's.
        ConflictError: it is paused.
    """
    require_own(row, actor)
    require_active(row)
    hurry(row, now)
    made = WebhookDelivery.objects.create(
        subscription=row,
        event=TEST,
        payload={"webhook_id": row.pk, "message": "This webhook works."},
        occurred_at=now,
        next_try_at=now,
    )
    record_activity(actor, activity_type="webhook", action="test", entity=row)
    return made


def send_again(row: WebhookSubscription, delivery_id: int, *, actor: User, now: datetime) -> WebhookDelivery | None:
    """Queue a message of a locked subscription once more, under the same id.

    Returns:
        The message; None when the subscription has no such one.
    Raises:
        NotAllowed: somebody else's.
        ConflictError: the subscription is paused, or the message still waits.
    """
    require_own(row, actor)
    require_active(row)
    found = WebhookDelivery.objects.select_for_update().filter(pk=delivery_id, subscription=row).first()
    if found is None:
        return None
    if found.status == DeliveryStatus.WAITING:
        raise ConflictError(_("This message waits for its turn already."), code="delivery_waits")
    old = {"status": found.status, "attempts": found.attempts, "sent_at": found.sent_at}
    found.status, found.next_try_at, found.attempts = DeliveryStatus.WAITING, now, 0
    found.sent_at = found.first_attempt_at = None
    found.replays += 1
    found.save()
    hurry(row, now)
    record_change(found, AuditOperation.UPDATE, actor=actor, old=old, details="send again")
    record_activity(actor, activity_type="webhook", action="replay", entity=found)
    return found
