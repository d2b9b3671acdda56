"""Who is told what, where and when: wishes, quiet hours, digests."""

from datetime import time
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Notification, NotificationDelivery, User
from accounts.services import (
    change_channel,
    deliver_notifications,
    deliver_outside,
    disconnect_channel,
    notify,
    set_hours,
)
from system.exceptions import InvalidInput, NotAllowed
from system.services import change_setting, setting, sweep_old_rows
from tests.accounts.channels import (
    DAY,
    EVERYTHING,
    HOUR,
    NOON,
    SECOND,
    TIMES,
    channel_of,
    ledger,
    sweep,
    sweep_for,
    tell,
)
from tests.factories import DeliveryFactory, UserFactory
from tests.stubs.server import Reply, StubServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    person: User = UserFactory(timezone="Europe/Berlin")
    return person


def test_rows_are_written_with_the_message_and_only_where_it_is_wanted(outside: StubServer, user: User) -> None:
    never = {kind: {"now_from": None, "below": "never"} for kind in EVERYTHING}
    channel_of(user, "telegram", wants=never | {"signal": {"now_from": "high", "below": "never"}})
    channel_of(user, "ntfy", wants=never | {"system": {"now_from": "low", "below": "never"}})
    channel_of(UserFactory(), "ntfy")
    for kind, priority in (("signal", "normal"), ("signal", "high"), ("system", "low"), ("alert", "urgent")):
        tell(user, f"{kind} {priority}", notification_type=kind, priority=priority, **TIMES)
    assert NotificationDelivery.objects.count() == 0
    deliver_notifications(NOON)
    rows = NotificationDelivery.objects.order_by("pk").values_list("channel__kind", "notification__title")
    assert list(rows) == [("telegram", "signal high"), ("ntfy", "system low")]
    assert deliver_notifications(NOON + DAY) == 0
    assert deliver_outside(NOON) == (2, 0)


@pytest.mark.parametrize(("method", "kinds"), [("telegram", ["telegram"]), (None, []), ("email", [])])
def test_an_alert_says_which_service_it_is_for(
    outside: StubServer, user: User, method: str | None, kinds: list[str]
) -> None:
    channel_of(user, "telegram")
    channel_of(user, "ntfy")
    notify(user, kind="alert", title="t", message="m", key="k", data={"notification_method": method})
    deliver_notifications(timezone.now() + SECOND)
    assert list(NotificationDelivery.objects.values_list("channel__kind", flat=True)) == kinds


def test_a_failed_transaction_leaves_no_row(outside: StubServer, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    channel_of(user)
    tell(user, "one", **TIMES)

    def fail(*_args: Any) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr("accounts.services.notifications.fan_out", fail)
    with pytest.raises(RuntimeError):
        deliver_notifications(NOON)
    monkeypatch.undo()
    assert Notification.objects.filter(sent_at__isnull=True).count() == 1
    assert sweep(NOON) == (1, 0)


def test_wishes_that_make_no_sense_are_refused(outside: StubServer, user: User) -> None:
    channel = channel_of(user)
    for wants in (
        {"gossip": EVERYTHING["system"]},
        {"system": {"now_from": "loud", "below": "never"}},
        {"system": {"now_from": None, "below": "hourly"}},
        {"system": {"now_from": None}},
    ):
        with pytest.raises(InvalidInput):
            change_channel(channel, actor=user, wants=wants)
    hours: dict[str, Any] = {"urgent_passes": True, "digest_at": time(8), "digest_weekday": 0}
    for bad in (
        {"quiet_from": time(22), "quiet_until": None},
        {"quiet_from": time(7), "quiet_until": time(7)},
        {"quiet_from": None, "quiet_until": None, "digest_weekday": 7},
    ):
        with pytest.raises(InvalidInput):
            set_hours(user, **(hours | bad))


def quiet(user: User, *, urgent_passes: bool) -> None:
    set_hours(
        user, quiet_from=time(22), quiet_until=time(7), urgent_passes=urgent_passes, digest_at=time(8), digest_weekday=4
    )


@pytest.mark.parametrize("urgent_passes", [True, False])
def test_at_night_only_what_is_urgent_comes(outside: StubServer, user: User, urgent_passes: bool) -> None:
    """22:00 to 7:00 in Berlin is 20:00 to 5:00 in UTC in June."""
    channel = channel_of(user)
    quiet(user, urgent_passes=urgent_passes)
    night = NOON.replace(hour=21)
    tell(user, "normal", **TIMES)
    tell(user, "urgent", priority="urgent", **TIMES)
    assert sweep(night) == (int(urgent_passes), 0)
    normal, urgent = ledger(channel)
    assert (normal.status, normal.next_try_at, normal.attempts) == ("waiting", NOON.replace(hour=5) + DAY, 0)
    assert urgent.status == ("sent" if urgent_passes else "waiting")
    assert sweep(NOON.replace(hour=4, minute=59) + DAY) == (0, 0)
    assert sweep(NOON.replace(hour=5) + DAY) == (2 - int(urgent_passes), 0)


def test_a_retry_does_not_wake_anybody_and_does_not_hold_up_what_is_urgent(outside: StubServer, user: User) -> None:
    channel = channel_of(user)
    quiet(user, urgent_passes=True)
    outside.answer("*", status=500)
    evening = NOON.replace(hour=19, minute=59)
    tell(user, "normal", **TIMES)
    sweep(evening)
    outside.answer("*", body={})
    assert sweep(evening + HOUR) == (0, 0)
    tell(user, "urgent", priority="urgent", **TIMES)
    assert sweep(evening + 2 * HOUR) == (1, 0)
    assert sweep(evening + 10 * HOUR) == (1, 0)
    assert [row.attempts for row in ledger(channel)] == [2, 1]


def test_preferences_that_somebody_has_spoilt_stop_nothing(outside: StubServer, user: User) -> None:
    channel_of(user)
    for said in ("x", {"quiet_from": 5, "quiet_until": "x", "digest_at": [], "digest_weekday": 99}, None):
        User.objects.filter(pk=user.pk).update(preferences={"notifications": said}, timezone="Mars/Base")
        tell(user, "one", **TIMES)
        assert sweep(NOON) == (1, 0)


def test_a_digest_lists_what_came(outside: StubServer, user: User) -> None:
    """Daily at 8:00 in Berlin, weekly on Fridays; what is urgent is sent at once all the same."""
    wants = {
        "signal": {"now_from": "urgent", "below": "daily"},
        "system": {"now_from": None, "below": "weekly"},
    }
    channel = channel_of(user, wants=wants)
    quiet(user, urgent_passes=False)
    for number in range(3):
        tell(user, f"signal {number}", notification_type="signal", **TIMES)
    tell(user, "system", **TIMES)
    tell(user, "at once", notification_type="signal", priority="urgent", **TIMES)
    assert sweep(NOON) == (1, 0)
    tuesday = NOON.replace(hour=6) + DAY
    assert sweep(tuesday - SECOND) == (0, 0)
    assert sweep(tuesday) == (1, 0)
    text = outside.calls[-1].body.decode()
    assert "3 messages for you" in text
    assert all(f"2024-06-03 14:00 signal {number}" in text for number in range(3))
    assert "system" not in text
    friday = NOON.replace(hour=6) + 4 * DAY
    assert sweep(friday - SECOND) == (0, 0)
    outside.answer_each("*", Reply(status=500), Reply(status=500), Reply())
    assert sweep(friday) == (0, 1)
    assert sweep_for(friday + HOUR, 3 * HOUR, HOUR)
    rows = ledger(channel)
    assert {row.status for row in rows} == {"sent"}
    assert len(rows) == 7
    parts = [row for row in rows if row.is_part]
    assert len(parts) == 4
    assert all(row.digest is not None and row.sent_at == row.digest.sent_at for row in parts)
    assert "1 message for you" in outside.calls[-1].body.decode()


def test_a_channel_goes_with_all_that_is_known_of_it(outside: StubServer, user: User) -> None:
    channel = channel_of(user, wants={"system": {"now_from": None, "below": "daily"}})
    tell(user, "one", **TIMES)
    sweep(NOON)
    sweep(NOON + DAY)
    with pytest.raises(NotAllowed):
        disconnect_channel(channel, actor=UserFactory())
    disconnect_channel(channel, actor=user)
    assert not NotificationDelivery.objects.exists()
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_ledger_is_swept_after_its_age(user: User) -> None:
    old = DeliveryFactory(notification=None, channel__user=user)
    part = DeliveryFactory(channel=old.channel, is_part=True, digest=old)
    new = DeliveryFactory(channel=old.channel)
    rows = NotificationDelivery.objects.filter(pk__in=[old.pk, part.pk])
    rows.update(created_at=timezone.now() - 91 * DAY)
    change_setting("retention", setting("retention"), actor=None)
    assert sweep_old_rows(timezone.now()).rows["notification_deliveries"] == 2
    assert list(NotificationDelivery.objects.all()) == [new]
