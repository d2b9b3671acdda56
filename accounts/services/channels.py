"""Ways to a person outside the app: entered, changed, tried, taken away. A secret is never shown again."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.choices import ChannelKind, DeliveryStatus, NotificationType, Timing
from accounts.models import NotificationChannel, NotificationDelivery, User
from accounts.providers.messengers import Fields
from accounts.providers.parcels import Outcome, Parcel
from accounts.providers.sending import hand_over
from accounts.providers.webhooks import new_secret
from accounts.services.activities import record_activity
from accounts.services.channel_fields import checked_fields, hint_of
from accounts.services.mails import mail_is_configured
from system.choices import AuditOperation, Priority
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.sealing import seal, unseal
from system.selectors.settings import setting
from system.services.audit import record_change

PURPOSE = "notification channel"
LONGEST_LABEL = 50
WANTS: Mapping[str, Mapping[str, str | None]] = {
    NotificationType.SIGNAL: {"now_from": Priority.NORMAL, "below": Timing.NEVER},
    NotificationType.ALERT: {"now_from": Priority.LOW, "below": Timing.NEVER},
    NotificationType.SYSTEM: {"now_from": Priority.NORMAL, "below": Timing.NEVER},
    NotificationType.EDUCATIONAL: {"now_from": None, "below": Timing.NEVER},
}
"""What a new channel brings until its owner says otherwise."""


@transaction.atomic
def connect_channel(
    user: User, *, kind: str, label: str, fields: Mapping[str, str], wants: Mapping[str, Any] | None = None
) -> tuple[NotificationChannel, str]:
    """Enter a channel.

    Args:
        user: its owner.
        kind: a ``ChannelKind``.
        label: the owner's name for it.
        fields: what the service needs (``channel_fields``).
        wants: what it brings; a default if left out.
    Returns:
        The channel, and for a webhook the secret of its signatures, which is shown this once; else nothing.
    Raises:
        InvalidInput: a kind, label or field that makes no sense.
        NotAllowed: a server that no admin has allowed.
        ConflictError: the name is taken, or e-mail cannot be sent or the address is not confirmed.
        LimitExceeded: too many channels.
    """
    if kind not in ChannelKind.values:
        raise InvalidInput(_("There is no such service."), field="kind")
    label = " ".join(label.split())
    if not 1 <= len(label) <= LONGEST_LABEL:
        raise InvalidInput(_("A channel needs a name of at most 50 characters."), field="label")
    sound = checked_fields(kind, fields)
    if kind == ChannelKind.EMAIL:
        require_mail(user)
    User.objects.select_for_update().get(pk=user.pk)
    present = NotificationChannel.objects.filter(user=user)
    if present.filter(label=label).exists():
        raise ConflictError(_("There is a channel of this name already."), field="label")
    if present.count() >= (most := setting("delivery")["most_channels"]):
        raise LimitExceeded(_("More than %(most)d channels are not possible.") % {"most": most})
    secret = new_secret() if kind == ChannelKind.WEBHOOK else ""
    channel = NotificationChannel.objects.create(
        user=user,
        kind=kind,
        label=label,
        hint=user.email[:100] if kind == ChannelKind.EMAIL else hint_of(kind, sound),
        sealed_fields="",
        wants=checked_wants(WANTS if wants is None else wants),
    )
    seal_fields(channel, sound | ({"secret": secret} if secret else {}))
    record_change(channel, AuditOperation.INSERT, actor=user, new=told(channel))
    record_activity(user, activity_type="channel", action="create", entity=channel, details={"kind": kind})
    return channel, secret


@transaction.atomic
def change_channel(
    channel: NotificationChannel,
    *,
    actor: User,
    is_active: bool | None = None,
    wants: Mapping[str, Any] | None = None,
    fields: Mapping[str, str] | None = None,
) -> NotificationChannel:
    """Pause or resume a channel, say what it brings, or enter its fields anew.

    Raises:
        NotAllowed: not their channel, or a server that no admin has allowed.
        InvalidInput: something that makes no sense.
    """
    row = own(channel, actor)
    old = told(row)
    if is_active is not None:
        row.is_active = is_active
    if wants is not None:
        row.wants = checked_wants(wants)
    if fields is not None:
        sound = checked_fields(row.kind, fields)
        if row.kind == ChannelKind.WEBHOOK:
            sound["secret"] = opened_fields(row)["secret"]
        if row.kind != ChannelKind.EMAIL:
            row.hint = hint_of(row.kind, sound)
        row.verified_at = row.last_error = None
        seal_fields(row, sound)
    row.save()
    record_change(row, AuditOperation.UPDATE, actor=actor, old=old, new=told(row))
    record_activity(actor, activity_type="channel", action="update", entity=row)
    return row


@transaction.atomic
def rotate_secret(channel: NotificationChannel, *, actor: User) -> str:
    """Another secret for the signatures of a webhook; the old one signs nothing more.

    Returns:
        The secret, which is shown this once.
    Raises:
        NotAllowed: not their channel.
        InvalidInput: nothing is signed for this service.
    """
    row = own(channel, actor)
    if row.kind != ChannelKind.WEBHOOK:
        raise InvalidInput(_("Only webhooks are signed."), field="kind")
    secret = new_secret()
    seal_fields(row, opened_fields(row) | {"secret": secret})
    record_change(row, AuditOperation.UPDATE, actor=actor, details="new secret")
    record_activity(actor, activity_type="channel", action="rotate", entity=row)
    return secret


@transaction.atomic
def disconnect_channel(channel: NotificationChannel, *, actor: User) -> None:
    """Forget a channel, its secrets and what was sent through it.

    Raises:
        NotAllowed: not their channel.
    """
    row = own(channel, actor)
    record_change(row, AuditOperation.DELETE, actor=actor, old=told(row))
    record_activity(actor, activity_type="channel", action="delete", entity=row)
    row.delete()


def send_test(channel: NotificationChannel, *, actor: User, now: datetime | None = None) -> Outcome:
    """Send a message at once, and say what the service really answered.

    Raises:
        NotAllowed: not their channel.
        ConflictError: its secrets cannot be read any more.
    """
    if channel.user_id != actor.pk:
        raise NotAllowed(_("This is not your channel."))
    moment = now or timezone.now()
    with translation.override(actor.language):
        title, text = _("Test from CryptoPredict"), _("This channel works.")
    parcel = Parcel(str(uuid4()), "test", title, text, Priority.NORMAL, moment)
    outcome = hand_over(channel.kind, target(channel), parcel, lane=lane(channel))
    note_result(channel.pk, outcome, moment)
    record_activity(actor, activity_type="channel", action="test", entity=channel)
    return outcome


@transaction.atomic
def acknowledge_undelivered(user: User, now: datetime) -> int:
    """The person has seen what was not delivered.

    Returns:
        How many messages they took note of.
    """
    dead = NotificationDelivery.objects.filter(channel__user=user, status=DeliveryStatus.DEAD)
    count = dead.filter(acknowledged_at__isnull=True).update(acknowledged_at=now)
    if count:
        record_activity(user, activity_type="notification", action="acknowledge", details={"undelivered": count})
    return count


def note_result(channel_id: int, outcome: Outcome, now: datetime) -> None:
    """Keep on the channel how the newest attempt went."""
    row = NotificationChannel.objects.filter(pk=channel_id)
    if outcome.is_sent:
        row.filter(last_error__isnull=False).update(last_error=None)
        row.filter(verified_at__isnull=True).update(verified_at=now)
    elif outcome.was_let_out:
        row.update(last_error=outcome.error)


def target(channel: NotificationChannel) -> Fields:
    """What the service needs.

    Raises:
        ConflictError: it was sealed under another secret, or the address is not confirmed.
    """
    if channel.kind != ChannelKind.EMAIL:
        return opened_fields(channel)
    if not channel.user.is_verified:
        raise ConflictError(_("Confirm your e-mail address first."), code="not_verified")
    return {"address": channel.user.email}


def lane(channel: NotificationChannel) -> str:
    """Name of the channel where budgets and bans are kept."""
    return f"channel-{channel.pk}"


def require_mail(user: User) -> None:
    if not mail_is_configured():
        raise ConflictError(_("This installation has no mail server."), field="kind")
    if not user.is_verified:
        raise ConflictError(_("Confirm your e-mail address first."), field="kind", code="not_verified")


def opened_fields(channel: NotificationChannel) -> dict[str, str]:
    """The fields of a channel, to send with.

    Raises:
        ConflictError: they were sealed under another secret.
    """
    opened: dict[str, str] = json.loads(unseal(channel.sealed_fields, purpose=PURPOSE, owner=str(channel.pk)))
    return opened


def seal_fields(channel: NotificationChannel, fields: Fields) -> None:
    channel.sealed_fields = seal(json.dumps(dict(fields)), purpose=PURPOSE, owner=str(channel.pk))
    channel.save()


def told(channel: NotificationChannel) -> dict[str, Any]:
    """A channel as the audit trail keeps it."""
    return {name: getattr(channel, name) for name in ("user_id", "kind", "label", "hint", "wants", "is_active")}


def checked_wants(wants: Mapping[str, Any]) -> dict[str, dict[str, str | None]]:
    """What a channel brings, for every kind of notification.

    Raises:
        InvalidInput: an unknown kind, priority or timing.
    """
    if unknown := sorted(set(wants) - set(NotificationType.values)):
        raise InvalidInput(_("%(kind)s is no kind of notification.") % {"kind": unknown[0][:50]}, field="wants")
    found = {}
    for kind in NotificationType.values:
        rule = dict(wants.get(kind, {"now_from": None, "below": Timing.NEVER}))
        is_sound = set(rule) == {"now_from", "below"} and rule["below"] in Timing.values
        if not is_sound or rule["now_from"] not in (None, *Priority.values):
            raise InvalidInput(_("What this channel brings is not understood."), field="wants")
        found[str(kind)] = {name: None if value is None else str(value) for name, value in rule.items()}
    return found


def own(channel: NotificationChannel, actor: User) -> NotificationChannel:
    """The channel, locked.

    Raises:
        NotAllowed: not theirs.
    """
    row = NotificationChannel.objects.select_for_update().get(pk=channel.pk)
    if row.user_id != actor.pk:
        raise NotAllowed(_("This is not your channel."))
    return row
