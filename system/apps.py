from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, register, whole


class SystemConfig(AppConfig):
    name = "system"
    verbose_name = _("System")

    def ready(self) -> None:
        register(
            ConfigGroup(
                "retention",
                _("How long rows stay before they are archived or swept."),
                {
                    "user_activities_months": 6,
                    "implemented_suggestions_months": 3,
                    "price_1m_days": 30,
                    "price_5m_15m_days": 180,
                    "price_1h_days": 730,
                    "api_logs_days": 90,
                    "system_health_days": 90,
                },
                {
                    "user_activities_months": whole(1, 120),
                    "implemented_suggestions_months": whole(1, 120),
                    "price_1m_days": whole(1, 36500),
                    "price_5m_15m_days": whole(1, 36500),
                    "price_1h_days": whole(1, 36500),
                    "api_logs_days": whole(1, 36500),
                    "system_health_days": whole(1, 36500),
                },
            )
        )
