"""Settings of the market data that admins change while the product runs."""

from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from system.configuration import ConfigGroup, register, whole

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
        )
    )
