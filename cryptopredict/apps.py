from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.column_words import own_tables, translate_names
from system.configuration import register
from system.events import EventKind, register_event


class CryptoPredictConfig(AppConfig):
    name = "cryptopredict"
    verbose_name = "CryptoPredict"

    def ready(self) -> None:
        register_event(EventKind("pipeline.done", _("A run of the pipeline has ended."), "market"))
        translate_names(own_tables())
        from cryptopredict.backups.policy import GROUP  # models, which are not ready before

        register(GROUP)
