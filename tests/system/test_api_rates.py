"""Limits of calls: exact, whoever comes at once, and told in the answer."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import redis
from rest_framework.exceptions import Throttled

from system.rest import throttles
from system.rest.throttles import server, spend, take
from tests.doors import API, client_of, refused
from tests.factories import UserFactory


def calls(number: int, scope: str, who: str) -> list[bool]:
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _number: take(scope, who), range(number)))
    return [rate is not None and rate.passed for rate in found]


def test_of_two_hundred_at_once_exactly_fifty_pass(settings: Any) -> None:
    settings.API_RATES = {"read": 50}
    who = uuid4().hex
    assert sum(calls(200, "read", who)) == 50
    assert sum(calls(20, "read", who)) == 0
    assert sum(calls(60, "read", uuid4().hex)) == 50


def test_no_minute_holds_more_wherever_it_begins(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_RATES = {"read": 3}
    monkeypatch.setattr(throttles, "WINDOW", 1)
    who = uuid4().hex
    first = [take("read", who) for _ in range(4)]
    assert [rate.passed for rate in first if rate] == [True, True, True, False]
    assert [rate.left for rate in first if rate] == [2, 1, 0, 0]
    key = f"rate:read:{who}"
    client = server(settings.REDIS_URL)
    (oldest, *_rest) = client.zrange(key, 0, -1)
    client.zincrby(key, -1_000_000, oldest)  # as if a second had passed for this one only
    assert [rate.passed for rate in (take("read", who), take("read", who)) if rate] == [True, False]
    assert 0 < client.ttl(key) <= 1


@pytest.mark.django_db
def test_the_answer_says_what_is_left_and_a_refusal_when_to_come_back(settings: Any) -> None:
    settings.API_RATES = {"read": 2, "write": 1}
    client = client_of(UserFactory())
    first = client.get(API + "users/me")
    assert first["RateLimit-Policy"] == '"read";q=2;w=60'
    assert re.fullmatch(r'"read";r=1;t=\d+', first["RateLimit"])
    client.get(API + "users/me")
    refusal = client.get(API + "users/me")
    assert refused(refusal, 429)["type"].endswith(":throttled")
    assert 1 <= int(refusal["Retry-After"]) <= 60
    assert refusal["RateLimit"].startswith('"read";r=0;')
    assert client.post(API + "users/me/notifications/read-all").status_code == 200  # counted apart
    assert client.post(API + "users/me/notifications/read-all").status_code == 429
    assert client_of(UserFactory()).get(API + "users/me").status_code == 200


@pytest.mark.django_db
def test_guests_are_counted_by_their_address(settings: Any) -> None:
    settings.API_RATES = {"guest": 1}
    here, there = (f"10.{uuid4().int % 250}.{uuid4().int % 250}.{end}" for end in (1, 2))
    assert client_of().get(API + "assets", REMOTE_ADDR=here).status_code == 200
    assert client_of().get(API + "assets", REMOTE_ADDR=here).status_code == 429
    assert client_of().get(API + "assets", REMOTE_ADDR=there).status_code == 200


@pytest.mark.django_db
def test_refused_calls_count_too(settings: Any) -> None:
    """Who tries tokens, or what he may not do, comes to the limit like everybody."""
    settings.API_RATES = {"guest": 2, "read": 2}
    here: dict[str, Any] = {"REMOTE_ADDR": f"10.{uuid4().int % 250}.{uuid4().int % 250}.3"}
    for guess, status in (("cp_a", 401), ("cp_b", 401), ("cp_c", 429)):
        refused(client_of().get(API + "users/me", HTTP_AUTHORIZATION=f"Bearer {guess}", **here), status)
    refused(client_of().get(API + "users/me", **here), 429)
    user = client_of(UserFactory())
    for status in (403, 403, 429):
        refused(user.get(API + "system/activities", **here), status)


def test_what_is_counted_beside_the_caller_is_refused_too(settings: Any) -> None:
    settings.API_RATES = {"login": 1}
    who = uuid4().hex
    spend("login", who)
    with pytest.raises(Throttled):
        spend("login", who)


def test_without_redis_nobody_is_shut_out(settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    settings.API_RATES = {"read": 1}

    class Down:
        def eval(self, *_args: Any) -> None:
            raise redis.exceptions.ConnectionError("secret address")

    monkeypatch.setattr(throttles, "server", lambda _address: Down())
    assert take("read", "x") is None
    assert "not counted" in caplog.text
    assert "secret" not in caplog.text


def test_what_is_not_limited_asks_nobody(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_RATES = {"read": 0}
    monkeypatch.setattr(throttles, "server", None)
    assert take("read", "x") is None
    assert take("other", "x") is None
