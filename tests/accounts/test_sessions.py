"""Sessions of API clients: short access, rotating refresh, an end for a copied token, nothing readable in the table."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import UsedRefreshToken, User, UserActivity, UserSession
from accounts.services import authenticate_access, change_user, end_session, open_session, refresh_session
from accounts.services.sessions import Tokens
from system.exceptions import NotAuthenticated
from tests.factories import PASSWORD, AdminFactory, UserFactory

pytestmark = pytest.mark.django_db


def opened() -> Tokens:
    return open_session(UserFactory())


def test_a_session_keeps_digests_and_counts_the_login() -> None:
    user = UserFactory()
    tokens = open_session(user, device_info={"name": "phone"})
    stored = str(UserSession.objects.values().get()) + str(UserActivity.objects.values().get())
    assert tokens.access.startswith("cp_at_")
    assert tokens.access not in stored
    assert tokens.refresh not in stored
    assert timedelta(minutes=14) < tokens.expires_at - timezone.now() <= timedelta(minutes=15)
    assert timedelta(days=29) < tokens.session.expires_at - timezone.now() <= timedelta(days=30)
    user.refresh_from_db()
    assert user.login_count == 1
    assert user.last_login is not None


def test_a_refresh_token_works_once() -> None:
    first = opened()
    second = refresh_session(first.refresh)
    assert len({first.access, first.refresh, second.access, second.refresh}) == 4
    assert authenticate_access(first.access) is None
    assert authenticate_access(second.access) == first.session


def test_a_copied_refresh_token_ends_the_session_for_both() -> None:
    first = opened()
    second = refresh_session(first.refresh)
    third = refresh_session(second.refresh)
    with pytest.raises(NotAuthenticated) as refusal:
        refresh_session(first.refresh)
    assert refusal.value.code == "token_reused"
    assert authenticate_access(third.access) is None
    with pytest.raises(NotAuthenticated):
        refresh_session(third.refresh)
    assert UsedRefreshToken.objects.count() == 2


@pytest.mark.parametrize("change", ["ended", "expired", "inactive", "deleted", "unknown"])
def test_what_has_ended_opens_nothing(change: str) -> None:
    tokens = opened()
    user = tokens.session.user
    if change == "ended":
        end_session(tokens.session)
    elif change == "expired":
        UserSession.objects.update(expires_at=timezone.now())
    elif change == "inactive":
        change_user(user, actor=AdminFactory(), changes={"is_active": False})
    elif change == "deleted":
        User.objects.filter(pk=user.pk).update(deleted_at=timezone.now())
    access, refresh = ("cp_at_x", "cp_rt_x") if change == "unknown" else (tokens.access, tokens.refresh)
    assert authenticate_access(access) is None
    with pytest.raises(NotAuthenticated):
        refresh_session(refresh)


def test_an_access_token_ends_before_its_session() -> None:
    tokens = opened()
    UserSession.objects.update(access_expires_at=timezone.now())
    assert authenticate_access(tokens.access) is None
    assert authenticate_access(refresh_session(tokens.refresh).access) is not None


def post(path: str, data: dict[str, Any], access: str = "") -> Any:
    client = APIClient()
    if access:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client.post(f"/api/v1/auth/{path}", data, format="json")


def test_the_way_of_a_client_through_the_api() -> None:
    user = UserFactory()
    refused = post("login", {"email": user.email, "password": "wrong"})
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:cryptopredict:problem:invalid-credentials")
    assert refused["WWW-Authenticate"].startswith("Bearer")
    answer = post("login", {"email": user.email, "password": PASSWORD, "device_info": {"app": "test"}})
    told = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert (told["user"]["id"], told["mfa_required"], told["mfa_ticket"]) == (user.pk, False, None)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {told['access']}")
    assert client.get("/api/v1/users/me").json()["login_count"] == 1
    fresh = post("refresh", {"refresh": told["refresh"]}).json()
    assert client.get("/api/v1/users/me").status_code == 401
    assert post("logout", {}, fresh["access"]).status_code == 204
    assert post("logout", {}, fresh["access"]).status_code == 401
    assert post("refresh", {"refresh": fresh["refresh"]}).status_code == 401


def test_a_lock_says_until_when() -> None:
    user = UserFactory()
    for _ in range(5):
        post("login", {"email": user.email, "password": "wrong"})
    answer = post("login", {"email": user.email, "password": PASSWORD})
    user.refresh_from_db()
    assert answer.status_code == 423
    assert answer.json()["lockout_expires"] == f"{user.lockout_expires:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "no address", "password": "x"}, "email"),
        ({"email": "a@example.com"}, "password"),
        ({"email": "a@example.com", "password": "x", "pasword": "y"}, "pasword"),
        ({"email": "a@example.com", "password": "x", "device_info": {str(n): n for n in range(21)}}, "device_info"),
    ],
)
def test_bad_input_is_named(data: dict[str, Any], field: str) -> None:
    answer = post("login", data)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
