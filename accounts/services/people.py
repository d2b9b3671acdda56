"""Accounts."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import UserRole
from accounts.models import ApiToken, User, UserSession
from accounts.models.users import SYSTEM_EMAIL
from accounts.services.locales import check_language, check_timezone
from accounts.services.login import open_account
from accounts.services.verification import ask_to_verify
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from system.services import record_change
from system.services.rows import unsound

CHANGEABLE = frozenset(
    {
        "email",
        "account_balance",
        "first_name",
        "last_name",
        "role",
        "is_active",
        "is_verified",
        "subscription_plan",
        "subscription_expires_at",
        "notes",
        "timezone",
        "language",
    }
)
"""What an admin may change of somebody's account."""


def ensure_system_user() -> User:
    """The inactive author of what no person did. Repeatable; it can never log in."""
    user, _created = User.objects.get_or_create(
        email=SYSTEM_EMAIL,
        defaults={"first_name": "CryptoPredict", "is_active": False, "password": make_password(None)},
    )
    return user


def sentences(error: ValidationError) -> str:
    """The messages of a validation as one text for a person."""
    return " ".join(error.messages)


@transaction.atomic
def create_user(email: str, password: str | None, *, actor: User, role: str = UserRole.PUBLIC, **columns: Any) -> User:
    """An account that an admin makes for somebody.

    Args:
        email: login name.
        password: without one the account cannot be logged in to until its owner has set one.
        actor: the admin.
        role: a ``UserRole``.
        columns: more of what an admin may change.
    Raises:
        NotAllowed: the actor is no admin.
        InvalidInput: the address, the password or another value does not fit.
        ConflictError: there is an account with this address.
    """
    if not actor.is_staff:
        raise NotAllowed(_("Only admins make accounts for others."))
    if "language" in columns:
        check_language(columns["language"])
    if "timezone" in columns:
        check_timezone(columns["timezone"] or "")
    user = new_account(email, password, role=role, **columns)
    record_change(user, AuditOperation.INSERT, actor=actor)
    return user


def new_account(email: str, password: str | None, **columns: Any) -> User:
    """A row for a person, with a password that passes the validators, or without one."""
    try:
        if password is not None:
            validate_password(password, User(email=email))
    except ValidationError as error:
        raise InvalidInput(sentences(error), field="password") from error
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, **columns)
    except ValidationError as error:
        named = next((name for name in error.message_dict if name in columns), "email")
        raise InvalidInput(sentences(error), field=named) from error
    except IntegrityError as error:  # validation does not see deleted accounts, the index does
        raise email_taken() from error


def email_taken() -> ConflictError:
    return ConflictError(_("An account with this e-mail address exists already."), field="email", code="email_taken")


def last_admin() -> ConflictError:
    return ConflictError(_("The last active admin stays an active admin."), field="role", code="last_admin")


def lock_admins() -> set[User]:
    """The active admins, whose rows are locked in one order wherever their number matters."""
    return set(User.objects.select_for_update().filter(role=UserRole.ADMIN, is_active=True).order_by("pk"))


@transaction.atomic
def change_user(user: User, *, actor: User, changes: Mapping[str, Any]) -> User:
    """Change somebody's account as an admin; the audit row is written in the same transaction.

    Raises:
        NotAllowed: the actor is no admin, or the account is the system's own.
        ConflictError: nobody would be left who can administer the product, an admin would shut himself out, there is an
            account with the new address, or the account is closed.
        InvalidInput: a value does not fit.
    """
    if not actor.is_staff:
        raise NotAllowed(_("Only admins change accounts."))
    admins = lock_admins()
    user = open_account(user)
    if user.email == SYSTEM_EMAIL:
        raise NotAllowed(_("The system's own account cannot be changed."))
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise InvalidInput(_("%(field)s cannot be changed here.") % {"field": min(unknown)}, field=min(unknown))
    changes = dict(changes)
    is_elsewhere = False
    if "email" in changes:
        changes["email"] = changes["email"].strip().lower()
        is_elsewhere = changes["email"] != user.email
        if is_elsewhere:
            require_free(changes["email"])
            changes.setdefault("is_verified", False)
            # Links that were mailed to the old address prove nothing about the new one, and open the account no more.
            user.email_verification_token = user.email_verification_expires = None
            user.reset_password_token = user.reset_password_expires = None
    old = {name: getattr(user, name) for name in changes}
    for name, value in changes.items():
        setattr(user, name, value)
    require_admin_left(user, admins, actor)
    check_columns(user, changes)
    user.save()
    if is_elsewhere and not user.is_verified and user.is_active:
        ask_to_verify(user)
    new = {name: value for name, value in changes.items() if old[name] != value}
    if new:
        record_change(user, AuditOperation.UPDATE, actor=actor, old={name: old[name] for name in new}, new=new)
    return user


def check_columns(user: User, changed: Iterable[str]) -> None:
    """Refuse what does not fit into the row of an account.

    Raises:
        InvalidInput: so it is; it names the column.
    """
    if "language" in changed:
        check_language(user.language)
    if "timezone" in changed:
        check_timezone(user.timezone or "")
    try:
        user.full_clean(exclude=["password", *({"email"} - set(changed))])
    except ValidationError as error:
        raise unsound(user, error) from error


def require_free(email: str) -> None:
    """Refuse an address that an account has, or had.

    Raises:
        ConflictError: so it is.
    """
    if User.objects.all_with_deleted().filter(email=email).exists():
        raise email_taken()


def require_admin_left(user: User, admins: set[User], actor: User) -> None:
    """Refuse to take the powers of the last admin, and of oneself: a slip of the finger must not shut anybody out.

    Raises:
        ConflictError: so it would be.
    """
    if user.is_staff or user not in admins:
        return
    if admins <= {user}:
        raise last_admin()
    if user == actor:
        raise ConflictError(_("Another admin has to do this to you."), field="role", code="own_account")


@transaction.atomic
def delete_user(user: User, *, actor: User) -> None:
    """Close somebody's account as an admin; what belongs to it stays.

    Raises:
        NotAllowed: the actor is no admin, or the account is the system's own.
        ConflictError: see ``require_admin_left``; or it is closed already.
    """
    if not actor.is_staff:
        raise NotAllowed(_("Only admins change accounts."))
    admins = lock_admins()
    user = open_account(user)
    if user.email == SYSTEM_EMAIL:
        raise NotAllowed(_("The system's own account cannot be changed."))
    user.is_active = False
    require_admin_left(user, admins, actor)
    close_account(user, by=actor)


def close_account(user: User, *, by: User | None) -> None:
    """Nobody logs in to an account any more, whose row is locked: its sessions and tokens end.

    Args:
        by: the admin who closes it; None for its owner.
    """
    user.is_active, user.deleted_at, user.deleted_by = False, timezone.now(), by
    user.save(update_fields=["is_active", "deleted_at", "deleted_by", "updated_at"])
    UserSession.objects.filter(user=user, is_active=True).update(is_active=False)
    ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=user.deleted_at)
    record_change(user, AuditOperation.DELETE, actor=by or user, details="account closed")
