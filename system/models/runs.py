"""Runs of the pipeline."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from system.choices import RunStatus, RunTimeframe
from system.constraints import one_of
from system.formats import minute
from system.models.base import TimeStamped


class PipelineRun(TimeStamped):
    """One run of the pipeline: a series, a timeframe and the moment whose knowledge it used."""

    series = models.CharField(max_length=40, default="live", db_comment="live, or the name of a replay")
    timeframe = models.CharField(max_length=10, choices=RunTimeframe, db_comment="Timeframe of the run")
    as_of = models.DateTimeField(db_comment="Moment whose knowledge the run used")
    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.RUNNING, db_comment="State")
    code_version = models.CharField(max_length=50, null=True, blank=True, db_comment="Version of the program")
    configuration = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Configuration values that the run used"
    )
    model_versions = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Model versions that served, by model type"
    )
    counts = models.JSONField(null=True, blank=True, default=dict, db_comment="Rows written and seconds taken by stage")
    error = models.TextField(null=True, blank=True, db_comment="Why it failed")
    started_at = models.DateTimeField(db_default=Now(), db_comment="Start")
    finished_at = models.DateTimeField(null=True, blank=True, db_comment="End")

    class Meta:
        db_table = "pipeline_runs"
        verbose_name = _("pipeline run")
        verbose_name_plural = _("pipeline runs")
        constraints = [
            models.UniqueConstraint(
                fields=["series", "timeframe", "as_of"],
                name="unique_pipeline_run",
                violation_error_message=_("This run exists already."),
            ),
            one_of("timeframe", RunTimeframe, name="chk_pipeline_runs_timeframe"),
            one_of("status", RunStatus, name="chk_pipeline_runs_status"),
        ]
        indexes = [
            models.Index(fields=["timeframe", "-as_of"], name="idx_pipeline_runs_as_of"),
            models.Index(fields=["-started_at", "-id"], name="idx_pipeline_runs_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.timeframe} {minute(self.as_of)}"
