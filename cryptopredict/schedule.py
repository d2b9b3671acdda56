"""When background work begins. The code owns the schedule: ``SCHEDULE``; the admin shows it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from cryptopredict import tasks
from cryptopredict.celery import ROUTES


@dataclass(frozen=True)
class Entry:
    """A line of the schedule: an interval, or minute, hour and day in UTC."""

    task: Any
    name: str
    every: timedelta | None = None
    minute: str = "*"
    hour: str = "*"
    day_of_week: str = "*"
    day_of_month: str = "*"
    arguments: str = "[]"

    @property
    def expires_after(self) -> int | None:
        """Seconds after which one that has not begun is dropped: the next one does its work."""
        return int(self.every.total_seconds()) if self.every else None


SCHEDULE = (
    Entry(tasks.send_events, "send events", every=timedelta(seconds=2)),
    Entry(tasks.seal_changes, "seal the audit", every=timedelta(minutes=1)),
    Entry(tasks.measure_health, "measure health", every=timedelta(minutes=1)),
    Entry(tasks.keep_backups, "keep backups", minute="5,20,35,50"),
    Entry(tasks.deliver_notifications, "deliver notifications", every=timedelta(seconds=10)),
    Entry(tasks.deliver_outside, "deliver outside", every=timedelta(seconds=10)),
    Entry(tasks.deliver_webhooks, "deliver webhooks", every=timedelta(seconds=5)),
    Entry(tasks.send_mails, "send mails", every=timedelta(seconds=10)),
    Entry(tasks.carry_out_data, "carry out orders of data", every=timedelta(seconds=5)),
    Entry(tasks.carry_out_analyses, "carry out orders of analyses", every=timedelta(seconds=5)),
    Entry(tasks.continue_demo_market, "continue the demo market", minute="0"),
    # Shortly after each close; the longer the candle, the later, so that short ones are not held up.
    Entry(tasks.collect_candles, "collect candles 1m", arguments='["1m"]'),
    Entry(tasks.collect_candles, "collect candles 5m", minute="*/5", arguments='["5m"]'),
    Entry(tasks.collect_candles, "collect candles 15m", minute="*/15", arguments='["15m"]'),
    Entry(tasks.collect_candles, "collect candles 1h", minute="0", arguments='["1h"]'),
    Entry(tasks.collect_candles, "collect candles 4h", minute="1", hour="*/4", arguments='["4h"]'),
    Entry(tasks.collect_candles, "collect candles 1d", minute="2", hour="0", arguments='["1d"]'),
    Entry(tasks.collect_candles, "collect candles 1w", minute="3", hour="0", day_of_week="1", arguments='["1w"]'),
    Entry(tasks.collect_candles, "collect candles 1M", minute="4", hour="0", day_of_month="1", arguments='["1M"]'),
    Entry(tasks.take_up_rounds, "take up rounds", every=timedelta(minutes=1)),
    # The end of a collection runs the pipeline too. The second moment is for one that did not end.
    Entry(tasks.run_pipeline, "run the pipeline 1h", minute="1,11", arguments='["1h"]'),
    Entry(tasks.run_pipeline, "run the pipeline 4h", minute="2,12", hour="*/4", arguments='["4h"]'),
    Entry(tasks.run_pipeline, "run the pipeline 1d", minute="3,13", hour="0", arguments='["1d"]'),
    Entry(tasks.run_pipeline, "run the pipeline 1w", minute="4,14", hour="0", day_of_week="1", arguments='["1w"]'),
    Entry(tasks.take_up_runs, "take up shared runs", every=timedelta(minutes=1)),
    # Each collection and each run has the alerts looked at. This is for one whose worker died before that.
    Entry(tasks.check_alerts, "look at the alerts", minute="*/5"),
    Entry(tasks.score_predictions, "score predictions", minute="6"),
    Entry(tasks.wake_model_workers, "wake workers on models", every=timedelta(seconds=10)),
    Entry(tasks.watch_models, "watch the models in force", minute="35", hour="0"),
    Entry(tasks.expire_suggestions, "expire suggestions", minute="7"),
    Entry(tasks.score_suggestions, "score suggestions", minute="9"),
    Entry(tasks.score_recommendations, "score recommendations", minute="9"),
    Entry(tasks.measure_rankings, "measure rankings", minute="9"),
    Entry(tasks.expire_recommendations, "expire recommendations", minute="7"),
    # After each collection too; the hour is for candles that came late.
    Entry(tasks.track_signals, "follow signals", minute="8"),
    Entry(tasks.follow_signals, "book paper portfolios", minute="10"),
    Entry(tasks.expire_imports, "expire previews of imports", minute="9"),
    Entry(tasks.sync_exchanges, "read accounts at exchanges", minute="17"),
    Entry(tasks.ensure_partitions_ahead, "make partitions ahead", minute="20", hour="0"),
    Entry(tasks.archive_prices, "archive prices", minute="40", hour="0"),
    Entry(tasks.sweep_old_rows, "sweep old rows", minute="50", hour="0"),
    Entry(tasks.sweep_screenshots, "sweep screenshots", minute="55", hour="0"),
    Entry(tasks.sweep_exports, "sweep exports", minute="35"),
    Entry(tasks.erase_closed_accounts, "erase closed accounts", minute="45", hour="1"),
    Entry(tasks.flush_usage, "count what people looked at", every=timedelta(minutes=1)),
    Entry(tasks.summarise_usage, "sum up usage", minute="5"),
    Entry(tasks.collect_coins, "collect coins", minute="15"),
    Entry(tasks.collect_series, "collect series", minute="25", hour="*/6"),
    Entry(tasks.collect_news, "collect news", minute="10,25,40,55"),
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
        day_of_month=entry.day_of_month,
        month_of_year="*",
        timezone="UTC",
    )[0]
