from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.events import EventKind, register_event


class TradingConfig(AppConfig):
    name = "trading"
    verbose_name = _("Trading")

    def ready(self) -> None:
        from trading.configuration import register_settings

        register_settings()
        for topic, meaning in (
            ("signal.created", _("A signal was issued.")),
            ("signal.updated", _("A signal has ended, or was withdrawn.")),
            ("signal.expired", _("The time of a signal is over.")),
            ("execution.updated", _("An execution of yours has changed.")),
            ("alert.triggered", _("An alert of yours has fired.")),
        ):
            register_event(EventKind(topic, meaning, "signals"))
