"""What may be filled in, by whom, and that secrets stand nowhere."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.choices import DeliveryStatus
from accounts.models import NotificationChannel, NotificationDelivery, User, UserActivity
from accounts.providers.parcels import without
from accounts.providers.sending import OWN_BUDGET
from accounts.services import (
    acknowledge_undelivered,
    change_channel,
    connect_channel,
    disconnect_channel,
    rotate_secret,
    send_test,
)
from accounts.services.channels import lane
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.http import Clock
from system.http.gate import Gate
from system.models import AuditLog, ExternalApiLog
from system.services import change_setting, setting
from tests.accounts.channels import (
    BOT,
    EVERYTHING,
    FIELDS,
    HOOK,
    PATHS,
    channel_of,
    ledger,
    sweep,
    tell,
    webhook_of,
)
from tests.doors import client_of
from tests.factories import AdminFactory, NotificationFactory, UserFactory
from tests.stubs.outgoing import say
from tests.stubs.server import Reply, Request, StubServer

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
HOST = {"scheme": "https", "host": "example.com", "path": "/"}


@pytest.fixture
def user() -> User:
    person: User = UserFactory(is_verified=True)
    return person


def test_what_somebody_does_to_their_channels_is_among_their_activities(user: User) -> None:
    channel, _secret = connect_channel(user, kind="webhook", label="mine", fields=HOST)
    change_channel(channel, actor=user, is_active=False)
    rotate_secret(channel, actor=user)
    NotificationDelivery.objects.create(
        channel=channel, notification=NotificationFactory(user=user), status=DeliveryStatus.DEAD
    )
    acknowledge_undelivered(user, timezone.now())
    acknowledge_undelivered(user, timezone.now())
    disconnect_channel(channel, actor=user)
    done = UserActivity.objects.filter(user=user).order_by("pk").values_list("activity_type", "action")
    kinds = ("create", "update", "rotate")
    expected = [*(("channel", kind) for kind in kinds), ("notification", "acknowledge"), ("channel", "delete")]
    assert list(done) == expected


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("telegram", {"token": "x", "chat_id": "1"}),
        ("telegram", {"token": BOT}),
        ("telegram", FIELDS["telegram"] | {"url": "http://x"}),
        ("telegram", {"token": BOT + "/../x", "chat_id": "1"}),
        ("slack", FIELDS["slack"] | {"token": "https://hooks.slack.com/x"}),
        ("webhook", {"scheme": "https", "host": "user@example.com", "path": "/"}),
        ("webhook", {"scheme": "https", "host": "example.com/x", "path": "/"}),
        ("webhook", {"scheme": "https", "host": "example.com", "path": "//x y"}),
        ("webhook", {"scheme": "https", "host": "example.com:65536", "path": "/"}),
        ("webhook", {"scheme": "https", "host": "example.com:99999", "path": "/"}),
        ("webhook", {"scheme": "tgram", "host": "example.com", "path": "/"}),
        ("tgram", {}),
        ("email", {"address": "somebody@example.com"}),
    ],
)
@pytest.mark.usefixtures("outside")
def test_addresses_of_ones_own_are_not_taken(user: User, kind: str, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        connect_channel(user, kind=kind, label="x", fields=fields)
    assert BOT not in str(refusal.value)


def test_servers_of_ntfy_are_listed_by_admins(outside: StubServer, user: User) -> None:
    fields = {"server": outside.url, "topic": "t"}
    with pytest.raises(NotAllowed):
        connect_channel(user, kind="ntfy", label="own", fields=fields)
    change_setting("delivery", setting("delivery") | {"ntfy_servers": [outside.url]}, actor=AdminFactory())
    connect_channel(user, kind="ntfy", label="own", fields=fields, wants=EVERYTHING)
    tell(user, "one")
    assert sweep(timezone.now() + SECOND) == (1, 0)
    assert "authorization" not in outside.calls[0].headers


def test_channels_are_few_and_named_once(outside: StubServer, user: User, settings: Any) -> None:
    change_setting("delivery", setting("delivery") | {"most_channels": 2}, actor=AdminFactory())
    channel_of(user)
    with pytest.raises(ConflictError):
        channel_of(user)
    with pytest.raises(ConflictError, match="mail server"):
        channel_of(user, "email")
    channel_of(user, "discord")
    with pytest.raises(LimitExceeded):
        channel_of(user, "slack")
    with pytest.raises(NotAllowed):
        change_channel(NotificationChannel.objects.get(kind="telegram"), actor=UserFactory(), is_active=False)


def test_the_test_tells_the_real_answer(outside: StubServer, user: User) -> None:
    channel = channel_of(user)
    outside.answer_each(PATHS["telegram"], Reply(status=400, body={"message": "chat not found"}), Reply(body={}))
    refused = send_test(channel, actor=user)
    assert (refused.is_sent, "400, chat not found" in refused.error) == (False, True)
    channel.refresh_from_db()
    assert (channel.verified_at, channel.last_error) == (None, refused.error)
    assert send_test(channel, actor=user).is_sent
    channel.refresh_from_db()
    assert (channel.verified_at is None, channel.last_error) == (False, None)
    with pytest.raises(NotAllowed):
        send_test(channel, actor=UserFactory())


def test_nobody_is_flooded_with_tests(outside: StubServer, user: User) -> None:
    """A webhook leads to whoever its owner says, so that each has a budget of its own."""
    say(budgets={})
    channel, _secret = webhook_of(user, outside)
    Gate(f"webhook:{lane(channel)}", OWN_BUDGET, Clock()).enter(60, patience=0)
    outcome = send_test(channel, actor=user)
    assert (outcome.is_sent, outcome.was_let_out, outside.calls) == (False, False, [])


def test_a_secret_that_cannot_be_opened_is_said(outside: StubServer, user: User, settings: Any) -> None:
    channel = channel_of(user)
    settings.SEALING_SECRET = "another"
    tell(user, "one")
    assert sweep(timezone.now() + SECOND) == (0, 1)
    (row,) = ledger(channel)
    assert (row.status, "SEALING_SECRET" in str(row.last_error)) == ("dead", True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at /bot12345678/x, and 12345678.", "at /bot•••/x, and •••."),
        ("cut off: 123456", "cut off: •••"),
        ("cut off: 123456.", "cut off: •••"),
        ("only 12345", "only 12345"),
    ],
)
def test_a_secret_is_masked_also_where_it_is_cut(text: str, shown: str) -> None:
    assert without(text, {"token": "12345678", "chat": "x"}) == shown


def test_secrets_stand_nowhere(outside: StubServer, user: User, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the log of calls, the program's log at its most talkative, the audit trail, the admin, nor in errors."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # as in the settings
    _hook, secret = webhook_of(user, outside)
    for kind in ("telegram", "discord", "slack", "ntfy"):
        channel_of(user, kind)
    values = [value for kind in PATHS for name, value in FIELDS[kind].items() if name in ("token", "topic")]
    secrets = [*values, secret, "5ecret-path", HOOK]

    def parrot(asked: Request) -> Reply:
        return Reply(
            status=500, body={"error": f"{asked.path} {asked.headers.get('authorization')} {asked.body!r}"[:199]}
        )

    outside.answer("*", parrot)
    tell(user, "one")
    assert sweep(timezone.now() + SECOND) == (0, 5)
    admin = client_of(AdminFactory())
    shown = [
        caplog.text,
        *(str(row) for row in ExternalApiLog.objects.values_list("endpoint", flat=True)),
        *(f"{row.old_values} {row.new_values} {row.details}" for row in AuditLog.objects.all()),
        *(str(row.last_error) for row in NotificationDelivery.objects.all()),
        admin.get("/admin/accounts/notificationdelivery/").content.decode(),
        admin.get("/admin/accounts/notificationchannel/").content.decode(),
    ]
    pages = [
        f"/admin/accounts/notificationchannel/{channel.pk}/change/" for channel in NotificationChannel.objects.all()
    ]
    shown += [admin.get(page).content.decode() for page in pages]
    for text in shown:
        assert not [value for value in secrets if value in text]
