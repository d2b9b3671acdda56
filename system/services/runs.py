"""Runs of the pipeline: one row per series, timeframe and moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from system.choices import RunStatus
from system.log_context import working_on
from system.models import PipelineRun
from system.services.settings import settings_in_force


@contextmanager
def pipeline_run(series: str, timeframe: str, as_of: datetime) -> Iterator[PipelineRun]:
    """One run: all of its rows appear together when it ends, or none does.

    The same run again takes the same row. Two processes with the same run follow one another. A run that fails keeps
    its row with the reason; one that was done before stays done, because its rows still stand.
    """
    run, _created = PipelineRun.objects.get_or_create(series=series, timeframe=timeframe, as_of=as_of)
    started = timezone.now()
    try:
        with transaction.atomic():
            run = PipelineRun.objects.select_for_update().get(pk=run.pk)
            run.configuration = settings_in_force(as_of)
            run.code_version = settings.VERSION
            with working_on(run_id=run.pk):
                yield run
            run.status, run.error = RunStatus.DONE, None
            run.started_at, run.finished_at = started, timezone.now()
            run.save()
    except Exception as error:
        PipelineRun.objects.filter(pk=run.pk).exclude(status=RunStatus.DONE).update(
            status=RunStatus.FAILED, error=f"{type(error).__name__}: {error}", finished_at=timezone.now()
        )
        raise
