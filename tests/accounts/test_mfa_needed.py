"""Recovery codes, admins who help who has lost everything, and admins who need a second factor."""

import base64
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import OutgoingMail, RecoveryCode, TotpDevice, User, UserActivity
from accounts.services import (
    check_code,
    create_setup_link,
    ensure_system_user,
    open_ticket,
    renew_recovery_codes,
    reset_second_factor,
)
from system.exceptions import ConflictError, NotAllowed
from system.models import AuditLog
from system.services import change_setting, setting
from tests.accounts.factors import code, fresh, login, post
from tests.doors import API, answer, client_of, client_with_token, refused
from tests.factories import (
    AdminFactory,
    EntryFactory,
    PasskeyFactory,
    TotpDeviceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def test_recovery_codes_work_once_and_their_use_is_told() -> None:
    user = TotpDeviceFactory().user
    codes = renew_recovery_codes(user, logged_in_at=timezone.now())
    OutgoingMail.objects.all().delete()
    assert [check_code(user, f" {codes[0].upper()}"), check_code(user, codes[0])] == [True, False]
    assert OutgoingMail.objects.get().kind == "changed_factor"
    assert not set(codes) & set(map(str, RecoveryCode.objects.values_list("code_hash", flat=True)))
    with pytest.raises(NotAllowed):
        renew_recovery_codes(user, logged_in_at=None)


def test_a_recovery_code_opens_what_was_sealed_under_another_secret(settings: Any) -> None:
    user = TotpDeviceFactory().user
    codes = renew_recovery_codes(user, logged_in_at=timezone.now())
    settings.SEALING_SECRET = "another"
    assert check_code(user, codes[0])


def test_a_code_may_have_the_digits_of_another_script_and_blanks() -> None:
    now = code()
    persian = now.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert check_code(TotpDeviceFactory().user, f"{persian[:3]} {persian[3:]}")


def test_an_admin_helps_who_has_lost_everything() -> None:
    user, admin = TotpDeviceFactory().user, AdminFactory()
    PasskeyFactory(user=user)
    renew_recovery_codes(user, logged_in_at=timezone.now())
    ticket = open_ticket(user)
    OutgoingMail.objects.all().delete()
    with pytest.raises(NotAllowed):
        reset_second_factor(user, actor=UserFactory())
    with pytest.raises(ConflictError):
        reset_second_factor(TotpDeviceFactory(user=admin).user, actor=admin)
    marked = {"action": "reset_second_factor", "_selected_action": [user.pk]}
    page = client_of(admin).post("/admin/accounts/user/", marked, follow=True).content.decode()
    assert "logs in with the password alone now." in page
    assert login(user).json()["access"]
    assert refused(post("auth/mfa/verify", mfa_ticket=ticket, code="000000"), 401)["type"].endswith(":ticket-ended")
    assert not RecoveryCode.objects.exists()
    assert AuditLog.objects.get(details="second factor reset").changed_by == admin
    mail = OutgoingMail.objects.get()
    assert (mail.user, mail.kind) == (user, "changed_factor")
    assert UserActivity.objects.filter(user=user, action="reset").count() == 1
    with pytest.raises(ConflictError):
        reset_second_factor(user, actor=admin)


def test_who_commands_the_machine_helps_the_only_admin(capsys: pytest.CaptureFixture[str]) -> None:
    admin = TotpDeviceFactory(user=AdminFactory()).user
    call_command("reset_second_factor", admin.email.upper())
    assert "logs in with the password alone now." in capsys.readouterr().out
    assert not TotpDevice.objects.exists()
    for email in (admin.email, "nobody@example.org"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", email)


def test_it_is_needed_unless_an_admin_says_otherwise(shipped_security: dict[str, Any]) -> None:
    assert shipped_security["admins_need_second_factor"] is True


def test_admins_reach_nothing_but_the_page_that_sets_one_up() -> None:
    admin, user = AdminFactory(), UserFactory()
    change_setting("security", {**setting("security"), "admins_need_second_factor": True}, actor=admin)
    client, page = fresh(admin), "/account/second-factor"
    for path in ("/", "/assets", "/admin/", "/admin/accounts/user/", "/account/notifications", "/no/such/page"):
        expected = 404 if path[1:3] == "no" else 302
        assert client.get(path).status_code == expected, path
    assert client.get("/assets")["Location"] == page
    assert client.post("/account/channels/add/ntfy", {})["Location"] == page
    shown = client.get(page).content.decode()
    assert "Admins need a second factor here" in shown
    assert client.get("/healthz").status_code == 200
    assert client.get(API + "assets").status_code == 200
    for other in (client_of(user), Client()):
        assert other.get("/assets").status_code == 200
    secret = base64.b32decode(client.post(page, {"step": "begin"}).context["secret"])
    client.post(page, {"code": code(secret)})
    assert client.get("/admin/").status_code == 200
    assert "Admins need a second factor here" not in client.get(page).content.decode()
    assert client.post("/logout").status_code == 302


def test_the_first_admin_is_led_from_set_up_to_the_second_factor() -> None:
    client, token = Client(), str(create_setup_link()).partition("#")[2]
    ensure_system_user()
    change_setting("security", {**setting("security"), "admins_need_second_factor": True}, actor=User.objects.system())
    given = {"email": "first@example.org", "password": "a-long-secret-of-mine", "repeated": "a-long-secret-of-mine"}
    made = client.post("/setup", {"token": token, "language": "en", "timezone": "UTC", **given}, follow=True)
    assert made.redirect_chain[-1][0] == "/account/second-factor"
    assert "secret" in client.post("/account/second-factor", {"step": "begin"}).context  # the set-up was a login


def test_admins_are_nobody_special_without_the_factor_that_they_need() -> None:
    admin = AdminFactory()
    client = client_of(admin)
    change_setting("security", {**setting("security"), "admins_need_second_factor": True}, actor=admin)
    refused(client.get(API + "users"), 403)
    assert client.get(API + "users/me").status_code == 200
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/account/second-factor"
    TotpDeviceFactory(user=admin)
    assert client.get(API + "users").status_code == 200
    assert client.get("/admin/").status_code == 200
    token = client_with_token(AdminFactory(), "admin")
    assert token.get(API + "users").status_code == 200
    TotpDevice.objects.exclude(user=admin).delete()
    refused(token.get(API + "users"), 403)
    assert token.get(API + "users/me").status_code == 200


def test_what_is_worked_on_for_a_person_is_told_to_them_and_admins() -> None:
    user, admin = UserFactory(), AdminFactory()
    entry = EntryFactory(watchlist__user=user)
    (mine,) = answer("users/me/ai-context", user)
    assert (mine["watchlist_id"], mine["asset_count"]) == (entry.watchlist.pk, 1)
    assert mine["assets"][0]["symbol"] == entry.asset.symbol
    assert answer(f"users/{user.pk}/ai-context", admin) == [mine]
    refused(client_of(user).get(f"{API}users/{user.pk}/ai-context"), 403)
