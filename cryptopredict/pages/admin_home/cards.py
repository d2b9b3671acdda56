"""What stands on each card of the first page of the admin. It is read where the pages of its subject read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from accounts.choices import FeedbackStatus
from accounts.models import UserFeedback
from aimodels.choices import JobStatus
from aimodels.models import ModelJob
from aimodels.selectors.versions import jobs_under_way
from assets.selectors.quality import GapCount, gap_counts, unfinished_fetches
from assets.selectors.shown import is_collected, shown_market
from cryptopredict.measuring.services import BEAT_FRESH, LONG_QUEUE, WORKER_FRESH
from cryptopredict.pages.data_quality.remedies import Remedy, provider_remedy
from cryptopredict.pages.freshness import FRESH_STATE, LATE_STATE, STALE_STATE, Chip, run_chip
from selection.models import AISuggestion
from selection.selectors.visible import review_queue
from system import formats
from system.choices import TaskStatus
from system.models import BackgroundTask
from system.selectors.health import STALE_AFTER, newest_health
from system.selectors.providers import ProviderState, provider_states
from system.selectors.runs import run_states
from system.stores.artefacts import bucket

MOST_JOBS = 8
FIRST_SUGGESTIONS = 3
LONG_WAIT = timedelta(minutes=5)
SILENT = "silent"
NEARLY_USED = 90
"""Percent of a budget."""


@dataclass(frozen=True)
class Suggestions:
    """What waits for a reviewer: how many, since when, and the first ones of the queue."""

    count: int
    oldest: datetime | None
    first: list[AISuggestion]


def suggestions(_now: datetime) -> Suggestions:
    """The queue of the review."""
    queue = review_queue()
    found = queue.order_by().aggregate(count=Count("pk"), oldest=Min("created_at"))
    first = list(queue.select_related("asset", "watchlist")[:FIRST_SUGGESTIONS]) if found["count"] else []
    return Suggestions(found["count"], found["oldest"], first)


@dataclass(frozen=True)
class Jobs:
    """Work that goes on or waits: jobs of models, and how much other work there is."""

    models: list[ModelJob]
    running: int
    waiting: int
    oldest_wait: datetime | None


def jobs(_now: datetime) -> Jobs:
    """What workers do now."""
    tasks = BackgroundTask.objects.aggregate(
        running=Count("pk", filter=Q(status=TaskStatus.RUNNING)),
        waiting=Count("pk", filter=Q(status=TaskStatus.PENDING)),
        oldest=Min("created_at", filter=Q(status=TaskStatus.PENDING)),
    )
    return Jobs(jobs_under_way(MOST_JOBS), tasks["running"], tasks["waiting"], tasks["oldest"])


def is_stoppable(job: ModelJob) -> bool:
    """Whether it can still be cancelled."""
    return job.job_status in (JobStatus.RUNNING, JobStatus.PENDING, JobStatus.PAUSED) and not job.stop_requested


@dataclass(frozen=True)
class Sign:
    """Something that is expected to be heard of again and again.

    Attributes:
        amount: what it counts; None: it only tells its age.
        at: when it was heard of last.
        state: as those of chips.
    """

    label: str
    amount: int | None
    at: datetime | None
    state: str


@dataclass(frozen=True)
class Lag:
    """How far the product is behind.

    Attributes:
        measured_at: the round of checks that ``queues`` and ``workers`` are from; None: there was none.
        is_old: whether rounds have stopped.
        analyses: by timeframe, as the chips of the pages.
    """

    measured_at: datetime | None
    is_old: bool
    queues: list[Sign]
    workers: list[Sign]
    schedule: Sign | None
    analyses: list[Chip]


def lag(now: datetime) -> Lag:
    """Queues, workers, schedule and analyses."""
    market = shown_market()
    runs = [run for run in run_states() if run.done or is_collected(run.timeframe, market)]
    chips = [run_chip(run, now) for run in runs]
    health = newest_health()
    if health is None:
        return Lag(None, is_old=True, queues=[], workers=[], schedule=None, analyses=chips)
    found: Mapping[str, Any] = health.performance_metrics or {}
    queues = (found.get("redis") or {}).get("queues") or {}
    at = health.check_time
    begun = parse_datetime(found.get("last_run_at") or "")
    return Lag(
        measured_at=at,
        is_old=now - at > STALE_AFTER,
        queues=[
            Sign(name, count, at, LATE_STATE if count > LONG_QUEUE else FRESH_STATE) for name, count in queues.items()
        ],
        workers=[
            _sign(name, at - timedelta(seconds=silent), at, WORKER_FRESH)
            for name, silent in (found.get("worker_silence_seconds") or {}).items()
        ],
        schedule=_sign(gettext("schedule"), begun.astimezone(UTC) if begun else None, at, BEAT_FRESH),
        analyses=chips,
    )


def _sign(label: str, heard: datetime | None, now: datetime, late: timedelta) -> Sign:
    state = STALE_STATE if heard is None else LATE_STATE if now - heard > late else FRESH_STATE
    return Sign(label, None, heard, state)


@dataclass(frozen=True)
class Source:
    """A provider with what helps; None where nothing needs to."""

    state: ProviderState
    remedy: Remedy | None

    @property
    def is_nearly_used(self) -> bool:
        """Whether little of its budget is left in this window."""
        return self.state.used_pct is not None and self.state.used_pct >= NEARLY_USED

    @property
    def used(self) -> str:
        """What is used of its budget, in words."""
        state = self.state
        return gettext("%(used)s of %(limit)s in %(seconds)s s") % {
            "used": "–" if state.used is None else formats.number(state.used),
            "limit": formats.number(state.limit or 0),
            "seconds": formats.number(state.window_seconds or 0),
        }

    @property
    def standing(self) -> str:
        """As the states of chips; or that it was never called."""
        if self.remedy is not None:
            return STALE_STATE
        if self.is_nearly_used:
            return LATE_STATE
        return FRESH_STATE if self.state.last_call else SILENT


@dataclass(frozen=True)
class Sources:
    """Providers that were called, those with a trouble first, and the names of those that never were."""

    called: list[Source]
    silent: list[str]


def providers(_now: datetime) -> Sources:
    """Outside sources and their budgets."""
    found = [Source(state, provider_remedy(state)) for state in provider_states()]
    called = [one for one in found if one.standing != SILENT]
    called.sort(key=lambda one: (one.remedy is None, not one.is_nearly_used))
    return Sources(called, [one.state.name for one in found if one.standing == SILENT])


@dataclass(frozen=True)
class Gaps:
    """What is missing of the candles that are shown."""

    counts: list[GapCount]
    fetches: int

    @property
    def open(self) -> int:
        """Gaps that a source may still fill."""
        return sum(one.open for one in self.counts)


def gaps(_now: datetime) -> Gaps:
    """Gaps by timeframe, and fetches that did not end well."""
    market = shown_market()
    return Gaps(gap_counts(market), unfinished_fetches(market).count())


@dataclass(frozen=True)
class Feedback:
    """Words of people that nobody has looked at yet."""

    count: int
    oldest: datetime | None
    first: list[UserFeedback]


def feedback(_now: datetime) -> Feedback:
    """What people told us."""
    new = UserFeedback.objects.filter(status=FeedbackStatus.NEW)
    found = new.aggregate(count=Count("pk"), oldest=Min("created_at"))
    first = list(new.select_related("user").order_by("created_at")[:FIRST_SUGGESTIONS]) if found["count"] else []
    return Feedback(found["count"], found["oldest"], first)


@dataclass(frozen=True)
class Files:
    """The bucket of the files, as the newest round of checks found it.

    Attributes:
        place: where it is.
        at: of the round; None: none has looked at it yet.
        fault: what the bucket said; None: it answered.
    """

    place: str
    at: datetime | None
    fault: str | None


def files(_now: datetime) -> Files:
    """Where models, pictures and reports of backtests lie."""
    place, health = str(bucket()), newest_health()
    found: Mapping[str, Any] = ((health.performance_metrics or {}) if health else {}).get("files") or {}
    if health is None or found.get("place") != place:
        return Files(place, None, None)
    return Files(place, health.check_time, found["fault"])
