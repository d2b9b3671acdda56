"""Lines of the log: readable or JSON, with the ids of the work at hand, without secrets."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from system.log_context import request_in_hand, working_on
from system.log_lines import formatter
from system.masking import masked

KEY = 'k3y"of-a provider'.replace(" ", "-")


@contextmanager
def written(kind: str) -> Iterator[Callable[[], str]]:
    """What a logger of a test writes."""
    text, logger = io.StringIO(), logging.getLogger("tests.lines")
    handler = logging.StreamHandler(text)
    handler.setFormatter(formatter(kind))
    logger.addHandler(handler)
    try:
        yield text.getvalue
    finally:
        logger.removeHandler(handler)


def fail() -> None:
    raise ZeroDivisionError(f"refused {KEY}")


def complain() -> None:
    try:
        fail()
    except ZeroDivisionError:
        logging.getLogger("tests.lines").exception("No %s", "luck")


def test_a_readable_line_names_the_work_and_its_figures() -> None:
    with written("text") as said, working_on(request_id="abc-12345", run_id=7, job_id=None):
        logging.getLogger("tests.lines").warning("It took %s", "long", extra={"seconds": 2.5, "request": object()})
    moment, rest = said().split(" ", 1)
    assert moment.endswith("Z")
    assert rest == "WARNING tests.lines: It took long [request_id=abc-12345 run_id=7 seconds=2.5]\n"


def test_a_line_of_json_has_the_same() -> None:
    with written("json") as said, working_on(request_id="abc-12345"):
        logging.getLogger("tests.lines").info("one\ntwo", extra={"status": 201, "request": object()})
    (line,) = said().splitlines()
    found = json.loads(line)
    found.pop("timestamp")
    assert found == {
        "level": "info",
        "logger": "tests.lines",
        "event": "one\ntwo",
        "request_id": "abc-12345",
        "status": 201,
    }


def test_ids_end_with_the_work_and_inner_work_keeps_the_outer() -> None:
    with working_on(request_id="outer"):
        with working_on(request_id="inner", order_id=3):
            assert request_in_hand() == "inner"
        assert request_in_hand() == "outer"
    assert request_in_hand() is None


@pytest.mark.parametrize("kind", ["text", "json"])
def test_no_line_shows_a_secret_neither_in_words_nor_in_a_traceback(kind: str, settings: Any) -> None:
    settings.PROVIDERS = {"odd": {"key": KEY}}
    settings.SECRET_KEY = "secret-of-sessions"
    with written(kind) as said, working_on(provider=KEY):
        complain()
        logging.getLogger("tests.lines").info("signed with %s for %s", settings.SECRET_KEY, KEY)
    text = said()
    assert "ZeroDivisionError: refused •••" in text
    assert "secret-of-sessions" not in text
    assert KEY not in text
    assert json.dumps(KEY)[1:-1] not in text


def test_what_callers_log_in_with_is_masked(settings: Any) -> None:
    token = "cp_" + "a1B2" * 8
    assert masked(f"Authorization: Bearer {token}") == "Authorization: Bearer •••"
    assert masked(f"token={token}&x") == "token=•••&x"
    settings.REDIS_URL = "redis://:long-password-of-redis@127.0.0.1:6379/0"
    assert masked(f"cannot reach {settings.REDIS_URL}") == "cannot reach redis://:•••@127.0.0.1:6379/0"
    assert masked("Bearer of news") == "Bearer of news"
