"""Whether somebody is who they say: the password, counted failures, and a lock after too many of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors.second_factor import has_second_factor
from accounts.services.activities import record_activity
from system.acting import for_everyone
from system.choices import AuditOperation
from system.exceptions import ConflictError, LockedError, NotAllowed, NotAuthenticated
from system.selectors.settings import setting
from system.services import record_change


@dataclass(frozen=True)
class Client:
    """Where a request came from."""

    ip_address: str | None = None
    user_agent: str | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Client":
        """The client of a request."""
        return cls(request.META.get("REMOTE_ADDR") or None, request.headers.get("User-Agent") or None)


NOBODY = Client()


@for_everyone()
def verified_user(email: str, password: str, *, client: Client = NOBODY) -> User:
    """The account that an e-mail address and a password open.

    A failure is counted even where the caller undoes what he did; while an account is locked no password is looked at.
    An unknown address takes as long as a wrong password, so that nobody learns which addresses have an account. What
    failed before is forgotten here only if no code is asked for after the password.

    Raises:
        NotAuthenticated: the two do not belong together.
        LockedError: too many wrong passwords.
        NotAllowed: the password is right, but the account may not log in.
    """
    known = User.objects.filter(email=email.strip().lower()).values_list("pk", flat=True).first()
    if known is None:
        make_password(password)
        raise wrong_password()
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=known)
        require_unlocked(user)
        is_right = user.check_password(password)
        if is_right and user.is_active and not has_second_factor(user):
            forget_failures(user)
        elif not is_right:
            count_failure(user, client)
    if not is_right:
        raise wrong_password()
    if not user.is_active:
        raise NotAllowed(_("This account may not log in."), code="account_inactive")
    return user


def wrong_password() -> NotAuthenticated:
    return NotAuthenticated(_("This e-mail address and password do not belong together."), code="invalid_credentials")


def require_unlocked(user: User) -> None:
    """Refuse while the account is locked.

    Raises:
        LockedError: so it is; it says until when.
    """
    until = user.lockout_expires
    if until is not None and until > timezone.now():
        raise LockedError(
            _("Too many wrong passwords. Try again after %(time)s UTC.") % {"time": f"{until.astimezone(UTC):%H:%M}"},
            until=f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        )


def count_failure(user: User, client: Client = NOBODY) -> None:
    """One more wrong password, or code, of a locked row; too many lock the account for a while."""
    rules = setting("security")
    user.failed_login_attempts = (user.failed_login_attempts or 0) + 1
    columns = ["failed_login_attempts"]
    if user.failed_login_attempts >= rules["max_failed_logins"]:
        user.failed_login_attempts = 0
        user.lockout_expires = timezone.now() + timedelta(minutes=rules["lockout_minutes"])
        columns.append("lockout_expires")
        record_change(
            user, AuditOperation.ACTION, actor=None, new={"lockout_expires": user.lockout_expires},
            details="locked after too many wrong passwords",
        )  # fmt: skip
    user.save(update_fields=columns)
    record_activity(
        user, activity_type="login", action="refused", ip_address=client.ip_address, user_agent=client.user_agent
    )


def forget_failures(user: User) -> None:
    """A login of a locked row that was right to its end: what failed before does not count any more."""
    if user.failed_login_attempts or user.lockout_expires:
        user.failed_login_attempts, user.lockout_expires = 0, None
        user.save(update_fields=["failed_login_attempts", "lockout_expires"])


def open_account(user: User) -> User:
    """The row of an account for a change, locked.

    Raises:
        ConflictError: the account is closed.
    """
    found = User.objects.select_for_update().filter(pk=user.pk).first()
    if found is None:
        raise ConflictError(_("The account of %(user)s is closed.") % {"user": user}, code="account_closed")
    return found


@transaction.atomic
def unlock(user: User, *, actor: User) -> User:
    """Lift a lock as an admin.

    Raises:
        NotAllowed: the actor is no admin.
        ConflictError: the account is closed.
    """
    if not actor.is_staff:
        raise NotAllowed(_("Only admins change accounts."))
    user = open_account(user)
    old: dict[str, datetime | int | None] = {
        "lockout_expires": user.lockout_expires,
        "failed_login_attempts": user.failed_login_attempts,
    }
    forget_failures(user)
    new: dict[str, datetime | int | None] = {"lockout_expires": None, "failed_login_attempts": 0}
    record_change(user, AuditOperation.ACTION, actor=actor, old=old, new=new, details="lock lifted")
    return user
