"""Settings of the market data that admins change while the product runs."""

from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from system.configuration import ConfigGroup, Words, register, whole

LONGEST_DAYS = 36500
TIMEFRAMES = {"type": "array", "items": {"enum": list(Timeframe.values)}, "uniqueItems": True}
SOURCE = {"type": "string", "pattern": "^[a-z0-9_]{2,20}$"}
HISTORY_DAYS = {"1m": 7, "5m": 30, "15m": 60, "1h": 730, "4h": 1460, "1d": 3650, "1w": 3650, "1M": 3650}


def register_settings() -> None:
    """Make the groups known."""
    register(
        ConfigGroup(
            "collection",
            _(
                "Which market data is fetched from outside. Off, the product makes no call to any provider. "
                "repair_sources are asked for missing candles after the asset's own source, in this order."
            ),
            {
                "enabled": False,
                "exchange": "binance",
                "quote": "USDT",
                "assets": 100,
                "timeframes": ["1h", "4h", "1d", "1w"],
                "history_days": HISTORY_DAYS,
                "assets_per_task": 20,
                "repair_sources": [],
                "repairs_per_run": 200,
            },
            {
                "enabled": {"type": "boolean"},
                "exchange": SOURCE,
                "quote": {"type": "string", "pattern": "^[A-Z]{2,10}$"},
                "assets": whole(1, 10_000),
                "timeframes": TIMEFRAMES,
                "history_days": {
                    "type": "object",
                    "properties": {name: whole(1, LONGEST_DAYS) for name in Timeframe.values},
                    "required": list(Timeframe.values),
                    "additionalProperties": False,
                },
                "assets_per_task": whole(1, 1000),
                "repair_sources": {"type": "array", "items": SOURCE, "uniqueItems": True, "maxItems": 5},
                "repairs_per_run": whole(1, 100_000),
            },
            title=_("Market data"),
            words={
                "enabled": Words(_("Fetch market data from outside")),
                "exchange": Words(_("Exchange"), hint=_("Small letters, such as binance or kraken.")),
                "quote": Words(_("Priced in"), hint=_("Two to ten capital letters, such as USDT.")),
                "assets": Words(_("How many coins")),
                "timeframes": Words(_("Lengths of candles")),
                "history_days": Words(_("History at the first fetch")),
                "history_days.1m": Words(_("History of candles of 1 minute"), _("days")),
                "history_days.5m": Words(_("History of candles of 5 minutes"), _("days")),
                "history_days.15m": Words(_("History of candles of 15 minutes"), _("days")),
                "history_days.1h": Words(_("History of candles of 1 hour"), _("days")),
                "history_days.4h": Words(_("History of candles of 4 hours"), _("days")),
                "history_days.1d": Words(_("History of candles of 1 day"), _("days")),
                "history_days.1w": Words(_("History of candles of 1 week"), _("days")),
                "history_days.1M": Words(_("History of candles of 1 month"), _("days")),
                "assets_per_task": Words(_("Assets of one task")),
                "repair_sources": Words(
                    _("Further exchanges for missing candles"),
                    hint=_("Asked after the own source of an asset, in this order."),
                ),
                "repairs_per_run": Words(_("Most repairs of a run")),
            },
        )
    )
