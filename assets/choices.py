"""Words of the market data."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Timeframe(models.TextChoices):
    """Length of a candle."""

    M1 = "1m", _("1 minute")
    M5 = "5m", _("5 minutes")
    M15 = "15m", _("15 minutes")
    H1 = "1h", _("1 hour")
    H4 = "4h", _("4 hours")
    D1 = "1d", _("1 day")
    W1 = "1w", _("1 week")
    MO1 = "1M", _("1 month")


def subset(*timeframes: Timeframe) -> list[tuple[str, str | Promise]]:
    """Choices of a column that does not take every timeframe."""
    return [(timeframe.value, timeframe.label) for timeframe in timeframes]


class AssetType(models.TextChoices):
    CRYPTO = "crypto", _("crypto")
    STABLECOIN = "stablecoin", _("stablecoin")
    MACRO = "macro", _("macro")
    INDEX = "index", _("index")


class Market(models.TextChoices):
    """Where the figures come from: the real market, or the built-in demo market. The two are never mixed in one run."""

    REAL = "real", _("real market")
    DEMO = "demo", _("demo market")


class GapReason(models.TextChoices):
    """Why candles are missing."""

    NOT_FETCHED = "not_fetched", _("not fetched")
    OUTAGE = "outage", _("outage of the source")
    NOT_LISTED = "not_listed", _("not listed")


class GapStatus(models.TextChoices):
    """What became of a gap: open, filled from a source, or confirmed by the source, which has no candle either."""

    OPEN = "open", _("open")
    REPAIRED = "repaired", _("repaired")
    CONFIRMED = "confirmed", _("confirmed")


class IngestStatus(models.TextChoices):
    """How the newest fetch of an asset's candles ended."""

    RUNNING = "running", _("running")
    DONE = "done", _("done")
    PARTIAL = "partial", _("partial")
    FAILED = "failed", _("failed")


class CandleField(models.TextChoices):
    """Columns of a candle that a source may correct."""

    OPEN = "open_price", _("open")
    HIGH = "high_price", _("high")
    LOW = "low_price", _("low")
    CLOSE = "close_price", _("close")
    VOLUME = "volume", _("volume, USD")
    BASE_VOLUME = "base_volume", _("volume, coins")
    TRADE_COUNT = "trade_count", _("trades")
    VWAP = "vwap", _("VWAP")


DEMO_SOURCE = "demo"
"""``data_source`` of everything that the demo market generated."""
FIXED_SOURCE = "fixed"
"""``data_source`` of assets whose price is what they are, such as the dollar itself: they say nothing of a market."""
