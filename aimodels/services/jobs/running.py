"""A worker: it takes one job after the other and hands each to its handler."""

import logging
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from aimodels.models import ModelJob
from aimodels.services.jobs.context import JobContext, Pulse, Stopped
from aimodels.services.jobs.heart import Heart, settle_stop
from aimodels.services.jobs.queue import complete_job, fail_job, reap_lost_jobs, take_job, takeable
from aimodels.services.jobs.timing import Timing, timing
from system import spans
from system.exceptions import DomainError, InvalidInput, UnavailableError
from system.json_values import json_fault
from system.log_context import working_on
from system.services.faults import write_faults
from system.services.figures import hand_over

logger = logging.getLogger(__name__)
AWAY_SECONDS = 5.0
"""Pause before the first retry of a job whose database went away: nothing was wrong with its work."""
Handler = Callable[[JobContext], Mapping[str, Any]]
Handlers = Mapping[tuple[str, str], Handler]
"""By kind of job and type of model."""


def worker_name() -> str:
    """Host and process: who holds a job."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def run_next_job(
    handlers: Handlers, *, shutdown: threading.Event | None = None, is_alone: bool = False
) -> ModelJob | None:
    """Take the next job and do it; jobs of lost workers are taken back first.

    Args:
        handlers: what does the work.
        shutdown: set when this worker is to end; the job then waits for another one.
        is_alone: this process does nothing else: what does not stop in time is ended with it.
    Returns:
        The job as it stands afterwards; None when there is nothing to do.
    """
    times = timing()
    reap_lost_jobs(times)
    job = take_job(worker_name(), times)
    if job is None:
        return None
    pulse = Pulse()
    context = JobContext(job, pulse)
    heart = Heart(job, pulse, times, shutdown=shutdown or threading.Event(), is_alone=is_alone)
    heart.start()
    try:
        name = job.job_type if (job.job_type, job.model.model_type) in handlers else "unknown"
        facts = {"attempt": job.attempts, "model_type": job.model.model_type}
        with (
            working_on(request_id=job.request_id, job_id=job.pk),
            spans.span(f"job {name}", "consumer", parent=job.trace_parent, facts=facts),
        ):
            _settle(_attempt(handlers, context, job, pulse), heart, times)
    finally:
        heart.end()
        write_faults()
        hand_over()
    return ModelJob.objects.select_related("model").get(pk=job.pk)


Settle = Callable[[dict[str, Any], Timing], Any]


def _settle(settle: Settle, heart: Heart, times: Timing) -> None:
    """Write what became of the attempt; a database that is away for a moment does not make it void."""
    deadline = time.monotonic() + times.lease
    while True:
        try:
            heart.tell()
            settle(heart.usage(), times)
        except (OperationalError, InterfaceError):
            if time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(times.beat)
        else:
            return


def _attempt(handlers: Handlers, context: JobContext, job: ModelJob, pulse: Pulse) -> Settle:
    """Call the handler; what is then to be written about the job."""
    context.log(f"Attempt {job.attempts} by {job.worker}" + (", from the last checkpoint." if job.checkpoint else "."))
    try:
        results = _handle(handlers, context, job.model.model_type)
    except Stopped:
        context.log(f"Stopped: {pulse.reason or pulse.stop}")
        return lambda used, times: settle_stop(job, pulse, used, times)
    except Exception as error:  # noqa: BLE001 - whatever it is, the row says what went wrong, the log where
        return _failed(error, context, job)
    context.log("Done.")
    logger.info("job %s (%s) is done", job.pk, job.job_type)
    return lambda used, _times: complete_job(job.pk, job.attempts, results, used)


def _handle(handlers: Handlers, context: JobContext, model_type: str) -> dict[str, Any]:
    handler = handlers.get((context.job_type, model_type))
    if handler is None:
        raise InvalidInput(f"Nothing here does {context.job_type!r} for a model of type {model_type}.")
    results = dict(handler(context))
    if fault := json_fault(results):
        raise InvalidInput(f"Its results cannot be stored: {fault}")
    return results


def _failed(error: Exception, context: JobContext, job: ModelJob) -> Settle:
    """A refusal is an answer, which would come again; what was not there, and a defect, may pass."""
    spans.failed(error)
    may_pass = isinstance(error, UnavailableError) or not isinstance(error, DomainError)
    sentence = str(error) if isinstance(error, DomainError) else _sentence(error)
    context.log("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, DomainError):
        logger.warning("job %s: %s", job.pk, sentence)
    else:
        logger.error("job %s: %s", job.pk, sentence, exc_info=error)
    is_away = isinstance(error, (OperationalError, InterfaceError))  # the database, which is soon there again

    def settle(used: dict[str, Any], times: Timing) -> bool:
        quick = replace(times, backoff=min(times.backoff, AWAY_SECONDS)) if is_away else times
        return fail_job(job.pk, job.attempts, sentence, used, quick, may_pass=may_pass)

    return settle


def _sentence(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else f"It ended with {type(error).__name__}."


def has_work() -> bool:
    """Whether a worker that starts now would find a job."""
    return takeable(timing()).exists()
