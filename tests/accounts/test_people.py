"""Accounts: the system's own, what admins change, logging in."""

from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.choices import MailKind
from accounts.models import OutgoingMail, User, UserActivity
from accounts.services import change_user, delete_user, ensure_system_user, record_activity, unlock, verify_email
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from system.models import AuditLog
from tests.doors import client_of
from tests.factories import PASSWORD, AdminFactory, UserFactory, WatchlistFactory

pytestmark = pytest.mark.django_db


def test_the_system_user_is_made_once_and_cannot_log_in(client: Client) -> None:
    user = ensure_system_user()
    assert ensure_system_user() == user == User.objects.system()
    assert (user.is_active, user.is_staff, user.has_usable_password()) == (False, False, False)
    assert not client.login(username=user.email, password="")


def test_an_admin_changes_an_account_and_the_audit_row_says_what() -> None:
    admin, user = AdminFactory(), UserFactory()
    change_user(user, actor=admin, changes={"role": "guest", "is_verified": False, "notes": "asked for it"})
    user.refresh_from_db()
    assert (user.role, user.notes) == ("guest", "asked for it")
    entry = AuditLog.objects.get()
    assert (entry.table_name, entry.record_id, entry.operation, entry.changed_by) == ("users", user.pk, "UPDATE", admin)
    assert entry.old_values == {"role": "public", "notes": None}
    assert entry.new_values == {"role": "guest", "notes": "asked for it"}


def test_nothing_changed_leaves_no_trail() -> None:
    change_user(UserFactory(), actor=AdminFactory(), changes={"role": "public"})
    assert not AuditLog.objects.exists()


@pytest.mark.parametrize("change", [{"role": "public"}, {"is_active": False}])
def test_the_last_admin_stays(change: dict[str, object]) -> None:
    admin = AdminFactory()
    with pytest.raises(ConflictError):
        change_user(admin, actor=admin, changes=change)
    admin.refresh_from_db()
    assert admin.is_staff
    other = AdminFactory()
    with pytest.raises(ConflictError) as refusal:
        change_user(admin, actor=admin, changes=change)
    assert refusal.value.code == "own_account"
    assert not change_user(admin, actor=other, changes=change).is_staff


def test_others_may_not() -> None:
    with pytest.raises(NotAllowed):
        change_user(UserFactory(), actor=UserFactory(), changes={"role": "admin"})
    with pytest.raises(NotAllowed):
        change_user(ensure_system_user(), actor=AdminFactory(), changes={"is_active": True})


@pytest.mark.parametrize("change", [{"role": "king"}, {"email": "no address"}, {"password": "x"}])
def test_what_does_not_fit_is_refused(change: dict[str, object]) -> None:
    user = UserFactory()
    with pytest.raises(InvalidInput) as refusal:
        change_user(user, actor=AdminFactory(), changes=change)
    assert refusal.value.field in change


def test_an_activity_names_what_was_acted_upon() -> None:
    user, watchlist = UserFactory(), WatchlistFactory()
    record_activity(user, activity_type="watchlist_update", action="create", entity=watchlist, details={"name": "x"})
    row = UserActivity.objects.get()
    assert (row.user, row.entity_type, row.entity_id, row.details) == (user, "watchlist", watchlist.pk, {"name": "x"})


def log_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post("/login", {"username": email, "password": password, "next": "/admin/"}).status_code


def test_logging_in_with_the_address_in_any_case(client: Client) -> None:
    user = UserFactory(email="ada@example.org")
    assert log_in(client, "Ada@Example.ORG") == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    user.refresh_from_db()
    assert user.login_count == 1
    assert user.last_login is not None
    row = UserActivity.objects.get()
    assert (row.user, row.activity_type, row.ip_address) == (user, "login", "127.0.0.1")


@pytest.mark.parametrize("change", [{"is_active": False}, {"deleted_at": timezone.now()}])
def test_who_may_not_log_in(client: Client, change: dict[str, object]) -> None:
    user = UserFactory(**change)
    assert log_in(client, user.email) == 200
    assert "_auth_user_id" not in client.session
    assert not UserActivity.objects.exists()


def test_a_session_ends_with_the_account(client: Client) -> None:
    user = AdminFactory()
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    User.objects.filter(pk=user.pk).update(deleted_at=timezone.now())
    assert client.get("/admin/", follow=True).redirect_chain[-1] == ("/login?next=/admin/", 302)


def test_a_wrong_password_says_nothing_about_the_account(client: Client) -> None:
    user = UserFactory()
    for email in (user.email, "nobody@example.org"):
        answer = client.post("/login", {"username": email, "password": "wrong"})
        assert "do not belong together" in answer.content.decode()


def test_the_way_back_stays_on_this_site(client: Client, settings: Any) -> None:
    settings.LOGIN_REDIRECT_URL = "/admin/"
    user = UserFactory()
    answer = client.post("/login", {"username": user.email, "password": PASSWORD, "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/admin/"


def test_logging_out_takes_a_post_and_ends_the_session(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/logout").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/logout")["Location"] == "/"
    assert "_auth_user_id" not in client.session


def test_links_to_the_former_address_end_with_it() -> None:
    user = UserFactory(email_verification_token="a", reset_password_token="b")
    change_user(user, actor=AdminFactory(), changes={"email": "new@example.org"})
    user.refresh_from_db()
    assert (user.email, user.is_verified) == ("new@example.org", False)
    assert user.email_verification_token != "a"
    assert user.reset_password_token is None


def test_a_new_address_is_asked_whether_it_is_theirs() -> None:
    user, admin = UserFactory(is_verified=True), AdminFactory()
    change_user(user, actor=admin, changes={"email": "new@example.org"})
    mail = OutgoingMail.objects.get()
    assert (mail.user, mail.kind, mail.recipient) == (user, MailKind.VERIFY_EMAIL, "new@example.org")
    verify_email((mail.body or "").partition("#")[2].split()[0])
    user.refresh_from_db()
    assert user.is_verified
    change_user(user, actor=admin, changes={"email": "known@example.org", "is_verified": True})
    change_user(user, actor=admin, changes={"first_name": "Ada"})
    assert OutgoingMail.objects.count() == 1


def test_a_closed_account_is_refused_with_a_sentence() -> None:
    admin, gone = AdminFactory(), UserFactory(is_active=False, deleted_at=timezone.now())
    for deed in (unlock, delete_user, partial(change_user, changes={"first_name": "Ada"})):
        with pytest.raises(ConflictError) as refusal:
            deed(gone, actor=admin)
        assert refusal.value.code == "account_closed"
    marked = {"action": "unlock", "_selected_action": [gone.pk]}
    answer = client_of(admin).post("/admin/accounts/user/", marked, follow=True)
    assert answer.status_code == 200
    assert f"The account of {gone} is closed." in answer.content.decode()
