"""Background work. Every task only calls a service, takes keys and ISO strings, and may run twice.

The code owns the schedule: ``SCHEDULE`` here; the admin shows it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from accounts import services as accounts
from aimodels import services as aimodels
from assets import services as assets
from cryptopredict import demo, live, pipeline
from cryptopredict.celery import ROUTES, app
from selection import services as selection
from system.exceptions import InvalidInput
from trading import services as trading


def moment(text: str | None) -> datetime:
    """The time that a task was given, else the present.

    Raises:
        InvalidInput: it is no ISO time with a zone.
    """
    if text is None:
        return timezone.now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no ISO time.") from None
    if found.tzinfo is None:
        raise InvalidInput(f"{text!r} has no time zone.")
    return found


@app.task
def continue_demo_market(now: str | None = None) -> None:
    """Bring the demo market up to date; nothing happens where there is real market data."""
    demo.ensure_demo_market(moment(now))


@app.task
def ensure_partitions_ahead(now: str | None = None) -> None:
    """Make the partitions that coming rows will need."""
    assets.ensure_partitions_ahead(moment(now))


@app.task
def archive_prices(now: str | None = None) -> None:
    """Move partitions of old candles to the archive."""
    assets.archive_prices(moment(now))


@app.task
def run_pipeline(timeframe: str, as_of: str | None = None) -> None:
    """Run the pipeline of the live series at ``as_of``, else at the last close of the timeframe."""
    if as_of:
        pipeline.run_pipeline(moment(as_of), timeframe)
    else:
        pipeline.run_newest(timeframe, timezone.now())


@app.task
def score_predictions(as_of: str | None = None) -> None:
    """Score the forecasts of the live series that have come due."""
    aimodels.score_predictions(moment(as_of), series="live")


@app.task
def expire_suggestions(now: str | None = None) -> None:
    """Close open suggestions whose time has passed."""
    selection.expire_suggestions(moment(now))


@app.task
def expire_signals(now: str | None = None) -> None:
    """Close active signals whose horizon has passed."""
    trading.expire_signals(moment(now))


@app.task
def deliver_notifications(now: str | None = None) -> None:
    """Deliver the notifications whose time has come."""
    accounts.deliver_notifications(moment(now))


@app.task
def send_events() -> None:
    """Send waiting events to the browsers that are connected."""
    live.send_events()


@dataclass(frozen=True)
class Entry:
    """A line of the schedule: an interval, or minute and hour and day of the week in UTC."""

    task: Any
    name: str
    every: timedelta | None = None
    minute: str = "*"
    hour: str = "*"
    day_of_week: str = "*"
    arguments: str = "[]"

    @property
    def expires_after(self) -> int | None:
        """Seconds after which one that has not begun is dropped: the next one does its work."""
        return int(self.every.total_seconds()) if self.every else None


SCHEDULE = (
    Entry(send_events, "send events", every=timedelta(seconds=2)),
    Entry(deliver_notifications, "deliver notifications", every=timedelta(seconds=10)),
    Entry(continue_demo_market, "continue the demo market", minute="0"),
    Entry(run_pipeline, "run the pipeline 1h", minute="1", arguments='["1h"]'),
    Entry(run_pipeline, "run the pipeline 4h", minute="1", hour="*/4", arguments='["4h"]'),
    Entry(run_pipeline, "run the pipeline 1d", minute="2", hour="0", arguments='["1d"]'),
    Entry(run_pipeline, "run the pipeline 1w", minute="3", hour="0", day_of_week="1", arguments='["1w"]'),
    Entry(score_predictions, "score predictions", minute="6"),
    Entry(expire_suggestions, "expire suggestions", minute="7"),
    Entry(expire_signals, "expire signals", minute="8"),
    Entry(ensure_partitions_ahead, "make partitions ahead", minute="20", hour="0"),
    Entry(archive_prices, "archive prices", minute="40", hour="0"),
)


@transaction.atomic
def sync_schedule() -> int:
    """Make the stored schedule, which beat reads and the admin shows, equal to ``SCHEDULE``. Repeatable.

    Returns:
        How many entries were added, changed or removed.
    """
    stored = {task.name: task for task in PeriodicTask.objects.select_related("interval", "crontab")}
    changed = sum(_store(entry, stored.pop(entry.name, None)) for entry in SCHEDULE)
    for obsolete in stored.values():
        obsolete.delete()
    IntervalSchedule.objects.filter(periodictask=None).delete()
    CrontabSchedule.objects.filter(periodictask=None).delete()
    return changed + len(stored)


def _store(entry: Entry, row: PeriodicTask | None) -> bool:
    """Write one entry if it differs from what is stored; every write makes beat read the schedule anew."""
    row = row or PeriodicTask(name=entry.name)
    wanted = {
        "task": entry.task.name,
        "queue": ROUTES[entry.task.name]["queue"],
        "args": entry.arguments,
        "kwargs": "{}",
        "enabled": True,
        "one_off": False,
        "expire_seconds": entry.expires_after,
        "interval": entry.every and _interval(entry.every),
        "crontab": None if entry.every else _crontab(entry),
    }
    if row.pk and all(getattr(row, name) == value for name, value in wanted.items()):
        return False
    for name, value in wanted.items():
        setattr(row, name, value)
    row.save()
    return True


def _interval(every: timedelta) -> IntervalSchedule:
    seconds = int(every.total_seconds())
    return IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)[0]


def _crontab(entry: Entry) -> CrontabSchedule:
    return CrontabSchedule.objects.get_or_create(
        minute=entry.minute,
        hour=entry.hour,
        day_of_week=entry.day_of_week,
        day_of_month="*",
        month_of_year="*",
        timezone="UTC",
    )[0]
