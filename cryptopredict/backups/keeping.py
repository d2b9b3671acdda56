"""Backups that the product makes by itself, and what admins are told of those that failed."""

import subprocess
import sys
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.choices import NotificationType, UserRole
from accounts.models import User
from accounts.services import in_language_of, notify
from cryptopredict.backups.bases import BASE, archive_in_use, is_base_due
from cryptopredict.backups.policy import FIRST, REST, Known, begun_at, known
from cryptopredict.embedded import process
from system import formats
from system.choices import Priority, TaskStatus
from system.models import BackgroundTask

_begun: list["subprocess.Popen[bytes]"] = []
"""Processes that this one has begun; those that have ended are forgotten at the next look."""


def keep_up(now: datetime) -> bool:
    """Begin a backup if one is due, and tell admins of what went wrong.

    Returns:
        Whether one was begun.
    """
    stand = known()
    if stand.failure is not None:
        tell_failure(stand.failure)
    elif stand.enabled and stand.is_late(now) and stand.newest is not None:
        tell_late(stand, stand.newest)
    _begun[:] = [one for one in _begun if one.poll() is None]
    if _begun or not stand.is_due(now) or (stand.newest is None and now - begun_at() < FIRST):
        return False
    begin()
    return True


def keep_bases(now: datetime) -> bool:
    """Begin a base backup if one is due: of an embedded database whose log is archived.

    Returns:
        Whether one was begun.
    """
    archive = archive_in_use()
    _begun[:] = [one for one in _begun if one.poll() is None]
    if _begun or archive is None or not is_base_due(archive, now) or is_resting(now):
        return False
    begin("--base")
    return True


def begin(*options: str) -> None:
    """In a process of its own: a dump of minutes holds up nothing else. It ends with this one."""
    _begun.append(process.spawn([sys.executable, str(settings.BASE_DIR / "manage.py"), "backup", "--gently", *options]))


def is_resting(now: datetime) -> bool:
    """Whether one has failed lately: the next attempt comes an hour later."""
    failed = BackgroundTask.objects.filter(task_name=BASE, status=TaskStatus.FAILED, created_at__gt=now - REST)
    return failed.exists()


def tell_failure(row: BackgroundTask) -> None:
    """Every admin hears of a failure once."""
    for admin in admins():
        with in_language_of(admin):
            title = _("A backup failed")
            message = _("%(reason)s Until one succeeds, what happens now is in no backup.") % {
                "reason": row.error_message or "–"
            }
        tell(admin, f"backup-failed:{row.pk}", title, message)


def tell_late(stand: Known, newest: BackgroundTask) -> None:
    """Every admin hears once that backups have stopped."""
    for admin in admins():
        with in_language_of(admin):
            title = _("No backup was made lately")
            message = _("The newest is of %(when)s. See whether the worker runs and the disk has room.") % {
                "when": formats.clock(stand.made_at) if stand.made_at else "–"
            }
        tell(admin, f"backup-late:{newest.pk}", title, message)


def tell(admin: User, key: str, title: str, message: str) -> None:
    notify(admin, kind=NotificationType.SYSTEM, title=title, message=message, key=key, priority=Priority.HIGH)


def admins() -> list[User]:
    """Those who can do something about it."""
    return list(User.objects.filter(role=UserRole.ADMIN, is_active=True).order_by("pk"))
