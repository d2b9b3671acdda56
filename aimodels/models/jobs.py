"""Work on models: jobs that workers take, and schedules that jobs come from."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aimodels.choices import JobCategory, JobStatus, StopRequest
from system.choices import Priority
from system.constraints import at_least, one_of
from system.fields import Numeric
from system.models.base import TimeStamped

URGENCY = models.Case(
    models.When(priority=Priority.URGENT, then=3),
    models.When(priority=Priority.HIGH, then=2),
    models.When(priority=Priority.NORMAL, then=1),
    default=0,
)
"""Order of the queue; the index over it is used only by a query that orders by the same expression."""


class ModelJob(TimeStamped):
    """A piece of work on a model, taken by a worker with SKIP LOCKED; or, if recurring, a schedule that makes such.

    A running job belongs to whoever took it last: ``attempts`` is the number of that taking, and every write of a
    worker names it, so that a worker which was believed dead cannot change the job of its successor. ``failed`` is the
    end of a job whose retries are used up, or that would fail again: only a person takes it up again.
    """

    model = models.ForeignKey(
        "aimodels.AIModel", on_delete=models.PROTECT, related_name="jobs", db_index=False, db_comment="Model version"
    )
    job_status = models.CharField(max_length=20, choices=JobStatus, default=JobStatus.PENDING, db_comment="State")
    job_category = models.CharField(max_length=15, choices=JobCategory, db_comment="Category")
    job_type = models.CharField(max_length=25, db_comment="Kind within the category")
    job_name = models.CharField(max_length=30, null=True, blank=True, db_comment="Name for people")
    progress_pct = Numeric(5, 2, default=Decimal(0), db_comment="Progress, 0-100")
    current_phase = models.CharField(max_length=20, null=True, blank=True, db_comment="Phase")
    total_steps = models.IntegerField(null=True, blank=True, db_comment="Steps")
    completed_steps = models.IntegerField(null=True, blank=True, db_comment="Steps done")
    job_config = models.JSONField(
        default=dict, db_comment="{training_config{}, prediction_config{}, output_config{}, filters{}}"
    )
    job_metrics = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{training_metrics{}, prediction_stats{}, resource_usage{}}"
    )
    log_output = models.TextField(null=True, blank=True, db_comment="Log, truncated")
    error_message = models.TextField(null=True, blank=True, db_comment="Error of a failed job")
    started_at = models.DateTimeField(null=True, blank=True, db_comment="Start")
    completed_at = models.DateTimeField(null=True, blank=True, db_comment="End")
    execution_time_seconds = Numeric(12, 3, null=True, blank=True, db_comment="Duration, s")
    estimated_completion = models.DateTimeField(null=True, blank=True, db_comment="Estimated end")
    job_results = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{model_output_path, final_metrics{}, predictions_output_path, sample_predictions[], "
        "performance_summary{}}",
    )
    is_recurring = models.BooleanField(default=False, db_comment="Recurring")
    cron_schedule = models.CharField(max_length=100, null=True, blank=True, db_comment="Cron expression")
    next_run_time = models.DateTimeField(null=True, blank=True, db_comment="Next run")
    initiated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="initiated_by",
        db_comment="Who started it; NULL = scheduler",
    )
    request_id = models.CharField(
        max_length=64, null=True, blank=True, db_comment="Request that asked for it; NULL = a schedule or a command"
    )
    trace_parent = models.CharField(
        max_length=55, null=True, blank=True, db_comment="Trace that it is a part of (W3C traceparent); NULL = of none"
    )
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL, db_comment="Priority")
    retry_count = models.IntegerField(default=0, db_comment="Retries so far")
    max_retries = models.IntegerField(default=3, db_comment="Retries allowed")
    resource_limits = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{max_memory_mb, max_execution_seconds, max_cpu_percent, max_gpu_percent}",
    )
    attempts = models.IntegerField(default=0, db_default=0, db_comment="How often a worker has taken it")
    worker = models.CharField(
        max_length=100, null=True, blank=True, db_comment="Worker that took it last; NULL = none has"
    )
    taken_at = models.DateTimeField(
        null=True, blank=True, db_comment="When it was taken last, UTC; NULL = nobody works on it"
    )
    heartbeat_at = models.DateTimeField(
        null=True, blank=True, db_comment="Last sign of life of its worker, UTC; NULL = never taken"
    )
    lease_until = models.DateTimeField(
        null=True, blank=True, db_comment="Until when it belongs to its worker, UTC; NULL = nobody works on it"
    )
    stop_requested = models.CharField(
        max_length=10,
        choices=StopRequest,
        null=True,
        blank=True,
        db_comment="What its worker was asked to do; NULL = to go on",
    )
    available_at = models.DateTimeField(
        null=True, blank=True, db_comment="Not taken before, UTC (pause before a retry); NULL = at once"
    )
    checkpoint = models.JSONField(
        null=True, blank=True, db_comment="What it resumes from; NULL = it begins at the beginning"
    )
    schedule = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
        db_index=False,
        db_comment="Recurring job that it comes from; NULL = asked for once",
    )
    due_at = models.DateTimeField(
        null=True, blank=True, db_comment="Time of the schedule that it stands for, UTC; NULL = no schedule"
    )

    class Meta:
        db_table = "model_jobs"
        verbose_name = _("model job")
        verbose_name_plural = _("model jobs")
        constraints = [
            models.CheckConstraint(
                condition=Q(progress_pct__range=(0, 100)),
                name="chk_progress_range",
                violation_error_message=_("Progress lies between 0 and 100 percent."),
            ),
            models.CheckConstraint(
                condition=Q(retry_count__gte=0) & Q(retry_count__lte=models.F("max_retries")),
                name="chk_retry_count",
                violation_error_message=_("A job may not be retried more often than max_retries allows."),
            ),
            models.CheckConstraint(
                condition=Q(max_retries__range=(0, 10)),
                name="chk_max_retries",
                violation_error_message=_("max_retries lies between 0 and 10."),
            ),
            one_of("job_category", JobCategory, name="chk_job_category_valid"),
            models.CheckConstraint(
                condition=Q(cron_schedule__isnull=True) | Q(is_recurring=True),
                name="chk_cron_schedule_valid",
                violation_error_message=_("Only a recurring job has a cron schedule."),
            ),
            models.CheckConstraint(
                condition=Q(completed_steps__lte=models.F("total_steps")),
                name="chk_model_job_steps",
                violation_error_message=_("A job cannot have done more steps than it has."),
            ),
            models.CheckConstraint(
                condition=Q(completed_at__gte=models.F("started_at")),
                name="chk_model_job_times",
                violation_error_message=_("A job cannot end before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(job_status=JobStatus.RUNNING, lease_until__isnull=False, taken_at__isnull=False)
                | (~Q(job_status=JobStatus.RUNNING) & Q(lease_until__isnull=True, taken_at__isnull=True)),
                name="chk_model_job_lease",
                violation_error_message=_("A job is leased to a worker exactly while it runs."),
            ),
            models.CheckConstraint(
                condition=Q(stop_requested__isnull=True) | Q(job_status=JobStatus.RUNNING),
                name="chk_model_job_stop_running",
                violation_error_message=_("Only a running job is asked to stop."),
            ),
            models.CheckConstraint(
                condition=Q(schedule__isnull=True, due_at__isnull=True)
                | Q(schedule__isnull=False, due_at__isnull=False, is_recurring=False),
                name="chk_model_job_tick",
                violation_error_message=_("A job of a schedule stands for one time of it, and is no schedule."),
            ),
            models.CheckConstraint(
                condition=Q(is_recurring=False)
                | Q(
                    cron_schedule__isnull=False,
                    job_status__in=[JobStatus.PENDING, JobStatus.PAUSED, JobStatus.CANCELLED],
                ),
                name="chk_model_job_schedule_state",
                violation_error_message=_("A schedule has a cron expression and is pending, paused or cancelled."),
            ),
            models.UniqueConstraint(
                fields=["schedule", "due_at"],
                name="unique_model_job_tick",
                violation_error_message=_("The job of this time of the schedule exists already."),
            ),
            at_least("attempts", 0, name="chk_model_jobs_attempts"),
            one_of("stop_requested", StopRequest, name="chk_model_jobs_stop_requested"),
            one_of("job_status", JobStatus, name="chk_model_jobs_job_status"),
            at_least("total_steps", 0, name="chk_model_jobs_total_steps"),
            at_least("completed_steps", 0, name="chk_model_jobs_completed_steps"),
            at_least("execution_time_seconds", 0, name="chk_model_jobs_execution_time_seconds"),
            one_of("priority", Priority, name="chk_model_jobs_priority"),
        ]
        indexes = [
            models.Index(fields=["job_status", "job_category", "-created_at"], name="idx_model_jobs_status_category"),
            models.Index(fields=["model", "job_category", "job_status"], name="idx_model_jobs_model_type"),
            models.Index(
                URGENCY.desc(),
                models.F("created_at").asc(),
                name="idx_model_jobs_priority_queue",
                condition=Q(job_status=JobStatus.PENDING),
            ),
            models.Index(
                fields=["is_recurring", "next_run_time"],
                name="idx_model_jobs_recurring",
                condition=Q(is_recurring=True),
            ),
            models.Index(
                fields=["job_status", "progress_pct", "-updated_at"],
                name="idx_model_jobs_monitoring",
                condition=Q(job_status__in=[JobStatus.PENDING, JobStatus.RUNNING]),
            ),
            models.Index(
                fields=["lease_until"], name="idx_model_jobs_lease", condition=Q(job_status=JobStatus.RUNNING)
            ),
        ]

    def __str__(self) -> str:
        return self.job_name or f"{self.get_job_category_display()} · {self.model}"
