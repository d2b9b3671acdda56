"""Passwords and addresses that are proven by mail."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import OutgoingMail, User
from accounts.services import (
    authenticate_access,
    change_password,
    forget_password,
    open_session,
    open_ticket,
    redeem_ticket,
    register_user,
    resend_verification,
    reset_password,
    send_mails,
    verified_user,
    verify_email,
)
from cryptopredict import settings as settings_of_the_product
from system.exceptions import ConflictError, InvalidInput, LockedError, NotAuthenticated
from tests.factories import PASSWORD, TotpDeviceFactory, UserFactory
from tests.stubs.mail import Post, mail_server

pytestmark = pytest.mark.django_db
NEW = "another-long-secret-7"


@pytest.fixture
def post(settings: Any) -> Any:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        yield server


def token_in(mail: Any) -> str:
    return str(mail.get_content()).split("#")[1].split()[0]


def test_a_forgotten_password_is_set_by_mail_once(post: Post) -> None:
    user = UserFactory(is_verified=False)
    session = open_session(user)
    forget_password(user.email)
    assert send_mails() == (1, 0)
    (mail,) = post.mails
    assert mail["To"] == user.email
    token = token_in(mail)
    reset_password(token, NEW)
    assert verified_user(user.email, NEW).is_verified
    assert authenticate_access(session.access) is None
    with pytest.raises(InvalidInput) as refusal:
        reset_password(token, NEW)
    assert refusal.value.field == "token"
    kept = OutgoingMail.objects.get(kind="reset_password")
    assert (kept.body, kept.sent_at is None, token in str(User.objects.values().get())) == (None, False, False)


def test_nobody_learns_who_has_an_account() -> None:
    forget_password("nobody@example.com")
    forget_password(UserFactory(is_active=False).email)
    resend_verification("nobody@example.com")
    assert not OutgoingMail.objects.exists()


def test_an_old_link_and_a_weak_password_are_refused(post: Post) -> None:
    user = UserFactory()
    forget_password(user.email)
    forget_password(user.email)
    send_mails()
    old, new = map(token_in, post.mails)
    with pytest.raises(InvalidInput) as refusal:
        reset_password(old, NEW)
    assert refusal.value.field == "token"
    with pytest.raises(InvalidInput) as refusal:
        reset_password(new, "short")
    assert refusal.value.field == "new_password"
    User.objects.filter(pk=user.pk).update(reset_password_expires=timezone.now())
    with pytest.raises(InvalidInput):
        reset_password(new, NEW)
    assert verified_user(user.email, PASSWORD) == user


def test_a_changed_password_ends_the_other_sessions() -> None:
    user = UserFactory()
    mine, other = open_session(user), open_session(user)
    change_password(user, old_password=PASSWORD, new_password=NEW, session=mine.session)
    assert authenticate_access(mine.access) is not None
    assert authenticate_access(other.access) is None
    with pytest.raises(NotAuthenticated):
        verified_user(user.email, PASSWORD)
    assert OutgoingMail.objects.get().kind == "changed_password"


def test_what_was_begun_under_the_old_password_ends_with_it(post: Post) -> None:
    user = TotpDeviceFactory().user
    forget_password(user.email)
    send_mails()
    ticket = open_ticket(user)
    change_password(user, old_password=PASSWORD, new_password=NEW)
    with pytest.raises(InvalidInput) as refusal:
        reset_password(token_in(post.mails[0]), "a-third-secret-of-mine")
    assert refusal.value.field == "token"
    with pytest.raises(NotAuthenticated) as ended:
        redeem_ticket(ticket, "000000")
    assert ended.value.code == "ticket_ended"
    assert verified_user(user.email, NEW) == user


def test_a_stolen_session_cannot_guess_the_password() -> None:
    user = UserFactory()
    for _ in range(5):
        with pytest.raises(InvalidInput) as refusal:
            change_password(user, old_password="wrong", new_password=NEW)
        assert refusal.value.field == "old_password"
    with pytest.raises(LockedError):
        change_password(user, old_password=PASSWORD, new_password=NEW)


def test_a_person_registers_and_confirms_the_address(post: Post) -> None:
    friend = UserFactory(referral_code="friend", referral_count=None)
    user = register_user("Ada@Example.com", NEW, first_name="Ada", language="fa", referral_code="friend")
    assert (user.email, user.is_verified, user.referred_by, user.role) == ("ada@example.com", False, friend, "public")
    friend.refresh_from_db()
    assert friend.referral_count == 1
    send_mails()
    verify_email(token_in(post.mails[0]))
    user.refresh_from_db()
    assert user.is_verified
    with pytest.raises(InvalidInput):
        verify_email(token_in(post.mails[0]))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"password": "short"}, "password"),
        ({"language": "xx"}, "language"),
        ({"timezone_name": "Mars/Olympus"}, "timezone"),
        ({"referral_code": "nobody"}, "referral_code"),
    ],
)
def test_a_registration_that_does_not_fit_leaves_nothing(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        register_user(**({"email": "ada@example.com", "password": NEW} | given))
    assert refusal.value.field == field
    assert not User.objects.filter(email="ada@example.com").exists()
    assert not OutgoingMail.objects.exists()


def test_an_address_is_taken_once_deleted_accounts_included() -> None:
    taken = UserFactory(deleted_at=timezone.now(), is_active=False)
    with pytest.raises(ConflictError) as refusal:
        register_user(taken.email.upper(), NEW)
    assert (refusal.value.code, refusal.value.field) == ("email_taken", "email")


def test_a_mail_that_is_refused_waits_and_is_tried_again(post: Post) -> None:
    forget_password(UserFactory().email)
    post.refuses = True
    assert send_mails() == (0, 1)
    mail = OutgoingMail.objects.get()
    assert (mail.attempts, mail.last_error, mail.sent_at) == (1, "SMTPSenderRefused", None)
    assert mail.body is not None
    assert send_mails() == (0, 0), "not before its time"
    post.refuses = False
    OutgoingMail.objects.update(next_try_at=timezone.now())
    assert send_mails() == (1, 0)
    assert len(post.mails) == 1


@pytest.mark.parametrize("word", [b"EHLO", b"MAIL", b"DATA"])
def test_a_mail_server_that_hangs_is_asked_once_a_sweep(post: Post, settings: Any, word: bytes) -> None:
    for _ in range(3):
        forget_password(UserFactory().email)
    settings.EMAIL_TIMEOUT, post.hangs = 0.2, word
    assert send_mails() == (0, 1)
    assert sorted(OutgoingMail.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    post.hangs = None
    assert send_mails() == (2, 0), "the others wait no longer than before"
    OutgoingMail.objects.update(next_try_at=timezone.now())
    assert send_mails() == (1, 0)
    assert len({mail["To"] for mail in post.mails}) == 3


def test_a_mail_that_is_of_no_use_any_more_is_not_sent(post: Post) -> None:
    forget_password(UserFactory().email)
    OutgoingMail.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert send_mails() == (0, 0)
    mail = OutgoingMail.objects.get()
    assert (mail.body, mail.sent_at, mail.last_error, post.mails) == (None, None, "too old", [])


def test_without_a_mail_server_nothing_is_lost(settings: Any) -> None:
    settings.EMAIL_HOST = ""
    forget_password(UserFactory().email)
    assert send_mails() == (0, 0)
    assert OutgoingMail.objects.get().body is not None


def test_the_api_of_accounts(post: Post) -> None:
    client = APIClient()

    def ask(path: str, **data: Any) -> Any:
        return client.post(f"/api/v1/auth/{path}", data, format="json")

    made = ask("register", email="ada@example.com", password=NEW, timezone="Asia/Tehran", language="fa")
    assert (made.status_code, made.json()["user"]["timezone"]) == (201, "Asia/Tehran")
    taken = ask("register", email="ada@example.com", password=NEW)
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:cryptopredict:problem:email-taken")
    assert ask("verify-email/resend", email="ada@example.com").status_code == 202
    send_mails()
    assert ask("verify-email", token=token_in(post.mails[1])).json() == {"detail": "verified"}
    assert ask("password/forgot", email="ada@example.com").status_code == 202
    send_mails()
    assert ask("password/reset", token=token_in(post.mails[2]), new_password=PASSWORD).status_code == 204
    assert ask("password/change", old_password=PASSWORD, new_password=NEW).status_code == 401
    client.credentials(
        HTTP_AUTHORIZATION=f"Bearer {ask('login', email='ada@example.com', password=PASSWORD).json()['access']}"
    )
    assert ask("password/change", old_password=PASSWORD, new_password=NEW).status_code == 204
    assert client.get("/api/v1/users/me").status_code == 200


def test_production_hashes_slowly() -> None:
    """At least what OWASP's password storage cheat sheet asks of PBKDF2 with SHA-256."""
    hashers = getattr(settings_of_the_product, "PASSWORD_HASHERS", global_settings.PASSWORD_HASHERS)
    assert hashers[0] == "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    assert PBKDF2PasswordHasher.iterations >= 600_000
