"""Where we stand with outside sources; and that no key is ever shown."""

import logging
from datetime import timedelta

import pytest

from system.http import Banned, Budget, Client, Refused
from system.masking import HideKeys, masked
from system.selectors.providers import provider_state, provider_states
from tests.stubs.outgoing import provided, say
from tests.stubs.server import Reply, StubServer

KEY = "CG-secret-123"


@pytest.mark.django_db
def test_a_provider_that_was_never_called(stub: StubServer) -> None:
    with provided(stub.url, budgets=()) as http:
        state = provider_state(http.provider)
        assert (state.name, state.url, state.has_key) == (http.provider.name, stub.url, False)
        assert (state.limit, state.used, state.used_pct, state.is_banned) == (None, 0, None, False)
        assert (state.last_call, state.last_status, state.last_error, state.last_error_at) == (None, None, None, None)
        assert state in provider_states()


@pytest.mark.django_db
def test_what_was_used_and_what_went_wrong(stub: StubServer) -> None:
    say()
    stub.answer_each("/q", Reply(body={}), Reply(status=418, headers={"Retry-After": "100"}))
    stub.answer("/no", status=404, body={"error": "no such coin"})
    with provided(stub.url, budgets=(Budget(200, timedelta(days=1)),)) as http:
        http.get("/q", weight=2)
        with pytest.raises(Refused):
            http.get("/no", weight=2)
        state = provider_state(http.provider)
        assert (state.limit, state.used, state.used_pct) == (200, 4, 2)
        assert (state.window_seconds, state.last_status, state.is_banned) == (86400, 404, False)
        assert state.last_error is not None
        assert "404, no such coin" in state.last_error
        with pytest.raises(Banned):
            http.get("/q", weight=2)
        state = provider_state(http.provider)
        assert state.is_banned
        assert state.last_error == "418"
        assert state.last_call is not None
        assert state.last_error_at is not None
        assert state.banned_until is not None
        assert 90 < (state.banned_until - state.last_error_at).total_seconds() <= 100.01


@pytest.mark.django_db
def test_without_redis_the_rest_is_known(stub: StubServer, http: Client, settings) -> None:
    stub.answer("/q", body={})
    http.get("/q")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    state = provider_state(http.provider)
    assert (state.used, state.used_pct, state.last_status) == (None, None, 200)


def test_a_key_is_masked(settings) -> None:
    settings.PROVIDERS = {"coingecko": {"key": KEY}, "binance": {"url": "http://127.0.0.1"}, "odd": {"key": ""}}
    assert masked(f"a {KEY} b{KEY}") == "a ••• b•••"


def test_no_line_of_the_log_shows_a_key(settings) -> None:
    settings.PROVIDERS = {"coingecko": {"key": KEY}}
    nobody: dict[str, int] = {}
    with pytest.raises(KeyError) as error:
        nobody[KEY]
    trace = (error.type, error.value, error.tb)
    record = logging.LogRecord("httpcore", logging.DEBUG, "x.py", 1, "headers=%r", ({"key": KEY},), trace)
    assert HideKeys().filter(record)
    line = logging.Formatter("{message}", style="{").format(record)
    assert KEY not in line
    assert "headers={'key': '•••'}" in line
    assert "KeyError: '•••'" in line


def test_the_programs_log_is_behind_that_fence(settings) -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["keys"]
