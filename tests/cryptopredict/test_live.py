"""Live updates: who may listen, what is sent, and that an event is sent once."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import redis
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from accounts.services import deliver_notifications
from cryptopredict import live
from cryptopredict.live import is_our_page, send_events
from system.models import OutboxEvent
from system.services import publish
from tests.cryptopredict.serving import served
from tests.factories import NotificationFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
DASHBOARD = "/api/v1/ws/dashboard"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The WebSocket application on a real server. Its threads give their database connections back at once."""
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await live.application(scope, receive, send)
            return
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    with served(application) as number:
        yield number


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def listen(
    port: int, path: str = DASHBOARD, *, user: User | None = None, origin: str | None = ""
) -> AbstractContextManager[ClientConnection]:
    """Connect as a page of ours does, with the session of ``user``."""
    headers = {"Cookie": cookie_of(user)} if user else {}
    page = f"http://127.0.0.1:{port}" if origin == "" else origin
    return connect(f"ws://127.0.0.1:{port}{path}", additional_headers=headers, origin=page, close_timeout=2)  # type: ignore[arg-type]


def heard(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=10))
    return message


def close_code(connection: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        connection.recv(timeout=10)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_who_may_listen(port: int) -> None:
    """Codes tell a client what is wrong; a page of another site does not get a connection at all."""
    user, admin = UserFactory(), UserFactory(role="admin")
    for path, who, code in (
        (DASHBOARD, None, 4401),
        ("/api/v1/ws/nowhere", user, 4404),
        ("/api/v1/ws/notifications", None, 4401),
        (f"{DASHBOARD}/{admin.pk}", user, 4403),
        (f"{DASHBOARD}/999999", admin, 4404),
    ):
        with listen(port, path, user=who) as connection:
            assert close_code(connection) == code
    for path, person in ((DASHBOARD, user), (f"{DASHBOARD}/{user.pk}", user), (f"{DASHBOARD}/{user.pk}", admin)):
        with listen(port, path, user=person) as connection:
            assert heard(connection)["type"] == "dashboard.update"
    for foreign in (f"http://127.0.0.1:{port + 1}", "http://evil.example", f"https://127.0.0.1:{port}", "null", None):
        with pytest.raises(InvalidStatus) as refused, listen(port, user=user, origin=foreign):
            pass
        assert refused.value.response.status_code == 403


def test_the_overview_comes_at_once_and_with_every_run(port: int) -> None:
    user = UserFactory()
    with listen(port, user=user) as connection:
        first = heard(connection)
        assert (first["type"], first["seq"], first["ts"][-1]) == ("dashboard.update", 0, "Z")
        nothing = {"portfolios": 0, "positions": 0, "total_value": "0"}
        assert first["data"] == {
            "market_overview": None,
            "portfolio_summary": nothing,
            "active_signals": 0,
            "notifications": 0,
        }
        with transaction.atomic():
            publish("pipeline.done", {"run_id": 1})
            transaction.set_rollback(True)  # the run failed: nothing happened
        event = publish("pipeline.done", {"run_id": 2})
        other = publish("something.else", {})
        assert (send_events(), send_events()) == (2, 0)
        assert (heard(connection)["seq"], event.pk < other.pk) == (event.pk, True)
        connection.send('{"action": "ping"}')
        assert heard(connection) | {"ts": ""} == {"type": "pong", "ts": "", "seq": other.pk, "data": {}}
        connection.send("not JSON")
        assert close_code(connection) == 1003
    with listen(port, user=user) as connection:
        heard(connection)
        connection.send("[" * 100_000)
        assert close_code(connection) == 1003
    assert not OutboxEvent.objects.filter(sent_at__isnull=True).exists()


def test_an_event_for_one_person_reaches_nobody_else(port: int) -> None:
    user, stranger = UserFactory(), UserFactory()
    with listen(port, user=user) as own, listen(port, user=stranger) as foreign:
        heard(own)
        heard(foreign)
        publish("notification.new", {}, user=user)
        everybody = publish("pipeline.done", {})
        send_events()
        assert [heard(own)["seq"], heard(own)["seq"]] == [everybody.pk - 1, everybody.pk]
        assert heard(foreign)["seq"] == everybody.pk


def test_own_messages_come_when_they_become_visible(port: int) -> None:
    user, stranger = UserFactory(), UserFactory()
    with (
        listen(port, "/api/v1/ws/notifications", user=user) as own,
        listen(port, "/api/v1/ws/notifications", user=stranger) as foreign,
    ):
        for connection in (own, foreign):  # both have joined their groups
            connection.send('{"action": "ping"}')
            heard(connection)
        note = NotificationFactory(user=user, scheduled_for=None)
        publish("something.else", {}, user=user)
        deliver_notifications(timezone.now())
        send_events()
        message = heard(own)
        assert (message["type"], message["data"]["id"]) == ("notification.created", note.pk)
        assert message["data"]["sent_at"].endswith("Z")
        foreign.send('{"action": "ping"}')
        assert heard(foreign)["type"] == "pong"


def test_who_has_logged_out_hears_nothing_more(port: int) -> None:
    user = UserFactory()
    with listen(port, user=user) as connection:
        heard(connection)
        user.set_password("another one, long enough")
        user.save()
        publish("pipeline.done", {})
        send_events()
        assert close_code(connection) == 4401


def test_two_sweeps_at_once_send_each_event_once() -> None:
    """What one sweep holds, the other one leaves alone."""
    publish("pipeline.done", {})
    with transaction.atomic():
        held = OutboxEvent.objects.select_for_update().get()
        second = connections.create_connection("default")
        try:
            with second.cursor() as cursor:
                cursor.execute("SELECT id FROM outbox_events WHERE sent_at IS NULL FOR UPDATE SKIP LOCKED")
                assert cursor.fetchall() == []
        finally:
            second.close()
        assert held.sent_at is None
    assert send_events() == 1


def test_events_wait_while_redis_is_down(settings: Any) -> None:
    layer = settings.CHANNEL_LAYERS["default"] | {"CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}}
    publish("pipeline.done", {})
    settings.CHANNEL_LAYERS = {"default": layer}
    with pytest.raises(redis.exceptions.ConnectionError):
        send_events()
    assert OutboxEvent.objects.filter(sent_at__isnull=True).count() == 1


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "is_ours"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "ws", True),
        ("http://[::1]:8000", "[::1]:8000", "ws", True),
        ("https://127.0.0.1:8000", "127.0.0.1:8000", "wss", True),
        ("https://public.example", "10.0.0.1:8000", "ws", True),  # behind a proxy that ends TLS
        ("http://evil.example", "evil.example", "ws", False),  # a name that was bent to our address
        ("http://127.0.0.1:8000", "127.0.0.1:9000", "ws", False),
        ("", "127.0.0.1:8000", "ws", False),
    ],
)
def test_which_pages_are_ours(origin: str, host: str, scheme: str, settings: Any, *, is_ours: bool) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://public.example"]
    settings.ALLOWED_HOSTS = ["127.0.0.1", "[::1]"]
    headers = {b"origin": origin.encode(), b"host": host.encode()}
    assert is_our_page(headers, scheme) == is_ours
