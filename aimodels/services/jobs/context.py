"""What a handler gets: where to report, where to keep what it resumes from, and whether to go on."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from aimodels.models import AIModel, ModelJob
from aimodels.services.jobs.queue import held
from aimodels.services.jobs.row import announce, log_line
from system.exceptions import InvalidInput
from system.json_values import json_fault

LONGEST_PHASE = 20


class Stop(StrEnum):
    """Why a handler is to stop."""

    CANCEL = "cancel"
    PAUSE = "pause"
    SHUTDOWN = "shutdown"
    LOST = "lost"
    LIMIT = "limit"


class Stopped(Exception):
    """The job is to stop: handlers let it pass, so that it ends between two pieces of work."""


class Pulse:
    """What the handler's thread and the heartbeat's tell each other."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.phase: str | None = None
        self.share = 0.0
        self.done: int | None = None
        self.total: int | None = None
        self.has_checkpoint = False
        self.stop: Stop | None = None
        self.reason = ""
        self._lines: list[str] = []

    def ask_to_stop(self, why: Stop, reason: str = "") -> None:
        """The first reason counts; that the job belongs to somebody else counts more."""
        with self.lock:
            if self.stop is None or why == Stop.LOST:
                self.stop, self.reason = why, reason

    def write(self, text: str) -> None:
        with self.lock:
            self._lines.append(log_line(text))

    def take_lines(self) -> str:
        with self.lock:
            lines, self._lines = "".join(self._lines), []
        return lines

    def give_back(self, lines: str) -> None:
        """Lines that could not be written come first the next time."""
        with self.lock:
            self._lines.insert(0, lines)


class JobContext:
    """A job as its handler sees it.

    What a handler does may be done again after its worker was lost, from the last checkpoint or from the beginning: its
    effects carry keys of the business (a version, a moment), so that the second time changes nothing.

    Attributes:
        job_id: the job.
        job_type: its kind.
        model: the model version that it is about.
        config: what was asked for.
        due_at: the time of the schedule that it stands for; None when it was asked for once.
        attempt: how often it has been taken.
        state: what the last checkpoint kept; None at the beginning.
    """

    def __init__(self, job: ModelJob, pulse: Pulse) -> None:
        self.job_id, self.job_type, self.attempt = job.pk, job.job_type, job.attempts
        self.model: AIModel = job.model
        self.config: Mapping[str, Any] = job.job_config
        self.due_at: datetime | None = job.due_at
        self.state: Any = job.checkpoint
        self._pulse = pulse
        pulse.phase, pulse.share = job.current_phase, float(job.progress_pct) / 100

    def should_stop(self) -> bool:
        """Whether it was cancelled or paused, its worker ends, a limit is passed, or it belongs to another worker."""
        return self._pulse.stop is not None

    def check(self) -> None:
        """Stop here if asked to.

        Raises:
            Stopped: the job is to stop.
        """
        if self.should_stop():
            raise Stopped

    def progress(self, phase: str, share: float, *, done: int | None = None, total: int | None = None) -> None:
        """Say how far it is; shown within a second or two.

        Args:
            phase: a word or two, at most 20 characters.
            share: of the whole job, 0 to 1.
            done, total: steps, where it has steps.
        Raises:
            Stopped: the job is to stop.
            ValueError: the phase is too long, the share is out of range, or there are more steps done than there are.
        """
        if len(phase) > LONGEST_PHASE or not 0 <= share <= 1:
            raise ValueError(f"progress is a phase of at most {LONGEST_PHASE} characters and a share from 0 to 1")
        if (done is None) != (total is None) or (done is not None and total is not None and not 0 <= done <= total):
            raise ValueError("steps are told with how many there are, and not more than that")
        pulse = self._pulse
        with pulse.lock:
            pulse.phase, pulse.share, pulse.done, pulse.total = phase, share, done, total
        self.check()

    def iterations(self, phase: str, first: float, last: float) -> Callable[[Any], None]:
        """A callback for boosting (``lightgbm.train(callbacks=[…])``): progress, and a stop, at every iteration.

        Args:
            phase: its name.
            first, last: share of the job before the first and after the last iteration.
        """

        def report(environment: Any) -> None:
            done = environment.iteration - environment.begin_iteration + 1
            whole = max(1, environment.end_iteration - environment.begin_iteration)
            self.progress(phase, first + (last - first) * done / whole, done=done, total=whole)

        return report

    def log(self, text: str) -> None:
        """Write a line into the log of the job."""
        self._pulse.write(text)

    def checkpoint(self, data: Any) -> None:
        """Keep what the job resumes from, now; what was asked to stop stops here.

        Raises:
            Stopped: the job is to stop; the data are kept unless it belongs to another worker.
            InvalidInput: the data cannot be stored as JSON.
        """
        if fault := json_fault(data):
            raise InvalidInput(f"The checkpoint cannot be kept: {fault}")
        with self.landing() as job:
            is_new = job.checkpoint != data
            job.checkpoint = data
            job.save(update_fields=["checkpoint", "updated_at"])
            if is_new:
                metrics = job.job_metrics or {}
                usage = metrics.get("resource_usage", {}) | {"checkpoint_of": self.attempt}
                job.job_metrics = metrics | {"resource_usage": usage}
                job.save(update_fields=["job_metrics", "updated_at"])
                self._pulse.has_checkpoint = True
            announce(job)
        self.state = data
        self.check()

    @contextmanager
    def landing(self) -> Iterator[ModelJob]:
        """A transaction for effects that happen only while the job is ours: whoever has taken it meanwhile waits.

        Raises:
            Stopped: the job belongs to another worker.
        """
        with transaction.atomic():
            job = held(self.job_id, self.attempt)
            if job is None:
                self._pulse.ask_to_stop(Stop.LOST)
                raise Stopped
            yield job
