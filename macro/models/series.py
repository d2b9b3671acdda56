"""Values from outside, each with the time from which it was known."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.fields import PriceField
from system.formats import minute
from system.models.base import TimeStamped


class ExternalSeries(TimeStamped):
    """A series of single values: VIX, Fear & Greed, a funding rate, a market cap."""

    code = models.CharField(
        max_length=60, unique=True, db_comment="Name in the program, e.g. VIX, FUNDING:BTCUSDT-PERP"
    )
    name = models.CharField(max_length=100, db_comment="Name for people")
    kind = models.CharField(max_length=30, db_comment="macro, sentiment, onchain, funding, market_cap, volume")
    unit = models.CharField(
        max_length=30, db_comment="Unit of the values, e.g. USD, percent, points, fraction per interval"
    )
    source = models.CharField(max_length=50, db_comment="Who publishes it; demo = generated")
    asset = models.ForeignKey(
        "assets.Asset",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="external_series",
        db_comment="Asset it describes, if it describes one",
    )
    caveat = models.CharField(
        max_length=200, null=True, blank=True, db_comment="What a reader must know, e.g. a mean of the day, not a close"
    )

    class Meta:
        db_table = "external_series"
        verbose_name = _("external series")
        verbose_name_plural = _("external series")
        indexes = [models.Index(fields=["kind", "asset"], name="idx_external_series_kind")]

    def __str__(self) -> str:
        return self.code


class ExternalValue(models.Model):
    """One value. A corrected value is a new row with a later ``known_at``; the old one stays for runs of the time
    when it was believed."""

    pk = models.CompositePrimaryKey("series_id", "observed_at", "known_at")
    series = models.ForeignKey(
        ExternalSeries, on_delete=models.CASCADE, related_name="values", db_index=False, db_comment="Series"
    )
    observed_at = models.DateTimeField(db_comment="Moment or start of the day that the value describes (UTC)")
    known_at = models.DateTimeField(db_comment="From when on it could be known (UTC)")
    value = PriceField(db_comment="Value in the unit of the series")

    class Meta:
        db_table = "external_values"
        verbose_name = _("external value")
        verbose_name_plural = _("external values")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(known_at__gte=models.F("observed_at")),
                name="chk_external_value_known",
                violation_error_message=_("A value cannot be known before the moment that it describes."),
            ),
        ]
        indexes = [models.Index(fields=["series", "known_at"], name="idx_external_values_known")]

    def __str__(self) -> str:
        return f"{self.series_id} {minute(self.observed_at)}"
