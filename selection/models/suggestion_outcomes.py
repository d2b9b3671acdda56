"""What came of suggestions, whatever was decided about them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from selection.choices import NotMeasured, SuggestionType
from system.choices import LIVE
from system.constraints import above, at_least, one_of
from system.fields import Numeric, PriceField
from system.models.base import TimeStamped


class SuggestionOutcome(TimeStamped):
    """What came of a suggestion over its horizon, from the candle that it was made on; written once when the prices are
    known. It stays when the suggestion moves to the archive."""

    suggestion_id = models.BigIntegerField(
        unique=True, db_comment="ai_suggestions.id or ai_suggestions_archive.id (no foreign key: the row moves)"
    )
    series = models.CharField(max_length=40, default=LIVE, db_comment="As in ai_suggestions")
    suggestion_type = models.CharField(max_length=20, choices=SuggestionType, db_comment="As in ai_suggestions")
    direction = models.SmallIntegerField(
        db_comment="1 = the asset was said to do better than the list's median, -1 = worse"
    )
    started_at = models.DateTimeField(db_comment="Close of the suggestion's candle, UTC")
    ended_at = models.DateTimeField(db_comment="End of the horizon, UTC")
    timeframe = models.CharField(max_length=10, db_comment="Length of both candles")
    start_price = PriceField(null=True, blank=True, db_comment="Close of the suggestion's candle, USD")
    end_price = PriceField(null=True, blank=True, db_comment="Close at the end of the horizon, USD")
    candles_ended_at = models.DateTimeField(
        null=True,
        blank=True,
        db_comment="End of the last candle, where the candles ended before the horizon and end_price is its close",
    )
    asset_return = Numeric(12, 4, null=True, blank=True, db_comment="Return of the asset, percent")
    median_return = Numeric(
        12, 4, null=True, blank=True, db_comment="Median return of the assets that were on the list, percent"
    )
    median_count = models.IntegerField(default=0, db_comment="Assets of the list with both prices")
    median_ended = models.IntegerField(default=0, db_comment="Of these, assets whose candles ended before the horizon")
    median_missing = models.IntegerField(default=0, db_comment="Assets of the list left out for want of a price")
    excess_return = Numeric(
        12, 4, null=True, blank=True, db_comment="direction * (asset_return - median_return), percentage points"
    )
    unresolved_reason = models.CharField(
        max_length=20, choices=NotMeasured, null=True, blank=True, db_comment="Why it is not scored; NULL = it is"
    )
    scored_at = models.DateTimeField(db_comment="Moment at which it was scored or last tried")

    class Meta:
        db_table = "suggestion_outcomes"
        verbose_name = _("outcome of a suggestion")
        verbose_name_plural = _("outcomes of suggestions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(direction__in=[-1, 1]),
                name="chk_suggestion_outcomes_direction",
                violation_error_message=_("A suggestion says better or worse."),
            ),
            models.CheckConstraint(
                condition=models.Q(unresolved_reason__isnull=True, excess_return__isnull=False)
                | models.Q(unresolved_reason__isnull=False, excess_return__isnull=True),
                name="chk_suggestion_outcome_told",
                violation_error_message=_("What is not scored has its reason."),
            ),
            above("start_price", 0, name="chk_suggestion_outcomes_start_price"),
            above("end_price", 0, name="chk_suggestion_outcomes_end_price"),
            at_least("median_ended", 0, name="chk_suggestion_outcomes_median_ended"),
            at_least("median_missing", 0, name="chk_suggestion_outcomes_median_missing"),
            one_of("suggestion_type", SuggestionType, name="chk_suggestion_outcomes_suggestion_type"),
            one_of("unresolved_reason", NotMeasured, name="chk_suggestion_outcomes_unresolved_reason"),
        ]
        indexes = [
            models.Index(fields=["series", "suggestion_type"], name="idx_suggestion_outcomes_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_suggestion_type_display()} {self.suggestion_id}"
