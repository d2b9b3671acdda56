"""How many live connections somebody may have, whichever process they lead to; and what happens without Redis."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings as product
from django.db import connections

from accounts.models import User
from accounts.services import live_access
from accounts.services.live_access import VISITOR, issue_ticket, use_ticket
from cryptopredict.live import entrance, hub, places
from system.exceptions import UnavailableError
from system.rest.throttles import server
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.listening import WS, close_code, listen, live_server, pong
from tests.factories import UserFactory

SIGNALS = WS + "signals"
NOWHERE = "redis://127.0.0.1:1/0"


def names(owner: str) -> list[str]:
    found: list[str] = server(product.REDIS_URL).zrange(places.key(owner), 0, -1)
    return found


@pytest.fixture
def two_ports(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """Two servers that know nothing of each other but what Redis tells them."""
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    with live_server() as one, live_server() as other:
        yield one, other


@pytest.fixture
def person(db: None) -> Iterator[User]:
    """Nobody has left a place taken under this number before."""
    user = UserFactory()
    key = places.key(f"user:{user.pk}")
    server(product.REDIS_URL).delete(key)
    yield user
    server(product.REDIS_URL).delete(key)


@pytest.mark.django_db(transaction=True)
def test_a_person_has_so_many_connections_in_all_processes_together(
    two_ports: tuple[int, int], person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST_OF_ONE", 2)
    one, other = two_ports
    owner = f"user:{person.pk}"
    with listen(one, SIGNALS, user=person) as first, listen(other, SIGNALS, user=person) as second:
        pong(first)
        pong(second)
        for port in two_ports:
            with listen(port, SIGNALS, user=person) as third:
                assert close_code(third) == 4429
        with listen(other, SIGNALS, user=UserFactory()) as stranger:
            pong(stranger)
        assert len(names(owner)) == 2
    wait_for(lambda: not names(owner), 5)
    with listen(other, SIGNALS, user=person) as again:
        pong(again)


@pytest.mark.django_db(transaction=True)
def test_who_is_there_keeps_his_place(
    two_ports: tuple[int, int], person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis may forget everything: those who are there say so again."""
    monkeypatch.setattr(hub, "KEEP_SECONDS", 0.2)
    owner = f"user:{person.pk}"
    with listen(two_ports[0], SIGNALS, user=person) as connection:
        pong(connection)
        (name,) = names(owner)
        server(product.REDIS_URL).delete(places.key(owner))
        wait_for(lambda: names(owner) == [name], 5)


def test_of_two_hundred_at_once_exactly_as_many_come_in_as_may() -> None:
    owner = f"test:{uuid4().hex}"
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda number: places.take_place((owner, str(number))), range(200)))
    assert sum(found) == places.MOST_OF_ONE == len(names(owner))
    places.leave_place((owner, names(owner)[0]))
    assert [places.take_place((owner, name)) for name in ("a", "b")] == [True, False]


def test_a_place_that_nobody_keeps_becomes_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_OF_ONE", 1)
    owner = f"test:{uuid4().hex}"
    store = server(product.REDIS_URL)
    assert places.take_place((owner, "killed"))
    assert not places.take_place((owner, "next"))
    assert 0 < store.ttl(places.key(owner)) <= places.FREE_AFTER_SECONDS
    assert hub.KEEP_SECONDS * 2 < places.FREE_AFTER_SECONDS
    store.zincrby(places.key(owner), -places.FREE_AFTER_SECONDS, "killed")  # as if that time had passed
    assert places.take_place((owner, "next"))
    assert names(owner) == ["next"]
    places.leave_place((owner, "next"))


def test_without_redis_each_process_counts_its_own(settings: Any, caplog: Any) -> None:
    settings.REDIS_URL = NOWHERE
    assert places.take_place(("test:x", "a"))
    places.keep_places([("test:x", "a")])
    places.leave_place(("test:x", "a"))
    assert caplog.text.count("ConnectionError") == 3


class Down:
    """A cache whose server does not answer."""

    def get(self, _key: str) -> Any:
        raise redis.exceptions.ConnectionError("secret address")


def test_a_ticket_that_cannot_be_read_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, _ends = issue_ticket(VISITOR)
    with monkeypatch.context() as broken:
        broken.setattr(live_access, "cache", Down())
        with pytest.raises(UnavailableError):
            use_ticket(ticket)
        with pytest.raises(entrance.TurnedAway) as refused:
            entrance.access_by_ticket(ticket)
        assert refused.value.code == 1013
    assert use_ticket(ticket) == VISITOR


@pytest.mark.django_db(transaction=True)
def test_the_door_says_that_tickets_cannot_be_read(two_ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_access, "cache", Down())
    with listen(two_ports[0], SIGNALS, ticket="cp_ws_anything", origin=None) as connection:
        assert close_code(connection) == 1013
