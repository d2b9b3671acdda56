from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, register, whole
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
        from system.http import Budget, Provider, register_provider

        for name, address, a_minute in MESSENGERS:
            register_provider(Provider(name, address, (Budget(a_minute, timedelta(minutes=1)),)))
        register(
            ConfigGroup(
                "delivery",
                _("Messages outside the app: how long they are tried, and servers of ntfy that people may use."),
                {
                    "give_up_days": 3,
                    "most_attempts": 100,
                    "most_channels": 10,
                    "most_webhooks": 10,
                    "ntfy_servers": [],
                },
                {
                    "give_up_days": whole(1, 30),
                    "most_attempts": whole(1, 1000),
                    "most_channels": whole(0, 100),
                    "most_webhooks": whole(0, 100),
                    "ntfy_servers": {
                        "type": "array",
                        "items": {"type": "string", "pattern": r"^https?://[A-Za-z0-9.:\[\]-]{1,200}$"},
                    },
                },
            )
        )
        register_retention(RetentionRule("mfa_tickets", "created_at", "mfa_tickets_days"))
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
        register(
            ConfigGroup(
                "security",
                _("When logins are locked, and how long sessions and mailed links work."),
                {
                    "max_failed_logins": 5,
                    "lockout_minutes": 15,
                    "reset_token_hours": 1,
                    "verify_token_hours": 48,
                    "session_days": 30,
                    "admins_need_second_factor": True,
                },
                {
                    "max_failed_logins": whole(1, 100),
                    "lockout_minutes": whole(1, 7 * 24 * 60),
                    "reset_token_hours": whole(1, 48),
                    "verify_token_hours": whole(1, 14 * 24),
                    "session_days": whole(1, 366),
                    "admins_need_second_factor": {"type": "boolean"},
                },
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
