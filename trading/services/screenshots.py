"""Pictures in the journal: pixels alone, under random names, as many as the settings allow."""

import secrets
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.json_values import json_fault
from system.pictures import SUFFIX, Picture, clean_picture
from system.selectors.settings import setting
from system.services import record_change
from system.stores.storage import contents_of
from trading.models import TradeAction, TradeScreenshot
from trading.selectors.screenshots import FOLDER, place_of

MEGA = 10**6
MEGABYTE = 2**20
LONGEST_CAPTION = 200
KEPT = timedelta(days=1)
"""Files without a row stay so long: their row may be on its way."""


@transaction.atomic
def add_screenshot(action: TradeAction, file: IO[bytes], *, actor: User, caption: str = "") -> TradeScreenshot:
    """Put a picture on the page of an entry.

    Args:
        action: the entry.
        file: opened for bytes, at its start.
        actor: its owner; nobody else adds there.
        caption: what it shows.
    Raises:
        NotAllowed: not their entry.
        InvalidInput: no picture, or a caption that is too long.
        LimitExceeded: too large, or one more than the settings allow.
        ConflictError: the same picture is there already.
        UnavailableError: the bucket of the files does not take it.
    """
    portfolio = action.portfolio_asset.portfolio
    if portfolio.user_id != actor.pk:
        raise NotAllowed(_("This is not your journal."))
    if len(caption) > LONGEST_CAPTION or json_fault(caption):
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "caption"}, field="caption")
    limits = setting("screenshots")
    picture = clean_picture(
        file, most_bytes=limits["largest_mb"] * MEGABYTE, most_pixels=limits["most_megapixels"] * MEGA
    )
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # of two at once the second sees the first
    _require_room(action, actor, picture, limits)
    return _kept(action, picture, actor, caption)


@transaction.atomic
def remove_screenshot(screenshot: TradeScreenshot, *, actor: User) -> None:
    """Take a picture away; its file goes once that is certain.

    Raises:
        NotAllowed: not their entry.
    """
    if screenshot.trade_action.portfolio_asset.portfolio.user_id != actor.pk:
        raise NotAllowed(_("This is not your journal."))
    name = screenshot.name
    record_change(screenshot, AuditOperation.DELETE, actor=actor, old={"sha256": screenshot.sha256})
    screenshot.delete()
    transaction.on_commit(lambda: default_storage.delete(place_of(name)))


def sweep_screenshots() -> int:
    """Delete files that no row names: of people who were erased, and of additions that broke off.

    Returns:
        How many.
    """
    before, gone = timezone.now() - KEPT, 0
    folders, _files = contents_of(FOLDER)
    for folder in folders:
        _folders, names = contents_of(f"{FOLDER}/{folder}")
        known = set(TradeScreenshot.objects.filter(name__in=names).values_list("name", flat=True))
        for name in sorted(set(names) - known):
            place = f"{FOLDER}/{folder}/{name}"
            if default_storage.get_modified_time(place) < before:
                default_storage.delete(place)
                gone += 1
    return gone


def _require_room(action: TradeAction, actor: User, picture: Picture, limits: dict[str, int]) -> None:
    own = TradeScreenshot.objects.filter(trade_action__portfolio_asset__portfolio__user=actor)
    of_entry = TradeScreenshot.objects.filter(trade_action=action)
    if of_entry.filter(sha256=picture.sha256).exists():
        raise ConflictError(_("This picture is there already."), field="file", code="exists")
    if of_entry.count() >= limits["most_per_entry"] or own.count() >= limits["most_per_person"]:
        raise LimitExceeded(_("There are as many pictures as are allowed."), field="file", code="too_many")
    taken = own.aggregate(taken=Sum("file_bytes"))["taken"] or 0
    if taken + len(picture.content) > limits["most_mb"] * MEGABYTE:
        raise LimitExceeded(_("Your pictures take as much room as is allowed."), field="file", code="too_large")


def _kept(action: TradeAction, picture: Picture, actor: User, caption: str) -> TradeScreenshot:
    """The file, then its row; the file goes again if the row cannot be written."""
    name = f"{secrets.token_hex(16)}{SUFFIX}"
    place = place_of(name)
    saved = default_storage.save(place, ContentFile(picture.content))
    try:
        row = TradeScreenshot.objects.create(
            trade_action=action,
            name=PurePosixPath(saved).name,
            caption=caption,
            width=picture.width,
            height=picture.height,
            file_bytes=len(picture.content),
            sha256=picture.sha256,
        )
        record_change(row, AuditOperation.INSERT, actor=actor, new={"entry": action.pk, "sha256": picture.sha256})
    except BaseException:
        default_storage.delete(saved)
        raise
    return row
