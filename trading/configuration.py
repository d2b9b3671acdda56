"""Settings of the app that admins change while the product runs."""

from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, Words, number, register, whole


def register_settings() -> None:
    """Make the groups known."""
    register(
        ConfigGroup(
            "imports",
            _("Files of trades: their size and rows, how long a preview waits, how many a portfolio may have."),
            {"largest_mb": 10, "most_rows": 50_000, "preview_hours": 24, "most_previews": 10},
            {
                "largest_mb": whole(1, 100),
                "most_rows": whole(1, 500_000),
                "preview_hours": whole(1, 720),
                "most_previews": whole(1, 100),
            },
            title=_("Imports of trades"),
            words={
                "largest_mb": Words(_("Largest file"), _("MB")),
                "most_rows": Words(_("Most rows of a file")),
                "preview_hours": Words(_("How long a preview waits"), _("hours")),
                "most_previews": Words(_("Most previews of a portfolio")),
            },
        )
    )
    register(
        ConfigGroup(
            "alerts",
            _("How many alerts a person may have."),
            {"most_per_person": 200},
            {"most_per_person": whole(1, 10_000)},
            title=_("Alerts"),
            words={
                "most_per_person": Words(_("Most alerts of a person")),
            },
        )
    )
    register(
        ConfigGroup(
            "screenshots",
            _("Pictures in the journal: their size, and how many an entry and a person may have."),
            {"largest_mb": 8, "most_megapixels": 30, "most_per_entry": 8, "most_per_person": 500, "most_mb": 100},
            {
                "largest_mb": whole(1, 50),
                "most_megapixels": whole(1, 100),
                "most_per_entry": whole(1, 100),
                "most_per_person": whole(1, 900),
                "most_mb": whole(1, 190),
            },
            title=_("Pictures in the journal"),
            words={
                "largest_mb": Words(_("Largest picture"), _("MB")),
                "most_megapixels": Words(_("Most pixels of a picture"), _("megapixels")),
                "most_per_entry": Words(_("Most pictures of an entry")),
                "most_per_person": Words(_("Most pictures of a person")),
                "most_mb": Words(_("Most room of a person"), _("MB")),
            },
        )
    )
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
            title=_("Signals"),
            words={
                "min_risk_reward": Words(_("Least reward for the risk")),
                "min_confluence": Words(_("Least reasons that agree")),
                "min_stop_atr": Words(_("Nearest stop"), "ATR"),
                "max_stop_atr": Words(_("Farthest stop"), "ATR"),
            },
        )
    )
    register(
        ConfigGroup(
            "signal_sizing",
            _("When a signal with a measured edge is actionable, and how much of a capital it may take."),
            {
                "min_probability_long": 0.35,
                "min_probability_short": 0.35,
                "cost_pct": 0.3,
                "kelly_share": 0.25,
                "max_risk_pct": 1.0,
                "max_position_pct": 10.0,
            },
            {
                "min_probability_long": number(0, 1),
                "min_probability_short": number(0, 1),
                "cost_pct": number(0, 10),
                "kelly_share": number(0, 1),
                "max_risk_pct": number(0.01, 20),
                "max_position_pct": number(0.1, 100),
            },
            title=_("Size of signals"),
            words={
                "min_probability_long": Words(_("Least probability of a purchase"), hint=_("Between 0 and 1.")),
                "min_probability_short": Words(_("Least probability of a short sale"), hint=_("Between 0 and 1.")),
                "cost_pct": Words(_("Cost of a trade, there and back"), "%"),
                "kelly_share": Words(_("Share of the Kelly size"), hint=_("1 is all of it.")),
                "max_risk_pct": Words(_("Most capital at risk in a trade"), "%"),
                "max_position_pct": Words(_("Largest position, of the capital"), "%"),
            },
        )
    )
