"""Messages on their way: nothing is lost, nothing comes twice, and the order stays."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import NotificationDelivery, User
from accounts.selectors.notifications import undelivered
from accounts.services import (
    acknowledge_undelivered,
    change_channel,
    deliver_notifications,
    deliver_outside,
    delivery,
    try_again,
)
from accounts.services.delivery import LOCK_SPACE
from accounts.services.digests import make_digests
from accounts.services.ledger import held
from system.exceptions import ConflictError, NotAllowed
from tests.accounts.channels import (
    DAY,
    EVERYTHING,
    HOUR,
    MINUTE,
    NOON,
    PATHS,
    TIMES,
    channel_of,
    ids,
    ledger,
    sweep,
    sweep_for,
    tell,
    webhook_of,
)
from tests.doors import client_of
from tests.factories import AdminFactory, DeliveryFactory, UserFactory
from tests.stubs.server import StubServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    person: User = UserFactory(timezone="Europe/Berlin")
    return person


def states(user: User) -> list[str]:
    return list(NotificationDelivery.objects.filter(channel__user=user).order_by("pk").values_list("status", flat=True))


# -- an hour without the service --------------------------------------------------------------------------------------


def test_a_service_that_is_down_for_an_hour_gets_everything_after_in_order(outside: StubServer, user: User) -> None:
    """A message every five minutes; 500 for an hour. Nothing is lost, nothing comes twice or out of order."""
    channel, (hook, _secret) = channel_of(user), webhook_of(user, outside)
    for path in (PATHS["telegram"], "/hook/5ecret-path"):
        outside.answer(path, status=500)
    now = NOON
    for number in range(12):
        tell(user, f"message {number:02}", **TIMES)
        now = sweep_for(now, 5 * MINUTE, MINUTE)
    assert set(states(user)) == {"waiting"}
    tried = {call.headers["x-message-id"] for call in outside.calls}
    assert len(tried) == 2  # only the first of each channel
    assert 14 <= len(outside.calls) <= 30  # less and less often
    outside.calls.clear()
    for path in (PATHS["telegram"], "/hook/5ecret-path"):
        outside.answer(path, body={})
    sweep_for(now, 80 * MINUTE, MINUTE)
    assert set(states(user)) == {"sent"}
    for one, path in ((channel, PATHS["telegram"]), (hook, "/hook/5ecret-path")):
        rows = ledger(one)
        assert ids(outside.calls_to(path)) == [str(row.message_id) for row in rows]
        assert [row.notification.title for row in rows if row.notification] == [f"message {n:02}" for n in range(12)]
        assert not any(row.possible_double for row in rows)


def test_what_is_tried_for_too_long_is_given_up_said_and_tried_again_by_hand(outside: StubServer, user: User) -> None:
    channel = channel_of(user)
    outside.answer("*", status=500)
    tell(user, "one", **TIMES)
    last = sweep_for(NOON, 3 * DAY + 2 * HOUR, HOUR)
    (row,) = ledger(channel)
    assert (row.status, row.attempts > 30, "500" in str(row.last_error)) == ("dead", True, True)
    with pytest.raises(NotAllowed):
        try_again(row, actor=UserFactory(), now=last)
    outside.answer("*", body={})
    admin = AdminFactory()
    answer = client_of(admin).post(
        "/admin/accounts/notificationdelivery/", {"action": "try_again", "_selected_action": [row.pk]}, follow=True
    )
    assert "is tried again" in answer.content.decode()
    assert deliver_outside(timezone.now()) == (1, 0)
    with pytest.raises(ConflictError):
        try_again(row, actor=user, now=last)


def test_the_person_takes_note_of_what_was_not_delivered(user: User) -> None:
    for status in ("dead", "dead", "waiting"):
        DeliveryFactory(channel__user=user, status=status)
    DeliveryFactory(status="dead")
    assert (acknowledge_undelivered(user, NOON), acknowledge_undelivered(user, NOON)) == (2, 0)


def test_old_messages_are_not_sent(outside: StubServer, user: User) -> None:
    channel = channel_of(user)
    outside.answer("*", status=500)
    tell(user, "one", scheduled_for=NOON, expires_at=NOON + HOUR)
    sweep_for(NOON, 2 * HOUR, 10 * MINUTE)
    (row,) = ledger(channel)
    assert (row.status, row.last_error) == ("dead", "Too old to be of use.")


def test_a_paused_channel_keeps_what_waits_for_a_while(outside: StubServer, user: User) -> None:
    channel = channel_of(user)
    tell(user, "one", **TIMES)
    deliver_notifications(NOON)
    change_channel(channel, actor=user, is_active=False)
    tell(user, "two", **TIMES)
    assert sweep(NOON + HOUR) == (0, 0)
    assert states(user) == ["waiting"]
    change_channel(channel, actor=user, is_active=True)
    assert sweep(NOON + 2 * HOUR) == (1, 0)
    tell(user, "three", **TIMES)
    deliver_notifications(NOON)
    change_channel(channel, actor=user, is_active=False)
    sweep(NOON + 4 * DAY)
    assert states(user) == ["sent", "dead"]


def test_a_digest_that_is_given_up_leaves_no_part_waiting(outside: StubServer, user: User) -> None:
    """Of a paused channel, whether the digest was made by then or not; what is tried again brings its parts."""
    daily = {kind: {"now_from": None, "below": "daily"} for kind in EVERYTHING}
    channel = channel_of(user, wants=daily)
    tell(user, "one", **TIMES)
    deliver_notifications(NOON)
    make_digests(NOON + DAY)
    tell(user, "two", **TIMES)
    deliver_notifications(NOON + DAY)
    change_channel(channel, actor=user, is_active=False)
    sweep(NOON + 9 * DAY)
    assert states(user) == ["dead", "dead", "dead"]
    change_channel(channel, actor=user, is_active=True)
    assert sweep(NOON + 9 * DAY) == (0, 0)
    (digest,) = undelivered(user)
    try_again(digest, actor=user, now=NOON + 9 * DAY)
    assert sweep(NOON + 9 * DAY) == (1, 0)
    assert states(user) == ["sent", "sent", "dead"]


def test_a_slow_sweep_ends(outside: StubServer) -> None:
    """Other work of the same worker waits no longer than one attempt and the length of the sweep."""
    for _number in range(2):
        person = UserFactory()
        channel_of(person)
        tell(person, "one", **TIMES)
    outside.answer("*", delay=1.2)
    deliver_notifications(NOON)
    assert deliver_outside(NOON, seconds=1.0) == (1, 0)
    assert deliver_outside(NOON) == (1, 0)


def test_channels_that_work_go_first(outside: StubServer, user: User) -> None:
    channel_of(user)
    outside.answer(PATHS["telegram"], status=500)
    tell(user, "one", **TIMES)
    sweep(NOON)
    other = UserFactory()
    channel_of(other, "ntfy")
    tell(other, "two", **TIMES)
    sweep(NOON + 10 * MINUTE)
    assert [call.path for call in outside.calls] == [PATHS["telegram"], "/", PATHS["telegram"]]


def test_a_defect_of_ours_holds_up_its_own_channel_only(
    outside: StubServer, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is noted, tried again later, and not hidden."""
    broken = channel_of(user, "telegram")
    tell(user, "one", **TIMES)
    deliver_notifications(NOON)
    other = UserFactory()
    channel_of(other, "ntfy")
    tell(other, "two", **TIMES)
    parcel_of = delivery.parcel_of

    def fail(row: NotificationDelivery) -> Any:
        if row.channel_id == broken.pk:
            raise KeyError("nothing")
        return parcel_of(row)

    monkeypatch.setattr(delivery, "parcel_of", fail)
    with pytest.raises(KeyError, match="nothing"):
        sweep(NOON)
    assert [call.path for call in outside.calls] == ["/"]
    (row,) = ledger(broken)
    assert (row.status, row.last_error) == ("waiting", "A defect of this installation (KeyError).")
    assert row.next_try_at > NOON
    monkeypatch.undo()
    assert sweep(NOON + MINUTE) == (1, 0)


# -- side by side -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_workers_send_nothing_twice_and_keep_the_order(outside: StubServer) -> None:
    people = UserFactory.create_batch(4)
    channels = [webhook_of(people[0], outside)[0], *(channel_of(person) for person in people[1:])]
    outside.answer("*", delay=0.005)
    for person in people:
        tell(person, *(f"{number:02}" for number in range(15)), **TIMES)
    deliver_notifications(NOON)
    start, sums = threading.Barrier(2), list[tuple[int, int]]()

    def work() -> None:
        start.wait()
        while (done := deliver_outside(NOON)) != (0, 0):
            sums.append(done)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(sent for sent, _ in sums), sum(failed for _, failed in sums)) == (60, 0)
    assert len(ids(outside.calls)) == len(set(ids(outside.calls))) == 60
    arrived = {message: place for place, message in enumerate(ids(outside.calls))}
    for channel in channels:
        rows = ledger(channel)
        places = [arrived[str(row.message_id)] for row in rows]
        assert places == sorted(places)
        assert {(row.attempts, row.possible_double) for row in rows} == {(1, False)}


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_channel_is_worked_by_one_at_a_time(outside: StubServer, user: User) -> None:
    channel = channel_of(user)
    tell(user, "one", **TIMES)
    deliver_notifications(NOON)
    seen: list[tuple[int, int]] = []

    def other() -> None:
        seen.append(deliver_outside(NOON))
        connection.close()

    with held(LOCK_SPACE, channel.pk):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert seen == [(0, 0)]
    assert outside.calls == []
    assert deliver_outside(NOON) == (1, 0)
