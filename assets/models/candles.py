"""Candles and their archive: twin tables, partitioned by timeframe and time."""

from decimal import Decimal

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from system.constraints import at_least, one_of
from system.fields import PriceField, UsdField
from system.formats import minute


class Candle(models.Model):
    """The columns of both twins. The natural key is the primary key: nothing points at a single candle, PostgreSQL
    demands the partition key in it, and it is the target of the upsert."""

    pk = models.CompositePrimaryKey("asset_id", "timeframe", "candle_time")
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Candle length")
    candle_time = models.DateTimeField(db_comment="Start of the candle, UTC")
    open_price = PriceField(db_comment="Open, USD (macro/index: in the index's own unit)")
    high_price = PriceField(db_comment="High")
    low_price = PriceField(db_comment="Low")
    close_price = PriceField(db_comment="Close")
    volume = UsdField(default=Decimal(0), db_default=Decimal(0), db_comment="Volume in the period, USD")
    base_volume = PriceField(
        null=True,
        blank=True,
        db_comment="Volume in the period, coins, as the exchange counts it; where vwap is NULL, volume is this times "
        "the mean of open, high, low and close",
    )
    market_cap = UsdField(null=True, blank=True, db_comment="Market cap at candle time, USD")
    trade_count = models.IntegerField(null=True, blank=True, db_comment="Trades in the period")
    vwap = PriceField(null=True, blank=True, db_comment="Volume-weighted average price")
    technical_indicators = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        db_comment="Cached indicators: {RSI:{'14':..},MACD:{value,signal,histogram},SMA:{},EMA:{},BB:{},volume_sma:{},"
        "computed_at}",
    )
    is_validated = models.BooleanField(default=False, db_default=False, db_comment="Data passed validation")
    is_derived = models.BooleanField(
        default=False, db_default=False, db_comment="Aggregated from shorter candles, not the source's own"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        asset_id, timeframe, candle_time = self.pk
        return f"{asset_id} {timeframe} {minute(candle_time)}"


class PriceData(Candle):
    """One candle, named by its start. Partitioned by timeframe, then by time."""

    asset = models.ForeignKey(
        "assets.Asset", on_delete=models.CASCADE, related_name="candles", db_index=False, db_comment="Asset"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="Row creation time (UTC)")
    updated_at = models.DateTimeField(auto_now=True, db_default=Now(), db_comment="Last change time (UTC)")

    class Meta:
        db_table = "price_data"
        verbose_name = _("candle")
        verbose_name_plural = _("candles")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(low_price__lte=models.F("open_price"), high_price__gte=models.F("open_price"))
                & models.Q(low_price__lte=models.F("close_price"), high_price__gte=models.F("close_price")),
                name="chk_ohlc_logic",
                violation_error_message=_("The high must be the highest and the low the lowest price of the candle."),
            ),
            models.CheckConstraint(
                condition=models.Q(open_price__gt=0, high_price__gt=0, low_price__gt=0, close_price__gt=0),
                name="chk_prices_positive",
                violation_error_message=_("Prices must be above 0."),
            ),
            at_least("volume", 0, name="chk_volume_non_negative"),
            at_least("base_volume", 0, name="chk_base_volume_non_negative"),
            one_of("timeframe", Timeframe, name="chk_price_data_timeframe"),
        ]
        indexes = [BrinIndex(fields=["candle_time"], name="idx_price_data_time_brin")]


class PriceDataArchive(Candle):
    """Old candles: whole partitions move here. The twin's constraints, of the same names, are made by the migration:
    ATTACH PARTITION demands them, and Django wants a name to be declared once."""

    asset = models.ForeignKey(
        "assets.Asset", on_delete=models.CASCADE, related_name="archived_candles", db_index=False, db_comment="Asset"
    )
    created_at = models.DateTimeField(db_default=Now(), db_comment="Copied from price_data")
    updated_at = models.DateTimeField(db_default=Now(), db_comment="Copied from price_data")

    class Meta:
        db_table = "price_data_archive"
        verbose_name = _("archived candle")
        verbose_name_plural = _("archived candles")
        indexes = [BrinIndex(fields=["candle_time"], name="idx_price_arch_time_brin")]
