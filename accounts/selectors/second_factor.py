"""Who has a second factor, and who needs one."""

from collections.abc import Collection

from accounts.models import Passkey, RecoveryCode, TotpDevice, User
from system.acting import for_everyone
from system.selectors.settings import setting


@for_everyone()
def has_telephone(user: User) -> bool:
    """Codes of a telephone are asked for."""
    return TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).exists()


@for_everyone()
def has_second_factor(user: User) -> bool:
    """A login of this person needs more than the password."""
    return has_telephone(user) or has_passkey(user)


@for_everyone()
def has_passkey(user: User) -> bool:
    """A login of this person can end with a passkey."""
    return Passkey.objects.filter(user=user).exists()


@for_everyone()
def having_second_factor(users: Collection[int]) -> set[int]:
    """Those of some people, by id, whose logins need more than the password; with one query."""
    telephones = TotpDevice.objects.filter(user__in=users, confirmed_at__isnull=False).values_list("user_id", flat=True)
    return set(telephones.union(Passkey.objects.filter(user__in=users).values_list("user_id", flat=True)))


def recovery_codes_left(user: User) -> int:
    """How many recovery codes still open a login."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


def needs_second_factor(user: User) -> bool:
    """An admin, where admins have to have one (setting ``security``)."""
    return bool(user.is_staff and setting("security")["admins_need_second_factor"])


def lacks_second_factor(user: User) -> bool:
    """An admin who has to switch one on before he may act as one."""
    return needs_second_factor(user) and not has_second_factor(user)
