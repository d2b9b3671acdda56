"""Who changes how an account is logged in to has to be its owner, and not whoever holds a token of theirs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import browsers
from accounts.selectors.second_factor import has_second_factor
from accounts.services.login import NOBODY, Client, count_failure, require_unlocked
from system.exceptions import InvalidInput, NotAllowed

FRESH_LOGIN = timedelta(minutes=5)
LOGGED_IN_AT = browsers.LOGGED_IN_AT


def login_of(session: Mapping[str, Any]) -> datetime | None:
    """When the login was that a browser's session began with; None where that is not known."""
    text = session.get(LOGGED_IN_AT)
    return datetime.fromisoformat(text) if text else None


def is_fresh(logged_in_at: datetime | None) -> bool:
    """The login is of the last minutes."""
    return logged_in_at is not None and timezone.now() - logged_in_at <= FRESH_LOGIN


def require_fresh(logged_in_at: datetime | None) -> None:
    """Go on only after a login of the last minutes.

    Raises:
        NotAllowed: it is older (code ``login_too_old``).
    """
    if not is_fresh(logged_in_at):
        raise NotAllowed(_("Log in again first: this needs a login of the last five minutes."), code="login_too_old")


def require_owner(
    user: User, *, logged_in_at: datetime | None, password: str | None = None, client: Client = NOBODY
) -> None:
    """Go on only for who has just logged in, or knows the password of an account that a login asks nothing more of.

    Args:
        logged_in_at: when the login was that asks; None for a personal token, which is no login.
    Raises:
        NotAllowed: the login is too old, and no password proves anything (code ``login_too_old``).
        InvalidInput: the password is wrong; it counts as a wrong login.
        LockedError: too many wrong ones.
    """
    if password is None or has_second_factor(user):
        require_fresh(logged_in_at)
    if password is None or is_fresh(logged_in_at):
        return
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        require_unlocked(user)
        is_right = user.check_password(password)
        if not is_right:
            count_failure(user, client)
    if not is_right:
        raise InvalidInput(_("The password is wrong."), field="password")
