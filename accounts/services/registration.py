"""Accounts that people make for themselves."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.activities import record_activity
from accounts.services.locales import check_language, check_timezone
from accounts.services.login import NOBODY, Client
from accounts.services.people import new_account, require_free
from accounts.services.secrets import new_secret
from accounts.services.verification import ask_to_verify
from system.acting import for_everyone
from system.exceptions import InvalidInput

CODE_LENGTH = 10
"""Characters of an invitation code."""


@for_everyone()
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
