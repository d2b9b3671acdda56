"""Messages are written once per event and delivered once, by whichever sweep comes first."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Notification, User
from accounts.services import deliver_notifications, notify
from accounts.services.notifications import deliver_batch
from tests.factories import NotificationFactory, UserFactory

pytestmark = pytest.mark.django_db


def message(user: User, key: str, **options: Any) -> Notification | None:
    return notify(user, kind="signal", title="LONG BTC", message="A new plan.", key=key, **options)


def test_a_message_is_pending_until_the_sweep() -> None:
    row = message(UserFactory(), "signal:1", data={"signal_id": 1}, priority="high")
    assert row is not None
    row.refresh_from_db()
    assert (row.status, row.priority, row.sent_at) == ("unread", "high", None)
    assert row.data == {"signal_id": 1, "key": "signal:1"}
    now = timezone.now()
    assert deliver_notifications(now) == 1
    row.refresh_from_db()
    assert row.sent_at == now
    assert deliver_notifications(now + timedelta(days=1)) == 0
    row.refresh_from_db()
    assert row.sent_at == now


def test_the_same_event_is_told_once_to_each_person() -> None:
    first, second = UserFactory(), UserFactory()
    assert message(first, "signal:1") is not None
    assert message(first, "signal:1") is None
    assert message(second, "signal:1") is not None
    assert message(first, "signal:2") is not None
    assert Notification.objects.count() == 3


def test_nothing_is_delivered_before_its_time_or_after_its_end() -> None:
    now = timezone.now()
    NotificationFactory(scheduled_for=now + timedelta(hours=1), expires_at=now + timedelta(hours=3))
    NotificationFactory(scheduled_for=now - timedelta(hours=2), expires_at=now - timedelta(hours=1))
    assert deliver_notifications(now) == 0
    assert deliver_notifications(now + timedelta(hours=2)) == 1
    assert deliver_notifications(now + timedelta(hours=4)) == 0


def test_a_message_without_times_is_delivered() -> None:
    NotificationFactory(scheduled_for=None, expires_at=None)
    assert deliver_notifications(timezone.now()) == 1


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_sweeps_share_the_work() -> None:
    user = UserFactory()
    Notification.objects.bulk_create(NotificationFactory.build_batch(20, user=user))
    now = timezone.now() + timedelta(seconds=1)
    with transaction.atomic():
        held = Notification.objects.select_for_update().order_by("pk")[:5]
        kept = [row.pk for row in held]
        counted: list[int] = []

        def sweep() -> None:
            counted.append(deliver_batch(now))
            connection.close()

        other = threading.Thread(target=sweep)
        other.start()
        other.join(20)
        assert counted == [15]
    assert not Notification.objects.filter(pk__in=kept, sent_at__isnull=False).exists()
    assert deliver_notifications(now) == 5


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_same_event_at_once_is_told_once() -> None:
    user, start = UserFactory(), threading.Barrier(4)

    def tell() -> None:
        start.wait()
        message(user, "signal:1")
        connection.close()

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Notification.objects.count() == 1
