"""Background work: the schedule is the code's, tasks call services, and a real worker does one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.utils.time import get_exponential_backoff_interval
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from kombu import Connection

from accounts.models import Notification
from cryptopredict import tasks
from cryptopredict.celery import QUEUES, ROUTES, app
from cryptopredict.schedule import SCHEDULE, sync_schedule
from system.exceptions import InvalidInput, NoData, UnavailableError
from system.models import PipelineRun
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.workers import queue_of_its_own, worker
from tests.factories import AssetFactory, NotificationFactory, add_candles

NOON = "2024-06-30T12:00:00+00:00"


@pytest.mark.django_db
def test_the_schedule_is_stored_once_and_follows_the_code() -> None:
    assert (sync_schedule(), sync_schedule()) == (len(SCHEDULE), 0)
    obsolete = IntervalSchedule.objects.create(every=7, period=IntervalSchedule.DAYS)
    PeriodicTask.objects.create(name="of an older version", task="gone", interval=obsolete)
    PeriodicTask.objects.filter(name="archive prices").update(enabled=False, args="[1]")
    assert sync_schedule() == 2
    assert {task.name for task in PeriodicTask.objects.filter(enabled=True)} == {entry.name for entry in SCHEDULE}
    assert not IntervalSchedule.objects.filter(every=7).exists()
    assert CrontabSchedule.objects.filter(periodictask=None).count() == 0
    assert sync_schedule() == 0


@pytest.mark.django_db
def test_the_stored_schedule_says_what_the_code_says() -> None:
    sync_schedule()
    daily = PeriodicTask.objects.select_related("crontab").get(name="run the pipeline 1d")
    assert (daily.task, daily.queue, daily.args) == ("cryptopredict.tasks.run_pipeline", "compute", '["1d"]')
    assert (daily.crontab.minute, daily.crontab.hour, str(daily.crontab.timezone)) == ("3,13", "0", "UTC")
    assert daily.crontab.schedule.is_due(datetime.now(UTC) - timedelta(days=2)).is_due
    events = PeriodicTask.objects.select_related("interval").get(name="send events")
    assert (events.queue, events.interval.schedule.run_every.total_seconds(), events.expire_seconds) == ("notify", 2, 2)


def test_every_task_of_ours_has_a_queue_and_is_scheduled() -> None:
    ours = {name for name in app.tasks if name.startswith("cryptopredict.")}
    told = ("collect_batch", "finish_round", "land_run", "prepare_batch", "sync_exchange")
    begun_by_others = {f"cryptopredict.tasks.{name}" for name in told}
    assert ours == set(ROUTES) == {entry.task.name for entry in SCHEDULE} | begun_by_others
    assert {app.amqp.router.route({}, name)["queue"].name for name in ours} == set(QUEUES)


@pytest.fixture(autouse=True)
def nobody_shares(settings: Any) -> None:
    settings.PIPELINE_SHARED = "never"


@pytest.fixture(autouse=True)
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Timeframes of which the alerts are to be looked at; nothing is sent to a worker for it."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.check_alerts, "delay", lambda *arguments: asked.append(arguments))
    return asked


@pytest.mark.parametrize(
    ("task", "arguments", "service", "expected"),
    [
        ("run_pipeline", ("1h", NOON), "pipeline.run_pipeline", (NOON, "1h")),
        ("score_predictions", (NOON,), "aimodels.score_predictions", (NOON,)),
        ("watch_models", (NOON,), "watching.watch_models", (NOON,)),
        ("expire_suggestions", (NOON,), "selection.expire_suggestions", (NOON,)),
        ("score_suggestions", (NOON,), "selection.score_suggestions", (NOON,)),
        ("follow_signals", (NOON,), "trading.follow_signals", (NOON,)),
        ("score_recommendations", (NOON,), "trading.score_recommendations", (NOON,)),
        ("expire_recommendations", (NOON,), "trading.expire_recommendations", (NOON,)),
        ("measure_rankings", (NOON,), "selection.measure_rankings", (NOON,)),
        ("check_alerts", ("1h", NOON), "trading.check_alerts", (NOON, "1h")),
        ("track_signals", (NOON,), "trading.track_signals", (NOON,)),
        ("deliver_notifications", (NOON,), "accounts.deliver_notifications", (NOON,)),
        ("deliver_outside", (NOON,), "accounts.deliver_outside", (NOON,)),
        ("deliver_webhooks", (NOON,), "accounts.deliver_webhooks", (NOON,)),
        ("ensure_partitions_ahead", (NOON,), "assets.ensure_partitions_ahead", (NOON,)),
        ("archive_prices", (NOON,), "assets.archive_prices", (NOON,)),
        ("continue_demo_market", (NOON,), "demo.ensure_demo_market", (NOON,)),
        ("collect_coins", (NOON,), "collecting.collect_coins", (NOON,)),
        ("collect_series", (NOON,), "collecting.collect_all_series", (NOON,)),
        ("sweep_old_rows", (NOON,), "system.sweep_old_rows", (NOON,)),
        ("summarise_usage", (NOON,), "measuring.summarise_usage", (NOON,)),
        ("keep_backups", (NOON,), "keeping.keep_up", (NOON,)),
        ("flush_usage", (), "assets.flush_usage", ()),
        ("seal_changes", (), "trail.seal_changes", ()),
        ("carry_out_data", (), "orders.carry_out_data", ()),
        ("carry_out_analyses", (), "orders.carry_out_analyses", ()),
        ("sweep_exports", (NOON,), "requests.sweep_exports", (NOON,)),
        ("erase_closed_accounts", (NOON,), "erasing.erase_closed_accounts", (NOON,)),
    ],
)
def test_a_task_calls_its_service_with_the_time_it_was_given(
    task: str, arguments: tuple[str, ...], service: str, expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[Any, ...]] = []
    home = "cryptopredict" if service.startswith("watching.") else "cryptopredict.tasks"
    monkeypatch.setattr(f"{home}.{service}", lambda *args, **_: called.append(args))
    getattr(tasks, task)(*arguments)
    assert called == [tuple(datetime.fromisoformat(value) if value == NOON else value for value in expected)]


def test_workers_on_models_are_woken_after_the_jobs_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("cryptopredict.jobs.keep_up", told.append)
    monkeypatch.setattr("cryptopredict.jobs.wake_workers", lambda: told.append("woken"))
    tasks.wake_model_workers(NOON)
    assert told == [datetime.fromisoformat(NOON), "woken"]


@pytest.mark.django_db
@pytest.mark.parametrize(("timeframe", "length"), [("1h", 3600), ("4h", 14400), ("1d", 86400), ("1w", 604800)])
def test_without_a_time_the_pipeline_runs_at_the_last_close(
    timeframe: str, length: int, monkeypatch: pytest.MonkeyPatch, looked_at: list[tuple[Any, ...]]
) -> None:
    called: list[tuple[datetime, str]] = []
    monkeypatch.setattr("cryptopredict.pipeline.run_pipeline", lambda *args: called.append(args))
    monkeypatch.setattr("cryptopredict.pipeline.is_collected", lambda *_: True)
    tasks.run_pipeline(timeframe)
    assert looked_at == [(timeframe,)]
    ((as_of, _),) = called
    assert timedelta(0) <= timezone.now() - as_of < timedelta(seconds=length)
    assert as_of.timestamp() % min(length, 86400) == 0


@pytest.mark.django_db
def test_a_timeframe_that_nobody_collects_is_not_late() -> None:
    """No candle of it: no run, so no failure either. Old candles of it: the run says what is missing."""
    asset = AssetFactory(current_price=1)
    add_candles(asset, [100])
    tasks.run_pipeline("4h")
    assert not PipelineRun.objects.exists()
    with pytest.raises(NoData, match="1d candle"):
        tasks.run_pipeline("1d")


@pytest.mark.parametrize("text", ["yesterday", "2024-06-30T12:00:00"])
def test_a_time_without_zone_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        tasks.moment(text)


def test_what_may_pass_is_tried_again_and_a_refusal_is_not() -> None:
    task = tasks.run_pipeline
    assert {UnavailableError, OperationalError, InterfaceError} <= set(task.autoretry_for)
    assert issubclass(NoData, task.throws)
    assert not issubclass(NoData, task.autoretry_for)
    pauses = [
        get_exponential_backoff_interval(1, number, task.retry_backoff_max, full_jitter=task.retry_jitter)
        for number in range(task.max_retries)
    ]
    assert sum(pauses) == 60  # a server that is started again is back by then


# -- a real worker ----------------------------------------------------------------------------------------------------


@pytest.fixture
def queue() -> Iterator[tuple[str, str]]:
    with queue_of_its_own() as addresses:
        yield addresses


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_does_a_task(queue: tuple[str, str]) -> None:
    """Sent through the queue, done by another process, seen in the database."""
    due = NotificationFactory(scheduled_for=timezone.now() - timedelta(minutes=1), sent_at=None)
    redis_url, broker = queue
    with Connection(broker) as connection:
        tasks.deliver_notifications.apply_async(connection=connection)
    with worker(redis_url) as at_work:
        wait_for(lambda: Notification.objects.get(pk=due.pk).sent_at is not None, 60)
    assert at_work.status == 0, at_work.output
