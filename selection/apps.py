from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, number, register, whole
from system.retention import RetentionRule, register_retention


class SelectionConfig(AppConfig):
    name = "selection"
    verbose_name = _("Selection")

    def ready(self) -> None:
        register_retention(
            RetentionRule(
                "ai_suggestions",
                "implemented_at",
                "implemented_suggestions_months",
                archive="selection.services.archiving.archive_suggestions",
            )
        )
        register(
            ConfigGroup(
                "watchlist_limits",
                _("How many assets a list may hold, and how many lists a person."),
                {"tier1_max": 20, "tier2_max": 100, "personal_max": 25, "personal_lists_max": 10},
                {
                    "tier1_max": whole(1, 1000),
                    "tier2_max": whole(1, 10000),
                    "personal_max": whole(1, 1000),
                    "personal_lists_max": whole(1, 1000),
                },
            )
        )
        register(
            ConfigGroup(
                "ai_thresholds",
                _("Least confidence of what is suggested and of what counts as actionable."),
                {"suggestion_confidence_min": 0.7, "signal_confidence_min": 0.8},
                {"suggestion_confidence_min": number(0, 1), "signal_confidence_min": number(0, 1)},
            )
        )
        register(
            ConfigGroup(
                "suggestion_expiry_days",
                _("After how many days an undecided suggestion lapses; the same one is not made again before."),
                {"days": 7},
                {"days": whole(1, 365)},
            )
        )
        register(
            ConfigGroup(
                "suggestion_caps",
                _("How many suggestions of a kind one run may make for one list."),
                {"per_kind": 5},
                {"per_kind": whole(0, 1000)},
            )
        )
