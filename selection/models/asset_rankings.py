"""The ranking of the whole market at a moment, and how well it ordered what came after."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from selection.choices import NotMeasured
from system.constraints import above, at_least, between, one_of
from system.fields import Numeric
from system.formats import minute
from system.models.base import RunResult, TimeStamped


class AssetRanking(RunResult, TimeStamped):
    """Every asset's place at one moment, with the weights of the factors that were in force then and what they rested
    on: the version of the weights belongs to the ranking that used it."""

    metrics_snapshot = models.ForeignKey(
        "macro.MetricsSnapshot", on_delete=models.PROTECT, db_index=False, db_comment="Market snapshot used"
    )
    ai_model = models.ForeignKey("aimodels.AIModel", on_delete=models.PROTECT, db_comment="Model version")
    timeframe = models.CharField(max_length=10, db_comment="Length of the candles")
    candle_time = models.DateTimeField(db_comment="Newest closed candle, UTC")
    analysis_time = models.DateTimeField(db_comment="Moment whose knowledge was used")
    asset_count = models.IntegerField(db_comment="Assets with a score")
    is_estimated = models.BooleanField(db_comment="The weights were estimated; false = all factors weigh the same")
    moments = models.IntegerField(db_comment="Past weeks that the weights rest on")
    weights = models.JSONField(default=dict, db_comment="{factor: share of 1}")
    evidence = models.JSONField(
        default=dict,
        db_comment="{factors: {factor: {rank_correlation, standard_error}}, trust, walk_forward: {n, mean, low, high, "
        "share_positive}, steady_hours}",
    )
    scores = models.JSONField(
        default=list,
        db_comment="[{asset_id, score, place, momentum_30d, risk_level, probability_up, expected_return_pct}]",
    )
    analysis_data = models.JSONField(default=dict, db_comment="{rationale[]}")

    class Meta:
        db_table = "asset_rankings"
        verbose_name = _("ranking of the market")
        verbose_name_plural = _("rankings of the market")
        constraints = [
            models.UniqueConstraint(
                fields=["metrics_snapshot", "ai_model", "series"],
                name="unique_asset_ranking",
                violation_error_message=_("The market has been ranked on this snapshot already."),
            ),
            at_least("asset_count", 0, name="chk_asset_rankings_asset_count"),
            at_least("moments", 0, name="chk_asset_rankings_moments"),
        ]
        indexes = [
            models.Index(fields=["series", "timeframe", "-candle_time"], name="idx_asset_rankings_time"),
        ]

    def __str__(self) -> str:
        return f"{self.timeframe} {minute(self.analysis_time)}"


class RankingOutcome(TimeStamped):
    """How well a ranking ordered the returns of the days after it; written once when they are known."""

    ranking = models.ForeignKey(
        AssetRanking, on_delete=models.PROTECT, related_name="outcomes", db_index=False, db_comment="Ranking"
    )
    horizon_hours = models.IntegerField(db_comment="Length of the returns, hours")
    asset_count = models.IntegerField(db_comment="Assets with a score and both prices")
    ended_count = models.IntegerField(default=0, db_comment="Of these, assets whose candles ended before the horizon")
    missing_count = models.IntegerField(default=0, db_comment="Assets with a score left out for want of a price")
    rank_correlation = Numeric(
        7, 6, null=True, blank=True, db_comment="Spearman, score with return, -1 to 1; NULL = not measured"
    )
    momentum_rank_correlation = Numeric(
        7, 6, null=True, blank=True, db_comment="The same of the plain 30-day return; NULL = not measured"
    )
    unresolved_reason = models.CharField(
        max_length=20, choices=NotMeasured, null=True, blank=True, db_comment="Why it is not measured; NULL = it is"
    )
    measured_at = models.DateTimeField(db_comment="Moment at which it was measured or last tried")

    class Meta:
        db_table = "ranking_outcomes"
        verbose_name = _("outcome of a ranking")
        verbose_name_plural = _("outcomes of rankings")
        constraints = [
            models.UniqueConstraint(
                fields=["ranking", "horizon_hours"],
                name="unique_ranking_outcome",
                violation_error_message=_("This ranking has been measured over this horizon already."),
            ),
            models.CheckConstraint(
                condition=models.Q(unresolved_reason__isnull=True, rank_correlation__isnull=False)
                | models.Q(unresolved_reason__isnull=False, rank_correlation__isnull=True),
                name="chk_ranking_outcome_told",
                violation_error_message=_("What is not measured has its reason."),
            ),
            above("horizon_hours", 0, name="chk_ranking_outcomes_horizon_hours"),
            at_least("asset_count", 0, name="chk_ranking_outcomes_asset_count"),
            at_least("ended_count", 0, name="chk_ranking_outcomes_ended_count"),
            at_least("missing_count", 0, name="chk_ranking_outcomes_missing_count"),
            between("rank_correlation", -1, 1, name="chk_ranking_outcomes_rank_correlation"),
            between("momentum_rank_correlation", -1, 1, name="chk_ranking_outcomes_momentum_rank_correlation"),
            one_of("unresolved_reason", NotMeasured, name="chk_ranking_outcomes_unresolved_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.ranking} + {self.horizon_hours} h"
