from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, register, whole
from system.retention import RetentionRule, register_retention


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
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
                },
                {
                    "max_failed_logins": whole(1, 100),
                    "lockout_minutes": whole(1, 7 * 24 * 60),
                    "reset_token_hours": whole(1, 48),
                    "verify_token_hours": whole(1, 14 * 24),
                    "session_days": whole(1, 366),
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
