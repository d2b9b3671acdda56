"""Exports that people ask for: an order, then a file that they alone fetch, for a day."""

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.services import Client, record_activity
from cryptopredict.portability.exporting import export_person
from system.models import BackgroundTask
from system.services import order_work
from system.services.background import IncompleteError
from system.services.orders import OPEN

EXPORT = "cryptopredict.portability.requests.write_export"
KIND = "export"
FOLDER = "exports"
KEPT = timedelta(hours=24)
"""How long a file can be fetched."""


def exports_of(user: User) -> QuerySet[BackgroundTask]:
    """What a person has asked for."""
    return BackgroundTask.objects.filter(task_name=EXPORT, task_params={"user_id": user.pk})


@transaction.atomic
def order_export(user: User, *, client: Client) -> BackgroundTask:
    """Have everything of a person written into a file. While one waits or is being written, that is it."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    is_new = not exports_of(user).filter(status__in=OPEN).exists()
    order = order_work(EXPORT, KIND, {"user_id": user.pk}, actor=user)
    if is_new:
        record_activity(
            user,
            activity_type="account",
            action="export",
            details={"task_id": order.pk},
            ip_address=client.ip_address,
            user_agent=client.user_agent,
        )
    return order


def write_export(order: BackgroundTask, now: datetime | None = None) -> None:
    """Write the file that an order asks for. Written again, it is another file; what is left of the first is swept.

    Args:
        order: gets the name of the file, and until when it can be fetched.
        now: the present, if not the clock's.
    Raises:
        IncompleteError: the account is closed.
    """
    moment = now or timezone.now()
    user = User.objects.filter(pk=order.task_params["user_id"], is_active=True).first()
    if user is None:
        raise IncompleteError("the account is closed")
    name = f"{secrets.token_urlsafe(24)}.zip"
    path = place_of(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            too_large = export_person(user, file, now=moment)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    told = {"file": name, "bytes": path.stat().st_size, "expires_at": (moment + KEPT).isoformat()}
    order.result_data = told | {"too_large": too_large}


def expires_at(order: BackgroundTask) -> datetime | None:
    """Until when the file of an export can be fetched; None = it has none."""
    text = (order.result_data or {}).get("expires_at")
    return None if text is None else datetime.fromisoformat(text)


def file_of(order: BackgroundTask, now: datetime) -> Path | None:
    """Where the file of an export is; None when there is none, or none any more."""
    until = expires_at(order)
    if until is None or until <= now:
        return None
    path = place_of((order.result_data or {})["file"])
    return path if path.is_file() else None


def place_of(name: str) -> Path:
    return Path(default_storage.path(f"{FOLDER}/{name}"))


def sweep_exports(now: datetime) -> int:
    """Delete files whose time is over, and what writing that broke off has left.

    Returns:
        How many.
    """
    folder = place_of("")
    old = (now - KEPT).timestamp()
    gone = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.stat().st_mtime <= old:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
