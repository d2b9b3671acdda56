"""For whom statements are sent, over every way that a statement can take."""

import threading
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from system import acting
from system.acting import GUEST, Everyone, acting_as, for_everyone
from system.postgres.base import NobodyActs, in_words, preface

pytestmark = pytest.mark.django_db
SAID = "SELECT current_setting('app.user_id', true)"


def said(statement: Any = SAID, params: Any = None) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        assert cursor.description is not None
        return str(cursor.fetchone()[0])


def test_each_statement_says_it() -> None:
    assert said() == "command"
    with acting_as(7):
        assert said() == "7"
        assert said("SELECT current_setting(%s, true)", ["app.user_id"]) == "7"
        assert said("SELECT current_setting(%(name)s, true) || '%%'", {"name": "app.user_id"}) == "7%"
        assert said("SELECT current_setting('app.user_id', true) || '%'") == "7%"
        assert said(sql.SQL("SELECT current_setting({}, true)").format("app.user_id")) == "7"
        with for_everyone():
            assert said() == "service"
        assert said() == "7"
    with acting.acting(GUEST):
        assert said() == "guest"


def test_the_text_of_a_statement_is_the_same_for_everybody() -> None:
    """Psycopg keeps what it has made of the last texts; the text of each person would be a new one."""
    heard = []
    for person in (7, 8):
        with acting_as(person), acting.done_by(f"user:{person}", "api"):
            heard.append(preface("UPDATE portfolios SET name = 'x'"))
    assert heard[0][0] == heard[1][0]
    assert [values for _text, values in heard] == [("7", "user:7|api|"), ("8", "user:8|api|")]


@pytest.mark.django_db(transaction=True)
def test_nothing_stays_on_the_connection() -> None:
    with acting_as(7):
        assert said() == "7"
    with connection.connection.cursor() as raw:
        raw.execute("SHOW app.user_id")
        assert raw.fetchone() == ("",)


def test_it_outlives_a_rollback_to_a_savepoint() -> None:
    with acting_as(7), transaction.atomic():
        with pytest.raises(DataError), transaction.atomic():
            said("SELECT 1 / 0")
        assert said() == "7"


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.django_db(transaction=True)
def test_rows_that_come_in_parts(is_whole: bool) -> None:
    with acting_as(7):
        if is_whole:
            with transaction.atomic():
                found = in_parts()
        else:
            found = in_parts()
    assert found == [("7",), ("7",)]


def in_parts() -> list[tuple[str]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{SAID} FROM generate_series(1, %s)", [2])
        return list(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_copies_and_many_at_once() -> None:
    with acting_as(7), connection.cursor() as cursor:
        with cursor.copy(f"COPY ({SAID}) TO STDOUT") as copy:
            assert b"".join(bytes(part) for part in copy) == b"7\n"
        cursor.execute("CREATE TEMPORARY TABLE kept (n int, who text)")
        cursor.executemany("INSERT INTO kept VALUES (%s, current_setting('app.user_id', true))", [[1], [2]])
        cursor.execute("SELECT n, who FROM kept ORDER BY n")
        assert cursor.fetchall() == [(1, "7"), (2, "7")]


def test_rowcount_and_returning_are_those_of_the_statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept (n int)")
        cursor.execute("INSERT INTO kept SELECT generate_series(1, 3) RETURNING n")
        assert (cursor.rowcount, cursor.fetchall()) == (3, [(1,), (2,), (3,)])


def test_a_thread_of_a_serving_process_acts_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "_of_process", None)
    heard: list[object] = []

    def ask() -> None:
        heard.append(in_words(preface("SELECT 1 FROM assets")))
        try:
            preface('SELECT "portfolios"."id" FROM "portfolios"')
        except NobodyActs as fault:
            heard.append(str(fault))
        with for_everyone(Everyone.TASK):
            heard.append(in_words(preface("SELECT 1 FROM portfolios")))

    with acting_as(7):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert heard[0] == ""
    assert "portfolios" in str(heard[1])
    assert heard[2] == "SET LOCAL app.user_id = 'task'; "


@pytest.mark.parametrize(
    "statement",
    ["SAVEPOINT a", "rollback to savepoint a", "  RELEASE SAVEPOINT a", "VACUUM assets", "create database x",
     "CREATE UNIQUE INDEX CONCURRENTLY i ON assets (id)", "SET LOCAL lock_timeout = 1"],
)  # fmt: skip
def test_what_stands_alone_stays_alone(statement: str) -> None:
    assert preface(statement) == ("", ())


@pytest.mark.parametrize("wanted", ["7'; DROP TABLE users; --", "", "a b"])
def test_nothing_else_can_be_said(wanted: str) -> None:
    with acting.acting(wanted), pytest.raises(ValueError, match="a number or a name"):
        said()


def test_what_is_logged_is_what_was_asked() -> None:
    with CaptureQueriesContext(connection) as captured:
        said("SELECT %s", ["asked"])
    assert [query["sql"] for query in captured] == ["SELECT 'asked'"]
