"""What candles were before a source corrected them, and the candle that is still running."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from assets.choices import CandleField, Timeframe
from system.constraints import at_least, one_of
from system.fields import Numeric, PriceField, UsdField
from system.formats import minute


class CandleRevision(models.Model):
    """One corrected value of one candle. A read at a moment before ``corrected_at`` takes the old value."""

    asset = models.ForeignKey(
        "assets.Asset", on_delete=models.CASCADE, related_name="candle_revisions", db_index=False, db_comment="Asset"
    )
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Length of the candle")
    candle_time = models.DateTimeField(db_comment="Start of the candle, UTC")
    field = models.CharField(max_length=20, choices=CandleField, db_comment="Column that was corrected")
    old_value = Numeric(48, 18, null=True, blank=True, db_comment="Value before, in the unit of the column; NULL: none")
    new_value = Numeric(48, 18, null=True, blank=True, db_comment="Value since, in the unit of the column")
    corrected_at = models.DateTimeField(db_default=Now(), db_comment="Moment of the correction (UTC)")

    class Meta:
        db_table = "candle_revisions"
        verbose_name = _("corrected candle")
        verbose_name_plural = _("corrected candles")
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "timeframe", "candle_time", "field", "corrected_at"],
                name="unique_candle_revision",
                violation_error_message=_("This value was corrected at the same moment."),
            ),
            one_of("timeframe", Timeframe, name="chk_candle_revisions_timeframe"),
            one_of("field", CandleField, name="chk_candle_revisions_field"),
        ]
        indexes = [models.Index(fields=["timeframe", "corrected_at"], name="idx_candle_revisions_time")]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.timeframe} {minute(self.candle_time)} {self.field}"


class OpenCandle(models.Model):
    """The running candle of an asset and timeframe as it was seen last. Shown, marked as open; never analysed."""

    asset = models.ForeignKey(
        "assets.Asset", on_delete=models.CASCADE, related_name="open_candles", db_index=False, db_comment="Asset"
    )
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Length of the candle")
    candle_time = models.DateTimeField(db_comment="Start of the candle, UTC")
    open_price = PriceField(db_comment="Open, USD")
    high_price = PriceField(db_comment="High so far")
    low_price = PriceField(db_comment="Low so far")
    close_price = PriceField(db_comment="Price when it was seen")
    volume = UsdField(db_comment="Volume so far, USD")
    base_volume = PriceField(null=True, blank=True, db_comment="Volume so far, coins")
    trade_count = models.IntegerField(null=True, blank=True, db_comment="Trades so far")
    seen_at = models.DateTimeField(db_comment="When the source was asked (UTC)")

    class Meta:
        db_table = "open_candles"
        verbose_name = _("open candle")
        verbose_name_plural = _("open candles")
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "timeframe"],
                name="unique_open_candle",
                violation_error_message=_("An asset has one open candle per timeframe."),
            ),
            models.CheckConstraint(
                condition=models.Q(low_price__lte=models.F("open_price"), high_price__gte=models.F("open_price"))
                & models.Q(low_price__lte=models.F("close_price"), high_price__gte=models.F("close_price")),
                name="chk_open_candle_ohlc_logic",
                violation_error_message=_("The high must be the highest and the low the lowest price of the candle."),
            ),
            models.CheckConstraint(
                condition=models.Q(open_price__gt=0, high_price__gt=0, low_price__gt=0, close_price__gt=0),
                name="chk_open_candle_prices_positive",
                violation_error_message=_("Prices must be above 0."),
            ),
            at_least("volume", 0, name="chk_open_candles_volume"),
            at_least("base_volume", 0, name="chk_open_candles_base_volume"),
            one_of("timeframe", Timeframe, name="chk_open_candles_timeframe"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.timeframe} {minute(self.candle_time)}"
