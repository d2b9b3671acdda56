from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, number, register, whole


class TradingConfig(AppConfig):
    name = "trading"
    verbose_name = _("Trading")

    def ready(self) -> None:
        register(
            ConfigGroup(
                "signals",
                _("What a signal must offer, and how far its stop may lie away."),
                {"min_risk_reward": 1.5, "min_confluence": 3, "min_stop_atr": 1.0, "max_stop_atr": 3.5},
                {
                    "min_risk_reward": number(0.5, 20),
                    "min_confluence": whole(1, 6),
                    "min_stop_atr": number(0.1, 20),
                    "max_stop_atr": number(0.1, 50),
                },
            )
        )
