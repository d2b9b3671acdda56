"""Settings of the app that admins change while the product runs."""

from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, Words, number, register, whole

SHARES = (
    "max_asset_pct", "max_sector_pct", "max_correlated_pct", "max_stablecoin_pct", "max_fees_pct", "max_assumed_pct",
    "max_var_pct", "max_drawdown_pct", "max_unclassified_pct", "max_turnover_pct", "rebalance_least_pct",
    "trading_cost_pct",
)  # fmt: skip
"""Limits of portfolios that are percentages."""


def register_settings() -> None:
    """Make the groups known."""
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
            title=_("Limits of watchlists"),
            words={
                "tier1_max": Words(_("Most assets of the tier 1 list")),
                "tier2_max": Words(_("Most assets of the tier 2 list")),
                "personal_max": Words(_("Most assets of a personal list")),
                "personal_lists_max": Words(_("Most personal lists of a person")),
            },
        )
    )
    register(
        ConfigGroup(
            "ai_thresholds",
            _("Least confidence of what is suggested and of what counts as actionable."),
            {"suggestion_confidence_min": 0.7, "signal_confidence_min": 0.8},
            {"suggestion_confidence_min": number(0, 1), "signal_confidence_min": number(0, 1)},
            title=_("Least confidence"),
            words={
                "suggestion_confidence_min": Words(_("Of a suggestion"), hint=_("Between 0 and 1.")),
                "signal_confidence_min": Words(_("Of a signal that is actionable"), hint=_("Between 0 and 1.")),
            },
        )
    )
    register(
        ConfigGroup(
            "suggestion_expiry_days",
            _("After how many days an undecided suggestion lapses; the same one is not made again before."),
            {"days": 7},
            {"days": whole(1, 365)},
            title=_("Life of suggestions"),
            words={
                "days": Words(_("Time until an undecided suggestion lapses"), _("days")),
            },
        )
    )
    register(
        ConfigGroup(
            "suggestion_caps",
            _("How many suggestions of a kind one run may make for one list."),
            {"per_kind": 5},
            {"per_kind": whole(0, 1000)},
            title=_("Suggestions of a run"),
            words={
                "per_kind": Words(_("Most of a kind for one list")),
            },
        )
    )
    register(
        ConfigGroup(
            "personal_suggestion_caps",
            _("How many suggestions of a kind one run may make for one personal list whose owner wants them."),
            {"per_kind": 2},
            {"per_kind": whole(0, 1000)},
            title=_("Suggestions of a run for personal lists"),
            words={
                "per_kind": Words(_("Most of a kind for one list")),
            },
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
            title=_("Rules of portfolios"),
            words={
                "max_asset_pct": Words(_("Largest share of an asset"), "%"),
                "max_sector_pct": Words(_("Largest share of a sector"), "%"),
                "max_correlation": Words(
                    _("Correlation from which two assets move together"), hint=_("Between −1 and 1.")
                ),
                "max_correlated_pct": Words(_("Largest share of assets that move together"), "%"),
                "min_effective_positions": Words(_("Least positions that count")),
                "max_stablecoin_pct": Words(_("Largest share of stablecoins"), "%"),
                "max_fees_pct": Words(_("Most fees, of what was traded"), "%"),
                "max_stale_prices": Words(_("Most positions with an old price")),
                "max_missing_prices": Words(_("Most positions without a price")),
                "max_assumed_pct": Words(_("Largest share built on assumptions"), "%"),
                "max_days_to_sell": Words(_("Longest time to sell a position"), _("days")),
                "max_var_pct": Words(_("Largest value at risk"), "%"),
                "max_drawdown_pct": Words(_("Largest drawdown"), "%"),
                "max_leverage": Words(_("Largest leverage")),
                "max_unclassified_pct": Words(_("Largest share without a sector"), "%"),
                "max_turnover_pct": Words(_("Largest turnover of better weights"), "%"),
                "use_position_limits": Words(_("Better weights keep to the limits of positions")),
                "rebalance_least_pct": Words(_("Least change of a weight"), "%"),
                "trading_cost_pct": Words(_("Cost of a trade"), "%"),
                "holding_days": Words(_("How long positions are held"), _("days")),
                "risk_aversion": Words(_("Aversion to risk"), hint=_("0 looks at returns alone.")),
            },
        )
    )
    register(
        ConfigGroup(
            "suggestion_rebalancing",
            _("From which difference on another weight on a list is suggested, 0-1."),
            {"least_gap": 0.05},
            {"least_gap": number(0, 1)},
            title=_("Suggestions of weights"),
            words={
                "least_gap": Words(_("Difference from which another weight is suggested"), hint=_("Between 0 and 1.")),
            },
        )
    )
