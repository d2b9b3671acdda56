"""The second factor: switched on by a code, and asked for at every login."""

import base64
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import MfaTicket, RecoveryCode, TotpDevice, User, UserSession
from accounts.services import (
    change_password,
    create_api_token,
    mfa,
    open_session,
)
from accounts.services.mfa import TICKET_LIFETIME, TIME_TO_CONFIRM
from accounts.services.reauthentication import LOGGED_IN_AT
from system.exceptions import NotAllowed
from system.services import change_setting, setting
from tests.accounts.factors import MFA, bearer, code, fresh, login, post
from tests.doors import API, answer, client_of, client_with_token, refused
from tests.factories import (
    PASSWORD,
    AdminFactory,
    TotpDeviceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def test_it_is_switched_on_by_a_code_and_then_asked_for() -> None:
    user = UserFactory()
    client = client_of(user)
    assert answer("users/me/mfa", user) == {"totp": False, "passkeys": 0, "recovery_codes_left": 0, "required": False}
    begun = post("users/me/mfa/totp", client, password=PASSWORD)
    assert (begun.status_code, begun["Cache-Control"]) == (201, "no-store")
    told = begun.json()
    secret = base64.b32decode(told["secret"])
    assert f"secret={told['secret']}" in told["otpauth_url"]
    assert told["secret"] not in TotpDevice.objects.get().sealed_secret
    assert login(user).json()["mfa_required"] is False  # not before it is confirmed
    assert refused(post("users/me/mfa/totp/confirm", client, code="000000"), 400)["type"].endswith(":invalid-code")
    confirmed = post("users/me/mfa/totp/confirm", client, code=code(secret))
    assert (confirmed.status_code, confirmed["Cache-Control"]) == (200, "no-store")
    codes = confirmed.json()["recovery_codes"]
    assert len(set(codes)) == 8
    assert answer("users/me/mfa", user)["recovery_codes_left"] == 8
    refused(post("users/me/mfa/totp", fresh(user)), 409)
    first = login(user).json()
    assert first["mfa_required"] is True
    assert first["access"] is first["refresh"] is first["user"] is None
    second = post("auth/mfa/verify", mfa_ticket=first["mfa_ticket"], code=codes[0])
    assert second.status_code == 200, second.content
    assert second.json()["user"]["id"] == user.pk
    access = {"Authorization": f"Bearer {second.json()['access']}"}
    assert Client().get(API + "users/me", headers=access).status_code == 200
    assert answer("users/me/mfa", user)["recovery_codes_left"] == 7
    ticket = login(user).json()["mfa_ticket"]
    assert refused(post("auth/mfa/verify", mfa_ticket=ticket, code=codes[0]), 401)["type"].endswith(":invalid-code")


def test_a_code_works_once_and_a_ticket_too() -> None:
    device = TotpDeviceFactory()
    first, second = login(device.user).json()["mfa_ticket"], login(device.user).json()["mfa_ticket"]
    now = code()
    assert post("auth/mfa/verify", mfa_ticket=first, code=now).status_code == 200
    refused(post("auth/mfa/verify", mfa_ticket=second, code=now), 401)
    assert refused(post("auth/mfa/verify", mfa_ticket=first, code=code(later=1)), 401)["type"].endswith(":ticket-ended")
    assert post("auth/mfa/verify", mfa_ticket=second, code=code(later=1)).status_code == 200
    assert UserSession.objects.count() == 2


def test_a_ticket_ends() -> None:
    device = TotpDeviceFactory()
    ticket = login(device.user).json()["mfa_ticket"]
    MfaTicket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused(post("auth/mfa/verify", mfa_ticket=ticket, code=code()), 401)
    refused(post("auth/mfa/verify", mfa_ticket="unknown", code=code()), 401)
    assert not UserSession.objects.exists()


def test_wrong_codes_use_the_ticket_up_and_lock_the_account() -> None:
    device = TotpDeviceFactory()
    ticket = login(device.user).json()["mfa_ticket"]
    for _ in range(5):
        refused(post("auth/mfa/verify", mfa_ticket=ticket, code="000000"), 401)
    assert MfaTicket.objects.get().attempts == 5
    assert refused(post("auth/mfa/verify", mfa_ticket=ticket, code=code()), 401)["type"].endswith(":ticket-ended")
    assert User.objects.get(pk=device.user.pk).lockout_expires is not None
    assert login(device.user).status_code == 423


def test_the_right_password_between_wrong_codes_does_not_forgive_them() -> None:
    """Or whoever knows the password could try codes for ever: on the page, and over the API."""
    device = TotpDeviceFactory()
    for number in range(5):
        if number % 2:
            browser = Client()
            browser.post("/login", {"username": device.user.email, "password": PASSWORD})
            browser.post("/login/code", {"code": "000000"})
        else:
            ticket = login(device.user).json()["mfa_ticket"]
            refused(post("auth/mfa/verify", mfa_ticket=ticket, code="000000"), 401)
    assert login(device.user).status_code == 423


def test_a_right_code_forgives_what_went_wrong_before() -> None:
    device = TotpDeviceFactory()
    ticket = login(device.user).json()["mfa_ticket"]
    refused(post("auth/mfa/verify", mfa_ticket=ticket, code="000000"), 401)
    assert post("auth/mfa/verify", mfa_ticket=ticket, code=code()).status_code == 200
    assert User.objects.get(pk=device.user.pk).failed_login_attempts == 0


def test_tries_at_one_account_are_counted_wherever_they_come_from(settings: Any) -> None:
    """Passwords and codes, on the pages and over the API, each address for the first time."""
    device = TotpDeviceFactory()
    addresses = (f"10.{uuid4().int % 250}.{uuid4().int % 250}.{end}" for end in range(1, 250))
    tickets = [login(device.user).json()["mfa_ticket"] for _number in range(3)]
    browser = Client()
    browser.post("/login", {"username": device.user.email, "password": PASSWORD})
    settings.API_RATES = {"login": 2}

    def at(path: str, client: Client | None = None, **fields: str) -> int:
        content: dict[str, Any] = {} if client else {"content_type": "application/json"}
        return (client or Client()).post(path, fields, REMOTE_ADDR=next(addresses), **content).status_code

    page = {"username": device.user.email, "password": "wrong"}
    assert [at("/login", Client(), **page) for _number in range(3)] == [200, 200, 429]
    assert at(API + "auth/login", email=device.user.email, password="wrong") == 429
    verify = [at(API + "auth/mfa/verify", mfa_ticket=ticket, code="000000") for ticket in tickets]
    assert verify == [401, 401, 429]
    assert at("/login/code", browser, code="000000") == 429


@pytest.mark.parametrize("columns", [{"is_active": False, "deleted_at": timezone.now()}, {"is_active": False}])
def test_a_login_that_waits_for_its_code_ends_with_the_account(columns: dict[str, Any]) -> None:
    device = TotpDeviceFactory()
    ticket = login(device.user).json()["mfa_ticket"]
    User.objects.filter(pk=device.user.pk).update(**columns)
    assert refused(post("auth/mfa/verify", mfa_ticket=ticket, code=code()), 401)["type"].endswith(":ticket-ended")


def test_the_page_asks_for_the_password_again_when_it_was_changed_meanwhile() -> None:
    device = TotpDeviceFactory()
    browser = Client()
    browser.post("/login", {"username": device.user.email, "password": PASSWORD})
    change_password(device.user, old_password=PASSWORD, new_password="another-long-secret-7")
    assert browser.post("/login/code", {"code": code()})["Location"] == "/login"
    assert "_auth_user_id" not in browser.session


def test_the_login_page_has_a_second_step() -> None:
    device = TotpDeviceFactory()
    client = Client()
    first = client.post("/login?next=/account/notifications", {"username": device.user.email, "password": PASSWORD})
    assert first["Location"] == "/login/code"
    assert client.get(API + "users/me").status_code == 401
    assert client.get("/login/code").status_code == 200
    wrong = client.post("/login/code", {"code": "000000"})
    assert "This code is wrong." in wrong.content.decode()
    assert client.get(API + "users/me").status_code == 401
    done = client.post("/login/code", {"code": code()})
    assert done["Location"] == "/account/notifications"
    assert client.get(API + "users/me").json()["id"] == device.user.pk
    assert client.get("/login/code")["Location"] == "/login"


def test_the_second_step_waits_five_minutes_and_for_nobody_else() -> None:
    assert Client().get("/login/code")["Location"] == "/login"
    device = TotpDeviceFactory()
    client = Client()
    client.post("/login", {"username": device.user.email, "password": PASSWORD})
    session = client.session
    session["waits_for_code"] = {**session["waits_for_code"], "since": 1}
    session.save()
    assert client.post("/login/code", {"code": code()})["Location"] == "/login"
    assert (timedelta(minutes=5), timedelta(minutes=10)) == (TICKET_LIFETIME, TIME_TO_CONFIRM)


def test_it_is_switched_off_by_a_fresh_login_only() -> None:
    device = TotpDeviceFactory()
    client = client_of(device.user)
    assert refused(client.delete(MFA + "/totp"), 403)["type"].endswith(":login-too-old")
    session = client.session
    session[LOGGED_IN_AT] = (timezone.now() - timedelta(minutes=6)).isoformat()
    session.save()
    refused(client.delete(MFA + "/totp"), 403)
    tokens = open_session(device.user)
    fresh = {"Authorization": f"Bearer {tokens.access}"}
    assert Client().delete(MFA + "/totp", headers=fresh).status_code == 204
    assert not TotpDevice.objects.exists()


def test_admins_keep_theirs_while_they_need_it() -> None:
    admin = AdminFactory()
    TotpDeviceFactory(user=admin)
    header = {"Authorization": f"Bearer {open_session(admin).access}"}
    change_setting("security", {**setting("security"), "admins_need_second_factor": True}, actor=admin)
    problem = refused(Client().delete(MFA + "/totp", headers=header), 403)
    assert problem["type"].endswith(":mfa-required-for-role")
    assert answer("users/me/mfa", admin)["required"] is True
    change_setting("security", {**setting("security"), "admins_need_second_factor": False}, actor=admin)
    assert answer("users/me/mfa", admin)["required"] is False
    assert Client().delete(MFA + "/totp", headers=header).status_code == 204


def test_a_token_of_the_scope_admin_needs_it() -> None:
    admin = AdminFactory()
    for scope in ("admin", "system:admin"):
        with pytest.raises(NotAllowed) as refusal:
            create_api_token(admin, name="n", scopes=[scope])
        assert refusal.value.code == "mfa_required"
    TotpDeviceFactory(user=admin)
    assert create_api_token(admin, name="n", scopes=["admin"])


def test_the_page_switches_it_on() -> None:
    user = UserFactory()
    client = fresh(user)
    assert Client().get("/account/second-factor").status_code == 302
    page = client.post("/account/second-factor", {"step": "begin"})
    assert "no-store" in page["Cache-Control"]
    secret = page.context["secret"]
    assert secret in page.content.decode()
    wrong = client.post("/account/second-factor", {"code": "000000"})
    assert "This code is wrong." in wrong.content.decode()
    done = client.post("/account/second-factor", {"code": code(base64.b32decode(secret))})
    assert all(recovery in done.content.decode() for recovery in done.context["codes"])
    assert len(done.context["codes"]) == 8
    again = client.get("/account/second-factor").content.decode()
    assert "Your logins ask for a code" in again
    assert secret not in again
    refusal = client.post("/account/second-factor", {"step": "begin"}).content.decode()
    assert "A second factor is on already." in refusal
    renewed = client.post("/account/second-factor", {"step": "renew"})
    assert not set(renewed.context["codes"]) & set(done.context["codes"])
    assert "Your telephone is not asked" in client.post("/account/second-factor", {"step": "end"}).content.decode()
    assert not TotpDevice.objects.exists()
    assert not RecoveryCode.objects.exists()
    refusal = client.post("/account/second-factor", {"step": "renew"}).content.decode()
    assert "There is no second factor yet." in refusal


@pytest.mark.parametrize("step", ["begin", "end", "renew"])
def test_the_page_changes_nothing_after_an_old_login(step: str) -> None:
    client = client_of(TotpDeviceFactory().user)
    page = client.get("/account/second-factor").content.decode()
    assert "/login?again=1&amp;next=/account/second-factor" in page
    assert "Log in again first" in client.post("/account/second-factor", {"step": step}).content.decode()
    assert TotpDevice.objects.exists()
    assert "Log in once more" in client.get("/login?again=1&next=/account/second-factor").content.decode()


def test_a_stolen_token_binds_no_telephone() -> None:
    """Whoever holds a token, or sits at somebody's open browser, does not know the password."""
    user = UserFactory()
    old = open_session(user)
    UserSession.objects.update(created_at=timezone.now() - timedelta(minutes=6))
    for client in (client_with_token(user, "write"), client_of(user), bearer(old.access)):
        assert refused(post("users/me/mfa/totp", client), 403)["type"].endswith(":login-too-old")
        problem = refused(post("users/me/mfa/totp", client, password="wrong"), 400)
        assert problem["errors"][0]["field"] == "password"
    assert User.objects.get(pk=user.pk).failed_login_attempts == 3
    assert not TotpDevice.objects.exists()
    assert post("users/me/mfa/totp", bearer(open_session(user).access)).status_code == 201
    with_one = TotpDeviceFactory().user  # the password alone is not all that a login asks for any more
    refused(post("users/me/mfa/totp", client_with_token(with_one, "write"), password=PASSWORD), 403)


def test_what_was_begun_is_confirmed_within_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    user = UserFactory()
    client = fresh(user)
    secret = base64.b32decode(post("users/me/mfa/totp", client).json()["secret"])
    with monkeypatch.context() as patch:
        patch.setattr(mfa, "TIME_TO_CONFIRM", -timedelta(seconds=1))  # a trigger keeps the row's own time
        problem = refused(post("users/me/mfa/totp/confirm", client, code=code(secret)), 409)
    assert problem["type"].endswith(":nothing-to-confirm")
    assert post("users/me/mfa/totp/confirm", client, code=code(secret)).status_code == 200
