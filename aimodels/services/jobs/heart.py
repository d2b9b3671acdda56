"""The heartbeat of a job: a thread with a connection of its own keeps the lease, writes progress, and measures."""

import logging
import os
import signal
import threading
import time
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psutil
from django.db import DatabaseError, InterfaceError, connection, transaction

from aimodels.choices import StopRequest
from aimodels.models import ModelJob
from aimodels.services.jobs.context import Pulse, Stop
from aimodels.services.jobs.queue import fail_job, held, now_of_database, stop_job
from aimodels.services.jobs.row import add_lines, missing, write_log
from aimodels.services.jobs.timing import Timing

logger = logging.getLogger(__name__)
MEGABYTE = 1 << 20


class Meter:
    """What the process uses while a job runs: its processor time, and its memory as seen at each beat."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._begun, self._cpu = time.monotonic(), self._cpu_seconds()
        self._peak, self.samples = 0, 0
        self.sample()

    def _cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system + times.children_user + times.children_system

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    @property
    def peak_mb(self) -> float:
        return self._peak / MEGABYTE

    def sample(self) -> None:
        self._peak = max(self._peak, self._process.memory_info().rss)
        self.samples += 1

    def reading(self) -> dict[str, Any]:
        """Seconds, processor seconds and percent of one processor, and the most memory seen, of the whole process."""
        seconds, cpu = self.seconds, self._cpu_seconds() - self._cpu
        return {
            "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu, 3),
            "cpu_percent": round(100 * cpu / seconds, 1) if seconds > 0 else None,
            "peak_memory_mb": round(self.peak_mb, 1),
            "samples": self.samples,
            "gpu_percent": None,
            "gpu_reason": "no work of ours uses one",
        }


class Heart(threading.Thread):
    """Beats until it is told to end. A job that does not stop when asked is ended with its process, if that is its own.

    Args:
        job: as it was taken.
        pulse: what the handler tells and hears.
        timing: how often, and how long.
        shutdown: set when the worker is to end.
        is_alone: the process does nothing else, so it may be ended.
    """

    def __init__(
        self, job: ModelJob, pulse: Pulse, timing: Timing, *, shutdown: threading.Event, is_alone: bool
    ) -> None:
        super().__init__(daemon=True, name=f"heart of job {job.pk}")
        self.meter = Meter()
        self._job, self._pulse, self._timing = job, pulse, timing
        self._shutdown, self._is_alone = shutdown, is_alone
        self._begun_at = job.taken_at or now_of_database()
        self._first_share = pulse.share
        self._over = threading.Event()
        self._heard = self._asked = time.monotonic()

    def end(self) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        try:
            while not self._over.wait(self._timing.beat):
                self._beat()
        finally:
            if not self._over.is_set():  # a defect: without a heartbeat the job will be taken back
                self._pulse.ask_to_stop(Stop.LOST)
            connection.close()

    def _beat(self) -> None:
        self.meter.sample()
        self._judge_limits()
        if self._shutdown.is_set():
            self._pulse.ask_to_stop(Stop.SHUTDOWN)
        was_asked = self._pulse.stop is not None
        try:
            self.tell()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("job %s: no heartbeat: %s", self._job.pk, error)
            connection.close()
            if time.monotonic() - self._heard > self._timing.lease:
                self._pulse.ask_to_stop(Stop.LOST)
        else:
            self._heard = time.monotonic()
        if not was_asked:
            self._asked = time.monotonic()
        elif self._is_alone and time.monotonic() - self._asked > self._timing.grace:
            self._end_process()

    def _judge_limits(self) -> None:
        limits = self._job.resource_limits or {}
        memory, seconds = limits.get("max_memory_mb"), limits.get("max_execution_seconds")
        if memory is not None and self.meter.peak_mb > memory:
            self._pulse.ask_to_stop(Stop.LIMIT, f"It used {self.meter.peak_mb:.0f} MB; {memory} MB are allowed.")
        if seconds is not None and self.meter.seconds > seconds:
            self._pulse.ask_to_stop(Stop.LIMIT, f"It ran longer than the {seconds} s that are allowed.")

    def tell(self) -> None:
        """Renew the lease and write what is new; hear what is asked."""
        lines = self._pulse.take_lines()
        try:
            with transaction.atomic():
                self._write(lines)
        except (DatabaseError, InterfaceError):
            self._pulse.give_back(lines)
            raise

    def _write(self, lines: str) -> None:
        job = held(self._job.pk, self._job.attempts)
        if job is None:
            self._pulse.ask_to_stop(Stop.LOST)
            return
        if lines:
            write_log(job, lines)
        now, pulse = now_of_database(), self._pulse
        with pulse.lock:
            job.current_phase, job.progress_pct = pulse.phase, Decimal(f"{100 * pulse.share:.2f}")
            job.completed_steps, job.total_steps = pulse.done, pulse.total
        job.heartbeat_at, job.lease_until = now, now + timedelta(seconds=self._timing.lease)
        job.estimated_completion = self._estimate(now)
        job.job_metrics = (job.job_metrics or {}) | {"resource_usage": self.usage()}
        job.job_metrics["missing"] = missing(job)
        names = ["current_phase", "progress_pct", "completed_steps", "total_steps", "heartbeat_at", "lease_until"]
        job.save(update_fields=[*names, "estimated_completion", "job_metrics", "updated_at"])
        if job.stop_requested is not None:
            pulse.ask_to_stop(Stop(job.stop_requested))

    def usage(self) -> dict[str, Any]:
        """What was measured so far, and whether this attempt got to a checkpoint."""
        return self.meter.reading() | ({"checkpoint_of": self._job.attempts} if self._pulse.has_checkpoint else {})

    def _estimate(self, now: datetime) -> datetime | None:
        """When it ends if it goes on as it went since it was taken."""
        gained = self._pulse.share - self._first_share
        return now + (now - self._begun_at) * ((1 - self._pulse.share) / gained) if gained > 0 else None

    def _end_process(self) -> None:
        """The handler has not stopped in time: note why the job ends, and end the process with it."""
        logger.warning("job %s did not stop in time: its process is ended", self._job.pk)
        try:
            add_lines(self._job, f"It did not stop within {self._timing.grace:g} s; its process was ended.")
            settle_stop(self._job, self._pulse, self.usage(), self._timing)
        finally:
            os.kill(os.getpid(), signal.SIGKILL)


def settle_stop(job: ModelJob, pulse: Pulse, measured: dict[str, Any], timing: Timing) -> None:
    """Write what became of a job that was stopped; nothing, when it belongs to another worker."""
    if pulse.stop == Stop.LIMIT:
        fail_job(job.pk, job.attempts, pulse.reason, measured, timing, may_pass=False)
    elif pulse.stop in {Stop.CANCEL, Stop.PAUSE}:
        stop_job(job.pk, job.attempts, StopRequest(pulse.stop), measured)
    elif pulse.stop == Stop.SHUTDOWN:
        stop_job(job.pk, job.attempts, None, measured)
