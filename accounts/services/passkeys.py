"""Passkeys: registered by who has just logged in, then the second step of a login, or the whole of it.

A question is put once and lives five minutes; the first answer uses it up, right or wrong.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import CeremonyPurpose
from accounts.models import Passkey, PasskeyCeremony, User
from accounts.providers import authenticators
from accounts.providers.authenticators import NewKey, Question, UnfitAnswer, Use
from accounts.selectors.second_factor import has_second_factor
from accounts.services.factors import after_removal, new_recovery_codes, note_factor
from accounts.services.login import NOBODY, Client, count_failure, forget_failures, require_unlocked
from accounts.services.reauthentication import require_fresh, require_owner
from system.acting import for_everyone
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAuthenticated

LIFETIME = timedelta(minutes=5)
MOST_PASSKEYS = 20
LONGEST_NAME = 100


def begin_registration(
    user: User, *, logged_in_at: datetime | None, password: str | None = None, client: Client = NOBODY
) -> tuple[int, str]:
    """Ask for a new passkey.

    Returns:
        The question's id, and what the browser is to be told, as JSON.
    Raises:
        ConflictError: browsers allow no passkeys at our address.
        LimitExceeded: the account has as many as it may have.
        NotAllowed, InvalidInput, LockedError: see ``require_owner``.
    """
    require_owner(user, logged_in_at=logged_in_at, password=password, client=client)
    require_host()
    known = list(Passkey.objects.filter(user=user).values_list("credential_id", flat=True))
    if len(known) >= MOST_PASSKEYS:
        raise LimitExceeded(_("An account has at most %(count)s passkeys.") % {"count": MOST_PASSKEYS})
    question = authenticators.ask_to_register(user.pk, user.email, known)
    return _put(question, CeremonyPurpose.REGISTER, user), question.options


def complete_registration(
    user: User, ceremony: int, answer: Mapping[str, Any], *, name: str, client: Client = NOBODY
) -> tuple[Passkey, list[str]]:
    """Keep the passkey that was made.

    Returns:
        It, and recovery codes if it is the account's first factor.
    Raises:
        InvalidInput: the question has ended, the answer is none to it, or the name does not fit.
        ConflictError: the passkey is known already.
    """
    name = name.strip() or _("Passkey")
    question = _taken(ceremony, CeremonyPurpose.REGISTER, user)
    if len(name) > LONGEST_NAME:
        raise InvalidInput(_("A name has at most 100 characters."), field="name")
    try:
        key = authenticators.read_registration(answer, question)
    except UnfitAnswer as fault:
        raise InvalidInput(_("The passkey was not accepted. Try again."), field="credential") from fault
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        return _kept(user, key, name, client)


def _kept(user: User, key: NewKey, name: str, client: Client) -> tuple[Passkey, list[str]]:
    with for_everyone():  # whoever has it
        is_known = Passkey.objects.filter(credential_id=key.credential_id).exists()
    if is_known:
        raise ConflictError(_("This passkey is known already."), code="passkey_known")
    is_first = not has_second_factor(user)
    made = Passkey.objects.create(
        user=user,
        name=name,
        credential_id=key.credential_id,
        public_key=key.public_key,
        sign_count=key.sign_count,
        is_backed_up=key.is_backed_up,
    )
    note_factor(user, "passkey_add", gettext_lazy("Your account has a new passkey."), client=client)
    return made, new_recovery_codes(user) if is_first else []


@transaction.atomic
def remove_passkey(user: User, passkey: int, *, logged_in_at: datetime | None, client: Client = NOBODY) -> bool:
    """Forget a passkey of a person.

    Returns:
        Whether there was one.
    Raises:
        NotAllowed: the login is too old, or the role needs a second factor and this is the last.
    """
    require_fresh(logged_in_at)
    user = User.objects.select_for_update().get(pk=user.pk)
    gone, _rows = Passkey.objects.filter(user=user, pk=passkey).delete()
    if gone:
        after_removal(user)
        note_factor(user, "passkey_remove", gettext_lazy("A passkey of your account was removed."), client=client)
    return bool(gone)


@for_everyone()
def begin_login(user: User | None = None) -> tuple[int, str]:
    """Ask for the use of a passkey.

    Args:
        user: who has shown the password, for the second step; None for a login with the passkey alone, for which the
            device has to recognise its owner.
    Returns:
        The question's id, and what the browser is to be told, as JSON.
    Raises:
        ConflictError: browsers allow no passkeys at our address, or the person has none.
    """
    require_host()
    known: list[str] = []
    if user is not None:
        known = list(Passkey.objects.filter(user=user).values_list("credential_id", flat=True))
        if not known:
            raise ConflictError(_("This account has no passkey."), code="no_passkey")
    question = authenticators.ask_to_log_in(known, must_know_owner=user is None)
    purpose = CeremonyPurpose.LOGIN if user is None else CeremonyPurpose.SECOND_STEP
    return _put(question, purpose, user), question.options


@for_everyone()
def complete_login(
    ceremony: int, answer: Mapping[str, Any], *, user: User | None = None, client: Client = NOBODY
) -> User:
    """Whom the use of a passkey lets in.

    Args:
        user: as in ``begin_login``.
    Raises:
        NotAuthenticated: the question has ended, or the answer does not prove it (code ``invalid_passkey``); such an
            answer counts as a wrong password does.
        LockedError: too many wrong ones.
    """
    challenge = _taken(ceremony, CeremonyPurpose.LOGIN if user is None else CeremonyPurpose.SECOND_STEP, user)
    named = Passkey.objects.filter(credential_id=str(answer.get("id", "")), user__is_active=True)
    found = (named if user is None else named.filter(user=user)).values_list("pk", "user").first()
    if found is None:
        raise unfit()
    with transaction.atomic():
        owner = User.objects.select_for_update().get(pk=found[1])
        require_unlocked(owner)
        key = Passkey.objects.select_for_update().filter(pk=found[0]).first()
        used = None if key is None else _used(key, answer, challenge, must_know_owner=user is None)
        if key is None or used is None:
            count_failure(owner, client)
        else:
            key.sign_count, key.is_backed_up, key.last_used_at = used.sign_count, used.is_backed_up, timezone.now()
            key.save(update_fields=["sign_count", "is_backed_up", "last_used_at", "updated_at"])
            forget_failures(owner)
    if used is None:
        raise unfit()
    return owner


def _used(key: Passkey, answer: Mapping[str, Any], challenge: bytes, *, must_know_owner: bool) -> Use | None:
    """What an answer proves; None for nothing."""
    try:
        used = authenticators.read_login(
            answer, challenge, key=bytes(key.public_key), sign_count=key.sign_count, person=key.user_id
        )
    except UnfitAnswer:
        return None
    return used if used.knows_its_owner or not must_know_owner else None


def unfit() -> NotAuthenticated:
    return NotAuthenticated(_("The passkey was not accepted."), code="invalid_passkey")


def require_host() -> None:
    """Refuse where browsers allow no passkeys.

    Raises:
        ConflictError: so it is.
    """
    if authenticators.host() is None:
        raise ConflictError(
            _("Passkeys need an address with a name and https (SITE_URL), or http://localhost."),
            code="no_passkeys_here",
        )


def _put(question: Question, purpose: CeremonyPurpose, user: User | None) -> int:
    """Keep a question until it is answered; those that nobody has answered go."""
    now = timezone.now()
    PasskeyCeremony.objects.filter(expires_at__lte=now).delete()
    kept = PasskeyCeremony.objects.create(
        purpose=purpose, user=user, challenge=question.challenge, expires_at=now + LIFETIME
    )
    return int(kept.pk)


def _taken(ceremony: int, purpose: CeremonyPurpose, user: User | None) -> bytes:
    """The challenge of a question, which is used up by it.

    Raises:
        NotAuthenticated: it was answered before, has ended, or was put to somebody else.
    """
    with transaction.atomic():
        open_ones = PasskeyCeremony.objects.select_for_update().filter(purpose=purpose, expires_at__gt=timezone.now())
        question = open_ones.filter(pk=ceremony, user=user).first()
        if question is None:
            raise NotAuthenticated(_("This took too long. Try again."), code="ceremony_ended")
        question.delete()
    return bytes(question.challenge)
