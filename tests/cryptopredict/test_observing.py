"""One id goes from a request through the queue into the work that it asked for, and is in every line about it."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.test import Client
from kombu import Connection

from cryptopredict import tasks
from cryptopredict.celery import app
from cryptopredict.observing import background
from system.choices import TaskStatus
from system.log_context import request_in_hand, working_on
from system.models import BackgroundTask
from system.services import change_setting, setting
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.workers import queue_of_its_own, worker
from tests.doors import API, client_of
from tests.factories import AdminFactory

REQUEST_ID = "order-2026.11_1"


@pytest.fixture
def queue() -> Iterator[tuple[str, str]]:
    with queue_of_its_own() as addresses:
        yield addresses


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_one_id_from_a_request_through_the_queue_into_a_task_and_its_child(
    queue: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """The request leaves an order; the task that carries it out begins another task; all of them name the request."""
    admin = AdminFactory()
    change_setting("collection", {**setting("collection"), "enabled": True}, actor=admin)
    body = {"task_name": "assets.sync_prices", "task_params": {"timeframe": "1h"}}
    with caplog.at_level(logging.INFO, "cryptopredict.requests"):
        answer = client_of(admin).post(
            f"{API}system/tasks", body, content_type="application/json", headers={"X-Request-ID": REQUEST_ID}
        )
    assert (answer.status_code, answer["X-Request-ID"]) == (202, REQUEST_ID)
    (order,) = BackgroundTask.objects.filter(task_name="assets.sync_prices")
    assert order.request_id == REQUEST_ID
    redis_url, broker = queue
    with Connection(broker) as connection:
        tasks.carry_out_data.apply_async(connection=connection)
    with worker(redis_url, LOG_FORMAT="json") as at_work:
        wait_for(lambda: BackgroundTask.objects.get(pk=order.pk).status == TaskStatus.COMPLETED, 60)
        wait_for(lambda: not redis.Redis.from_url(redis_url).llen("ingest"), 60)
    assert at_work.status == 0, at_work.output
    lines = [json.loads(line) for line in at_work.output.splitlines() if line.startswith("{")]
    ours = [line for line in lines if line.get("request_id") == REQUEST_ID]
    done = next(line for line in ours if line.get("order_id") == order.pk)
    child = next(line for line in ours if line.get("task") == "collect_candles" and "outcome" in line)
    assert done["event"] == f"Order {order.pk} (assets.sync_prices) is done"
    assert (child["outcome"], child["parent_id"], child["root_id"]) == ("success", done["task_id"], done["task_id"])
    assert {line["task_id"] for line in ours} == {done["task_id"], child["task_id"]}


@pytest.mark.django_db
def test_the_line_of_a_request_names_its_route_and_no_path(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cryptopredict.requests"):
        client_of().post("/api/v1/assets/12345/refresh")
        client_of().post("/nothing/of/the/kind?token=secret")
    told = [
        (record.getMessage(), record.__dict__["status"])
        for record in caplog.records
        if record.name == "cryptopredict.requests"
    ]
    assert told == [("POST /api/v1/assets/<int:pk>/refresh 401", 401), ("POST unknown 404", 404)]


@pytest.mark.django_db
@pytest.mark.parametrize(("which", "expected"), [("all", 2), ("writes", 1), ("none", 0)])
def test_the_operator_says_which_requests_are_told(
    which: str, expected: int, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LOG_REQUESTS = which
    client_of().get("/api/v1/assets")  # what is loaded with the first request makes it slow, and slow ones are told
    caplog.clear()
    with caplog.at_level(logging.INFO, "cryptopredict.requests"):
        client_of().get("/api/v1/assets")
        client_of().post("/api/v1/auth/login")
    assert len([record for record in caplog.records if record.name == "cryptopredict.requests"]) == expected


@pytest.mark.django_db
def test_a_request_that_breaks_names_its_id_in_what_django_says(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str | None] = []
    monkeypatch.setattr("cryptopredict.pages.errors.logger.error", lambda *_: said.append(request_in_hand()))

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("cryptopredict.health.what_is_missing", fail)
    answer = Client(raise_request_exception=False).get("/readyz", headers={"X-Request-ID": REQUEST_ID})
    assert (answer.status_code, said, request_in_hand()) == (500, [REQUEST_ID], None)


def test_a_task_that_a_task_begins_gets_the_request_and_a_time() -> None:
    headers: dict[str, Any] = {}
    with working_on(request_id=REQUEST_ID):
        background.send_along(headers=headers)
    assert headers.keys() == {"request_id", "sent_at"}
    alone: dict[str, Any] = {}
    background.send_along(headers=alone)
    assert alone.keys() == {"sent_at"}


@pytest.mark.django_db
def test_ids_of_a_task_end_with_it_also_when_it_fails() -> None:
    seen: list[str | None] = []

    @app.task(name="tests.failing", bind=True)
    def failing(_self: Any) -> None:
        seen.append(request_in_hand())
        raise ZeroDivisionError

    try:
        failing.apply(headers={"request_id": REQUEST_ID})
    finally:
        app.tasks.pop("tests.failing")
    assert (seen, request_in_hand()) == ([REQUEST_ID], None)


@pytest.mark.django_db
def test_a_task_that_is_done_at_once_is_no_sign_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[tuple[str, ...]] = []
    monkeypatch.setattr("system.services.heartbeats.beat", lambda *who: beats.append(who))
    tasks.flush_usage.apply()
    assert beats == []
