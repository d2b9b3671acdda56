"""The first admin is made by a link that works once, for half an hour, and only while there is no admin."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.choices import UserRole
from accounts.models import SetupLink, User, UserActivity
from accounts.services import accept_setup_link, create_setup_link
from accounts.services.secrets import digest
from system.exceptions import ConflictError, InvalidInput
from system.models import AuditLog
from tests.factories import PASSWORD, AdminFactory, UserFactory

pytestmark = pytest.mark.django_db

GIVEN = {"email": "Ada@Example.org", "password": PASSWORD, "language": "fa", "timezone": "Asia/Tehran"}


def fresh_token() -> str:
    link = create_setup_link()
    assert link is not None
    return link.partition("#")[2]


def test_the_link_has_its_secret_in_the_fragment_only() -> None:
    link = create_setup_link()
    address, _hash, token = (link or "").partition("#")
    assert address == f"{settings.SITE_URL}/setup"
    assert len(token) >= 40
    row = SetupLink.objects.get()
    assert row.token_hash == digest(token)
    assert timedelta(minutes=29) < row.expires_at - timezone.now() <= timedelta(minutes=30)


def test_there_is_no_link_while_there_is_an_admin() -> None:
    AdminFactory()
    assert create_setup_link() is None
    assert not SetupLink.objects.exists()


@pytest.mark.parametrize("gone", [{"is_active": False}, {"deleted_at": timezone.now()}, {"role": UserRole.PUBLIC}])
def test_an_admin_who_cannot_act_does_not_count(gone: dict[str, object]) -> None:
    AdminFactory(**gone)
    assert create_setup_link() is not None


def test_accepting_makes_a_verified_admin_and_leaves_a_trail() -> None:
    user = accept_setup_link(fresh_token(), **GIVEN)
    assert (user.email, user.role, user.is_superuser, user.is_verified) == ("ada@example.org", "admin", True, True)
    assert (user.language, user.timezone) == ("fa", "Asia/Tehran")
    assert user.check_password(PASSWORD)
    entry = AuditLog.objects.get()
    assert (entry.table_name, entry.record_id, entry.operation, entry.changed_by) == ("users", user.pk, "INSERT", user)
    assert PASSWORD not in str(entry.new_values)
    assert user.password not in str(entry.new_values)
    assert UserActivity.objects.get().user == user


def test_a_link_works_once() -> None:
    token = fresh_token()
    accept_setup_link(token, **GIVEN)
    User.objects.update(is_active=False)
    with pytest.raises(InvalidInput):
        accept_setup_link(token, **GIVEN | {"email": "bob@example.org"})


def test_a_newer_link_replaces_the_older_one() -> None:
    older, newer = fresh_token(), fresh_token()
    with pytest.raises(InvalidInput):
        accept_setup_link(older, **GIVEN)
    assert accept_setup_link(newer, **GIVEN).is_staff


def test_a_link_ends() -> None:
    token = fresh_token()
    SetupLink.objects.update(expires_at=timezone.now())
    with pytest.raises(InvalidInput) as refusal:
        accept_setup_link(token, **GIVEN)
    assert refusal.value.field == "token"


def test_a_link_does_not_work_when_an_admin_has_appeared() -> None:
    token = fresh_token()
    AdminFactory()
    with pytest.raises(ConflictError):
        accept_setup_link(token, **GIVEN)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "ada@localhost"),
        ("password", "short"),
        ("password", "password123"),
        ("password", "ada@example.org"),
        ("language", "xx"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
    ],
)
def test_wrong_values_are_named_and_leave_the_link_alone(field: str, value: str) -> None:
    token = fresh_token()
    with pytest.raises(InvalidInput) as refusal:
        accept_setup_link(token, **GIVEN | {field: value})
    assert refusal.value.field == field
    assert not User.objects.exists()
    assert accept_setup_link(token, **GIVEN).is_staff


@pytest.mark.parametrize("existing", [{}, {"deleted_at": timezone.now()}])
def test_a_taken_address_is_refused(existing: dict[str, object]) -> None:
    UserFactory(email="ada@example.org", **existing)
    with pytest.raises((ConflictError, InvalidInput)) as refusal:
        accept_setup_link(fresh_token(), **GIVEN)
    assert refusal.value.field == "email"


def test_the_page_makes_the_admin_and_logs_them_in(client: Client) -> None:
    page = client.get("/setup")
    assert page.status_code == 200
    assert b"<script src=" in page.content
    assert b"<script>" not in page.content
    token = fresh_token()
    answer = client.post("/setup", GIVEN | {"token": token, "repeated": PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"] == "/setup/data"
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    assert answer.cookies["django_language"].value == GIVEN["language"]
    assert client.get("/admin/").status_code == 200, "whoever is logged in is known on the next page"
    assert client.get("/setup")["Location"] == "/login"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"token": "wrong"}, "does not work any more"),
        ({"repeated": "another passphrase"}, "The two passwords differ"),
        ({"password": "short", "repeated": "short"}, "too short"),
    ],
)
def test_the_page_says_what_is_wrong(client: Client, change: dict[str, str], sentence: str) -> None:
    answer = client.post("/setup", GIVEN | {"token": fresh_token(), "repeated": PASSWORD} | change)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not User.objects.exists()


def test_the_page_is_not_cached_and_refuses_forged_forms() -> None:
    client = Client(enforce_csrf_checks=True)
    assert "no-store" in client.get("/setup")["Cache-Control"]
    assert client.post("/setup", GIVEN | {"token": fresh_token(), "repeated": PASSWORD}).status_code == 403
