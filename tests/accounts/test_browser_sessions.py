"""Sessions of browsers: how long they rest and live, what stays of them, and who ends them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.selectors.browsers import LOGGED_IN_AT, SEEN_AT
from accounts.services.browsers import RENEWED_EVERY, end_everything
from system.exceptions import NotAllowed
from system.models import AuditLog
from system.services import change_setting, setting
from tests.doors import client_of, queries
from tests.factories import PASSWORD, AdminFactory, UserFactory, UserSessionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return UserFactory()


def log_in(user: User) -> Client:
    client = Client()
    assert client.post("/login", {"username": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def ends(client: Client) -> datetime:
    return Session.objects.get(session_key=client.session.session_key).expire_date


def seen(client: Client, **ago: Any) -> None:
    """As if the browser had asked for something last, and logged in, so long ago."""
    session, now = client.session, timezone.now()
    for name, before in ago.items():
        session[{"last": SEEN_AT, "login": LOGGED_IN_AT}[name]] = (now - before).isoformat()
    session.save()


def test_a_browser_that_rests_is_logged_out(user: User) -> None:
    client = log_in(user)
    rest = timedelta(hours=setting("security")["browser_idle_hours"])
    assert abs(ends(client) - timezone.now() - rest) < timedelta(minutes=1)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))  # as after that time
    assert not is_in(client)


def test_a_browser_in_use_goes_on_and_is_written_down_rarely(user: User) -> None:
    client = log_in(user)
    seen(client, last=timedelta(hours=1), login=timedelta(hours=1))
    before = ends(client)
    assert is_in(client)
    assert ends(client) >= before
    assert timezone.now() - datetime.fromisoformat(client.session[SEEN_AT]) < RENEWED_EVERY
    without = queries(client, "/account")
    seen(client, last=timedelta(hours=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("accounts.middleware.renew_browser", lambda _session: True)
        assert queries(client, "/account") == without  # within ten minutes it costs nothing


def test_a_browser_in_use_is_logged_out_in_the_end(user: User) -> None:
    client, life = log_in(user), timedelta(days=setting("security")["browser_days"])
    seen(client, last=timedelta(hours=1), login=life - timedelta(hours=2))
    assert is_in(client)
    assert abs(ends(client) - timezone.now() - timedelta(hours=2)) < timedelta(minutes=1)
    seen(client, last=timedelta(hours=1), login=life + timedelta(minutes=1))
    assert not is_in(client)
    assert LOGGED_IN_AT not in client.session


def test_a_shorter_life_counts_for_who_is_logged_in_already(user: User) -> None:
    client = log_in(user)
    seen(client, last=timedelta(hours=1), login=timedelta(days=3))
    change_setting("security", setting("security") | {"browser_days": 2}, actor=AdminFactory())
    assert not is_in(client)


def test_what_a_person_sees_is_kept_in_no_cache(user: User) -> None:
    for path in ("/", "/assets", "/market", "/account"):
        assert "no-store" in client_of(user).get(path)["Cache-Control"], path
    assert "no-store" not in Client().get("/assets").get("Cache-Control", "")


def test_an_admin_logs_somebody_out_everywhere(user: User) -> None:
    client, other, admin = log_in(user), log_in(UserFactory()), AdminFactory()
    program = UserSessionFactory(user=user)
    chosen = {"action": "end_everything", "_selected_action": [str(user.pk)]}
    told = client_of(admin).post("/admin/accounts/user/", chosen, follow=True)
    assert "is logged out everywhere" in told.content.decode()
    program.refresh_from_db()
    assert (is_in(client), is_in(other), program.is_active) == (False, True, False)
    assert AuditLog.objects.filter(changed_by=admin, details="logged out everywhere: 2").count() == 1
    with pytest.raises(NotAllowed):
        end_everything(user, actor=UserFactory())
