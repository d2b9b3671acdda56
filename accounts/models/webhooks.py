"""Programs that are told what happens, and what became of every message to them."""

from datetime import datetime
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import DeliveryStatus
from accounts.models.deliveries import Delivery, of_ledger
from system.constraints import at_least, between
from system.models.base import TimeStamped


class WebhookSubscriptionQuerySet(models.QuerySet["WebhookSubscription"]):
    def listening(self, now: datetime) -> "WebhookSubscriptionQuerySet":
        """Switched on, of an active account, and made with a login or with a token that has not ended."""
        return self.filter(is_active=True, user__is_active=True).exclude(ended_token(now))

    def orphaned(self, now: datetime) -> "WebhookSubscriptionQuerySet":
        """Switched on, but the token has ended."""
        return self.filter(ended_token(now), is_active=True)


def ended_token(now: datetime) -> models.Q:
    """Of a subscription: its token was revoked, or is over."""
    return models.Q(token__revoked_at__isnull=False) | models.Q(token__expires_at__lte=now)


class WebhookSubscription(TimeStamped):
    """An address of a person's program that events are sent to."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="webhooks", db_comment="Whose program it is"
    )
    token = models.ForeignKey(
        "accounts.ApiToken",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="webhooks",
        db_comment="Personal token that said where events go; nothing is sent that it may not read, and nothing once "
        "it has ended. NULL = a login did",
    )
    url = models.CharField(max_length=700, db_comment="Where events are sent")
    events = ArrayField(models.CharField(max_length=50), db_comment="Kinds of events that are sent")
    sealed_secret = models.TextField(db_comment="What signs the messages, encrypted (system.sealing)")
    is_active = models.BooleanField(default=True, db_default=True, db_comment="Events are sent")
    failures = models.IntegerField(default=0, db_default=0, db_comment="Attempts that failed since the last success")
    failing_since = models.DateTimeField(
        null=True, blank=True, db_comment="First failure since the last success; NULL = the last attempt succeeded"
    )
    last_delivery_at = models.DateTimeField(null=True, blank=True, db_comment="When a message last arrived")
    paused_at = models.DateTimeField(
        null=True,
        blank=True,
        db_comment="When it was switched off, by its owner or for failing too long; NULL = it is on",
    )

    objects = WebhookSubscriptionQuerySet.as_manager()

    class Meta:
        db_table = "webhook_subscriptions"
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [at_least("failures", 0, name="chk_webhook_subscriptions_failures")]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """What may be shown to others of where it leads: a path may be a secret of its owner's."""
        return urlsplit(self.url).netloc


class WebhookDelivery(Delivery):
    """An event on its way to one program. It stays when the event itself has been swept."""

    subscription = models.ForeignKey(
        WebhookSubscription, on_delete=models.CASCADE, related_name="deliveries", db_comment="Where to"
    )
    event = models.CharField(max_length=50, db_comment="Kind of event")
    event_id = models.BigIntegerField(null=True, blank=True, db_comment="Its number in outbox_events; NULL = a test")
    payload = models.JSONField(default=dict, db_comment="What happened")
    for_admins = models.BooleanField(
        default=False, db_default=False, db_comment="It is told to admins only; sent while the owner is one"
    )
    occurred_at = models.DateTimeField(db_comment="When it happened")
    response_status = models.IntegerField(
        null=True, blank=True, db_comment="HTTP status of the newest answer; NULL = there was none"
    )
    replays = models.IntegerField(default=0, db_default=0, db_comment="How often its owner had it sent again")

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name = _("delivery to a webhook")
        verbose_name_plural = _("deliveries to webhooks")
        constraints = [
            *of_ledger("webhook_deliveries"),
            at_least("replays", 0, name="chk_webhook_deliveries_replays"),
            between("response_status", 100, 599, name="chk_webhook_deliveries_response_status"),
            models.UniqueConstraint(fields=["subscription", "event_id"], name="unique_webhook_deliveries_once"),
        ]
        indexes = [
            models.Index(
                fields=["subscription", "id"],
                name="idx_webhook_deliveries_waiting",
                condition=models.Q(status=DeliveryStatus.WAITING),
            ),
            models.Index(fields=["created_at"], name="idx_webhook_deliveries_created"),
            models.Index(fields=["subscription", "-created_at", "-id"], name="idx_webhook_deliveries_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event} · {self.message_id}"
