"""Accounts."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.choices import UserRole
from accounts.models import User
from accounts.models.users import SYSTEM_EMAIL
from accounts.services.locales import check_language, check_timezone
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from system.services import record_change

CHANGEABLE = frozenset(
    {
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
def create_user(email: str, password: str, *, actor: User, role: str = UserRole.PUBLIC) -> User:
    """An account that an admin makes for somebody.

    Raises:
        NotAllowed: the actor is no admin.
        InvalidInput: the address, the password or the role does not fit.
        ConflictError: there is an account with this address.
    """
    if not actor.is_staff:
        raise NotAllowed(_("Only admins make accounts for others."))
    user = new_account(email, password, role=role)
    record_change(user, AuditOperation.INSERT, actor=actor)
    return user


def new_account(email: str, password: str, **columns: Any) -> User:
    """A row for a person, with a password that passes the validators."""
    try:
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
        raise ConflictError(_("An account with this e-mail address exists already."), field="email") from error


@transaction.atomic
def change_user(user: User, *, actor: User, changes: Mapping[str, Any]) -> User:
    """Change somebody's account as an admin; the audit row is written in the same transaction.

    Raises:
        NotAllowed: the actor is no admin, or the account is the system's own.
        ConflictError: nobody would be left who can administer the product.
        InvalidInput: a value does not fit.
    """
    if not actor.is_staff:
        raise NotAllowed(_("Only admins change accounts."))
    admins = set(User.objects.select_for_update().filter(role=UserRole.ADMIN, is_active=True).order_by("pk"))
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.email == SYSTEM_EMAIL:
        raise NotAllowed(_("The system's own account cannot be changed."))
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise InvalidInput(_("%(field)s cannot be changed here.") % {"field": min(unknown)}, field=min(unknown))
    old = {name: getattr(user, name) for name in changes}
    for name, value in changes.items():
        setattr(user, name, value)
    if not user.is_staff and admins <= {user}:
        raise ConflictError(_("The last active admin stays an active admin."), field="role")
    try:
        user.full_clean(exclude=["password", "email"])
    except ValidationError as error:
        field = next(iter(error.message_dict), NON_FIELD_ERRORS)
        raise InvalidInput(sentences(error), field=None if field == NON_FIELD_ERRORS else field) from error
    if "language" in changes:
        check_language(user.language)
    if "timezone" in changes:
        check_timezone(user.timezone or "")
    user.save()
    new = {name: value for name, value in changes.items() if old[name] != value}
    if new:
        record_change(user, AuditOperation.UPDATE, actor=actor, old={name: old[name] for name in new}, new=new)
    return user
