"""Evaluations of model versions."""

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from aimodels.choices import EvaluationRegime, EvaluationStatus, EvaluationType, PerformanceGrade
from system.constraints import at_least, between, one_of, unknown_or
from system.fields import Numeric
from system.formats import plain_day
from system.models.base import Created


class ModelPerformance(Created):
    """One evaluation of a model version; never edited, at most invalidated."""

    model = models.ForeignKey(
        "aimodels.AIModel",
        on_delete=models.PROTECT,
        related_name="evaluations",
        db_index=False,
        db_comment="Model version evaluated",
    )
    source_job = models.ForeignKey(
        "aimodels.ModelJob",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="evaluations",
        db_comment="Job that triggered the evaluation",
    )
    evaluation_date = models.DateTimeField(db_comment="When evaluated")
    evaluation_type = models.CharField(max_length=50, choices=EvaluationType, db_comment="Kind")
    accuracy = Numeric(8, 6, null=True, blank=True, db_comment="Accuracy, 0-1")
    precision_score = Numeric(8, 6, null=True, blank=True, db_comment="Precision, 0-1")
    recall = Numeric(8, 6, null=True, blank=True, db_comment="Recall, 0-1")
    f1_score = Numeric(8, 6, null=True, blank=True, db_comment="F1, 0-1")
    win_rate = Numeric(8, 6, null=True, blank=True, db_comment="Win rate, 0-1")
    profit_factor = Numeric(10, 4, null=True, blank=True, db_comment="Gross profit / gross loss")
    sharpe_ratio = Numeric(10, 6, null=True, blank=True, db_comment="Sharpe ratio")
    max_drawdown = Numeric(8, 6, null=True, blank=True, db_comment="Largest drawdown, 0-1")
    total_return = Numeric(10, 4, null=True, blank=True, db_comment="Total return, percent")
    mse = Numeric(30, 10, null=True, blank=True, db_comment="Mean squared error")
    mae = Numeric(30, 10, null=True, blank=True, db_comment="Mean absolute error")
    r2_score = Numeric(14, 6, null=True, blank=True, db_comment="R squared, at most 1")
    sample_count = models.IntegerField(null=True, blank=True, db_comment="Predictions evaluated")
    confidence_avg = Numeric(6, 4, null=True, blank=True, db_comment="Mean confidence, 0-1")
    confidence_std = Numeric(6, 4, null=True, blank=True, db_comment="Standard deviation of the confidence")
    true_positives = models.IntegerField(null=True, blank=True, db_comment="TP")
    false_positives = models.IntegerField(null=True, blank=True, db_comment="FP")
    true_negatives = models.IntegerField(null=True, blank=True, db_comment="TN")
    false_negatives = models.IntegerField(null=True, blank=True, db_comment="FN")
    market_regime = models.CharField(
        max_length=20, choices=EvaluationRegime, null=True, blank=True, db_comment="Regime during the evaluation"
    )
    market_volatility = Numeric(8, 6, null=True, blank=True, db_comment="Mean volatility, 0-1")
    btc_correlation = Numeric(10, 4, null=True, blank=True, db_comment="Correlation with BTC, -1..1")
    detailed_metrics = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Every further metric (incl. auc_score, valid_predictions)"
    )
    evaluation_metadata = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="Data set, conditions, trigger: job_completion | manual | scheduled | api_request",
    )
    meets_threshold = models.BooleanField(null=True, blank=True, db_comment="Meets the business thresholds")
    performance_grade = models.CharField(
        max_length=2, choices=PerformanceGrade, null=True, blank=True, db_comment="Grade"
    )
    overall_score = Numeric(6, 4, null=True, blank=True, db_comment="Overall score, 0-1")
    evaluation_status = models.CharField(
        max_length=20, choices=EvaluationStatus, null=True, blank=True, db_comment="State"
    )
    evaluation_notes = models.TextField(null=True, blank=True, db_comment="Notes")
    recommendations = models.TextField(null=True, blank=True, db_comment="Recommendations")

    class Meta:
        db_table = "model_performance"
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        constraints = [
            models.CheckConstraint(
                condition=unknown_or("accuracy", range=(0, 1))
                & unknown_or("precision_score", range=(0, 1))
                & unknown_or("recall", range=(0, 1))
                & unknown_or("f1_score", range=(0, 1)),
                name="chk_perf_ml_metrics",
                violation_error_message=_("Accuracy, precision, recall and F1 lie between 0 and 1."),
            ),
            models.CheckConstraint(
                condition=unknown_or("win_rate", range=(0, 1))
                & unknown_or("max_drawdown", range=(0, 1))
                & unknown_or("profit_factor", gte=0),
                name="chk_perf_trading_metrics",
                violation_error_message=_(
                    "Win rate and drawdown lie between 0 and 1; the profit factor is not negative."
                ),
            ),
            models.CheckConstraint(
                condition=unknown_or("r2_score", lte=1) & unknown_or("mse", gte=0) & unknown_or("mae", gte=0),
                name="chk_perf_statistical_metrics",
                violation_error_message=_("R squared is at most 1; squared and absolute errors are not negative."),
            ),
            models.CheckConstraint(
                condition=unknown_or("sample_count", gt=0)
                & unknown_or(
                    "sample_count",
                    gte=Coalesce("true_positives", 0)
                    + Coalesce("false_positives", 0)
                    + Coalesce("true_negatives", 0)
                    + Coalesce("false_negatives", 0),
                ),
                name="chk_perf_sample_counts",
                violation_error_message=_("The confusion counts may not exceed a positive sample_count."),
            ),
            models.CheckConstraint(
                condition=unknown_or("confidence_avg", range=(0, 1)) & unknown_or("confidence_std", gte=0),
                name="chk_perf_confidence_metrics",
                violation_error_message=_("Mean confidence lies between 0 and 1; its deviation is not negative."),
            ),
            between("overall_score", 0, 1, name="chk_perf_composite_score"),
            between("market_volatility", 0, 1, name="chk_perf_market_volatility"),
            one_of("performance_grade", PerformanceGrade, name="chk_perf_grade_valid"),
            one_of("market_regime", EvaluationRegime, name="chk_perf_market_regime"),
            one_of("evaluation_status", EvaluationStatus, name="chk_perf_status_valid"),
            one_of("evaluation_type", EvaluationType, name="chk_model_performance_evaluation_type"),
            at_least("true_positives", 0, name="chk_model_performance_true_positives"),
            at_least("false_positives", 0, name="chk_model_performance_false_positives"),
            at_least("true_negatives", 0, name="chk_model_performance_true_negatives"),
            at_least("false_negatives", 0, name="chk_model_performance_false_negatives"),
            between("btc_correlation", -1, 1, name="chk_model_performance_btc_correlation"),
        ]
        indexes = [
            models.Index(fields=["model", "-evaluation_date"], name="idx_perf_model_recent"),
            models.Index(
                fields=["performance_grade", "meets_threshold", "-overall_score"], name="idx_perf_grade_threshold"
            ),
            models.Index(
                fields=["-win_rate", "-sharpe_ratio", "-profit_factor"],
                name="idx_perf_trading_metrics",
                condition=models.Q(meets_threshold=True),
            ),
            models.Index(
                fields=["source_job", "-evaluation_date"],
                name="idx_perf_job_source",
                condition=models.Q(source_job__isnull=False),
            ),
            models.Index(
                fields=["evaluation_type", "evaluation_status", "-evaluation_date"], name="idx_perf_trigger_status"
            ),
            models.Index(
                fields=["-sample_count", "-confidence_avg"],
                name="idx_perf_quality_samples",
                condition=models.Q(evaluation_status=EvaluationStatus.COMPLETED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {plain_day(self.evaluation_date)}"
