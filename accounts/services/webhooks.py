"""Programs that are told what happens: subscribed, changed, ended. The secret is shown once."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import ChannelKind, DeliveryStatus
from accounts.models import ApiToken, User, WebhookDelivery, WebhookSubscription
from accounts.providers.webhooks import new_secret
from accounts.services.activities import record_activity
from accounts.services.channel_fields import checked_fields
from system.choices import AuditOperation
from system.events import event_kinds
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.http import NoAnswer, Refused
from system.http.addresses import addresses
from system.sealing import seal, unseal
from system.selectors.settings import setting
from system.services.audit import record_change

PURPOSE = "webhook"
LONGEST_URL = 700
LOOK_UP_SECONDS = 1.0
"""A name that is not found by then is judged when something is sent, as every name is then."""
PORTS = {"https": 443, "http": 80}


def create_webhook(
    user: User,
    *,
    url: str,
    events: Collection[str],
    domains: Collection[str] | None = None,
    made_with: ApiToken | None = None,
) -> tuple[WebhookSubscription, str]:
    """Subscribe a program to events.

    Args:
        user: its owner.
        url: where events are sent.
        events: topics.
        domains: parts of the API that the owner's token reads; None = all.
        made_with: the personal token, whose rights and end bound the subscription; None = a login.
    Returns:
        The subscription, and the secret of its signatures, which is shown this once.
    Raises:
        InvalidInput: an address where we do not go, or no such event for this person.
        LimitExceeded: too many subscriptions.
    """
    require_outside(target(url))
    return _created(user, url, checked_events(events, domains), made_with)


@transaction.atomic
def _created(user: User, url: str, events: list[str], made_with: ApiToken | None) -> tuple[WebhookSubscription, str]:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    most = setting("delivery")["most_webhooks"]
    if WebhookSubscription.objects.filter(user=user).count() >= most:
        raise LimitExceeded(_("More than %(most)d webhooks are not possible.") % {"most": most})
    secret = new_secret()
    row = WebhookSubscription.objects.create(user=user, token=made_with, url=url, events=events, sealed_secret="")
    row.sealed_secret = seal(secret, purpose=PURPOSE, owner=str(row.pk))
    row.save()
    row.refresh_from_db(fields=["updated_at"])
    record_change(row, AuditOperation.INSERT, actor=user, new=told(row))
    record_activity(user, activity_type="webhook", action="create", entity=row)
    return row, secret


def change_webhook(
    row: WebhookSubscription,
    *,
    actor: User,
    now: datetime,
    domains: Collection[str] | None = None,
    made_with: ApiToken | None = None,
    url: str | None = None,
    events: Collection[str] | None = None,
    is_active: bool | None = None,
) -> WebhookSubscription:
    """Change a locked subscription. Switched on, it begins anew: what waits is tried at once. The login or token that
    says what is sent or where, or that takes over what another token has left, bounds it from then on.

    Raises:
        NotAllowed: somebody else's, or a token that does not read all that is sent there would send it elsewhere.
        InvalidInput: see ``create_webhook``.
    """
    require_own(row, actor)
    old = told(row)
    if events is not None:
        row.events = checked_events(events, domains)
    if url is not None:
        require_readable(row, domains)
        require_outside(target(url))
        row.url = url
    revives = bool(is_active) and row.token is not None and row.token.is_over(now)
    if revives:
        require_readable(row, domains)
    if revives or events is not None or url is not None:
        row.token = made_with
    if is_active is not None:
        row.is_active, row.paused_at = is_active, None if is_active else row.paused_at or now
        if is_active:
            row.failures, row.failing_since = 0, None
            hurry(row, now)
    row.save()
    new = told(row)
    record_change(row, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    record_activity(actor, activity_type="webhook", action="update", entity=row)
    return row


def delete_webhook(row: WebhookSubscription, *, actor: User) -> None:
    """End a locked subscription, with its secret and its ledger.

    Raises:
        NotAllowed: somebody else's.
    """
    require_own(row, actor)
    record_change(row, AuditOperation.DELETE, actor=actor, old=told(row))
    record_activity(actor, activity_type="webhook", action="delete", entity=row)
    row.delete()


def require_own(row: WebhookSubscription, actor: User) -> None:
    """Only its owner goes on.

    Raises:
        NotAllowed: it is somebody else's.
    """
    if row.user_id != actor.pk:
        raise NotAllowed(_("Only its owner may do this."))


def hurry(row: WebhookSubscription, now: datetime) -> None:
    """What waits is tried at once: its owner says that the program listens again."""
    waiting = WebhookDelivery.objects.filter(subscription=row, status=DeliveryStatus.WAITING)
    waiting.filter(next_try_at__gt=now).update(next_try_at=now)


def target(url: str) -> dict[str, str]:
    """Scheme, host and path of an address that events may be sent to.

    Raises:
        InvalidInput: it is none, or one without TLS that no admin allows.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidInput(_("This is no address of a webhook."), field="url") from None
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    fields = {"scheme": parts.scheme, "host": parts.netloc, "path": path}
    if parts.fragment or len(url) > LONGEST_URL:
        raise InvalidInput(_("This is no address of a webhook."), field="url")
    try:
        return checked_fields(ChannelKind.WEBHOOK, fields)
    except InvalidInput:
        raise InvalidInput(_("This is no address of a webhook."), field="url") from None
    except NotAllowed as refusal:
        raise InvalidInput(str(refusal), field="url", code="address_not_allowed") from None


def require_outside(fields: Mapping[str, str]) -> None:
    """Refuse a host of a private network that no admin allows. It is looked at again whenever something is sent.

    Raises:
        InvalidInput: it is one.
    """
    host, _colon, port = fields["host"].partition(":")
    number = int(port) if port else PORTS[fields["scheme"]]
    try:
        addresses(host, number, allowed_hosts=setting("outgoing")["allowed_hosts"], within=LOOK_UP_SECONDS)
    except NoAnswer:
        return
    except Refused:
        message = _("This address leads into a private network; an admin can allow it under outgoing.")
        raise InvalidInput(message, field="url", code="address_not_allowed") from None


def checked_events(topics: Collection[str], domains: Collection[str] | None) -> list[str]:
    """Topics to subscribe to. Of what a person may not see nothing is sent, whatever the topics are.

    Raises:
        InvalidInput: none, or one that there is not for this token.
    """
    known = {topic for topic, kind in event_kinds().items() if domains is None or kind.domain in domains}
    if not topics or not set(topics) <= known:
        message = _("Events are some of: %(topics)s.") % {"topics": ", ".join(sorted(known))}
        raise InvalidInput(message, field="events")
    return sorted(set(topics))


def require_readable(row: WebhookSubscription, domains: Collection[str] | None) -> None:
    """Only who reads all that a subscription tells goes on; what its ledger has can be sent there as well.

    Raises:
        NotAllowed: it is about parts of the API that the token does not read.
    """
    kinds, ledger = event_kinds(), WebhookDelivery.objects.filter(subscription=row)
    told_of = {*row.events, *ledger.values_list("event", flat=True).distinct()}
    if domains is not None and any(kinds[topic].domain not in domains for topic in told_of & kinds.keys()):
        raise NotAllowed(_("This account or token may not do this here."))


def secret_of(row: WebhookSubscription) -> str:
    """What signs the messages.

    Raises:
        ConflictError: it was sealed under another secret of the installation.
    """
    return unseal(row.sealed_secret, purpose=PURPOSE, owner=str(row.pk))


def told(row: WebhookSubscription) -> dict[str, Any]:
    """A subscription as the audit trail keeps it."""
    shown = {"host": row.host, "events": row.events, "is_active": row.is_active}
    return {"user_id": row.user_id, "token_id": row.token_id, **shown}


def require_active(row: WebhookSubscription) -> None:
    """Refuse what a paused subscription cannot do.

    Raises:
        ConflictError: it is paused.
    """
    if not row.is_active:
        raise ConflictError(_("This webhook is paused. Switch it on first."), code="webhook_paused")
