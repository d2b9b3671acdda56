"""Exports that people ask for: an order, then a file that they alone fetch, for a day."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from django.conf import settings
from django.core.files.base import File
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
from system.stores.artefacts import bucket
from system.stores.storage import contents_of

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
    with _written(place_of(name)) as file:
        too_large = export_person(user, file, now=moment)
    told = {"file": name, "bytes": default_storage.size(place_of(name)), "expires_at": (moment + KEPT).isoformat()}
    order.result_data = told | {"too_large": too_large}


@contextmanager
def _written(place: str) -> Iterator[IO[bytes]]:
    """The file of an export. On its way to a bucket it has no name here, and is sent when it is whole."""
    if bucket() is not None:
        with TemporaryFile(dir=settings.CRYPTOPREDICT_HOME) as draft:
            yield draft
            draft.flush()
            default_storage.save(place, File(draft, place))
        return
    path = Path(default_storage.path(place))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def expires_at(order: BackgroundTask) -> datetime | None:
    """Until when the file of an export can be fetched; None = it has none."""
    text = (order.result_data or {}).get("expires_at")
    return None if text is None else datetime.fromisoformat(text)


def is_there(order: BackgroundTask, now: datetime) -> bool:
    """Whether the file of an export can be fetched. The bucket of the files is not asked: what is in it goes with its
    time."""
    place = _place_at(order, now)
    return place is not None and (bucket() is not None or default_storage.exists(place))


def file_of(order: BackgroundTask, now: datetime) -> IO[bytes] | None:
    """The file of an export, opened; None when there is none, or none any more.

    Raises:
        UnavailableError: the bucket of the files does not answer.
    """
    place = _place_at(order, now)
    try:
        return None if place is None else default_storage.open(place)
    except FileNotFoundError:
        return None


def _place_at(order: BackgroundTask, now: datetime) -> str | None:
    until = expires_at(order)
    return None if until is None or until <= now else place_of((order.result_data or {})["file"])


def place_of(name: str) -> str:
    """Where the file of an export lies, below the folder of media."""
    return f"{FOLDER}/{name}"


def sweep_exports(now: datetime) -> int:
    """Delete files whose time is over, and what writing that broke off has left.

    Returns:
        How many.
    """
    gone = 0
    for name in contents_of(FOLDER)[1]:
        with suppress(FileNotFoundError):  # another one sweeps too
            if default_storage.get_modified_time(place_of(name)) <= now - KEPT:
                default_storage.delete(place_of(name))
                gone += 1
    return gone
