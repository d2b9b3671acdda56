"""Accounts that people make for themselves, and the proof that an address is theirs."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import MailKind
from accounts.models import User
from accounts.services.activities import record_activity
from accounts.services.locales import check_language, check_timezone
from accounts.services.login import NOBODY, Client
from accounts.services.mails import Letter, in_language_of, queue_mail
from accounts.services.people import new_account, require_free
from accounts.services.secrets import digest, new_secret
from system.exceptions import InvalidInput
from system.selectors.settings import setting

CODE_LENGTH = 10
"""Characters of an invitation code."""


@transaction.atomic
def register_user(
    email: str,
    password: str,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    language: str = "en",
    timezone_name: str = "UTC",
    referral_code: str | None = None,
    client: Client = NOBODY,
) -> User:
    """Make an account for oneself; a mail asks to confirm the address.

    Raises:
        InvalidInput: the address, the password, a language, a time zone or the invitation code does not fit.
        ConflictError: there is an account with this address (code ``email_taken``).
    """
    check_language(language)
    check_timezone(timezone_name)
    by = _inviter(referral_code)
    columns: dict[str, Any] = {
        "first_name": first_name or None,
        "last_name": last_name or None,
        "language": language,
        "timezone": timezone_name,
        "referred_by": by,
        "referral_code": new_secret()[:CODE_LENGTH],
    }
    require_free(email.strip().lower())
    user = new_account(email, password, **columns)
    if by is not None:
        by.referral_count = (by.referral_count or 0) + 1
        by.save(update_fields=["referral_count"])
    record_activity(
        user, activity_type="register", action="create", entity=user,
        ip_address=client.ip_address, user_agent=client.user_agent,
    )  # fmt: skip
    ask_to_verify(user)
    return user


def _inviter(code: str | None) -> User | None:
    """Whose invitation it is; their row is locked, as their count goes up."""
    if not code:
        return None
    by = User.objects.select_for_update().filter(referral_code=code, is_active=True).first()
    if by is None:
        raise InvalidInput(_("Nobody has this invitation code."), field="referral_code")
    return by


def ask_to_verify(user: User) -> None:
    """Mail a link that confirms the address; an older one stops working."""
    token = new_secret()
    until = timezone.now() + timedelta(hours=setting("security")["verify_token_hours"])
    user.email_verification_token, user.email_verification_expires = digest(token), until
    user.save(update_fields=["email_verification_token", "email_verification_expires"])
    with in_language_of(user):
        lines = [_("Confirm your e-mail address here:"), f"{settings.SITE_URL}{reverse('verify-email')}#{token}"]
        letter = Letter(_("Confirm your e-mail address"), lines)
    queue_mail(user, MailKind.VERIFY_EMAIL, letter, recipient=user.email, until=until)


@transaction.atomic
def resend_verification(email: str) -> None:
    """Mail the link again, if there is an account that has not confirmed its address. Whether there is is not told."""
    unconfirmed = User.objects.filter(email=email.strip().lower(), is_active=True, is_verified=False)
    user = unconfirmed.select_for_update().first()
    if user is not None:
        ask_to_verify(user)


@transaction.atomic
def verify_email(token: str) -> User:
    """Confirm the address by the mailed token, which is used up.

    Raises:
        InvalidInput: the token is unknown, used or too old.
    """
    user = User.objects.select_for_update().filter(email_verification_token=digest(token)).first()
    until = None if user is None else user.email_verification_expires
    if user is None or until is None or until <= timezone.now():
        raise InvalidInput(_("This link does not work any more. Ask for a new one."), field="token")
    user.email_verification_token = user.email_verification_expires = None
    user.is_verified = True
    user.save(update_fields=["email_verification_token", "email_verification_expires", "is_verified"])
    record_activity(user, activity_type="register", action="verify", entity=user)
    return user
