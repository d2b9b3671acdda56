"""The second factor: codes that a telephone shows, and recovery codes for when it is lost."""

import base64
import os
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.compute.totp import matching_step, step_at
from accounts.models import MfaTicket, TotpDevice, User
from accounts.selectors.second_factor import has_second_factor, needs_second_factor
from accounts.services.activities import record_activity
from accounts.services.login import NOBODY, Client, count_failure, forget_failures, require_unlocked
from accounts.services.secrets import digest, new_secret
from accounts.services.sessions import Tokens, open_session
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NotAllowed, NotAuthenticated
from system.sealing import seal, unseal
from system.services import record_change

ISSUER = "CryptoPredict"
PURPOSE = "totp"
SECRET_BYTES = 20
RECOVERY_CODES = 8
TICKET_LIFETIME = timedelta(minutes=5)
TICKET_TRIES = 5
LOGGED_IN_AT = "logged_in_at"
"""Of a browser's session: when it began, for what only a fresh login may do."""
FRESH_LOGIN = timedelta(minutes=5)
"""The factor is switched off only by who has just logged in."""


@transaction.atomic
def begin_totp(user: User) -> tuple[str, str]:
    """A new secret for a telephone. It counts once ``confirm_totp`` has seen a code of it.

    Returns:
        The secret in base32, and the address that a QR code shows.
    Raises:
        ConflictError: there is one already.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if has_second_factor(user):
        raise ConflictError(_("A second factor is on already. Switch it off first."), code="mfa_active")
    raw = os.urandom(SECRET_BYTES)
    sealed = seal(raw.hex(), purpose=PURPOSE, owner=owner(user))
    TotpDevice.objects.update_or_create(user=user, defaults={"sealed_secret": sealed, "last_step": None})
    secret = base64.b32encode(raw).decode()
    label = quote(f"{ISSUER}:{user.email}")
    return secret, f"otpauth://totp/{label}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits=6&period=30"


def confirm_totp(user: User, code: str, *, client: Client = NOBODY) -> list[str]:
    """Switch the second factor on, by a first code.

    Returns:
        Recovery codes, which cannot be shown again; each works once.
    Raises:
        ConflictError: nothing was begun, or it is on already.
        InvalidInput: a wrong code (code ``invalid_code``).
        LockedError: too many wrong ones.
    """
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _number in range(RECOVERY_CODES)]
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        require_unlocked(user)
        device = TotpDevice.objects.select_for_update().filter(user=user, confirmed_at__isnull=True).first()
        if device is None:
            raise ConflictError(_("There is nothing to confirm."), code="nothing_to_confirm")
        is_right = _takes_step(device, code)
        if is_right:
            device.confirmed_at, device.recovery_hashes = timezone.now(), [digest(code) for code in codes]
            device.save()
            record_change(user, AuditOperation.ACTION, actor=user, details="second factor switched on")
            record_activity(user, activity_type="mfa", action="on", entity=user)
        else:
            count_failure(user, client)
    if not is_right:
        raise InvalidInput(_("This code is wrong. Is the clock of your telephone right?"), field="code", code=WRONG)
    return codes


@transaction.atomic
def end_totp(user: User, *, logged_in_at: datetime | None) -> None:
    """Switch the second factor off.

    Args:
        logged_in_at: when the login was that asks.
    Raises:
        NotAllowed: the role needs it, or the login is too old.
    """
    if needs_second_factor(user):
        raise NotAllowed(_("Admins keep their second factor."), code="mfa_required_for_role")
    if logged_in_at is None or timezone.now() - logged_in_at > FRESH_LOGIN:
        raise NotAllowed(_("Log in again first: this needs a login of the last five minutes."), code="login_too_old")
    gone, _rows = TotpDevice.objects.filter(user=user).delete()
    if gone:
        record_change(user, AuditOperation.ACTION, actor=user, details="second factor switched off")
        record_activity(user, activity_type="mfa", action="off", entity=user)


def check_code(user: User, code: str, *, client: Client = NOBODY) -> bool:
    """Whether it is a code that the person's telephone shows now, or a recovery code; both work once.

    Wrong ones count as wrong passwords do.

    Raises:
        LockedError: too many wrong ones.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        require_unlocked(user)
        device = TotpDevice.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
        is_right = device is not None and (_takes_step(device, code) or _takes_recovery(device, code))
        if is_right and device is not None:
            device.save()
            forget_failures(user)
        else:
            count_failure(user, client)
    return is_right


@transaction.atomic
def open_ticket(user: User, *, device_info: Mapping[str, Any] | None = None) -> str:
    """What a login with the right password gets in place of tokens, until it shows a code."""
    secret = new_secret()
    until = timezone.now() + TICKET_LIFETIME
    MfaTicket.objects.create(
        user=user, token_hash=digest(secret), device_info=dict(device_info or {}), expires_at=until
    )
    return secret


def owner_of_ticket(secret: str) -> int | None:
    """Whose account a ticket is for, so that tries can be counted before one is made; None for an unknown one."""
    return MfaTicket.objects.filter(token_hash=digest(secret)).values_list("user", flat=True).first()


def redeem_ticket(secret: str, code: str, *, client: Client = NOBODY) -> Tokens:
    """A session for a ticket and a code; five tries in five minutes.

    Raises:
        NotAuthenticated: the ticket is unknown, used, too old or has no tries left, or its account may not log in any
            more; or the code is wrong (code ``invalid_code``).
        LockedError: too many wrong codes for the account.
    """
    with transaction.atomic():
        found = MfaTicket.objects.select_for_update().filter(token_hash=digest(secret), used_at__isnull=True).first()
        if found is None or found.expires_at <= timezone.now() or found.attempts >= TICKET_TRIES:
            raise ticket_ended()
        user = User.objects.filter(pk=found.user_id, is_active=True).first()
        if user is None:  # closed, or shut out, since the password was shown
            raise ticket_ended()
        if check_code(user, code, client=client):
            found.used_at = timezone.now()
            found.save(update_fields=["used_at"])
            return open_session(user, device_info=found.device_info, client=client)
        found.attempts += 1
        found.save(update_fields=["attempts"])
    raise NotAuthenticated(_("This code is wrong."), code=WRONG)


def ticket_ended() -> NotAuthenticated:
    return NotAuthenticated(_("This login has ended. Log in again."), code="ticket_ended")


WRONG = "invalid_code"


def owner(user: User) -> str:
    """What a sealed secret belongs to."""
    return f"user:{user.pk}"


def _takes_step(device: TotpDevice, code: str) -> bool:
    """Whether it is a code of the present; its step is used up."""
    secret = bytes.fromhex(unseal(device.sealed_secret, purpose=PURPOSE, owner=owner(device.user)))
    now = step_at(timezone.now().timestamp())
    step = matching_step(secret, code.strip().replace(" ", ""), now, after=device.last_step)
    if step is not None:
        device.last_step = step
    return step is not None


def _takes_recovery(device: TotpDevice, code: str) -> bool:
    """Whether it is a recovery code; it is used up."""
    hashed = digest(code.strip().lower())
    if hashed not in device.recovery_hashes:
        return False
    device.recovery_hashes = [kept for kept in device.recovery_hashes if kept != hashed]
    return True
