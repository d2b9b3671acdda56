"""Events on their way to browsers and integrators."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from system.models.base import Created


class OutboxEvent(Created):
    """Something happened. Written in the transaction that made it happen, sent afterwards by a sweep; its id is the
    sequence number that clients resume from."""

    topic = models.CharField(max_length=50, db_comment="Kind of event, e.g. pipeline.done, suggestion.reviewed")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Only recipient; NULL = everybody who may see the topic",
    )
    payload = models.JSONField(default=dict, db_comment="What happened, as the message shows it")
    sent_at = models.DateTimeField(null=True, blank=True, db_comment="When the sweep sent it; NULL = waiting")

    queued_at = models.DateTimeField(
        null=True, blank=True, db_comment="When it was queued for the programs that subscribed; NULL = not yet"
    )

    class Meta:
        db_table = "outbox_events"
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["id"], name="idx_outbox_waiting", condition=models.Q(sent_at__isnull=True)),
            models.Index(fields=["sent_at", "id"], name="idx_outbox_sent"),
            models.Index(fields=["topic", "user", "sent_at"], name="idx_outbox_topic_user"),
            models.Index(
                fields=["id"],
                name="idx_outbox_unqueued",
                condition=models.Q(sent_at__isnull=False, queued_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"
