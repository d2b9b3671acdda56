"""Who has a second factor, and who needs one."""

from accounts.models import TotpDevice, User
from system.selectors.settings import setting


def has_second_factor(user: User) -> bool:
    """A login of this person needs a code."""
    return TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).exists()


def needs_second_factor(user: User) -> bool:
    """An admin, where admins have to have one (setting ``security``)."""
    return bool(user.is_staff and setting("security")["admins_need_second_factor"])


def lacks_second_factor(user: User) -> bool:
    """An admin who has to switch one on before he may act as one."""
    return needs_second_factor(user) and not has_second_factor(user)
