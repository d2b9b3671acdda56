"""Health, figures about the product and background work."""

from django.db import models
from django.db.models.functions import Cast, Length, Now
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from system.choices import AggregationLevel, TaskStatus
from system.constraints import at_least, between, one_of
from system.fields import Numeric
from system.formats import minute
from system.models.base import TimeStamped


class SystemHealth(TimeStamped):
    """The result of one round of health checks."""

    check_time = models.DateTimeField(db_default=Now(), db_comment="When checked")
    api_status = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{layer1:'healthy', ..., layer4:'warning'} and services"
    )
    database_status = models.JSONField(null=True, blank=True, default=dict, db_comment="Connections, latency, size")
    ml_models_status = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{active_models, training_models, error_models}"
    )
    data_pipeline_status = models.JSONField(null=True, blank=True, default=dict, db_comment="Freshness per source")
    overall_health_score = Numeric(5, 2, null=True, blank=True, db_comment="0-100")
    performance_metrics = models.JSONField(
        null=True, blank=True, default=dict, db_comment="CPU, memory, queue length, latencies"
    )
    error_logs = models.JSONField(null=True, blank=True, default=list, db_comment="Recent errors")

    class Meta:
        db_table = "system_health"
        verbose_name = _("health check")
        verbose_name_plural = _("health checks")
        constraints = [
            between("overall_health_score", 0, 100, name="chk_system_health_overall_health_score"),
        ]
        indexes = [
            models.Index(fields=["-check_time"], name="idx_system_health_time"),
        ]

    def __str__(self) -> str:
        return minute(self.check_time)


class AnalyticsData(TimeStamped):
    """A measured or aggregated figure about the product itself."""

    category = models.CharField(max_length=50, db_comment="Category")
    metric_name = models.CharField(max_length=100, db_comment="Metric")
    metric_value = Numeric(30, 8, db_comment="Value")
    dimensions = models.JSONField(default=dict, db_comment="Breakdown: slugs and ids only, at most 1,000 characters")
    aggregation_level = models.CharField(
        max_length=10, choices=AggregationLevel, null=True, blank=True, db_comment="Aggregation"
    )
    period_start = models.DateTimeField(
        null=True, blank=True, db_comment="Start of the aggregated period (UTC); NULL for a single measurement"
    )

    class Meta:
        db_table = "analytics_data"
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [
            models.UniqueConstraint(
                fields=["category", "metric_name", "aggregation_level", "period_start", "dimensions"],
                condition=models.Q(period_start__isnull=False),
                name="unique_analytics_period",
                violation_error_message=_("This period has been aggregated already."),
            ),
            one_of("aggregation_level", AggregationLevel, name="chk_analytics_data_aggregation_level"),
            models.CheckConstraint(
                condition=models.Q(period_start__isnull=True, aggregation_level__isnull=True)
                | models.Q(period_start__isnull=False, aggregation_level__isnull=False),
                name="chk_analytics_period_level",
                violation_error_message=_("An aggregate has a period and a level, a single measurement neither."),
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length(Cast("dimensions", models.TextField())), 1000),
                name="chk_analytics_dimensions_size",
                violation_error_message=_("Dimensions hold at most 1,000 characters."),
            ),
        ]
        indexes = [
            models.Index(fields=["category", "metric_name", "-created_at"], name="idx_analytics_metric_time"),
            models.Index(fields=["-created_at", "-id"], name="idx_analytics_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.category}.{self.metric_name}"


class BackgroundTask(TimeStamped):
    """One piece of background work and its result."""

    task_name = models.CharField(max_length=200, db_comment="Dotted name of the task")
    task_type = models.CharField(max_length=30, db_comment="Type")
    status = models.CharField(max_length=20, choices=TaskStatus, default=TaskStatus.PENDING, db_comment="State")
    task_params = models.JSONField(default=dict, db_comment="Parameters")
    result_data = models.JSONField(null=True, blank=True, default=dict, db_comment="Result")
    error_message = models.TextField(null=True, blank=True, db_comment="Error")
    request_id = models.CharField(
        max_length=64, null=True, blank=True, db_comment="Request that asked for it; NULL = nobody did"
    )
    trace_parent = models.CharField(
        max_length=55, null=True, blank=True, db_comment="Trace that it is a part of (W3C traceparent); NULL = of none"
    )
    started_at = models.DateTimeField(null=True, blank=True, db_comment="Start")
    completed_at = models.DateTimeField(null=True, blank=True, db_comment="End")
    execution_time_seconds = Numeric(12, 3, null=True, blank=True, db_comment="Duration, s")

    class Meta:
        db_table = "background_tasks"
        verbose_name = _("background task")
        verbose_name_plural = _("background tasks")
        constraints = [
            one_of("status", TaskStatus, name="chk_background_tasks_status"),
            at_least("execution_time_seconds", 0, name="chk_background_tasks_execution_time_seconds"),
        ]
        indexes = [
            models.Index(fields=["status", "-created_at"], name="idx_background_tasks_status"),
            models.Index(fields=["task_name", "-created_at"], name="idx_background_tasks_name"),
            models.Index(fields=["-created_at", "-id"], name="idx_background_tasks_newest"),
        ]

    def __str__(self) -> str:
        return self.task_name
