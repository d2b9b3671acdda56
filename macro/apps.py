from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

MINUTE = timedelta(minutes=1)


class MacroConfig(AppConfig):
    name = "macro"
    verbose_name = _("Macro")

    def ready(self) -> None:
        from macro.configuration import register_settings
        from system.http import Budget, Provider, register_provider

        register_settings()
        for name, address, a_minute in (
            ("alternative_me", "https://api.alternative.me", 60),
            ("coinmetrics", "https://community-api.coinmetrics.io", 100),
            ("fred", "https://fred.stlouisfed.org", 120),
            ("stooq", "https://stooq.com", 20),
            ("yahoo", "https://query1.finance.yahoo.com", 30),
        ):
            register_provider(Provider(name, address, (Budget(a_minute, MINUTE),)))
