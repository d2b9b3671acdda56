"""Accounts and tokens in the admin."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, User
from accounts.services import authenticate_token, create_api_token, ensure_system_user
from system.models import AuditLog
from tests.doors import client_of
from tests.factories import PASSWORD, AdminFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW_USER, NEW_TOKEN = "/admin/accounts/user/add/", "/admin/accounts/apitoken/add/"


@pytest.fixture
def admin() -> User:
    return AdminFactory()


@pytest.fixture
def client(admin: User) -> Client:
    return client_of(admin)


def change(client: Client, user: User, **changes: Any) -> Any:
    """Post the form of an account with some fields changed."""
    address = reverse("admin:accounts_user_change", args=[user.pk])
    form = client.get(address).context["adminform"].form
    given = {name: "" if value is None else value for name, value in form.initial.items() if name in form.fields}
    flags = {name: "on" for name in ("is_active", "is_verified") if given.pop(name)}
    posted = {name: value for name, value in (given | flags | changes).items() if value is not False}
    return client.post(address, posted, follow=True)


def test_an_account_is_made_with_a_password_that_holds(client: Client, admin: User) -> None:
    form = {"email": "Ada@Example.org", "password": PASSWORD, "role": "guest"}
    response = client.post(NEW_USER, form, follow=True)
    user = User.objects.get(email="ada@example.org")
    assert response.redirect_chain[-1][0] == reverse("admin:accounts_user_change", args=[user.pk])
    assert (user.role, user.is_superuser, user.check_password(PASSWORD)) == ("guest", False, True)
    entry = AuditLog.objects.get()
    assert (entry.operation, entry.changed_by) == ("INSERT", admin)
    assert user.password not in str(entry.new_values)
    assert "email" in client.post(NEW_USER, form).context["form"].errors
    weak = client.post(NEW_USER, form | {"email": "b@example.org", "password": "short"})
    assert "password" in weak.context["form"].errors
    assert not User.objects.filter(email="b@example.org").exists()


def test_a_role_is_changed_with_a_trail(client: Client, admin: User) -> None:
    user = UserFactory()
    change(client, user, role="admin")
    user.refresh_from_db()
    assert user.is_staff
    entry = AuditLog.objects.get()
    assert (entry.changed_by, entry.old_values, entry.new_values) == (admin, {"role": "public"}, {"role": "admin"})


def test_the_last_admin_is_told_why_not(client: Client, admin: User) -> None:
    response = change(client, admin, role="public")
    assert "The last active admin stays an active admin." in response.content.decode()
    admin.refresh_from_db()
    assert admin.is_staff


def test_the_system_account_stays_as_it_is(client: Client) -> None:
    system = ensure_system_user()
    response = change(client, system, is_active="on")
    assert "cannot be changed" in response.content.decode()
    system.refresh_from_db()
    assert not system.is_active


def test_a_new_token_is_shown_once(client: Client, admin: User) -> None:
    form = {"name": "notebook", "scopes": ["read", "write"]}
    form |= {"expires_at": "2099-01-01T10:00", "allowed_ips": "10.0.0.1, ::1"}
    response = client.post(NEW_TOKEN, form)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    (secret,) = set(re.findall(r"cp_[\w-]{40,}", response.content.decode()))
    token = ApiToken.objects.get()
    assert (token.user, token.scopes, token.allowed_ips) == (admin, ["read", "write"], ["10.0.0.1", "::1"])
    assert f"{token.expires_at:%Y-%m-%d %H:%M %Z}" == "2099-01-01 10:00 UTC"
    assert authenticate_token(secret, address="10.0.0.1") == token
    for page in ("/admin/accounts/apitoken/", f"/admin/accounts/apitoken/{token.pk}/change/"):
        assert secret not in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": ""}),
        ("scopes", {"scopes": ["root"]}),
        ("expires_at", {"expires_at": "2020-01-01T10:00"}),
        ("allowed_ips", {"allowed_ips": "home"}),
    ],
)
def test_a_wrong_token_is_not_made(client: Client, field: str, given: dict[str, Any]) -> None:
    response = client.post(NEW_TOKEN, {"name": "n", "scopes": ["read"]} | given)
    assert response.context["form"].errors.keys() == {field}
    assert not ApiToken.objects.exists()


def test_tokens_are_ended(client: Client) -> None:
    token, secret = create_api_token(UserFactory(), name="n", scopes=["read"])
    client.post("/admin/accounts/apitoken/", {"action": "revoke", "_selected_action": [token.pk]})
    assert authenticate_token(secret, address=None) is None
