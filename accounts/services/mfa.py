"""The second factor on a telephone: codes that change every half minute (TOTP, RFC 6238)."""

import base64
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from unicodedata import decimal

import pyotp
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyotp.utils import strings_equal

from accounts.models import MfaTicket, TotpDevice, User
from accounts.selectors.second_factor import has_telephone
from accounts.services.factors import after_removal, new_recovery_codes, note_factor, take_recovery_code
from accounts.services.login import NOBODY, Client, count_failure, forget_failures, require_unlocked
from accounts.services.reauthentication import require_fresh, require_owner
from accounts.services.secrets import digest, new_secret
from accounts.services.sessions import Tokens, open_session
from system.acting import for_everyone
from system.exceptions import ConflictError, InvalidInput, NotAuthenticated
from system.sealing import seal, unseal

ISSUER = "CryptoPredict"
PURPOSE = "totp"
SECRET_BYTES = 20
DRIFT = 1
"""Steps of half a minute that the clocks may differ."""
TIME_TO_CONFIRM = timedelta(minutes=10)
TICKET_LIFETIME = timedelta(minutes=5)
TICKET_TRIES = 5


def begin_totp(
    user: User, *, logged_in_at: datetime | None, password: str | None = None, client: Client = NOBODY
) -> tuple[str, str]:
    """A new secret for a telephone. It counts once ``confirm_totp`` has seen a code of it, within ten minutes.

    Args:
        logged_in_at: when the login was that asks.
        password: proves as much where that is too long ago, see ``require_owner``.
    Returns:
        The secret in base32, and the address that a QR code shows.
    Raises:
        ConflictError: there is one already.
        NotAllowed, InvalidInput, LockedError: see ``require_owner``.
    """
    require_owner(user, logged_in_at=logged_in_at, password=password, client=client)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if has_telephone(user):
            raise ConflictError(_("A second factor is on already. Switch it off first."), code="mfa_active")
        raw = os.urandom(SECRET_BYTES)
        sealed = seal(raw.hex(), purpose=PURPOSE, owner=owner(user))
        TotpDevice.objects.update_or_create(user=user, defaults={"sealed_secret": sealed, "last_step": None})
    secret = base64.b32encode(raw).decode()
    return secret, pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def confirm_totp(user: User, code: str, *, client: Client = NOBODY) -> list[str]:
    """Switch the second factor on, by a first code.

    Returns:
        Recovery codes, which cannot be shown again; each works once.
    Raises:
        ConflictError: nothing was begun in the last minutes, or it is on already.
        InvalidInput: a wrong code (code ``invalid_code``).
        LockedError: too many wrong ones.
    """
    codes: list[str] = []
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        require_unlocked(user)
        begun = TotpDevice.objects.filter(confirmed_at__isnull=True, updated_at__gt=timezone.now() - TIME_TO_CONFIRM)
        device = begun.select_for_update().filter(user=user).first()
        if device is None:
            raise ConflictError(_("There is nothing to confirm. Begin again."), code="nothing_to_confirm")
        is_right = _takes_step(device, code)
        if is_right:
            device.confirmed_at = timezone.now()
            device.save(update_fields=["confirmed_at", "updated_at"])
            codes = new_recovery_codes(user)
            note_factor(user, "on", gettext_lazy("Logins ask for a code of your telephone from now on."), client=client)
        else:
            count_failure(user, client)
    if not is_right:
        raise InvalidInput(_("This code is wrong. Is the clock of your telephone right?"), field="code", code=WRONG)
    return codes


@transaction.atomic
def end_totp(user: User, *, logged_in_at: datetime | None, client: Client = NOBODY) -> None:
    """Switch the codes of the telephone off.

    Args:
        logged_in_at: when the login was that asks.
    Raises:
        NotAllowed: the role needs a second factor and this is the last, or the login is too old.
    """
    require_fresh(logged_in_at)
    user = User.objects.select_for_update().get(pk=user.pk)
    had_one = has_telephone(user)
    TotpDevice.objects.filter(user=user).delete()
    if had_one:
        after_removal(user)
        note_factor(user, "off", gettext_lazy("Logins ask for no code of your telephone any more."), client=client)


@for_everyone()
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
        is_recovery = take_recovery_code(user, code)  # first: the telephone's secret may not be readable any more
        if is_recovery:
            note_factor(user, "recovered", gettext_lazy("A recovery code has opened a login."), client=client)
        is_right = is_recovery or (device is not None and _takes_step(device, code))
        if is_right:
            forget_failures(user)
        else:
            count_failure(user, client)
    return is_right


@for_everyone()
@transaction.atomic
def open_ticket(user: User, *, device_info: Mapping[str, Any] | None = None) -> str:
    """What a login with the right password gets in place of tokens, until it shows a code."""
    secret = new_secret()
    until = timezone.now() + TICKET_LIFETIME
    MfaTicket.objects.create(
        user=user, token_hash=digest(secret), device_info=dict(device_info or {}), expires_at=until
    )
    return secret


@for_everyone()
def owner_of_ticket(secret: str) -> int | None:
    """Whose account a ticket is for, so that tries can be counted before one is made; None for an unknown one."""
    return MfaTicket.objects.filter(token_hash=digest(secret)).values_list("user", flat=True).first()


@for_everyone()
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
    """Whether it is a code of the present that was not used yet; its step is used up."""
    secret = bytes.fromhex(unseal(device.sealed_secret, purpose=PURPOSE, owner=owner(device.user)))
    totp = pyotp.TOTP(base64.b32encode(secret).decode())
    typed = "".join(str(decimal(letter, letter)) for letter in code if not letter.isspace())  # ۱۲۳ is 123
    now = totp.timecode(timezone.now())
    first = now - DRIFT if device.last_step is None else max(now - DRIFT, device.last_step + 1)
    steps = [step for step in range(first, now + DRIFT + 1) if strings_equal(totp.generate_otp(step), typed)]
    if steps:
        device.last_step = steps[-1]
        device.save(update_fields=["last_step", "updated_at"])
    return bool(steps)
