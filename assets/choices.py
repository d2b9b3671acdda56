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


DEMO_SOURCE = "demo"
"""``data_source`` of everything that the demo market generated."""
