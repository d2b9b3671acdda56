"""Sectors, their members and their series."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from system.constraints import at_least, between, one_of
from system.fields import Numeric, UsdField
from system.formats import minute
from system.models.base import TimeStamped


class Sector(TimeStamped):
    """A part of the market whose coins share a purpose."""

    coingecko_id = models.CharField(
        max_length=100, unique=True, db_comment="CoinGecko category id; 'local:<slug>' for a sector CoinGecko lacks"
    )
    name = models.CharField(max_length=100, unique=True, db_comment="Name (DeFi, Gaming, Infrastructure, ...)")
    description = models.TextField(db_comment="Description")
    color_code = models.CharField(max_length=7, null=True, blank=True, db_comment="Colour for charts, #RRGGBB")
    characteristics = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Free properties: {type, maturity, focus}"
    )
    market_cap = UsdField(null=True, blank=True, db_comment="Market cap of all coins, USD")
    market_cap_change_24h = UsdField(
        null=True, blank=True, db_comment="Change in 24 h, USD (CoinGecko's field of that name is in percent: convert)"
    )
    volume_24h = UsdField(null=True, blank=True, db_comment="24 h volume, USD")
    metrics_details = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="Small embedded series, e.g. seven OHLCV rows of the last 7 days",
    )
    top_3_coins_id = ArrayField(
        models.BigIntegerField(), null=True, blank=True, default=list, db_comment="assets.id of the three largest coins"
    )
    is_active = models.BooleanField(default=True, db_comment="Actively tracked")

    class Meta:
        db_table = "sectors"
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(color_code__regex=r"^#[0-9A-Fa-f]{6}$"),
                name="chk_sectors_color_code",
                violation_error_message=_("A colour is written #RRGGBB."),
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    models.Func("top_3_coins_id", function="cardinality", output_field=models.IntegerField()), 3
                ),
                name="chk_sectors_top_3_coins_id",
                violation_error_message=_("At most three coins."),
            ),
        ]
        indexes = [
            models.Index(fields=["is_active", "-market_cap"], name="idx_sectors_active_cap"),
        ]

    def __str__(self) -> str:
        return self.name


class SectorHistory(TimeStamped):
    """One point of a sector's series."""

    sector = models.ForeignKey(
        "sectors.Sector", on_delete=models.CASCADE, related_name="history", db_index=False, db_comment="Sector"
    )
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Candle length")
    market_cap = UsdField(null=True, blank=True, db_comment="Market cap of the sector, USD")
    volume_24h = UsdField(null=True, blank=True, db_comment="24 h volume of the sector, USD")
    technical_indicators = models.JSONField(
        null=True, blank=True, db_comment="{RSI, MACD:{value,signal,histogram}, SMA:{}, EMA:{}}; NULL when not stored"
    )
    candle_time = models.DateTimeField(db_comment="Start of the candle, UTC")

    class Meta:
        db_table = "sector_history"
        verbose_name = _("sector point")
        verbose_name_plural = _("sector history")
        constraints = [
            models.UniqueConstraint(
                fields=["sector", "timeframe", "candle_time"],
                name="unique_sector_timeframe_candle",
                violation_error_message=_("This point of the sector exists already."),
            ),
            one_of("timeframe", Timeframe, name="chk_sector_history_timeframe"),
            at_least("market_cap", 0, name="chk_sector_history_market_cap"),
            at_least("volume_24h", 0, name="chk_sector_history_volume_24h"),
        ]
        indexes = [
            models.Index(fields=["-candle_time"], name="idx_sector_history_time"),
            models.Index(fields=["sector", "-candle_time"], name="idx_sector_perf_sector_time"),
        ]

    def __str__(self) -> str:
        return f"{self.sector} {self.timeframe} {minute(self.candle_time)}"


class SectorMapping(TimeStamped):
    """Membership of an asset in a sector over an interval of time."""

    asset = models.ForeignKey(
        "assets.Asset", on_delete=models.CASCADE, related_name="sector_mappings", db_index=False, db_comment="Asset"
    )
    sector = models.ForeignKey(
        "sectors.Sector", on_delete=models.CASCADE, related_name="mappings", db_index=False, db_comment="Sector"
    )
    is_primary_sector = models.BooleanField(default=False, db_comment="Primary sector of the asset")
    weight = Numeric(5, 4, default=Decimal("1.0"), db_comment="Share of the asset counted in this sector, 0-1")
    valid_from = models.DateTimeField(null=True, blank=True, db_comment="Member since; NULL = since ever")
    valid_to = models.DateTimeField(null=True, blank=True, db_comment="Member until (exclusive); NULL = still")

    class Meta:
        db_table = "sector_mapping"
        verbose_name = _("sector membership")
        verbose_name_plural = _("sector memberships")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__lt=models.F("valid_to")),
                name="chk_sector_mapping_valid",
                violation_error_message=_("A membership ends after it starts."),
            ),
            models.UniqueConstraint(
                fields=["asset", "sector"],
                condition=models.Q(valid_to__isnull=True),
                name="unique_sector_mapping_asset_sector",
                violation_error_message=_("The asset is a member of this sector already."),
            ),
            models.UniqueConstraint(
                fields=["asset"],
                condition=models.Q(is_primary_sector=True, valid_to__isnull=True),
                name="unique_sector_mapping_primary",
                violation_error_message=_("The asset has another primary sector."),
            ),
            between("weight", 0, 1, name="chk_sector_mapping_weight"),
        ]
        indexes = [
            models.Index(fields=["asset"], name="idx_crypto_sector_crypto"),
            models.Index(fields=["sector"], name="idx_crypto_sector_sector"),
        ]

    def __str__(self) -> str:
        return f"{self.asset} · {self.sector}"
