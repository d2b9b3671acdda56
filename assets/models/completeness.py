"""What should be stored of an asset, what is missing, and how the newest fetch ended."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from assets.choices import GapReason, GapStatus, IngestStatus, Timeframe
from system.constraints import above, at_least, one_of
from system.formats import minute, plain_day
from system.models.base import TimeStamped


class AssetListing(TimeStamped):
    """A span in which a source trades an asset. Outside of all of them nothing is missing."""

    asset = models.ForeignKey(
        "assets.Asset", on_delete=models.CASCADE, related_name="listings", db_index=False, db_comment="Asset"
    )
    source = models.CharField(max_length=20, db_comment="Who says so: binance, coingecko, file, demo")
    listed_at = models.DateTimeField(db_comment="First moment of trade (UTC)")
    delisted_at = models.DateTimeField(null=True, blank=True, db_comment="End of trade (UTC); NULL: still traded")

    class Meta:
        db_table = "asset_listings"
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "source", "listed_at"],
                name="unique_asset_listing",
                violation_error_message=_("This listing is known already."),
            ),
            models.UniqueConstraint(
                fields=["asset", "source"],
                condition=models.Q(delisted_at__isnull=True),
                name="unique_open_asset_listing",
                violation_error_message=_("The source lists this asset already."),
            ),
            models.CheckConstraint(
                condition=models.Q(delisted_at__isnull=True) | models.Q(delisted_at__gt=models.F("listed_at")),
                name="chk_asset_listing_order",
                violation_error_message=_("Trade ends after it began."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.source} {plain_day(self.listed_at)}"


class CandleGap(TimeStamped):
    """A stretch without candles, found against the grid of its timeframe within the listing of the asset."""

    asset = models.ForeignKey(
        "assets.Asset", on_delete=models.CASCADE, related_name="gaps", db_index=False, db_comment="Asset"
    )
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Length of the missing candles")
    starts_at = models.DateTimeField(db_comment="Start of the first missing candle (UTC)")
    ends_at = models.DateTimeField(db_comment="End of the last missing candle (UTC)")
    missing = models.IntegerField(db_comment="How many candles are missing")
    reason = models.CharField(
        max_length=20,
        choices=GapReason,
        default=GapReason.NOT_FETCHED,
        db_comment="not_fetched: no source was asked yet, or none answered; outage: the source has none either; "
        "not_listed: the source did not trade the asset",
    )
    status = models.CharField(
        max_length=20, choices=GapStatus, default=GapStatus.OPEN, db_comment="open, repaired or confirmed"
    )
    detected_at = models.DateTimeField(db_default=Now(), db_comment="When it was found (UTC)")
    asked_at = models.DateTimeField(null=True, blank=True, db_comment="When a source was asked last (UTC)")
    asked = models.CharField(max_length=20, null=True, blank=True, db_comment="Source that was asked last")
    resolved_at = models.DateTimeField(
        null=True, blank=True, db_comment="When it was repaired or confirmed (UTC); NULL: open"
    )

    class Meta:
        db_table = "candle_gaps"
        verbose_name = _("gap")
        verbose_name_plural = _("gaps")
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "timeframe", "starts_at"],
                condition=~models.Q(status="repaired"),
                name="unique_standing_gap",
                violation_error_message=_("This gap is known already."),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="chk_candle_gap_order",
                violation_error_message=_("A gap ends after it began."),
            ),
            models.CheckConstraint(
                condition=models.Q(status="open", resolved_at__isnull=True)
                | models.Q(status__in=["repaired", "confirmed"], resolved_at__isnull=False),
                name="chk_candle_gap_resolved",
                violation_error_message=_("An open gap has no time of resolution; every other gap has one."),
            ),
            above("missing", 0, name="chk_candle_gaps_missing"),
            one_of("timeframe", Timeframe, name="chk_candle_gaps_timeframe"),
            one_of("reason", GapReason, name="chk_candle_gaps_reason"),
            one_of("status", GapStatus, name="chk_candle_gaps_status"),
        ]
        indexes = [models.Index(fields=["status", "timeframe"], name="idx_candle_gaps_status")]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.timeframe} {minute(self.starts_at)} +{self.missing}"


class IngestState(TimeStamped):
    """How the newest fetch of an asset's candles from a source ended: one row per asset, timeframe and source."""

    asset = models.ForeignKey(
        "assets.Asset", on_delete=models.CASCADE, related_name="ingest_states", db_index=False, db_comment="Asset"
    )
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Length of the candles")
    source = models.CharField(max_length=20, db_comment="Provider that was asked")
    status = models.CharField(
        max_length=20, choices=IngestStatus, db_comment="running, done, partial (some candles came) or failed (none)"
    )
    asked_from = models.DateTimeField(db_comment="Start of the first candle that was asked for (UTC)")
    asked_until = models.DateTimeField(db_comment="End of the last candle that was asked for (UTC)")
    expected = models.IntegerField(db_comment="Candles that the grid has in what was asked for")
    stored = models.IntegerField(default=0, db_comment="Of these, candles that are stored")
    rejected = models.IntegerField(default=0, db_comment="Rows of the source that were refused")
    error = models.TextField(null=True, blank=True, db_comment="Why it is partial or failed")
    started_at = models.DateTimeField(db_comment="Begin of the fetch (UTC)")
    finished_at = models.DateTimeField(null=True, blank=True, db_comment="End of the fetch (UTC); NULL: running")
    succeeded_at = models.DateTimeField(null=True, blank=True, db_comment="End of the newest complete fetch (UTC)")

    class Meta:
        db_table = "ingest_states"
        verbose_name = _("state of a fetch")
        verbose_name_plural = _("states of fetches")
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "timeframe", "source"],
                name="unique_ingest_state",
                violation_error_message=_("This source has a state for the asset and timeframe already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status="done") | models.Q(error__isnull=True),
                name="chk_ingest_state_done",
                violation_error_message=_("A complete fetch has no error."),
            ),
            at_least("expected", 0, name="chk_ingest_states_expected"),
            at_least("stored", 0, name="chk_ingest_states_stored"),
            at_least("rejected", 0, name="chk_ingest_states_rejected"),
            one_of("timeframe", Timeframe, name="chk_ingest_states_timeframe"),
            one_of("status", IngestStatus, name="chk_ingest_states_status"),
        ]
        indexes = [models.Index(fields=["status", "timeframe"], name="idx_ingest_states_status")]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.timeframe} {self.source} {self.get_status_display()}"
