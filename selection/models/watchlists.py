"""Watchlists, their entries and their history."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from selection.choices import PositionType, Tier, WatchlistType
from system.choices import LIVE
from system.constraints import above, between, one_of
from system.fields import Numeric
from system.formats import minute
from system.models.base import TimeStamped


class Watchlist(TimeStamped):
    """A list of assets: one default list per tier, kept by admins, and personal lists."""

    name = models.CharField(max_length=100, db_comment="Name")
    description = models.TextField(null=True, blank=True, db_comment="Purpose")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="watchlists",
        db_index=False,
        db_comment="Owner; NULL for a default (system) list",
    )
    watchlist_type = models.CharField(
        max_length=20,
        choices=WatchlistType,
        default=WatchlistType.PERSONAL,
        db_comment="default = system list kept by admins, personal = a user's",
    )
    tier = models.CharField(
        max_length=10, choices=Tier, null=True, blank=True, db_comment="Tier of a default list; NULL for personal lists"
    )
    is_active = models.BooleanField(default=True, db_comment="In use; false = soft-deleted")
    is_public = models.BooleanField(default=False, db_comment="May be shared (future)")
    max_assets = models.IntegerField(
        null=True,
        blank=True,
        db_comment="Largest number of entries; NULL = system_config.watchlist_limits (tier1_max 20, tier2_max 100, "
        "personal_max 25)",
    )
    wants_suggestions = models.BooleanField(
        default=False,
        db_comment="Of a personal list: changes of it are suggested to its owner; default lists always get suggestions",
    )
    sort_order = models.IntegerField(null=True, blank=True, default=0, db_comment="Order of a user's lists")
    configuration = models.JSONField(null=True, blank=True, default=dict, db_comment="List-wide analysis settings")
    last_change = models.ForeignKey(
        "system.AuditLog",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        db_comment="Row of the audit trail of the last change of the list or its entries: what undo takes back",
    )

    class Meta:
        db_table = "watchlists"
        verbose_name = _("watchlist")
        verbose_name_plural = _("watchlists")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(watchlist_type=WatchlistType.DEFAULT, user__isnull=True, tier__isnull=False)
                | models.Q(watchlist_type=WatchlistType.PERSONAL, user__isnull=False, tier__isnull=True),
                name="chk_default_watchlist_user",
                violation_error_message=_(
                    "A default list has a tier and no owner; a personal list has an owner and no tier."
                ),
            ),
            models.UniqueConstraint(
                fields=["tier"],
                condition=models.Q(watchlist_type=WatchlistType.DEFAULT, is_active=True),
                name="unique_default_watchlist_per_tier",
                violation_error_message=_("There is an active default list of this tier already."),
            ),
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=models.Q(watchlist_type=WatchlistType.PERSONAL, is_active=True),
                name="unique_watchlist_user_name",
                violation_error_message=_("You have a list of this name already."),
            ),
            one_of("watchlist_type", WatchlistType, name="chk_watchlists_watchlist_type"),
            one_of("tier", Tier, name="chk_watchlists_tier"),
            above("max_assets", 0, name="chk_watchlists_max_assets"),
        ]
        indexes = [
            models.Index(fields=["watchlist_type"], name="idx_watchlists_type"),
            models.Index(fields=["is_active"], name="idx_watchlists_active"),
            models.Index(fields=["user", "watchlist_type"], name="idx_watchlist_user"),
        ]

    def __str__(self) -> str:
        return self.name


class WatchlistAsset(TimeStamped):
    """One entry of a list as it stands now; past entries are in WatchlistAssetHistory."""

    watchlist = models.ForeignKey(
        "selection.Watchlist", on_delete=models.CASCADE, related_name="entries", db_index=False, db_comment="List"
    )
    asset = models.ForeignKey("assets.Asset", on_delete=models.CASCADE, db_index=False, db_comment="Asset")
    position_type = models.CharField(
        max_length=10, choices=PositionType, default=PositionType.LONG, db_comment="Direction watched for"
    )
    sort_order = models.IntegerField(default=1, db_comment="Position in the list, 1..n")
    weight = Numeric(5, 4, default=Decimal("0.0"), db_comment="Portfolio weight, 0-1")
    target_allocation = Numeric(5, 4, null=True, blank=True, db_comment="Target allocation, 0-1")
    notes = models.TextField(null=True, blank=True, db_comment="Why the asset is here")
    is_active = models.BooleanField(default=True, db_comment="false = paused (stays in the list, not analysed)")
    analysis_config = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Per-entry analysis, alert and custom settings"
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        related_name="watchlist_assets_added_by",
        db_column="added_by",
        db_comment="User who added it",
    )
    last_modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        related_name="watchlist_assets_last_modified_by",
        db_column="last_modified_by",
        db_comment="User who changed it last",
    )

    class Meta:
        db_table = "watchlist_assets"
        verbose_name = _("watchlist entry")
        verbose_name_plural = _("watchlist entries")
        constraints = [
            models.UniqueConstraint(
                fields=["watchlist", "asset", "position_type"],
                name="unique_watchlist_asset_position_type",
                violation_error_message=_("The asset is on this list already."),
            ),
            models.UniqueConstraint(
                fields=["watchlist", "sort_order"],
                deferrable=models.Deferrable.DEFERRED,
                name="unique_watchlist_asset_order",
                violation_error_message=_("Two entries of a list cannot share a position."),
            ),
            one_of("position_type", PositionType, name="chk_watchlist_assets_position_type"),
            above("sort_order", 0, name="chk_watchlist_assets_sort_order"),
            between("weight", 0, 1, name="chk_watchlist_assets_weight"),
            between("target_allocation", 0, 1, name="chk_watchlist_assets_target_allocation"),
        ]
        indexes = [
            models.Index(fields=["asset"], name="idx_watchlist_assets_crypto"),
            models.Index(fields=["is_active"], name="idx_watchlist_assets_active"),
            models.Index(fields=["watchlist", "is_active", "sort_order"], name="idx_watchlist_assets_composite"),
        ]

    def __str__(self) -> str:
        return f"{self.asset} ({self.get_position_type_display()})"


class WatchlistAssetHistory(models.Model):
    """An asset was on a list over an interval of time, at one place and with one weight. Written by the services that
    change lists; a replay keeps its own copies of the lists here, under its own series."""

    watchlist = models.ForeignKey(
        Watchlist, on_delete=models.CASCADE, related_name="history", db_index=False, db_comment="List"
    )
    asset = models.ForeignKey("assets.Asset", on_delete=models.CASCADE, related_name="+", db_comment="Asset")
    position_type = models.CharField(
        max_length=10, choices=PositionType, default=PositionType.LONG, db_comment="Direction watched for"
    )
    sort_order = models.IntegerField(db_comment="Position in the list, 1..n, when the interval began")
    weight = Numeric(5, 4, default=Decimal("0.0"), db_default=Decimal("0.0"), db_comment="Portfolio weight then, 0-1")
    series = models.CharField(max_length=40, default=LIVE, db_comment="live, or the replay that the copy belongs to")
    valid_from = models.DateTimeField(db_comment="On the list since (UTC)")
    valid_to = models.DateTimeField(null=True, blank=True, db_comment="Until (exclusive); NULL = still")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_column="changed_by",
        db_comment="Who put it there",
    )

    class Meta:
        db_table = "watchlist_asset_history"
        verbose_name = _("past entry of a list")
        verbose_name_plural = _("past entries of lists")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__lt=models.F("valid_to")),
                name="chk_watchlist_history_interval",
                violation_error_message=_("A membership ends after it starts."),
            ),
            models.UniqueConstraint(
                fields=["watchlist", "asset", "position_type", "series"],
                condition=models.Q(valid_to__isnull=True),
                name="unique_watchlist_history_open",
                violation_error_message=_("The asset is on this list already."),
            ),
            one_of("position_type", PositionType, name="chk_watchlist_history_position"),
            between("weight", 0, 1, name="chk_watchlist_history_weight"),
        ]
        indexes = [
            models.Index(fields=["watchlist", "series", "valid_from"], name="idx_watchlist_history_time"),
            models.Index(fields=["watchlist", "series", "valid_to"], name="idx_watchlist_history_end"),
        ]

    def __str__(self) -> str:
        return f"{self.asset} · {self.watchlist} · {minute(self.valid_from)}"


class WatchlistStateHistory(models.Model):
    """The limit that a list has had, whether it was in use and whether its owner wanted suggestions, until any of them
    changed: a read of a past moment uses what was so then. What is so now stands on the list; what never changed needs
    no row."""

    watchlist = models.ForeignKey(
        Watchlist, on_delete=models.CASCADE, related_name="states", db_index=False, db_comment="List"
    )
    max_assets = models.IntegerField(
        null=True, blank=True, db_comment="Largest number of entries then; NULL = that of the settings of then"
    )
    is_active = models.BooleanField(db_comment="In use then")
    wants_suggestions = models.BooleanField(default=False, db_comment="Changes of it were suggested to its owner then")
    valid_from = models.DateTimeField(db_comment="So since (UTC)")
    valid_to = models.DateTimeField(db_comment="So until (exclusive)")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_column="changed_by",
        db_comment="Who ended it",
    )

    class Meta:
        db_table = "watchlist_state_history"
        verbose_name = _("past state of a list")
        verbose_name_plural = _("past states of lists")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__lt=models.F("valid_to")),
                name="chk_watchlist_state_interval",
                violation_error_message=_("A state ends after it starts."),
            ),
            above("max_assets", 0, name="chk_watchlist_state_max_assets"),
            models.UniqueConstraint(
                fields=["watchlist", "valid_to"],
                name="unique_watchlist_state_end",
                violation_error_message=_("A state of this list ends then already."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(list)s until %(time)s") % {"list": self.watchlist, "time": minute(self.valid_to)}
