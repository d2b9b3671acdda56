"""Faults of the program are gathered by their place, become rows, and are open again when they come again."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, connection
from django.test import Client
from django.utils import timezone

from cryptopredict import health
from cryptopredict.celery import app
from system import fault_log, figures
from system.exceptions import ConflictError, DomainError
from system.log_context import working_on
from system.models import AuditLog, Fault
from system.services.faults import mark_done, write_faults
from tests.doors import client_of
from tests.factories import AdminFactory

pytestmark = pytest.mark.django_db
logger = logging.getLogger("tests.faults")


@pytest.fixture(autouse=True)
def _nothing_gathered() -> Iterator[None]:
    """Other tests of this process may have failed on purpose."""
    fault_log.take()
    figures.take()
    yield
    fault_log.take()


def one_way(text: str = "one way") -> None:
    raise ZeroDivisionError(text)


def another_way() -> None:
    raise ZeroDivisionError("another way")


def complain(how: Any = one_way, *arguments: str) -> None:
    try:
        how(*arguments)
    except ZeroDivisionError:
        logger.exception("It went wrong")


def test_one_row_for_each_place_with_how_often_it_came() -> None:
    for _ in range(3):
        complain()
    complain(another_way)
    assert write_faults() == 2
    complain()
    assert write_faults() == 1
    found = {row.place: row for row in Fault.objects.all()}
    first, second = (found[f"tests/system/test_faults.py: {name}"] for name in ("one_way", "another_way"))
    assert (first.times, second.times, first.error, first.kind) == (4, 1, "ZeroDivisionError", "other")
    assert first.first_at < first.last_at
    assert (first.message, first.during) == ("one way", "tests.faults")
    assert first.traceback.startswith("Traceback (most recent call last)")
    assert first.traceback.endswith("ZeroDivisionError: one way\n")


def test_a_line_without_a_traceback_is_none_and_a_warning_neither() -> None:
    logger.error("so it is")
    try:
        one_way()
    except ZeroDivisionError:
        logger.warning("passing", exc_info=True)
    assert fault_log.take() == []


def test_a_page_that_breaks_names_its_route_and_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "what_is_missing", another_way)
    client = Client(raise_request_exception=False)
    assert client.get("/readyz?token=secret-4711", headers={"X-Request-ID": "asked-1234"}).status_code == 500
    write_faults()
    row = Fault.objects.get()
    assert (row.kind, row.during, row.request_id) == ("request", "GET /readyz", "asked-1234")
    assert row.place == "tests/system/test_faults.py: another_way"
    assert "secret-4711" not in str(vars(row))
    assert figures.take()[figures.ERRORS.name, ("request",)] == 1


@pytest.mark.parametrize(("error", "expected"), [(ZeroDivisionError, 1), (DomainError, 0)])
def test_a_task_that_breaks_is_one_and_a_refusal_is_not(error: type[Exception], expected: int) -> None:
    @app.task(name="tests.breaking")
    def breaking() -> None:
        raise error("no")

    try:
        breaking.apply()
    finally:
        app.tasks.pop("tests.breaking")
    assert [(row.kind, row.during) for row in Fault.objects.all()] == [("task", "breaking")] * expected


def test_secrets_and_what_no_column_holds_are_left_out(settings: Any) -> None:
    settings.SECRET_KEY = "secret-of-sessions"
    complain(one_way, "signed with secret-of-sessions\0")
    write_faults()
    row = Fault.objects.get()
    assert row.message == "signed with •••"
    assert "secret-of-sessions" not in row.traceback


def test_the_innermost_work_says_what_it_is() -> None:
    with working_on(request_id="asked-1234", task_id="t", job_id=7):
        complain()
    (one,) = fault_log.take()
    assert (one.kind, one.request_id) == ("job", "asked-1234")


def test_while_the_database_is_away_they_wait_and_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    complain()
    with monkeypatch.context() as away:
        away.setattr(connection, "cursor", lambda: (_ for _ in ()).throw(Error()))
        assert write_faults() == 0
    complain()
    complain(another_way)
    assert write_faults() == 2
    assert sorted(Fault.objects.values_list("times", flat=True)) == [1, 2]


def test_no_more_than_a_number_of_them_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_log, "MOST_WAITING", 1)
    complain()
    complain(another_way)
    complain()
    (one,) = fault_log.take()
    assert one.times == 2
    assert figures.take()[figures.ERRORS.name, ("other",)] == 3, "the counts have them all"


def test_what_is_done_and_comes_again_is_open_again() -> None:
    complain()
    write_faults()
    row, admin = Fault.objects.get(), AdminFactory()
    mark_done(row, actor=admin, now=timezone.now())
    assert AuditLog.objects.filter(table_name="program_faults", record_id=row.pk, changed_by=admin).count() == 1
    with pytest.raises(ConflictError):
        mark_done(row, actor=admin, now=timezone.now())
    complain()
    write_faults()
    row.refresh_from_db()
    assert (row.done_at, row.times) == (None, 2)


def test_one_that_was_seen_before_it_was_mended_stays_done() -> None:
    complain()
    write_faults()
    complain()
    mark_done(Fault.objects.get(), actor=AdminFactory(), now=timezone.now() + timedelta(seconds=1))
    write_faults()
    assert Fault.objects.get().done_at is not None


def test_admins_mark_them_in_the_list() -> None:
    complain()
    complain(another_way)
    write_faults()
    keys = list(Fault.objects.values_list("pk", flat=True))
    page = client_of(AdminFactory()).post(
        "/admin/system/fault/", {"action": "mark_done", "_selected_action": keys}, follow=True
    )
    assert page.status_code == 200
    assert Fault.objects.filter(done_at__isnull=True).count() == 0
    assert "ZeroDivisionError · tests/system/test_faults.py: one_way is done." in page.content.decode()
