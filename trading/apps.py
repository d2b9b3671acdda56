from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, number, register, whole
from system.events import EventKind, register_event


class TradingConfig(AppConfig):
    name = "trading"
    verbose_name = _("Trading")

    def ready(self) -> None:
        for topic, meaning in (
            ("signal.created", _("A signal was issued.")),
            ("signal.updated", _("A signal has ended, or was withdrawn.")),
            ("signal.expired", _("The time of a signal is over.")),
            ("execution.updated", _("An execution of yours has changed.")),
            ("alert.triggered", _("An alert of yours has fired.")),
        ):
            register_event(EventKind(topic, meaning, "signals"))
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
            )
        )
        register(
            ConfigGroup(
                "alerts",
                _("How many alerts a person may have."),
                {"most_per_person": 200},
                {"most_per_person": whole(1, 10_000)},
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
            )
        )
