"""Work on models in this process."""

import json
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from aimodels.choices import JobStatus
from aimodels.models import ModelJob
from aimodels.services import jobs
from cryptopredict.embedded.process import die_with
from cryptopredict.jobs import HANDLERS, keep_up
from cryptopredict.observing import tracing

WATCH_SECONDS = 5


class Command(BaseCommand):
    help = (
        "Do the waiting jobs of the models, one after the other, and end when none waits. Ctrl-C or SIGTERM stops the "
        "present job at its next step; it goes on from its last checkpoint when a worker comes. Exit status 1 when a "
        "job failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", action="store_true", help="stay, keep the schedule, and wait for more")
        parser.add_argument("--json", action="store_true", help="print each job as one JSON line")
        parser.add_argument("--parent", type=int, help="end when this process, which began us, has ended")

    @tracing.traced("models")
    def handle(self, *_: Any, **options: Any) -> None:
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        if options["parent"] is not None:
            die_with(options["parent"], signal.SIGTERM)
        has_failed = False
        while not over.is_set():
            if options["watch"]:
                keep_up(timezone.now())
            job = jobs.run_next_job(HANDLERS, shutdown=over, is_alone=True)
            if job is not None:
                has_failed |= job.job_status == JobStatus.FAILED
                self.stdout.write(json.dumps(facts(job)) if options["json"] else line(job))
            elif options["watch"]:
                over.wait(WATCH_SECONDS)
            else:
                break
        if has_failed and not options["watch"]:
            raise SystemExit(1)


def facts(job: ModelJob) -> dict[str, Any]:
    """What one attempt came to."""
    return {
        "job": job.pk,
        "kind": job.job_type,
        "model": str(job.model),
        "status": job.job_status,
        "attempts": job.attempts,
        "seconds": None if job.execution_time_seconds is None else float(job.execution_time_seconds),
        "error": job.error_message,
        "results": job.job_results,
    }


def line(job: ModelJob) -> str:
    """The same for people."""
    why = f": {job.error_message}" if job.error_message else ""
    return f"job {job.pk} {job.job_type} of {job.model}: {job.job_status} after attempt {job.attempts}{why}"
