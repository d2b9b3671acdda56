from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, number, register, whole
from system.events import EventKind, register_event
from system.retention import RetentionRule, register_retention

SHARES = (
    "max_asset_pct", "max_sector_pct", "max_correlated_pct", "max_stablecoin_pct", "max_fees_pct", "max_assumed_pct",
    "max_var_pct", "max_drawdown_pct", "max_unclassified_pct", "max_turnover_pct", "rebalance_least_pct",
    "trading_cost_pct",
)  # fmt: skip
"""Limits of portfolios that are percentages."""


class SelectionConfig(AppConfig):
    name = "selection"
    verbose_name = _("Selection")

    def ready(self) -> None:
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
        register(
            ConfigGroup(
                "personal_suggestion_caps",
                _("How many suggestions of a kind one run may make for one personal list whose owner wants them."),
                {"per_kind": 2},
                {"per_kind": whole(0, 1000)},
            )
        )
        register(
            ConfigGroup(
                "portfolio_rules",
                _("Limits that portfolios are looked through by, and what better weights keep to."),
                {
                    "max_asset_pct": 40,
                    "max_sector_pct": 60,
                    "max_correlation": 0.8,
                    "max_correlated_pct": 60,
                    "min_effective_positions": 3,
                    "max_stablecoin_pct": 50,
                    "max_fees_pct": 1,
                    "max_stale_prices": 0,
                    "max_missing_prices": 0,
                    "max_assumed_pct": 10,
                    "max_days_to_sell": 1,
                    "max_var_pct": 8,
                    "max_drawdown_pct": 40,
                    "max_leverage": 1.5,
                    "max_unclassified_pct": 20,
                    "max_turnover_pct": 100,
                    "use_position_limits": False,
                    "rebalance_least_pct": 1,
                    "trading_cost_pct": 0.1,
                    "holding_days": 30,
                    "risk_aversion": 3,
                },
                {
                    **dict.fromkeys(SHARES, number(0, 100)),
                    "max_correlation": number(-1, 1),
                    "min_effective_positions": number(1, 1000),
                    "max_stale_prices": whole(0, 1000),
                    "max_missing_prices": whole(0, 1000),
                    "max_days_to_sell": number(0, 3650),
                    "max_leverage": number(0, 125),
                    "use_position_limits": {"type": "boolean"},
                    "holding_days": whole(1, 3650),
                    "risk_aversion": number(0, 1000),
                },
            )
        )
        register(
            ConfigGroup(
                "suggestion_rebalancing",
                _("From which difference on another weight on a list is suggested, 0-1."),
                {"least_gap": 0.05},
                {"least_gap": number(0, 1)},
            )
        )
