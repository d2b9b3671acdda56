from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

MINUTE = timedelta(minutes=1)
USED = "x-mbx-used-weight-1m"


class AssetsConfig(AppConfig):
    name = "assets"
    verbose_name = _("Assets")

    def ready(self) -> None:
        from assets.configuration import register_settings
        from system.http import Budget, Provider, register_provider

        register_settings()
        for provider in (
            Provider("binance", "https://api.binance.com", (Budget(6000, MINUTE),), used_header=USED),
            Provider("binanceusdm", "https://fapi.binance.com", (Budget(2400, MINUTE),), used_header=USED),
            Provider("coingecko", "https://api.coingecko.com", (Budget(30, MINUTE),), key_header="x-cg-demo-api-key"),
        ):
            register_provider(provider)
