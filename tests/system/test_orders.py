"""Work that somebody asks for is kept once, done once, and taken up again when its worker was lost."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from system.exceptions import NoData, TooSoon
from system.models import AuditLog, BackgroundTask
from system.services import carry_out, order_work
from system.services.background import IncompleteError
from tests.factories import AdminFactory
from tests.locks import wait_for_locks

pytestmark = pytest.mark.django_db
NAME = "tests.work"


def order(number: int = 1, **options: Any) -> BackgroundTask:
    return order_work(NAME, "test", {"number": number}, actor=AdminFactory(), **options)


def done(row: BackgroundTask) -> None:
    row.result_data = {"done": row.task_params["number"]}


def test_an_order_is_kept_once_and_done_once() -> None:
    first = order()
    assert order().pk == first.pk
    assert order(2).pk != first.pk
    assert carry_out({NAME: done}) == 2
    assert carry_out({NAME: done}) == 0
    first.refresh_from_db()
    assert (first.status, first.result_data, first.error_message) == ("completed", {"done": 1}, None)
    assert first.execution_time_seconds is not None
    assert AuditLog.objects.filter(table_name="background_tasks").count() == 2


def test_what_was_done_rests_a_while() -> None:
    first = order(rest=timedelta(minutes=10))
    carry_out({NAME: done})
    with pytest.raises(TooSoon) as refused:
        order(rest=timedelta(minutes=10))
    assert 590 <= refused.value.wait <= 600
    assert order().pk != first.pk
    BackgroundTask.objects.update(created_at=timezone.now() - timedelta(minutes=11), status="completed")
    order(rest=timedelta(minutes=10))


@pytest.mark.parametrize("error", [NoData("no candles"), IncompleteError("half of it"), ZeroDivisionError("1 / 0")])
def test_work_that_fails_says_why_and_holds_up_nobody(error: Exception) -> None:
    first, second = order(1), order(2)

    def fails(row: BackgroundTask) -> None:
        if row.pk == first.pk:
            raise error
        done(row)

    assert carry_out({NAME: fails}) == 2
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("failed", "completed")
    assert str(error) in str(first.error_message)


def test_what_a_lost_worker_has_begun_is_done_again_but_not_for_ever() -> None:
    row = order()
    BackgroundTask.objects.filter(pk=row.pk).update(status="running", result_data={"tries": 2})
    assert carry_out({NAME: done}) == 1
    row.refresh_from_db()
    assert row.status == "completed"
    BackgroundTask.objects.filter(pk=row.pk).update(status="running", result_data={"tries": 3})
    assert carry_out({NAME: done}) == 1
    row.refresh_from_db()
    assert (row.status, row.error_message) == ("failed", "3 workers were lost over it")


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_do_the_same() -> None:
    order()
    begun, go = threading.Event(), threading.Event()
    counts: list[int] = []

    def slow(row: BackgroundTask) -> None:
        begun.set()
        assert go.wait(30)
        done(row)

    def work() -> None:
        try:
            counts.append(carry_out({NAME: slow}))
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(30)
    assert carry_out({NAME: done}) == 0
    go.set()
    worker.join(30)
    assert counts == [1]


@pytest.mark.django_db(transaction=True)
def test_two_people_who_ask_at_once_get_one_order() -> None:
    admin, rows = AdminFactory(), list[int]()

    def ask() -> None:
        try:
            rows.append(order_work(NAME, "test", {"number": 1}, actor=admin).pk)
        finally:
            connections.close_all()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s), hashtext(%s))", [NAME, str([("number", 1)])])
        askers = [threading.Thread(target=ask) for _ in range(2)]
        for asker in askers:
            asker.start()
        wait_for_locks(2)
        cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))", [NAME, str([("number", 1)])])
    for asker in askers:
        asker.join(30)
    assert len(rows) == 2
    assert len(set(rows)) == 1
