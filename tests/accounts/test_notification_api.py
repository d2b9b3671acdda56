"""The messages in the app through the API, and those that admins write."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Notification, User, UserActivity
from accounts.services import deliver_notifications
from system.models import AuditLog, OutboxEvent
from tests.doors import API, answer, client_of, client_with_token, refused
from tests.factories import AdminFactory, NotificationFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "users/me/notifications"


def delivered(user: User, **columns: Any) -> Notification:
    note: Notification = NotificationFactory(**{"user": user, "sent_at": timezone.now()} | columns)
    return note


@pytest.fixture
def user() -> User:
    person: User = UserFactory(role="guest")
    return person


def test_the_list_shows_what_is_due_and_holds(user: User) -> None:
    first = delivered(user, notification_type="signal", priority="high", data={"signal_id": 5})
    delivered(user, expires_at=timezone.now() - timedelta(seconds=1))
    NotificationFactory(user=user)
    put_away = delivered(user, status="dismissed")
    second = delivered(user, status="read")
    delivered(UserFactory())
    rows = answer(LIST, user)["results"]
    assert [row["id"] for row in rows] == [second.pk, first.pk]
    assert rows[1].keys() >= {"notification_type", "title", "message", "data", "status", "priority", "sent_at"}
    assert rows[1]["data"] == {"signal_id": 5}
    for query, expected in (
        ({"status": "dismissed"}, [put_away.pk]),
        ({"status": "unread"}, [first.pk]),
        ({"type": "signal"}, [first.pk]),
        ({"priority": "low"}, []),
        ({"limit": 1}, [second.pk]),
    ):
        assert [row["id"] for row in answer(LIST, user, **query)["results"]] == expected
    refused(client_of(user).get(API + LIST, {"status": "lost"}), 400)
    assert answer(f"{LIST}/unread-count", user) == {"unread": 1}
    for older in ("users/notifications", "ui/notifications"):
        assert answer(older, user)["results"] == rows


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", LIST + "/{}/read"), ("put", "notifications/{}/read"), ("post", "ui/notifications/{}/read")],
)
def test_reading_is_kept_once(user: User, method: str, path: str) -> None:
    note, client = delivered(user), client_of(user)
    first = getattr(client, method)(API + path.format(note.pk))
    again = getattr(client, method)(API + path.format(note.pk))
    assert (first.status_code, first.json()["status"]) == (200, "read")
    assert first.json() == again.json()
    assert UserActivity.objects.filter(activity_type="notification", action="read").count() == 1
    refused(getattr(client_of(UserFactory()), method)(API + path.format(note.pk)), 404)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    refused(getattr(strict, method)(API + path.format(note.pk)), 403)


def test_all_are_read_at_once(user: User) -> None:
    for _number in range(3):
        delivered(user)
    NotificationFactory(user=user)
    delivered(UserFactory())
    client = client_of(user)
    assert client.post(f"{API}{LIST}/read-all").json() == {"updated": 3}
    assert client.post(f"{API}{LIST}/read-all").json() == {"updated": 0}
    assert Notification.objects.filter(status="read", read_at__isnull=False).count() == 3


@pytest.mark.parametrize("path", [LIST, "ui/notifications"])
def test_a_message_is_put_away(user: User, path: str) -> None:
    note = delivered(user)
    refused(client_of(UserFactory()).delete(f"{API}{path}/{note.pk}"), 404)
    assert client_of(user).delete(f"{API}{path}/{note.pk}").status_code == 204
    note.refresh_from_db()
    assert note.status == "dismissed"
    client_of(user).post(f"{API}{LIST}/{note.pk}/read")
    note.refresh_from_db()
    assert note.status == "dismissed"


def test_a_token_needs_the_scope_to_write(user: User) -> None:
    note = delivered(user)
    refused(client_with_token(user, "read").post(f"{API}{LIST}/{note.pk}/read"), 403)
    refused(Client().get(API + LIST), 401)


def test_admins_write_to_people_a_role_or_all() -> None:
    admin, people = AdminFactory(), UserFactory.create_batch(2)
    UserFactory(is_active=False)
    client, path = client_of(admin), f"{API}system/notifications"
    body = {"title": "Maintenance", "message": "Tonight.", "priority": "high"}

    def send(**to: Any) -> Any:
        return client.post(path, body | to, content_type="application/json")

    assert (send(user_ids=[people[0].pk]).status_code, send(user_ids=[people[1].pk]).json()) == (201, {"created": 1})
    assert send(role="public").json() == {"created": 2}
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    assert send(all=True, scheduled_for=later).json() == {"created": 3}
    assert Notification.objects.filter(priority="high", notification_type="system").count() == 7
    assert deliver_notifications(timezone.now() + timedelta(seconds=1)) == 4
    for wrong in (
        {},
        {"all": True, "role": "public"},
        {"user_ids": [987654321]},
        {"user_ids": [True]},
        {"all": True, "scheduled_for": later, "expires_at": timezone.now().isoformat()},
        {"role": "king"},
    ):
        refused(send(**wrong), 400)
    assert AuditLog.objects.filter(table_name="notifications", changed_by=admin).count() == 4
    refused(client_of(people[0]).post(path, body | {"all": True}, content_type="application/json"), 403)


def test_what_admins_write_for_later_is_shown_then_and_never_sent_too_late(user: User) -> None:
    """A message lasts from when it is shown, not from when it was written; one that has ended would reach nobody."""
    client, path, now = client_of(AdminFactory()), f"{API}system/notifications", timezone.now()
    body = {"title": "Maintenance", "message": "Tonight.", "user_ids": [user.pk]}

    def send(**when: Any) -> Any:
        told = {name: moment.isoformat() for name, moment in when.items()}
        return client.post(path, body | told, content_type="application/json")

    shown_at = now + timedelta(days=45)
    assert send(scheduled_for=shown_at).status_code == 201
    assert deliver_notifications(shown_at - timedelta(seconds=1)) == 0
    assert deliver_notifications(shown_at + timedelta(seconds=1)) == 1
    told = refused(send(expires_at=now - timedelta(minutes=1)), 400)
    assert [error["field"] for error in told["errors"]] == ["expires_at"]


def test_a_message_that_becomes_visible_is_an_event_for_its_reader(user: User) -> None:
    note = NotificationFactory(user=user, scheduled_for=None)
    deliver_notifications(timezone.now())
    event = OutboxEvent.objects.get()
    assert (event.topic, event.user_id, event.payload) == (
        "notification.created",
        user.pk,
        {"notification_id": note.pk},
    )
