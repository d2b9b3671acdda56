"""Accounts of others by the API, for admins."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import authenticate_access, open_session
from system.models import AuditLog
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import AdminFactory, EntryFactory, UserFactory

pytestmark = pytest.mark.django_db
USERS = API + "users"


def test_everybody_is_listed_with_what_is_theirs() -> None:
    admin, user = AdminFactory(), UserFactory(first_name="Ada", email="ada@example.org")
    EntryFactory(watchlist__user=user)
    page = answer("users", admin, search="ada")
    assert page["count"] == 1
    (row,) = page["results"]
    assert (row["email"], row["personal_watchlists_count"], row["total_assets_count"]) == ("ada@example.org", 1, 1)
    assert answer("users", admin, role="admin")["count"] == 1
    assert [row["id"] for row in answer("users", admin, ordering="email")["results"]][-1] is not None
    one = queries(client_of(admin), USERS)
    UserFactory.create_batch(4)
    assert queries(client_of(admin), USERS) == one


def test_others_see_nobody() -> None:
    user = UserFactory()
    for path in (USERS, f"{USERS}/{user.pk}"):
        refused(client_of(user).get(path), 403)
        refused(client_of().get(path), 401)


def test_an_account_is_made_changed_and_closed() -> None:
    admin = AdminFactory()
    client = client_of(admin)
    made = client.post(USERS, {"email": "New@example.org", "role": "guest", "notes": "x"}, "application/json")
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["email"], told["role"], told["notes"]) == ("new@example.org", "guest", "x")
    user = User.objects.get(pk=told["id"])
    assert not user.has_usable_password()
    path = f"{USERS}/{user.pk}"
    change = {"role": "public", "account_balance": "12.50", "subscription_plan": "pro", "email": "newer@example.org"}
    changed = client.patch(path, change, "application/json").json()
    assert (changed["account_balance"], changed["is_premium"], changed["email"]) == ("12.5", True, "newer@example.org")
    assert client.get(path).json()["failed_login_attempts"] == 0
    session = open_session(user)
    assert client.delete(path).status_code == 204
    assert authenticate_access(session.access) is None
    refused(client.get(path), 404)
    assert User.objects.all_with_deleted().get(pk=user.pk).deleted_by == admin
    operations = AuditLog.objects.filter(table_name="users", record_id=user.pk).order_by("pk")
    assert [entry.operation for entry in operations] == ["INSERT", "UPDATE", "DELETE"]
    refused(client.post(USERS, {"email": "newer@example.org"}, "application/json"), 409)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"email": "taken@example.org"}, 409, "email"),
        ({"email": "no address"}, 400, "email"),
        ({"email": "a}b@example.org"}, 400, "email"),  # a rule of the table, which Django tells of the whole row
        ({"role": "king"}, 400, "role"),
        ({"password": "x"}, 400, "password"),
        ({"account_balance": "-1"}, 400, "account_balance"),
        ({"timezone": "Mars/Base"}, 400, "timezone"),
    ],
)
def test_what_does_not_fit_is_refused(body: dict[str, Any], status: int, field: str) -> None:
    UserFactory(email="taken@example.org")
    path = f"{USERS}/{UserFactory().pk}"
    problem = refused(client_of(AdminFactory()).patch(path, body, "application/json"), status)
    assert problem["errors"][0]["field"] == field


def test_an_admin_does_not_shut_himself_out() -> None:
    admin = AdminFactory()
    path = f"{USERS}/{admin.pk}"
    refused(client_of(admin).delete(path), 409)
    AdminFactory()
    assert refused(client_of(admin).patch(path, {"role": "public"}, "application/json"), 409)["type"].endswith(
        ":own-account"
    )
    refused(client_of(admin).delete(path), 409)


def locked() -> User:
    user: User = UserFactory(lockout_expires=timezone.now() + timedelta(minutes=5))
    return user


def test_a_lock_is_lifted_by_the_api() -> None:
    user = locked()
    assert client_of(AdminFactory()).post(f"{USERS}/{user.pk}/unlock").status_code == 204
    user.refresh_from_db()
    assert user.lockout_expires is None
    refused(client_of(user).post(f"{USERS}/{user.pk}/unlock"), 403)


def test_a_lock_is_lifted_in_the_admin() -> None:
    user = locked()
    body = {"action": "unlock", "_selected_action": [user.pk]}
    assert client_of(AdminFactory()).post(reverse("admin:accounts_user_changelist"), body).status_code == 302
    user.refresh_from_db()
    assert user.lockout_expires is None
