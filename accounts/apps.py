from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.retention import RetentionRule, register_retention


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        register_retention(
            RetentionRule(
                "user_activities",
                "created_at",
                "user_activities_months",
                archive="accounts.services.activities.archive_activities",
            )
        )
