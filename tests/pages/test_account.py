"""The pages of the own account: profile, security, tokens, data."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User, UserSession
from cryptopredict.portability.requests import write_export
from system.models import BackgroundTask
from tests.doors import client_of
from tests.factories import AdminFactory, ApiTokenFactory, TotpDeviceFactory, UserFactory, UserSessionFactory
from tests.pages.html import page, read

pytestmark = pytest.mark.django_db
PAGES = ("/account", "/account/security", "/account/tokens", "/account/data")
PASSWORD = "a long and rare password"


@pytest.fixture
def user() -> User:
    person: User = UserFactory()
    person.set_password(PASSWORD)
    person.save()
    return person


def errors(response: Any) -> list[str]:
    return [one.text for one in read(response).every("p", role="alert")]


@pytest.mark.parametrize("path", PAGES)
def test_visitors_log_in_first_and_nothing_is_cached(user: User, path: str) -> None:
    assert client_of().get(path)["Location"].startswith("/login?next=")
    assert "no-store" in client_of(user).get(path)["Cache-Control"]


def test_the_profile_is_changed_and_the_page_speaks_the_language(user: User) -> None:
    user.preferences = {"dashboard_mode": "casual"}
    user.save()
    client = client_of(user)
    given = {"first_name": "Ada", "last_name": "", "language": "fa", "timezone": "Asia/Tehran", "theme": "dark",
             "colours": "swapped", "calendar": "persian"}  # fmt: skip
    shown = read(client.post("/account", given, follow=True)).one("html")
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.language, user.timezone) == ("Ada", None, "fa", "Asia/Tehran")
    assert user.preferences == {
        "dashboard_mode": "casual",
        "theme": "dark",
        "colours": "swapped",
        "calendar": "persian",
    }
    assert (shown.attributes["lang"], shown.attributes["data-theme"]) == ("fa", "dark")
    assert (shown.attributes["data-chosen-colours"], shown.attributes["data-calendar"]) == ("swapped", "persian")
    assert shown.one("input", name="first_name").attributes["value"] == "Ada"
    refused = client.post("/account", given | {"timezone": "Mars/North", "first_name": "Eva"})
    assert refused.status_code == 200
    assert read(refused).one("div", id="id_timezone_error")
    assert read(refused).one("input", name="first_name").attributes["value"] == "Eva"


def test_a_preference_that_means_nothing_is_not_shown(user: User) -> None:
    user.preferences = {"theme": '"><script>', "colours": 3}
    user.save()
    root = page("/account", user).one("html").attributes
    assert not {"data-theme", "data-chosen-colours"} & root.keys()


def test_another_password_ends_the_other_logins_but_not_this_one(user: User) -> None:
    here, elsewhere = client_of(user), client_of(user)
    program = UserSessionFactory(user=user)
    given = {"old_password": PASSWORD, "new_password": "another rare password", "repeated": "another rare password"}
    wrong = here.post("/account/security", given | {"old_password": "no"})
    assert errors(wrong) == ["The old password is wrong."]
    assert errors(here.post("/account/security", given | {"repeated": "x"})) == ["The two passwords differ."]
    assert errors(here.post("/account/security", given | {"new_password": "short", "repeated": "short"}))
    assert user.check_password(PASSWORD)
    assert "Your password is changed." in read(here.post("/account/security", given, follow=True)).text
    user.refresh_from_db()
    assert user.check_password("another rare password")
    assert elsewhere.get("/account").status_code == 302
    program.refresh_from_db()
    assert not program.is_active


def log_in(user: User, agent: str) -> Client:
    """A browser that came in by the page of logins."""
    client = Client(headers={"User-Agent": agent})
    assert client.post("/login", {"username": user.email, "password": PASSWORD}).status_code == 302
    return client


def test_browsers_are_listed_and_logged_out_from_elsewhere(user: User) -> None:
    here, phone, third = log_in(user, "Desk/1"), log_in(user, "Phone/2"), log_in(user, "Third/3")
    stranger = client_of(UserFactory())
    table = read(here.get("/account/security")).one("section", aria_labelledby="browsers-title")
    told = {row[0].split()[0]: row for row in table.rows()}
    assert set(told) == {"Desk/1", "Phone/2", "Third/3"}
    assert "this one" in told["Desk/1"][0]
    assert told["Phone/2"][1] == "127.0.0.1"
    keys = Session.objects.values_list("session_key", flat=True)
    assert not [key for key in keys if key in here.get("/account/security").content.decode()]
    (form,) = [one for one in table.every("form") if "Phone/2" in one.text]
    here.post(form.attributes["action"])
    assert phone.get("/account").status_code == 302
    assert third.get("/account").status_code == 200
    here.post("/account/security/browser/all/end")
    assert [one.get("/account").status_code for one in (here, third, stranger)] == [200, 302, 200]
    assert here.post("/account/security/toaster/all/end").status_code == 404
    lately = read(here.get("/account/security")).one("section", aria_labelledby="activities-title")
    assert [row[1] for row in lately.rows()] == ["logged out"] * 2 + ["logged in"] * 3


def test_programs_are_listed_and_logged_out(user: User) -> None:
    client = client_of(user)
    ours = [UserSessionFactory(user=user, device_info={"name": f"Phone {n}"}) for n in range(3)]
    other = UserSessionFactory()
    shown = read(client.get("/account/security")).one("section", aria_labelledby="programs-title")
    assert {row[0] for row in shown.rows()} == {"Phone 0", "Phone 1", "Phone 2"}
    client.post(f"/account/security/program/{ours[0].pk}/end")
    assert set(UserSession.objects.filter(is_active=True)) == {ours[1], ours[2], other}
    assert client.post(f"/account/security/program/{other.pk}/end").status_code == 404
    assert client.post("/account/security/program/x/end").status_code == 404
    client.post("/account/security/program/all/end")
    assert set(UserSession.objects.filter(is_active=True)) == {other}


def test_a_token_is_made_shown_once_and_revoked(user: User) -> None:
    client = client_of(user)
    given = {"name": "spreadsheet", "may": "write", "parts": ["market", "lists"], "lives": "30",
             "addresses": "192.0.2.1, 2001:db8::1"}  # fmt: skip
    answer = client.post("/account/tokens", given)
    secret = read(answer).one("input", id="secret").attributes["value"]
    token = ApiToken.objects.get()
    assert "no-store" in answer["Cache-Control"]
    assert secret.startswith(token.prefix)
    assert (token.scopes, token.allowed_ips) == (["lists:write", "market:write"], ["192.0.2.1", "2001:db8::1"])
    assert token.expires_at is not None
    assert timedelta(days=29) < token.expires_at - timezone.now() < timedelta(days=31)
    shown = read(client.get("/account/tokens"))
    assert secret not in client.get("/account/tokens").content.decode()
    (row,) = shown.rows()
    assert "watchlists and suggestions: write, market data and analyses: write" in row[1]
    assert row[4] == "never"
    client.post(f"/account/tokens/{token.pk}/revoke")
    assert "There is no token yet." in read(client.get("/account/tokens")).text
    assert client.post(f"/account/tokens/{ApiTokenFactory().pk}/revoke").status_code == 404


def test_refused_tokens_are_refused_beside_their_field(user: User) -> None:
    client = client_of(user)
    given = {"name": "x", "may": "read", "lives": "", "addresses": "not-an-address"}
    shown = read(client.post("/account/tokens", given))
    assert shown.one("div", id="id_addresses_error")
    assert shown.one("input", name="addresses").attributes["value"] == "not-an-address"
    assert read(client.post("/account/tokens", given | {"may": "admin"})).one("div", id="id_may_error")
    admin = AdminFactory()
    refused = client_of(admin).post("/account/tokens", given | {"may": "admin", "addresses": ""})
    assert "A token of the scope admin needs a second factor. Switch one on first." in errors(refused)
    TotpDeviceFactory.of(admin)
    assert read(client_of(admin).post("/account/tokens", given | {"may": "admin", "addresses": ""})).one(id="secret")
    assert ApiToken.objects.get().scopes == ["admin"]


def test_a_copy_is_ordered_written_and_fetched_by_its_owner_alone(user: User) -> None:
    client = client_of(user)
    client.post("/account/data/export")
    client.post("/account/data/export")
    order = BackgroundTask.objects.get()
    shown = page("/account/data", user)
    assert "It is being written" in shown.text
    assert client.get(f"/account/data/export/{order.pk}").status_code == 404
    write_export(order)
    order.status = "completed"
    order.save()
    link = page("/account/data", user).one("a", href=f"/account/data/export/{order.pk}")
    assert link.text == "Fetch the file"
    answer: Any = client.get(link.attributes["href"])
    names = ZipFile(BytesIO(b"".join(answer.streaming_content))).namelist()
    assert any(name.startswith("accounts") for name in names), names
    assert "no-store" in answer["Cache-Control"]
    assert client_of(UserFactory()).get(link.attributes["href"]).status_code == 404


def test_closing_the_account_needs_the_password_and_a_yes(user: User) -> None:
    client, elsewhere = client_of(user), client_of(user)
    assert errors(client.post("/account/data", {"password": PASSWORD})) == ["This field is required."]
    assert errors(client.post("/account/data", {"password": "no", "understood": "on"})) == ["The password is wrong."]
    said = read(client.post("/account/data", {"password": PASSWORD, "understood": "on"}, follow=True)).text
    assert "Your account is closed." in said
    assert not User.objects.filter(pk=user.pk).exists()
    for one in (client, elsewhere):
        assert one.get("/account").status_code == 302
