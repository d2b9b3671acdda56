"""The own account by the API: profile, sessions, tokens, activities, feedback."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, Notification, User, UserActivity, UserSession
from accounts.services import authenticate_access, authenticate_token, create_api_token, open_session
from system.models import AuditLog
from tests.doors import API, answer, client_of, client_with_token, refused
from tests.factories import AdminFactory, UserActivityFactory, UserFactory, UserFeedbackFactory

pytestmark = pytest.mark.django_db
ME = API + "users/me"
PASSWORD = "correct horse battery"


def person(**columns: Any) -> User:
    user: User = UserFactory(**columns)
    user.set_password(PASSWORD)
    user.save()
    return user


def test_patch_merges_preferences_and_leaves_the_rest() -> None:
    user = UserFactory(first_name="Ada", preferences={"theme": "dark", "keep": 1, "drop": 2})
    body = {"last_name": "Lovelace", "timezone": "Asia/Tehran", "preferences": {"theme": "light", "drop": None}}
    shown = client_of(user).patch(ME, body, "application/json")
    assert shown.status_code == 200, shown.content
    told = shown.json()
    assert (told["full_name"], told["timezone"]) == ("Ada Lovelace", "Asia/Tehran")
    assert told["preferences"] == {"theme": "light", "keep": 1}
    activity = UserActivity.objects.get()
    assert activity.details == {"changed": ["last_name", "preferences", "timezone"]}
    assert client_of(user).get(ME, headers={"If-None-Match": shown["ETag"]}).status_code == 200


def test_put_replaces_what_is_not_named() -> None:
    user = UserFactory(first_name="Ada", bio="x", language="fa", preferences={"theme": "dark"})
    told = client_of(user).put(ME, {"last_name": "L"}, "application/json").json()
    assert (told["first_name"], told["last_name"], told["bio"]) == (None, "L", None)
    assert (told["language"], told["timezone"], told["preferences"]) == ("en", "UTC", {})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"email": "other@example.com"}, "email"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"language": "xx"}, "language"),
        ({"first_name": "x" * 51}, "first_name"),
        ({"profile_picture_url": "javascript:alert(1)"}, "profile_picture_url"),
        ({"preferences": {"a": "x" * 70_000}}, "preferences"),
        ({"preferences": [1]}, "preferences"),
    ],
)
def test_what_does_not_fit_changes_nothing(body: dict[str, Any], field: str) -> None:
    user = UserFactory()
    problem = refused(client_of(user).patch(ME, body, "application/json"), 400)
    assert problem["errors"][0]["field"] == field
    user.refresh_from_db()
    assert user.role == "public"
    assert not UserActivity.objects.exists()


def test_a_version_is_compared_if_one_is_named() -> None:
    client = client_of(UserFactory())
    etag = client.get(ME)["ETag"]
    assert client.patch(ME, {"bio": "a"}, "application/json", headers={"If-Match": etag}).status_code == 200
    assert client.patch(ME, {"bio": "b"}, "application/json", headers={"If-Match": etag}).status_code == 412


def test_guests_change_their_own_account_too() -> None:
    assert client_of(UserFactory(role="guest")).patch(ME, {"bio": "a"}, "application/json").status_code == 200


def test_leaving_ends_everything() -> None:
    user = person()
    tokens = open_session(user)
    _token, secret = create_api_token(user, name="t", scopes=["read"])
    client = client_of(user)
    refused(client.delete(ME, {"password": "wrong"}, "application/json"), 400)
    assert User.objects.get(pk=user.pk).failed_login_attempts == 1
    assert client.delete(ME, {"password": PASSWORD}, "application/json").status_code == 204
    gone = User.objects.all_with_deleted().get(pk=user.pk)
    assert (gone.is_active, gone.is_deleted, gone.deleted_by) == (False, True, None)
    assert authenticate_access(tokens.access) is None
    assert authenticate_token(secret, address=None) is None
    assert client.get(ME).status_code == 401
    assert AuditLog.objects.filter(operation="DELETE", record_id=user.pk).exists()


def test_the_last_admin_cannot_leave() -> None:
    admin = person(role="admin")
    problem = refused(client_of(admin).delete(ME, {"password": PASSWORD}, "application/json"), 409)
    assert problem["type"].endswith(":last-admin")
    AdminFactory()
    assert client_of(admin).delete(ME, {"password": PASSWORD}, "application/json").status_code == 204


def test_sessions_are_listed_and_ended() -> None:
    user, other = UserFactory(), UserFactory()
    mine, second, foreign = open_session(user), open_session(user), open_session(other)
    headers = {"Authorization": f"Bearer {mine.access}"}
    client = client_of()
    page = client.get(ME + "/sessions", headers=headers).json()
    assert {row["id"]: row["is_current"] for row in page["results"]} == {
        mine.session.pk: True,
        second.session.pk: False,
    }
    assert not {"session_token", "refresh_token"} & page["results"][0].keys()
    refused(client.delete(f"{ME}/sessions/{foreign.session.pk}", headers=headers), 404)
    assert client.delete(f"{ME}/sessions/{second.session.pk}", headers=headers).status_code == 204
    assert authenticate_access(second.access) is None
    third = open_session(user)
    assert client.delete(ME + "/sessions", headers=headers).status_code == 204
    assert authenticate_access(third.access) is None
    assert authenticate_access(mine.access) is not None
    assert authenticate_access(foreign.access) is not None
    ended = client.get(ME + "/sessions?active=false", headers=headers).json()
    assert ended["count"] == UserSession.objects.filter(user=user, is_active=False).count() == 2


def test_activities_are_the_own_ones_of_the_last_days() -> None:
    user = UserFactory()
    old, new = UserActivityFactory(user=user), UserActivityFactory(user=user, activity_type="profile")
    UserActivityFactory()
    UserActivity.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))
    assert [row["id"] for row in answer("users/me/activities", user)["results"]] == [new.pk]
    assert [row["id"] for row in answer("users/me/activities", user, days=60)["results"]] == [new.pk, old.pk]
    assert answer("users/me/activities", user, activity_type="login")["results"] == []
    refused(client_of(user).get(ME + "/activities", {"days": 181}), 400)
    refused(client_of(user).get(ME + "/activities", {"offset": 1}), 400)


def make_token(client: Any, **body: Any) -> Any:
    return client.post(ME + "/tokens", {"name": "notebook", **body}, "application/json")


def test_a_token_is_made_shown_once_and_revoked() -> None:
    user = UserFactory()
    client = client_of(user)
    made = make_token(client, scopes=["market:read"], allowed_ips=["10.0.0.1"])
    assert made.status_code == 201, made.content
    assert made["Cache-Control"] == "no-store"
    told = made.json()
    assert told["token"].startswith(told["prefix"])
    (row,) = client.get(ME + "/tokens").json()
    assert "token" not in row
    assert (row["scopes"], row["allowed_ips"]) == (["market:read"], ["10.0.0.1"])
    assert authenticate_token(told["token"], address="10.0.0.1") is not None
    refused(client_of(UserFactory()).delete(f"{ME}/tokens/{told['id']}"), 404)
    assert client.delete(f"{ME}/tokens/{told['id']}").status_code == 204
    assert authenticate_token(told["token"], address="10.0.0.1") is None
    assert client.get(ME + "/tokens").json() == []


def test_a_token_that_is_asked_for_twice_is_made_once_and_not_kept() -> None:
    client = client_of(UserFactory())
    headers = {"Idempotency-Key": "once"}
    first = client.post(ME + "/tokens", {"name": "n"}, "application/json", headers=headers)
    again = client.post(ME + "/tokens", {"name": "n"}, "application/json", headers=headers)
    assert first.status_code == 201
    assert refused(again, 409)["type"].endswith(":already-done")
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"scopes": ["king"]}, 400, "scopes"),
        ({"scopes": ["moon:read"]}, 400, "scopes"),
        ({"scopes": ["admin"]}, 403, None),
        ({"scopes": ["system:admin"]}, 403, None),
        ({"allowed_ips": ["nowhere"]}, 400, "allowed_ips.0"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, 400, "expires_at"),
        ({"name": ""}, 400, "name"),
    ],
)
def test_a_token_that_may_not_be(body: dict[str, Any], status: int, field: str | None) -> None:
    problem = refused(make_token(client_of(UserFactory()), **body), status)
    assert field is None or problem["errors"][0]["field"].startswith(field.split(".")[0])
    assert not ApiToken.objects.exists()


def test_a_token_makes_no_stronger_one() -> None:
    user = UserFactory()
    assert make_token(client_with_token(user, "read", "write"), scopes=["read"]).status_code == 201
    refused(make_token(client_with_token(user, "account:write"), scopes=["write"]), 403)
    refused(make_token(client_with_token(user, "read"), scopes=["read"]), 403)


def test_tokens_are_compared_by_what_they_may_do() -> None:
    """Who writes reads, everywhere holds for each part; but one part is not everywhere, and admin alone writes
    nothing."""
    user, admin = UserFactory(), AdminFactory()
    for maker, scopes, code in (
        (client_with_token(user, "write"), ["read"], 201),
        (client_with_token(user, "write"), ["market:write", "lists:read"], 201),
        (client_with_token(user, "account:write"), ["account:read"], 201),
        (client_with_token(user, "account:write"), ["market:read"], 403),
        (client_with_token(user, "account:write"), [], 403),
        (client_with_token(admin, "account:write", "market:admin"), ["market:read"], 201),
        (client_with_token(admin, "account:write", "market:admin"), ["market:write"], 403),
        (client_with_token(admin, "write"), ["market:admin"], 403),
    ):
        assert make_token(maker, scopes=scopes).status_code == code, scopes


def test_a_token_makes_none_that_outlives_it_or_works_elsewhere() -> None:
    user, end = UserFactory(), (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    places = ["127.0.0.1", "10.0.0.1"]
    _maker, secret = create_api_token(user, name="n", scopes=["write"], expires_at=end, allowed_ips=places)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    heir = ApiToken.objects.get(pk=make_token(client).json()["id"])
    assert (heir.expires_at, heir.allowed_ips) == (end, sorted(places))
    soon = end - timedelta(hours=1)
    less = ApiToken.objects.get(
        pk=make_token(client, expires_at=soon.isoformat(), allowed_ips=["10.0.0.1"]).json()["id"]
    )
    assert (less.expires_at, less.allowed_ips) == (soon, ["10.0.0.1"])
    later = (end + timedelta(seconds=1)).isoformat()
    for field, value in (("expires_at", later), ("allowed_ips", ["10.0.0.1", "10.0.0.2"])):
        assert refused(make_token(client, **{field: value}), 400)["errors"][0]["field"] == field


def test_scopes_of_one_part_open_that_part_only() -> None:
    user, admin = UserFactory(), AdminFactory()
    market = client_with_token(user, "market:read")
    assert market.get(API + "assets").status_code == 200
    for path in ("users/me", "watchlists", "portfolios", "signals"):
        refused(market.get(API + path), 403)
    account = client_with_token(user, "account:write")
    assert account.get(ME).status_code == 200
    assert account.patch(ME, {"bio": "a"}, "application/json").status_code == 200
    refused(account.get(API + "assets"), 403)
    system = client_with_token(admin, "system:admin", "account:read")
    assert system.get(API + "system/runs").status_code == 200
    refused(system.get(API + "users"), 403)
    refused(system.patch(ME, {"bio": "a"}, "application/json"), 403)


def test_feedback_is_sent_seen_and_answered() -> None:
    user, admin = UserFactory(), AdminFactory()
    body = {"feedback_type": "bug_report", "message": "It is wrong.", "context_data": {"page": "/signals/1"}}
    sent = client_of(user).post(API + "feedback", body, "application/json")
    assert sent.status_code == 201, sent.content
    number, path = sent.json()["id"], f"{API}feedback/{sent.json()['id']}"
    other = UserFeedbackFactory()
    assert [row["id"] for row in answer("feedback", user)["results"]] == [number]
    assert {row["id"] for row in answer("feedback", admin)["results"]} == {number, other.pk}
    refused(client_of(other.user).get(path), 404)
    refused(client_of(user).patch(path, {"status": "closed"}, "application/json"), 403)
    change = {"status": "addressed", "response_message": "Mended."}
    answered = client_of(admin).patch(path, change, "application/json").json()
    assert (answered["status"], answered["reviewed_by"]) == ("addressed", admin.pk)
    assert answered["responded_at"] is not None
    note = Notification.objects.get(user=user)
    assert (note.message, (note.data or {})["feedback_id"]) == ("Mended.", number)
    assert client_of(admin).patch(path, change, "application/json").status_code == 200
    assert Notification.objects.count() == 1
    assert answer(f"feedback/{number}", user)["response_message"] == "Mended."


def test_guests_tell_us_too() -> None:
    body = {"feedback_type": "general_comment", "message": "Fine."}
    assert client_of(UserFactory(role="guest")).post(API + "feedback", body, "application/json").status_code == 201
