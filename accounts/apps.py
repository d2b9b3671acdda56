from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.events import EventKind, register_event
from system.retention import RetentionRule, register_retention

MESSENGERS = (
    ("telegram", "https://api.telegram.org", 60),
    ("discord", "https://discord.com", 30),
    ("slack", "https://hooks.slack.com", 60),
    ("ntfy", "https://ntfy.sh", 60),
)
"""Services that bring messages to people: name, address, messages a minute. Each counts a bot or webhook by itself, so
the budget is that of one channel."""


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from accounts.configuration import register_settings
        from system.http import Budget, Provider, register_provider

        register_settings()
        for name, address, a_minute in MESSENGERS:
            register_provider(Provider(name, address, (Budget(a_minute, timedelta(minutes=1)),)))
        register_retention(RetentionRule("mfa_tickets", "created_at", "mfa_tickets_days"))
        for table, column, forget in (
            ("user_sessions", "expires_at", "forget_sessions"),
            ("django_session", "expire_date", "forget_browser_sessions"),
        ):
            place = f"accounts.services.ended_sessions.{forget}"
            register_retention(RetentionRule(table, column, "ended_sessions_days", archive=place))
        register_retention(RetentionRule("notification_deliveries", "created_at", "notification_deliveries_days"))
        register_retention(RetentionRule("change_drafts", "created_at", "change_drafts_days"))
        register_retention(RetentionRule("webhook_deliveries", "created_at", "webhook_deliveries_days"))
        register_event(EventKind("notification.created", _("A message to you has become visible."), "account"))
        register_retention(
            RetentionRule(
                "notifications",
                "expires_at",
                "expired_notifications_days",
                archive="accounts.services.notifications.clear_notifications",
            )
        )
        register_retention(
            RetentionRule(
                "user_activities",
                "created_at",
                "user_activities_months",
                archive="accounts.services.activities.archive_activities",
            )
        )
