from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AIModelsConfig(AppConfig):
    name = "aimodels"
    verbose_name = _("Models")

    def ready(self) -> None:
        from aimodels.configuration import register_settings

        register_settings()
