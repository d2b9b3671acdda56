"""Changes that programs suggest: kept, and decided by the person. What a kind does is the caller's to know."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.choices import DraftStatus, NotificationType
from accounts.models import ChangeDraft, User
from accounts.services.activities import record_activity
from accounts.services.notifications import notify
from system.choices import AuditOperation
from system.exceptions import ConflictError, LimitExceeded, NoData
from system.services.audit import record_change

KEPT = timedelta(hours=24)
"""How long a draft can be confirmed."""
MOST = 20
LONGEST_SUMMARY = 300


def open_drafts(user: User, now: datetime) -> QuerySet[ChangeDraft]:
    """What a person can confirm, newest first."""
    return ChangeDraft.objects.filter(user=user, status=DraftStatus.WAITING, expires_at__gt=now).order_by("-pk")


@transaction.atomic
def keep_draft(
    user: User, *, kind: str, summary: str, content: Mapping[str, Any], made_with: str, now: datetime
) -> ChangeDraft:
    """Keep a draft for a person, and leave a message that it waits.

    Args:
        user: who may confirm it.
        kind: a ``DraftKind``.
        summary: what it would do, in words.
        content: input of what it would do.
        made_with: name of the token.
        now: the present moment.
    Raises:
        LimitExceeded: as many as one may have wait already.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if open_drafts(user, now).count() >= MOST:
        raise LimitExceeded(_("%(most)d drafts wait for you already.") % {"most": MOST})
    draft = ChangeDraft.objects.create(
        user=user,
        kind=kind,
        summary=summary[:LONGEST_SUMMARY],
        content=dict(content),
        made_with=made_with,
        expires_at=now + KEPT,
    )
    record_activity(user, activity_type="draft", action="create", entity=draft, details={"kind": kind})
    _tell(draft)
    return draft


def _tell(draft: ChangeDraft) -> None:
    """Who would confirm it is not there when a program suggests something."""
    with translation.override(draft.user.language):
        title = _("%(program)s suggests a change") % {"program": draft.made_with}
        message = _("%(what)s. Nothing changes before you confirm it; it waits for a day.") % {"what": draft.summary}
    notify(
        draft.user,
        kind=NotificationType.SYSTEM,
        title=title,
        message=message,
        key=f"draft:{draft.pk}",
        data={"draft_id": draft.pk},
    )


@transaction.atomic
def decide(
    draft_id: int, *, user: User, now: datetime, act: Callable[[ChangeDraft], Mapping[str, Any]] | None
) -> ChangeDraft:
    """The person confirms a draft, or discards it. What it does, and that it was confirmed, stand or fall together.

    Args:
        draft_id: which.
        user: the person.
        now: the present moment.
        act: does what it says, and tells what came of it; None discards it.
    Raises:
        NoData: the person has no such draft.
        ConflictError: it was decided before, or its time is over.
    """
    draft = ChangeDraft.objects.select_for_update().filter(pk=draft_id, user=user).first()
    if draft is None:
        raise NoData(_("There is no such draft."), code="not_found")
    if draft.status != DraftStatus.WAITING:
        raise ConflictError(_("This draft was decided already."), code="draft_decided")
    if act is not None and draft.expires_at <= now:
        raise ConflictError(_("The time of this draft is over."), code="draft_expired")
    draft.result = dict(act(draft)) if act is not None else {}
    draft.status = DraftStatus.DISCARDED if act is None else DraftStatus.CONFIRMED
    draft.decided_at = now
    draft.save()
    record_change(
        draft,
        AuditOperation.UPDATE,
        actor=user,
        old={"status": DraftStatus.WAITING},
        new={"status": draft.status, "result": draft.result},
        details=f"draft of {draft.made_with}",
    )
    record_activity(user, activity_type="draft", action=str(draft.status), entity=draft)
    return draft
