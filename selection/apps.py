from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.events import EventKind, register_event
from system.retention import RetentionRule, register_retention


class SelectionConfig(AppConfig):
    name = "selection"
    verbose_name = _("Selection")

    def ready(self) -> None:
        from selection.configuration import register_settings

        register_settings()
        for topic, meaning in (
            ("suggestion.created", _("A suggestion was made; admins are told, of a personal list its owner.")),
            ("suggestion.reviewed", _("A suggestion was decided; of default lists admins are told.")),
            ("suggestion.expired", _("A suggestion has lapsed; admins are told, of a personal list its owner.")),
        ):
            register_event(EventKind(topic, meaning, "lists", for_admins=True))
        register_retention(
            RetentionRule(
                "ai_suggestions",
                "implemented_at",
                "implemented_suggestions_months",
                archive="selection.services.archiving.archive_suggestions",
            )
        )
