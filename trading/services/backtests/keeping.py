"""The rows of backtests: what was asked for, and what came of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from aimodels.choices import JobStatus, StopRequest
from aimodels.compute.boosting import Stopped
from aimodels.models import ModelJob
from aimodels.services import jobs
from system.exceptions import DomainError
from system.stores.artefacts import BACKTESTS, bucket
from trading.choices import BacktestStatus
from trading.models import Backtest
from trading.services.backtests.report import facts, send_report, write_report
from trading.services.backtests.requests import request_of
from trading.services.backtests.running import Done, Progress, run_request, silent

OPEN = (BacktestStatus.PENDING, BacktestStatus.RUNNING)
WAITING = (JobStatus.PENDING, JobStatus.PAUSED)
REASONS = {
    JobStatus.CANCELLED.value: "It was cancelled.",
    JobStatus.FAILED.value: "Its job failed.",
    JobStatus.COMPLETED.value: "Its job ended without a report.",
}
"""Why a backtest ends that its job has left behind, where the job does not say."""


def request_backtest(
    configuration: Mapping[str, Any], *, actor: User | None = None, job: ModelJob | None = None
) -> Backtest:
    """Write down a backtest that is to be run. A job that was taken up again finds its own.

    Args:
        actor: who asks; None at the command line.
        job: that will run it.
    Raises:
        InvalidInput: naming the field that is unknown, missing or out of range.
    """
    request = request_of(configuration)
    known = Backtest.objects.filter(job=job).first() if job is not None else None
    if known is not None:
        return known
    return Backtest.objects.create(
        name=request.name,
        created_by=actor,
        job=job,
        source=request.source,
        timeframe=request.timeframe,
        start_at=request.start,
        end_at=request.end,
        configuration=dict(configuration),
    )


def run_backtest(
    row: Backtest,
    *,
    folder: Path | None = None,
    progress: Progress = silent,
    stop: Callable[[], bool] = bool,
) -> Done:
    """Run a backtest, write its report and keep its numbers; a failure is kept too, whatever it is.

    Args:
        folder: of a second copy of the report.
    Raises:
        DomainError: why it failed. Stopped: ``stop`` or ``progress`` said so; one of a job waits to be run again.
    """
    Backtest.objects.filter(pk=row.pk).update(status=BacktestStatus.RUNNING, error=None, finished_at=None)
    try:
        done = run_request(request_of(row.configuration), progress=progress, stop=stop)
        _keep(row, done, folder)
    except (Stopped, jobs.Stopped, KeyboardInterrupt):
        _stop(row)
        raise
    except DomainError as error:
        _fail(row, str(error))
        raise
    except OSError as error:
        _fail(row, f"The report could not be written: {error.strerror}.")
        raise
    except Exception as error:
        _fail(row, f"{type(error).__name__}: {error}")
        raise
    return done


def _keep(row: Backtest, done: Done, folder: Path | None) -> None:
    place = f"{BACKTESTS}/{row.pk}"
    if (there := bucket()) is None:
        write_report(done, settings.CRYPTOPREDICT_HOME / place)
    else:
        send_report(done, there, place)
    if folder is not None:
        write_report(done, folder)
    told = facts(done)
    row.metrics, row.assumptions, row.fingerprint = told["metrics"], told["assumptions"], told["fingerprint"]
    row.trades, row.trials, row.report = done.result.figures.closed, done.trials, place
    row.status, row.error, row.finished_at = BacktestStatus.DONE, None, timezone.now()
    row.save()


def _stop(row: Backtest) -> None:
    """A job that was paused, or whose worker ends, takes it up again; nobody else does."""
    ordered = ModelJob.objects.filter(backtest=row).values_list("stop_requested", flat=True).first()
    if row.job_id is None or ordered == StopRequest.CANCEL:
        _fail(row, "It was stopped before it was done.")
    else:
        Backtest.objects.filter(pk=row.pk).update(status=BacktestStatus.PENDING)


@transaction.atomic
def settle_backtests() -> list[int]:
    """End the backtests whose job has ended without them: it was cancelled while it waited, or its worker was lost and
    it was given up. One whose job waits to be taken up again waits too.

    Returns:
        Those that have ended.
    """
    unsettled = Backtest.objects.select_for_update(of=("self",), skip_locked=True).filter(status__in=OPEN)
    ended = []
    for row in unsettled.filter(job__isnull=False).select_related("job").order_by("pk"):
        # The job is read again: it may have gone on since the row was locked.
        state, why = ModelJob.objects.filter(backtest=row).values_list("job_status", "error_message").get()
        if state in REASONS:
            _fail(row, why or REASONS[state])
            ended.append(row.pk)
        elif state in WAITING and row.status == BacktestStatus.RUNNING:
            Backtest.objects.filter(pk=row.pk).update(status=BacktestStatus.PENDING)
    return ended


def _fail(row: Backtest, why: str) -> None:
    row.status, row.error, row.finished_at = BacktestStatus.FAILED, why, timezone.now()
    row.save(update_fields=["status", "error", "finished_at", "updated_at"])
