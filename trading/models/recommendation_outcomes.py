"""What would have come of following recommendations, whatever people did."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.choices import LIVE
from system.constraints import above, between, one_of
from system.fields import Numeric, PriceField
from system.models.base import TimeStamped
from trading.choices import AdviceUnmeasured, RecommendationType


class RecommendationOutcome(TimeStamped):
    """What following an advice would have brought over its horizon, from the candle that it was made on, against doing
    nothing; written once when the prices are known."""

    recommendation = models.OneToOneField(
        "trading.Recommendation",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="outcome",
        db_comment="Advice",
    )
    series = models.CharField(max_length=40, default=LIVE, db_comment="As in recommendations")
    recommendation_type = models.CharField(
        max_length=30, choices=RecommendationType, null=True, blank=True, db_comment="As in recommendations"
    )
    asset = models.ForeignKey(
        "assets.Asset",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_comment="Whose price tells; Bitcoin for an advice about the market",
    )
    side = models.SmallIntegerField(
        null=True, blank=True, db_comment="1 = the holding gains when the price rises, -1 = when it falls"
    )
    share_without = Numeric(
        7, 4, null=True, blank=True, db_comment="Part of a full holding that is held by who does nothing"
    )
    share_with = Numeric(7, 4, null=True, blank=True, db_comment="The same of who follows")
    stop_price = PriceField(null=True, blank=True, db_comment="Stop of who follows, USD; NULL = none advised")
    stopped_at = models.DateTimeField(
        null=True, blank=True, db_comment="Start of the candle that reached that stop; NULL = none did"
    )
    timeframe = models.CharField(max_length=10, null=True, blank=True, db_comment="Length of the candles")
    started_at = models.DateTimeField(null=True, blank=True, db_comment="Close of the advice's candle, UTC")
    ended_at = models.DateTimeField(null=True, blank=True, db_comment="End of the horizon, UTC")
    start_price = PriceField(null=True, blank=True, db_comment="Close of the advice's candle, USD")
    end_price = PriceField(null=True, blank=True, db_comment="Close at the end of the horizon, USD")
    candles_ended_at = models.DateTimeField(
        null=True,
        blank=True,
        db_comment="End of the last candle, where the candles ended before the horizon and end_price is its close",
    )
    return_without = Numeric(
        14, 4, null=True, blank=True, db_comment="Result of doing nothing, percent of a full holding"
    )
    return_with = Numeric(14, 4, null=True, blank=True, db_comment="Result of following, percent of a full holding")
    advantage = Numeric(14, 4, null=True, blank=True, db_comment="return_with - return_without, percentage points")
    unresolved_reason = models.CharField(
        max_length=20, choices=AdviceUnmeasured, null=True, blank=True, db_comment="Why it is not scored; NULL = it is"
    )
    scored_at = models.DateTimeField(db_comment="Moment at which it was scored or last tried")

    class Meta:
        db_table = "recommendation_outcomes"
        verbose_name = _("outcome of a recommendation")
        verbose_name_plural = _("outcomes of recommendations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(side__isnull=True) | models.Q(side__in=[-1, 1]),
                name="chk_recommendation_outcomes_side",
                violation_error_message=_("A holding gains when the price rises or when it falls."),
            ),
            models.CheckConstraint(
                condition=models.Q(unresolved_reason__isnull=True, advantage__isnull=False)
                | models.Q(unresolved_reason__isnull=False, advantage__isnull=True),
                name="chk_recommendation_outcome_told",
                violation_error_message=_("What is not scored has its reason."),
            ),
            between("share_without", 0, 10, name="chk_recommendation_outcomes_share_without"),
            between("share_with", 0, 10, name="chk_recommendation_outcomes_share_with"),
            above("stop_price", 0, name="chk_recommendation_outcomes_stop_price"),
            above("start_price", 0, name="chk_recommendation_outcomes_start_price"),
            above("end_price", 0, name="chk_recommendation_outcomes_end_price"),
            one_of("recommendation_type", RecommendationType, name="chk_recommendation_outcomes_recommendation_type"),
            one_of("unresolved_reason", AdviceUnmeasured, name="chk_recommendation_outcomes_unresolved_reason"),
        ]
        indexes = [models.Index(fields=["series", "recommendation_type"], name="idx_recommendation_outcomes")]

    def __str__(self) -> str:
        return f"{self.get_recommendation_type_display()} {self.recommendation_id}"
