"""Messages and the ways they leave by, in the admin."""

from functools import partial

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Notification,
    NotificationChannel,
    NotificationDelivery,
    WebhookDelivery,
    WebhookSubscription,
)
from accounts.services import try_again
from system.admin_base import History, actor


@admin.register(Notification)
class NotificationAdmin(History):
    list_display = (
        "created_at",
        "user",
        "notification_type",
        "title",
        "priority",
        "status",
        "scheduled_for",
        "sent_at",
    )
    list_filter = ("notification_type", "status", "priority", ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "title")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(NotificationChannel)
class NotificationChannelAdmin(History):
    """Ways to people outside the app. What a channel needs to be used is not shown: it is the person's secret."""

    list_display = ("user", "kind", "label", "hint", "is_active", "verified_at", "last_error")
    list_filter = ("kind", "is_active", ("last_error", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "label")
    ordering = ("-created_at",)
    exclude = ("sealed_fields",)


@admin.register(NotificationDelivery)
class NotificationDeliveryAdmin(History):
    """The ledger of what went out, and what did not."""

    list_display = (
        "created_at",
        "channel",
        "notification",
        "status",
        "attempts",
        "sent_at",
        "possible_double",
        "last_error",
    )
    list_filter = ("status", "possible_double", "channel__kind")
    search_fields = ("channel__user__email", "=message_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    actions = ("try_again",)

    @admin.action(description=_("Try the selected messages again"))
    def try_again(self, request: HttpRequest, rows: QuerySet[NotificationDelivery]) -> None:
        for row in rows:
            again = partial(try_again, row, actor=actor(request), now=timezone.now())
            self.attempt(request, again, _("%s is tried again.") % row)


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(History):
    """Programs that are told what happens. The secret of the signatures and the path of the address are theirs."""

    list_display = ("user", "host", "events", "is_active", "failures", "failing_since", "paused_at", "last_delivery_at")
    list_filter = ("is_active", ("paused_at", admin.EmptyFieldListFilter))
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    exclude = ("sealed_secret", "url")

    @admin.display(description=_("server"))
    def host(self, webhook: WebhookSubscription) -> str:
        return webhook.host


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(History):
    """The ledger of events that went out, and of those that did not."""

    list_display = (
        "created_at",
        "subscription",
        "event",
        "status",
        "attempts",
        "response_status",
        "sent_at",
        "possible_double",
        "last_error",
    )
    list_filter = ("status", "event", "possible_double")
    search_fields = ("subscription__user__email", "=message_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
