"""What each service is sent, and what comes of its answers."""

import base64
import gzip
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import NotificationDelivery, User
from accounts.services import connect_channel, rotate_secret
from system.exceptions import NotAllowed
from system.services import change_setting, setting
from tests.accounts.channels import (
    BOT,
    EVERYTHING,
    PATHS,
    channel_of,
    ids,
    ledger,
    sweep,
    tell,
    webhook_of,
)
from tests.accounts.conftest import AMPLE, open_lanes
from tests.cryptopredict.installation import ROOT
from tests.factories import AdminFactory, UserFactory
from tests.stubs.mail import Post, mail_server
from tests.stubs.outgoing import say
from tests.stubs.server import Reply, StubServer

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def post(settings: Any) -> Any:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        yield server


@pytest.fixture
def user() -> User:
    person: User = UserFactory(is_verified=True)
    return person


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("telegram", {"chat_id": "-1001234", "disable_notification": False}),
        ("discord", {"allowed_mentions": {"parse": []}}),
        ("slack", {"mrkdwn": False, "unfurl_links": False}),
        ("ntfy", {"topic": "my-secret-topic", "title": "LONG <BTC> & @everyone", "priority": 4}),
    ],
)
def test_each_service_is_sent_one_plain_message(
    outside: StubServer, user: User, kind: str, expected: dict[str, Any]
) -> None:
    channel, now = channel_of(user, kind), timezone.now() + SECOND
    (note,) = tell(user, "LONG <BTC> & @everyone", priority="high")
    assert sweep(now) == (1, 0)
    (call,) = outside.calls
    (row,) = ledger(channel)
    assert (call.method, call.path) == ("POST", PATHS[kind])
    assert ids(outside.calls) == [str(row.message_id)]
    body = json.loads(call.body)
    assert body | expected == body
    text = body.get("text") or body.get("content") or body["message"]
    assert f"About {note.title}." in (text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    if kind == "slack":  # or it would call everybody
        assert "<BTC>" not in text
    if kind == "ntfy":
        assert call.headers["authorization"] == "Bearer tk_abcdefgh123456"
    assert (row.status, row.sent_at, row.attempts, row.possible_double, row.begun_at) == ("sent", now, 1, False, None)
    channel.refresh_from_db()
    assert (channel.verified_at, channel.last_error) == (now, None)
    assert sweep(now + timedelta(days=1)) == (0, 0)


def test_a_long_text_is_one_message_that_fits(outside: StubServer, user: User) -> None:
    for kind in ("telegram", "discord", "slack", "ntfy"):
        channel_of(user, kind)
    tell(user, "😀" * 100, message="😀x" * 5000)
    assert sweep(timezone.now() + SECOND) == (4, 0)
    bodies = {call.path: json.loads(call.body) for call in outside.calls}
    telegram = bodies[PATHS["telegram"]]["text"]
    assert len(telegram.encode("utf-16-le")) // 2 <= 4096
    assert telegram.endswith("…")
    assert len(bodies[PATHS["discord"]]["content"]) <= 2000
    assert len(bodies["/"]["message"].encode()) <= 4096


def test_a_webhook_is_signed(outside: StubServer, user: User) -> None:
    """Verified by hand, and as docs/notifications.md teaches it; after a rotation by the new secret only."""
    channel, secret = webhook_of(user, outside)
    tell(user, "one", data={"signal_id": 5, "key": "ours"})
    sweep(timezone.now() + SECOND)
    new = rotate_secret(channel, actor=user)
    tell(user, "two")
    sweep(timezone.now() + 2 * SECOND)
    assert new != secret
    for call, key in zip(outside.calls_to("/hook/5ecret-path"), (secret, new), strict=True):
        signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
        code = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        assert call.headers["webhook-signature"] == f"v1,{base64.b64encode(code).decode()}"
        assert abs(int(call.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    taught: dict[str, Any] = {}
    exec((ROOT / "docs/notifications.md").read_text().split("```python\n")[1].split("```")[0], taught)  # noqa: S102
    one, two = outside.calls
    assert taught["is_ours"](secret, one.headers, one.body)
    assert not taught["is_ours"](secret, two.headers, two.body)
    assert not taught["is_ours"](secret, one.headers, one.body + b" ")
    body = json.loads(outside.calls[0].body)
    (first, _second) = ledger(channel)
    assert body["id"] == outside.calls[0].headers["webhook-id"] == str(first.message_id)
    assert (body["type"], body["data"]["title"], body["data"]["details"]) == (
        "notification.system",
        "one",
        {"signal_id": 5},
    )


def test_a_mail_carries_the_id_of_the_message(outside: StubServer, user: User, post: Post) -> None:
    channel = channel_of(user, "email")
    tell(user, "New\nsignal")
    assert sweep(timezone.now() + SECOND) == (1, 0)
    (mail,) = post.mails
    (row,) = ledger(channel)
    assert (mail["To"], mail["Subject"]) == (user.email, "New signal")
    assert mail["Message-ID"].startswith(f"<{row.message_id}@")
    assert "About New" in mail.get_content()


def test_a_mail_waits_while_the_server_is_down_or_says_later(
    outside: StubServer, user: User, post: Post, settings: Any
) -> None:
    channel, now = channel_of(user, "email"), timezone.now() + SECOND
    tell(user, "one")
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    assert sweep(now) == (0, 1)
    settings.EMAIL_PORT, post.refuses = there, True
    assert sweep(now + timedelta(minutes=2)) == (0, 1)
    (row,) = ledger(channel)
    assert (row.attempts, row.last_error, row.possible_double) == (2, "The mail server answered 451.", False)
    post.refuses = False
    assert sweep(now + timedelta(minutes=5)) == (1, 0)
    assert len(post.mails) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=429, body={"ok": False, "error_code": 429, "parameters": {"retry_after": 120}}),
        Reply(status=429, headers={"Retry-After": "120"}),
        Reply(status=429, body={"message": "You are being rate limited.", "retry_after": 120.0, "global": False}),
        Reply(status=503, headers={"Retry-After": "120"}),
    ],
)
def test_a_service_that_asks_to_wait_is_obeyed(outside: StubServer, user: User, reply: Reply) -> None:
    """Only its own channel waits: another bot of another person goes on."""
    channel, now = channel_of(user), timezone.now() + SECOND
    tell(user, "one", "two")
    outside.answer_each(PATHS["telegram"], reply, Reply(body={"ok": True}))
    assert sweep(now) == (0, 1)
    first, second = ledger(channel)
    assert timedelta(seconds=120) <= first.next_try_at - now <= timedelta(seconds=150)
    assert (second.attempts, second.status) == (0, "waiting")
    other = UserFactory()
    channel_of(other)
    tell(other, "three")
    assert sweep(now + 5 * SECOND) == (1, 0)
    assert sweep(now + timedelta(seconds=119)) == (0, 0)
    open_lanes()
    assert sweep(now + timedelta(seconds=151)) == (2, 0)
    mine = [call for call in outside.calls if "three" not in call.body.decode()]
    assert ids(mine) == [str(first.message_id), str(first.message_id), str(second.message_id)]


def test_a_gate_that_is_closed_costs_no_attempt_outside(outside: StubServer, user: User) -> None:
    channel, now = channel_of(user), timezone.now() + SECOND
    outside.answer_each(PATHS["telegram"], Reply(status=429, headers={"Retry-After": "900"}), Reply())
    tell(user, "one")
    sweep(now)
    NotificationDelivery.objects.update(next_try_at=now)
    assert sweep(now) == (0, 1)
    assert len(outside.calls) == 1
    (row,) = ledger(channel)
    assert row.next_try_at > now + timedelta(seconds=800)


def test_a_budget_that_is_used_up_is_no_attempt(outside: StubServer, user: User) -> None:
    say(budgets=AMPLE | {"telegram": [{"limit": 1, "seconds": 600}]})
    channel, now = channel_of(user), timezone.now() + SECOND
    tell(user, "one", "two")
    assert sweep(now) == (1, 1)
    _first, second = ledger(channel)
    assert (second.attempts, second.status, second.begun_at) == (0, "waiting", None)
    assert second.next_try_at > now + timedelta(seconds=60)
    channel.refresh_from_db()
    assert channel.last_error is None


def test_what_waits_for_its_turn_is_not_overtaken(outside: StubServer, user: User) -> None:
    """A message that a budget has held back has made no attempt; those behind it wait all the same."""
    say(budgets=AMPLE | {"telegram": [{"limit": 1, "seconds": 600}]})
    channel, now = channel_of(user), timezone.now() + SECOND
    tell(user, "one", "two", "three")
    assert sweep(now) == (1, 1)
    assert sweep(now + 10 * SECOND) == (0, 0)
    open_lanes()
    NotificationDelivery.objects.filter(next_try_at__gt=now).update(next_try_at=now + 60 * SECOND)
    assert sweep(now + 61 * SECOND) == (1, 1)
    assert [(row.status, row.attempts) for row in ledger(channel)] == [("sent", 1), ("sent", 1), ("waiting", 0)]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_a_service_refuses_is_given_up_at_once_and_said(outside: StubServer, user: User, status: int) -> None:
    channel, now = channel_of(user), timezone.now() + SECOND
    outside.answer_each(
        PATHS["telegram"], Reply(status=status, body={"description": "x", "message": f"no chat {BOT}"}), Reply()
    )
    tell(user, "one", "two")
    assert sweep(now) == (1, 1)
    first, second = ledger(channel)
    assert (first.status, second.status) == ("dead", "sent")
    assert str(status) in str(first.last_error)
    assert "no chat •••" in str(first.last_error)


def test_a_webhook_that_hangs_may_have_arrived(outside: StubServer, user: User) -> None:
    say(budgets=AMPLE, deadline_seconds=0.4)
    channel, _secret = webhook_of(user, outside)
    now = timezone.now() + SECOND
    outside.answer_each("/hook/5ecret-path", Reply(delay=3), Reply())
    tell(user, "one")
    assert sweep(now) == (0, 1)
    (row,) = ledger(channel)
    assert (row.status, row.possible_double) == ("waiting", True)
    assert sweep(now + timedelta(minutes=1)) == (1, 0)
    assert len(set(ids(outside.calls))) == 1
    assert len(outside.calls) == 2
    assert ledger(channel)[0].possible_double


def test_an_answer_that_breaks_off_may_follow_a_message_that_arrived(outside: StubServer, user: User) -> None:
    channel, _secret = webhook_of(user, outside)
    packed = gzip.compress(b"taken" * 1000)
    outside.answer("/hook/5ecret-path", body=packed[:-20], headers={"Content-Encoding": "gzip"})
    tell(user, "one")
    assert sweep(timezone.now() + SECOND) == (0, 1)
    (row,) = ledger(channel)
    assert (row.status, row.possible_double, "too early" in str(row.last_error)) == ("waiting", True, True)


def test_a_webhook_that_is_not_there_cannot_have_arrived(outside: StubServer, user: User) -> None:
    fields = {"scheme": "http", "host": "127.0.0.1:9", "path": "/x"}
    channel, _ = connect_channel(user, kind="webhook", label="w", fields=fields, wants=EVERYTHING)
    tell(user, "one")
    assert sweep(timezone.now() + SECOND) == (0, 1)
    (row,) = ledger(channel)
    assert (row.status, row.possible_double) == ("waiting", False)


@pytest.mark.parametrize("inward", ["http://169.254.169.254/latest", "http://127.0.0.1:1/", "/elsewhere"])
def test_a_redirect_is_not_followed(outside: StubServer, user: User, inward: str) -> None:
    channel, _secret = webhook_of(user, outside)
    outside.answer("/hook/5ecret-path", status=302, headers={"Location": inward})
    tell(user, "one")
    assert sweep(timezone.now() + SECOND) == (0, 1)
    assert len(outside.calls) == 1
    (row,) = ledger(channel)
    assert (row.status, "sends us elsewhere" in str(row.last_error)) == ("dead", True)


@pytest.mark.parametrize("host", ["10.0.0.5", "192.168.1.1:8080", "127.0.0.1", "localhost", "169.254.169.254"])
def test_a_private_address_is_refused(outside: StubServer, user: User, host: str) -> None:
    change_setting("outgoing", setting("outgoing") | {"allowed_hosts": []}, actor=AdminFactory())
    fields = {"scheme": "https", "host": host, "path": "/x"}
    channel, _ = connect_channel(user, kind="webhook", label="w", fields=fields, wants=EVERYTHING)
    tell(user, "one")
    assert sweep(timezone.now() + SECOND) == (0, 1)
    (row,) = ledger(channel)
    assert (row.status, "not a public address" in str(row.last_error)) == ("dead", True)
    with pytest.raises(NotAllowed):
        connect_channel(user, kind="webhook", label="x", fields=fields | {"scheme": "http"})
