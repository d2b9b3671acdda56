"""Passwords, counted failures, and the lock after too many of them: the same for the pages and the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User, UserActivity
from accounts.services import unlock, verified_user
from system.exceptions import LockedError, NotAllowed, NotAuthenticated
from system.models import AuditLog
from tests.factories import PASSWORD, AdminFactory, UserFactory

pytestmark = pytest.mark.django_db


def fail(user: User, times: int) -> None:
    for _ in range(times):
        with pytest.raises(NotAuthenticated):
            verified_user(user.email, "wrong")


def test_the_right_password_opens_and_forgets_failures() -> None:
    user = UserFactory()
    fail(user, 4)
    user.refresh_from_db()
    assert user.failed_login_attempts == 4
    assert verified_user(f" {user.email.upper()} ", PASSWORD) == user
    user.refresh_from_db()
    assert user.failed_login_attempts == 0


def test_the_fifth_failure_locks_and_then_no_password_is_looked_at() -> None:
    user = UserFactory()
    fail(user, 5)
    with pytest.raises(LockedError) as refusal:
        verified_user(user.email, PASSWORD)
    user.refresh_from_db()
    until = user.lockout_expires
    assert until is not None
    assert timedelta(minutes=14) < until - timezone.now() <= timedelta(minutes=15)
    assert refusal.value.until == f"{until:%Y-%m-%dT%H:%M:%SZ}"
    assert AuditLog.objects.filter(table_name="users", record_id=user.pk).count() == 1
    assert UserActivity.objects.filter(user=user, action="refused").count() == 5
    User.objects.filter(pk=user.pk).update(lockout_expires=timezone.now())
    assert verified_user(user.email, PASSWORD) == user
    user.refresh_from_db()
    assert user.lockout_expires is None


def test_an_unknown_address_and_a_wrong_password_are_refused_alike() -> None:
    user = UserFactory()
    said = set()
    for email in (user.email, "nobody@example.com"):
        with pytest.raises(NotAuthenticated) as refusal:
            verified_user(email, "wrong")
        said.add((str(refusal.value), refusal.value.code))
    assert len(said) == 1


@pytest.mark.parametrize("columns", [{"is_active": False}, {"is_active": False, "deleted_at": timezone.now()}])
def test_an_account_that_may_not_log_in(columns: dict[str, Any]) -> None:
    """Who knows the password is told; a deleted account is as unknown as any other address."""
    user = UserFactory(**columns)
    expected = NotAuthenticated if "deleted_at" in columns else NotAllowed
    with pytest.raises(expected):
        verified_user(user.email, PASSWORD)
    with pytest.raises(NotAuthenticated):
        verified_user(user.email, "wrong")


def test_an_admin_lifts_a_lock() -> None:
    user, admin = UserFactory(), AdminFactory()
    fail(user, 5)
    with pytest.raises(NotAllowed):
        unlock(user, actor=user)
    unlock(user, actor=admin)
    assert verified_user(user.email, PASSWORD) == user
    assert AuditLog.objects.filter(changed_by=admin, details="lock lifted").count() == 1


def test_the_login_page_counts_and_says_that_it_is_locked() -> None:
    user, browser = UserFactory(), Browser()
    for number in range(6):
        answer = browser.post("/login", {"username": user.email, "password": "wrong"})
        assert ("Too many wrong passwords" in answer.content.decode()) == (number == 5)
    answer = browser.post("/login", {"username": user.email, "password": PASSWORD})
    assert "_auth_user_id" not in browser.session
    assert "Too many wrong passwords" in answer.content.decode()
    User.objects.filter(pk=user.pk).update(lockout_expires=None)
    browser.post("/login", {"username": user.email, "password": PASSWORD})
    assert browser.session["_auth_user_id"] == str(user.pk)
