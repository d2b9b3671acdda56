"""Passkeys: made by who has just logged in, and used in place of the password or after it."""

from datetime import timedelta
from typing import Any

import cbor2
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OutgoingMail, Passkey, PasskeyCeremony, RecoveryCode, User, UserActivity
from accounts.services import end_totp
from accounts.services.live_access import Access, still_open
from accounts.services.reauthentication import LOGGED_IN_AT
from system.exceptions import NotAllowed
from system.models import AuditLog
from system.services import change_setting, setting
from tests.accounts.authenticator import Device
from tests.doors import API, answer, client_of
from tests.factories import PASSWORD, AdminFactory, PasskeyFactory, TotpDeviceFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGE = "/account/second-factor"


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = "https://crypto.example"


def fresh(user: User) -> Client:
    """A browser in which somebody has just logged in."""
    client = client_of(user)
    session = client.session
    session[LOGGED_IN_AT] = timezone.now().isoformat()
    session.save()
    return client


def send(client: Client, path: str, body: Any = None) -> Any:
    return client.post(path, body or {}, "application/json")


def register(user: User, device: Device | None = None, client: Client | None = None) -> tuple[Device, Any]:
    device, client = device or Device(), client or fresh(user)
    options = send(client, "/account/passkeys/begin").json()["options"]
    made = send(client, "/account/passkeys/complete", {"credential": device.create(options), "name": "telephone"})
    return device, made


def log_in(device: Device, client: Client | None = None, path: str = "/login/passkey", **changes: Any) -> Any:
    client = client or Client()
    begun = send(client, f"{path}/begin")
    assert begun.status_code == 200, begun.content
    return send(client, f"{path}/complete", {"credential": device.get(begun.json()["options"]) | changes})


def second_step(user: User) -> Client:
    """A browser in which the password was right."""
    client = Client()
    first = client.post("/login?next=/account/notifications", {"username": user.email, "password": PASSWORD})
    assert first["Location"] == "/login/code"
    return client


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_passkey_is_made_and_logs_in_without_the_password() -> None:
    user = UserFactory()
    device, made = register(user)
    assert made.status_code == 200, made.content
    assert made["Cache-Control"].startswith("max-age=0")
    assert len(made.json()["codes"]) == 8
    key = Passkey.objects.get()
    assert (key.user, key.name, key.sign_count, key.last_used_at) == (user, "telephone", 0, None)
    client = Client()
    done = log_in(device, client)
    assert (done.status_code, done.json()) == (200, {"next": "/"})
    assert client.get(API + "users/me").json()["id"] == user.pk
    key.refresh_from_db()
    assert key.sign_count == 1
    assert key.last_used_at is not None
    assert LOGGED_IN_AT in client.session
    assert answer("users/me/mfa", user)["passkeys"] == 1
    assert UserActivity.objects.filter(user=user, activity_type="mfa", action="passkey_add").count() == 1
    assert AuditLog.objects.filter(details="second factor: passkey_add").count() == 1
    assert OutgoingMail.objects.get().kind == "changed_factor"


def test_the_second_of_a_login_after_the_password() -> None:
    user = UserFactory()
    device, _made = register(user)
    device.verifies = False  # the password was one factor already
    client = second_step(user)
    assert "passkey-says" in client.get("/login/code").content.decode()
    done = log_in(device, client, "/login/code/passkey")
    assert done.json() == {"next": "/account/notifications"}
    assert is_logged_in(client)


def test_the_way_on_stays_on_this_site() -> None:
    device, _made = register(UserFactory())
    for target, expected in (("/account/notifications", "/account/notifications"), ("https://elsewhere.example/", "/")):
        client = Client()
        options = send(client, "/login/passkey/begin").json()["options"]
        sent = {"credential": device.get(options)}
        assert send(client, f"/login/passkey/complete?next={target}", sent).json() == {"next": expected}


def test_without_the_password_the_device_has_to_know_its_owner() -> None:
    device, _made = register(UserFactory())
    device.verifies = False
    client = Client()
    assert log_in(device, client).json()["code"] == "invalid_passkey"
    assert not is_logged_in(client)


def test_an_answer_is_good_for_its_question_its_browser_and_once() -> None:
    device, _made = register(UserFactory())
    client, other = Client(), Client()
    options = send(client, "/login/passkey/begin").json()["options"]
    credential = {"credential": device.get(options)}
    send(other, "/login/passkey/begin")
    assert send(other, "/login/passkey/complete", credential).json()["code"] == "invalid_passkey"
    assert send(client, "/login/passkey/complete", credential).status_code == 200
    assert send(client, "/login/passkey/complete", credential).json()["code"] == "ceremony_ended"
    assert not PasskeyCeremony.objects.exists()


def test_a_question_ends_after_five_minutes_and_with_a_wrong_answer() -> None:
    device, _made = register(UserFactory())
    client = Client()
    options = send(client, "/login/passkey/begin").json()["options"]
    PasskeyCeremony.objects.update(expires_at=timezone.now())
    assert send(client, "/login/passkey/complete", {"credential": device.get(options)}).json()["code"]
    options = send(client, "/login/passkey/begin").json()["options"]
    assert PasskeyCeremony.objects.count() == 1  # the old one is gone
    wrong = {"credential": device.get({"challenge": "AAAA"})}
    assert send(client, "/login/passkey/complete", wrong).json()["code"] == "invalid_passkey"
    assert send(client, "/login/passkey/complete", {"credential": device.get(options)}).status_code == 400
    assert not is_logged_in(client)


def test_a_copy_of_the_device_is_found_out_by_its_count() -> None:
    device, _made = register(UserFactory())
    assert log_in(device).status_code == 200
    device.count -= 1
    assert log_in(device).json()["code"] == "invalid_passkey"
    assert User.objects.get().failed_login_attempts == 1


@pytest.mark.parametrize("site", ["https://elsewhere.example", "http://crypto.example"])
def test_another_site_gets_nowhere(site: str) -> None:
    device, _made = register(UserFactory())
    device.site, device.host = site, site.partition("//")[2]
    assert log_in(device).json()["code"] == "invalid_passkey"


@pytest.mark.parametrize(
    "nonsense",
    [{}, {"credential": []}, {"credential": {"id": 7}}, {"credential": {"id": "a", "response": None}}, [], "{"],
)
def test_nonsense_is_refused(nonsense: Any) -> None:
    device, _made = register(UserFactory())
    client = Client()
    send(client, "/login/passkey/begin")
    body = nonsense if nonsense == "{" else nonsense or "{}"
    assert send(client, "/login/passkey/complete", body).status_code == 400
    for part in ("clientDataJSON", "signature", "userHandle", "authenticatorData"):
        options = send(client, "/login/passkey/begin").json()["options"]
        credential = device.get(options)
        credential["response"][part] = "ÿ*"
        assert send(client, "/login/passkey/complete", {"credential": credential}).status_code == 400
        User.objects.update(failed_login_attempts=0)
    mine = fresh(UserFactory())
    for broken in ({}, {"id": "a"}, Device().get({"challenge": "AAAA"})):
        send(mine, "/account/passkeys/begin")
        assert send(mine, "/account/passkeys/complete", {"credential": broken}).status_code == 400
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_texts_that_no_column_holds_are_refused(text: str) -> None:
    device, _made = register(UserFactory())
    assert log_in(device, id=text).status_code == 400
    mine = fresh(UserFactory())
    options = send(mine, "/account/passkeys/begin").json()["options"]
    sent = {"credential": Device().create(options), "name": text}
    assert send(mine, "/account/passkeys/complete", sent).status_code == 400


ES256 = {1: 2, 3: -7, -1: 1}
ONE = bytes(31) + b"\x01"


@pytest.mark.parametrize(
    "key",
    [
        {},
        [],
        {1: 2},
        ES256 | {-2: ONE, -3: ONE},  # no point of the curve
        ES256 | {-1: 77, -2: ONE, -3: ONE},  # no such curve
        {1: 1, 3: -8, -1: 6, -2: b"short"},
        {1: 3, 3: -257, -1: b"\x02", -2: b"\x01"},
    ],
)
def test_a_key_that_is_none_is_refused(key: Any) -> None:
    device, mine = Device(), fresh(UserFactory())
    device.cose = cbor2.dumps(key)
    options = send(mine, "/account/passkeys/begin").json()["options"]
    assert send(mine, "/account/passkeys/complete", {"credential": device.create(options)}).status_code == 400
    assert not Passkey.objects.exists()


def test_an_admin_whose_factor_is_a_passkey_hears_what_admins_hear() -> None:
    keyed, bare = AdminFactory(), AdminFactory()
    PasskeyFactory(user=keyed)
    change_setting("security", setting("security") | {"admins_need_second_factor": True}, actor=bare)
    mine, other = Access(keyed.pk, is_admin=True), Access(bare.pk, is_admin=True)
    assert still_open([mine, other]) == {mine}


def test_wrong_answers_lock_the_account_as_wrong_passwords_do() -> None:
    user = UserFactory()
    device, _made = register(user)
    for _number in range(5):
        assert log_in(device, response=device.get({"challenge": "AAAA"})["response"]).status_code == 400
    user.refresh_from_db()
    assert user.lockout_expires is not None
    assert "Too many wrong" in log_in(device).json()["detail"]


@pytest.mark.parametrize("columns", [{"is_active": False}, {"is_active": False, "deleted_at": timezone.now()}])
def test_who_may_not_log_in_does_not(columns: dict[str, Any]) -> None:
    user = UserFactory()
    device, _made = register(user)
    User.objects.filter(pk=user.pk).update(**columns)
    assert log_in(device).json()["code"] == "invalid_passkey"


def test_the_second_step_takes_the_keys_of_who_showed_the_password() -> None:
    user, other = UserFactory(), UserFactory()
    register(user)
    device, _made = register(other)
    client = second_step(user)
    assert log_in(device, client, "/login/code/passkey").json()["code"] == "invalid_passkey"
    assert not is_logged_in(client)
    assert send(Client(), "/login/code/passkey/begin").json()["code"] == "ticket_ended"
    telephone = TotpDeviceFactory().user
    assert send(second_step(telephone), "/login/code/passkey/begin").json()["code"] == "no_passkey"


def test_only_a_fresh_login_makes_and_removes_them() -> None:
    user = UserFactory()
    stale = client_of(user)
    assert send(Client(), "/account/passkeys/begin").status_code == 403
    assert send(stale, "/account/passkeys/begin").json()["code"] == "login_too_old"
    _device, made = register(user)
    assert made.status_code == 200
    key = Passkey.objects.get()
    assert "Log in again" in stale.post(PAGE, {"step": "remove", "passkey": key.pk}).content.decode()
    assert Passkey.objects.exists()
    foreign = fresh(UserFactory())
    foreign.post(PAGE, {"step": "remove", "passkey": key.pk})
    assert Passkey.objects.exists()
    done = fresh(user).post(PAGE, {"step": "remove", "passkey": key.pk})
    assert "The passkey is removed." in done.content.decode()
    assert not Passkey.objects.exists()
    assert not RecoveryCode.objects.exists()  # nothing is left that could be lost
    assert UserActivity.objects.filter(user=user, action="passkey_remove").count() == 1


def test_a_device_is_known_once() -> None:
    user = UserFactory()
    device, _made = register(user)
    options = send(fresh(user), "/account/passkeys/begin").json()["options"]
    assert [one["id"] for one in options["excludeCredentials"]] == [Passkey.objects.get().credential_id]
    _device, again = register(UserFactory(), device)
    assert again.json()["code"] == "passkey_known"
    _device, second = register(user, Device())
    assert second.json()["codes"] == []  # those of the first hold


@pytest.mark.parametrize(
    ("site", "works"),
    [
        ("http://127.0.0.1:8000", False),
        ("http://crypto.example", False),
        ("https://[::1]", False),
        ("http://localhost:8000", True),
        ("https://crypto.example:8443", True),
    ],
)
def test_where_browsers_allow_none_they_are_not_offered(settings: Any, site: str, works: bool) -> None:
    settings.SITE_URL = site
    client = fresh(UserFactory())
    assert (send(client, "/account/passkeys/begin").status_code == 200) == works
    assert ("passkey-name" in client.get(PAGE).content.decode()) == works
    assert ("Log in with a passkey" in Client().get("/login").content.decode()) == works


def test_admins_keep_their_last_factor_whatever_it_is() -> None:
    admin = AdminFactory()
    change_setting("security", {**setting("security"), "admins_need_second_factor": True}, actor=admin)
    TotpDeviceFactory(user=admin)
    key = PasskeyFactory(user=admin)
    now = timezone.now()
    end_totp(admin, logged_in_at=now)
    client = fresh(admin)
    page = client.post(PAGE, {"step": "remove", "passkey": key.pk}).content.decode()
    assert "Admins keep their second factor." in page
    assert Passkey.objects.exists()
    with pytest.raises(NotAllowed):
        end_totp(admin, logged_in_at=now - timedelta(minutes=6))
