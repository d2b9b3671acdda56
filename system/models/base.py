"""Columns that many tables share."""

from django.db import models
from django.db.models.functions import Now

from system.choices import LIVE


class Created(models.Model):
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="Row creation time (UTC)")

    class Meta:
        abstract = True


class TimeStamped(Created):
    """A trigger sets ``updated_at`` too, for writes that do not go through ``save()``."""

    updated_at = models.DateTimeField(auto_now=True, db_default=Now(), db_comment="Last change time (UTC)")

    class Meta:
        abstract = True


class RunResult(models.Model):
    """A row that a run of the pipeline wrote."""

    run = models.ForeignKey(
        "system.PipelineRun",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_comment="Run of the pipeline that wrote the row; NULL = entered by a person",
    )
    series = models.CharField(
        max_length=40,
        default=LIVE,
        db_comment="live, or the name of the replay that the row belongs to; "
        "live pages, queues, alerts and the public record read live only",
    )

    class Meta:
        abstract = True
