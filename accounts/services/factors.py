"""What every kind of second factor shares: recovery codes, the word to its owner, and the way back without it."""

import secrets
from base64 import b32encode
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import MailKind
from accounts.models import MfaTicket, Passkey, RecoveryCode, TotpDevice, User
from accounts.selectors.second_factor import has_second_factor, needs_second_factor
from accounts.services.activities import record_activity
from accounts.services.login import NOBODY, Client, open_account
from accounts.services.mails import LIFETIME, Letter, in_language_of, queue_mail
from accounts.services.reauthentication import require_fresh
from accounts.services.secrets import digest
from system.choices import AuditOperation
from system.exceptions import ConflictError, NotAllowed
from system.services import record_change

RECOVERY_CODES = 8
GROUPS, GROUP = 4, 7
"""How a recovery code is written: four groups of seven letters and digits."""
LONGEST_CODE = 60
"""Of what somebody types for a code: a recovery code, with blanks."""


def new_recovery_codes(user: User) -> list[str]:
    """Codes for when the factor is lost, which cannot be shown again; older ones open nothing any more."""
    codes = [new_recovery_code() for _number in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=digest(code)) for code in codes)
    return codes


def new_recovery_code() -> str:
    """140 random bits in groups that can be copied by hand: a code that cannot be guessed from its digest either."""
    letters = b32encode(secrets.token_bytes(18)).decode().lower()[: GROUPS * GROUP]
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def take_recovery_code(user: User, code: str) -> bool:
    """Whether it is an unused recovery code of a person, whose row is locked; it is used up."""
    typed = "".join(code.split()).lower()
    unused = RecoveryCode.objects.filter(user=user, code_hash=digest(typed), used_at__isnull=True)
    return bool(unused.update(used_at=timezone.now()))


def renew_recovery_codes(user: User, *, logged_in_at: datetime | None, client: Client = NOBODY) -> list[str]:
    """New recovery codes in place of the old.

    Raises:
        NotAllowed: the login is too old.
        ConflictError: there is no factor that could be lost.
    """
    require_fresh(logged_in_at)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if not has_second_factor(user):
            raise ConflictError(_("There is no second factor yet."), code="no_second_factor")
        note_factor(user, "recovery", gettext_lazy("Your account has new recovery codes."), client=client)
        return new_recovery_codes(user)


def note_factor(user: User, action: str, told: Promise, *, client: Client = NOBODY) -> None:
    """Keep what people did to their own second factor, and mail it to them: a thief would not tell."""
    record_change(user, AuditOperation.ACTION, actor=user, details=f"second factor: {action}")
    record_activity(
        user, activity_type="mfa", action=action, entity=user, ip_address=client.ip_address,
        user_agent=client.user_agent,
    )  # fmt: skip
    tell_of_factor(user, told)


def tell_of_factor(user: User, told: Promise) -> None:
    """Mail that something about somebody's second factor has changed."""
    with in_language_of(user):
        lines = [str(told), _("If it was not you, set a new password at once and tell an admin.")]
        letter = Letter(_("Your second factor was changed"), lines)
    queue_mail(user, MailKind.CHANGED_FACTOR, letter, recipient=user.email, until=timezone.now() + LIFETIME)


def after_removal(user: User) -> None:
    """See that a person, whose row is locked, keeps a factor if the role needs one; recovery codes go with the last.

    Raises:
        NotAllowed: none is left (code ``mfa_required_for_role``).
    """
    if has_second_factor(user):
        return
    if needs_second_factor(user):
        raise NotAllowed(_("Admins keep their second factor."), code="mfa_required_for_role")
    RecoveryCode.objects.filter(user=user).delete()


@transaction.atomic
def reset_second_factor(user: User, *, actor: User | None) -> None:
    """Take somebody's second factors away who has lost them; the password alone opens the account again. They are told.

    Args:
        actor: an admin; None for who commands the machine.
    Raises:
        NotAllowed: the actor is no admin.
        ConflictError: the actor means himself, the account is closed, or it has no factor.
    """
    if actor is not None and not actor.is_staff:
        raise NotAllowed(_("Only admins change accounts."))
    if actor == user:  # a stolen session must not be a way around the factor
        raise ConflictError(_("Another admin has to do this to you."), code="own_account")
    user = open_account(user)
    if not has_second_factor(user):
        raise ConflictError(_("%(user)s has no second factor.") % {"user": user}, code="no_second_factor")
    for model in (TotpDevice, Passkey, RecoveryCode):
        model._default_manager.filter(user=user).delete()
    MfaTicket.objects.filter(user=user, used_at__isnull=True).delete()
    record_change(user, AuditOperation.ACTION, actor=actor, details="second factor reset")
    record_activity(user, activity_type="mfa", action="reset", entity=user, details={"by": actor.pk if actor else None})
    tell_of_factor(user, gettext_lazy("An admin has switched your second factor off. Your password alone logs you in."))
