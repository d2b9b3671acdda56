"""Live updates: who may listen, what is sent, and that an event is sent once."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import redis
from django.db import connections, transaction
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.services import deliver_notifications
from cryptopredict.live import send_events
from cryptopredict.live.origin import is_our_page
from system.models import OutboxEvent
from system.services import change_setting, publish, setting
from tests.cryptopredict.listening import DASHBOARD, WS, close_code, heard, listen, live_server, pong, say
from tests.factories import AdminFactory, NotificationFactory, TotpDeviceFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
ADMINS = ("system/status", "admin/system-status", "suggestions", "admin/suggestions", "models/jobs")


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Its threads give their database connections back at once."""
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    with live_server() as number:
        yield number


def test_who_may_listen(port: int) -> None:
    """Codes tell a client what is wrong; what he may not hear looks like what does not exist."""
    user, admin = UserFactory(), AdminFactory()
    for path, who, code in (
        ("dashboard", None, 4401),
        ("nowhere", user, 4404),
        ("notifications", None, 4401),
        ("signals", None, 4401),
        (f"dashboard/{admin.pk}", user, 4403),
        ("dashboard/999999", user, 4403),
        (f"signals/{admin.pk}", user, 4403),
        ("dashboard/999999", admin, 4404),
        ("signals/999999", admin, 4404),
        ("prices/1,x", None, 4404),
        ("prices/" + ",".join(map(str, range(1, 102))), None, 4404),
        ("prices/999999", None, 4404),
        *((path, None, 4401) for path in ADMINS),
        *((path, user, 4403) for path in ADMINS),
    ):
        with listen(port, WS + path, user=who) as connection:
            assert close_code(connection) == code, path
    for path, person in (("dashboard", user), (f"dashboard/{user.pk}", user), (f"dashboard/{user.pk}", admin)):
        with listen(port, WS + path, user=person) as connection:
            assert heard(connection)["type"] == "dashboard.update"
    for path in ADMINS:
        with listen(port, WS + path, user=admin) as connection:
            assert pong(connection)["seq"] == 0
    for foreign in (f"http://127.0.0.1:{port + 1}", "http://evil.example", f"https://127.0.0.1:{port}", "null", None):
        with pytest.raises(InvalidStatus) as refused, listen(port, user=user, origin=foreign):
            pass
        assert refused.value.response.status_code == 403


def test_an_admin_without_the_second_factor_that_he_needs_is_none(port: int) -> None:
    user, bare, whole = UserFactory(), AdminFactory(), AdminFactory()
    TotpDeviceFactory.of(whole)
    change_setting("security", setting("security") | {"admins_need_second_factor": True}, actor=whole)
    for path in ("suggestions", f"dashboard/{user.pk}"):
        with listen(port, WS + path, user=bare) as connection:
            assert close_code(connection) == 4403
    with listen(port, WS + "suggestions", user=whole) as connection:
        pong(connection)
    with listen(port, DASHBOARD, user=bare) as connection:
        assert heard(connection)["type"] == "dashboard.update"


def test_the_overview_comes_at_once_and_with_every_run(port: int) -> None:
    user = UserFactory()
    with listen(port, user=user) as connection:
        first = heard(connection)
        assert (first["type"], first["seq"], first["ts"][-1]) == ("dashboard.update", 0, "Z")
        assert first["data"].keys() == {"market_overview", "portfolio_summary", "active_signals", "notifications"}
        with transaction.atomic():
            publish("pipeline.done", {"run_id": 1})
            transaction.set_rollback(True)  # the run failed: nothing happened
        event = publish("pipeline.done", {"run_id": 2})
        other = publish("something.else", {})
        assert (send_events(), send_events()) == (2, 0)
        assert (heard(connection)["seq"], event.pk < other.pk) == (event.pk, True)
        assert pong(connection)["seq"] == event.pk
        connection.send("not JSON")
        assert close_code(connection) == 1003
    for wrong in ("[" * 100_000, "[]"):
        with listen(port, user=user) as connection:
            heard(connection)
            connection.send(wrong)
            assert close_code(connection) == 1003
    assert not OutboxEvent.objects.filter(sent_at__isnull=True).exists()


def test_an_event_for_one_person_reaches_nobody_else(port: int) -> None:
    user, stranger = UserFactory(), UserFactory()
    with listen(port, user=user) as own, listen(port, user=stranger) as foreign:
        heard(own)
        heard(foreign)
        told = publish("notification.new", {}, user=user)
        send_events()
        assert heard(own)["seq"] == told.pk
        assert pong(foreign)["seq"] == 0
        everybody = publish("pipeline.done", {})
        send_events()
        assert [heard(one)["seq"] for one in (own, foreign)] == [everybody.pk, everybody.pk]


def test_own_messages_come_when_they_become_visible(port: int) -> None:
    user, stranger = UserFactory(), UserFactory()
    path = WS + "notifications"
    with listen(port, path, user=user) as own, listen(port, path, user=stranger) as foreign:
        pong(own)
        pong(foreign)
        note = NotificationFactory(user=user, scheduled_for=None)
        publish("something.else", {}, user=user)
        deliver_notifications(timezone.now())
        send_events()
        message = heard(own)
        assert (message["type"], message["data"]["id"]) == ("notification.created", note.pk)
        assert message["data"]["sent_at"].endswith("Z")
        assert pong(foreign)["seq"] == 0


def test_who_talks_too_much_is_sent_away(port: int) -> None:
    with listen(port, WS + "notifications", user=UserFactory()) as connection:
        say(connection, action="dance")
        assert heard(connection)["data"]["code"] == "unknown_action"
        with suppress(ConnectionClosed):  # it may be sent away while it still talks
            for _number in range(100):
                say(connection, action="ping")
        assert close_code(connection) == 4429


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
