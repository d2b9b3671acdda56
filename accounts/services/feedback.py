"""What people tell us, and what we answer."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.choices import FeedbackPriority, FeedbackStatus, NotificationType
from accounts.models import User, UserFeedback
from accounts.services.activities import record_activity
from accounts.services.notifications import notify
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from system.services import record_change

OPEN = frozenset({FeedbackStatus.NEW, FeedbackStatus.IN_REVIEW})
"""States in which something is still to be done."""


@transaction.atomic
def send_feedback(
    user: User, *, feedback_type: str, message: str, context_data: Mapping[str, Any] | None = None
) -> UserFeedback:
    """Tell us something."""
    feedback = UserFeedback.objects.create(
        user=user, feedback_type=feedback_type, message=message, context_data=dict(context_data or {})
    )
    record_activity(user, activity_type="feedback", action="create", entity=feedback)
    return feedback


@transaction.atomic
def answer_feedback(feedback: UserFeedback, *, actor: User, changes: Mapping[str, Any]) -> UserFeedback:
    """Handle somebody's feedback as an admin; a new answer is told to its author.

    Raises:
        NotAllowed: the actor is no admin.
    """
    held = _held(feedback, actor)
    is_new = any(getattr(held, name) != value for name, value in changes.items())
    return _handle(held, actor, changes, handler=actor) if is_new else held


@transaction.atomic
def assign_feedback(feedback: UserFeedback, *, actor: User, to: User) -> UserFeedback:
    """Give an open feedback to an admin, who is told unless it is the actor.

    Raises:
        NotAllowed: the actor is no admin.
        InvalidInput: the other one is none.
        ConflictError: it is done.
    """
    held = _held(feedback, actor)
    if not (to.is_staff and to.is_active):
        raise InvalidInput(_("Only an active admin handles feedback."), field="to")
    if held.status not in OPEN:
        raise ConflictError(_("It is done. Open it again first."))
    if held.status == FeedbackStatus.IN_REVIEW and held.reviewed_by == to:
        return held
    handled = _handle(held, actor, {"status": FeedbackStatus.IN_REVIEW}, handler=to)
    if to != actor:
        with translation.override(to.language):
            title = _("Feedback for you to handle")
        notify(
            to,
            kind=NotificationType.SYSTEM,
            title=title,
            message=held.message,
            key=f"feedback:{held.pk}:to:{to.pk}:{timezone.now().isoformat()}",
            data={"feedback_id": held.pk},
        )
    return handled


@transaction.atomic
def close_feedback(feedback: UserFeedback, *, actor: User) -> UserFeedback:
    """Nothing more will be done about it.

    Raises:
        NotAllowed: the actor is no admin.
        ConflictError: it is closed already.
    """
    held = _held(feedback, actor)
    if held.status == FeedbackStatus.CLOSED:
        raise ConflictError(_("It is closed already."))
    return _handle(held, actor, {"status": FeedbackStatus.CLOSED}, handler=held.reviewed_by or actor)


@transaction.atomic
def reopen_feedback(feedback: UserFeedback, *, actor: User) -> UserFeedback:
    """Something is to be done about it after all; whoever had it has it again.

    Raises:
        NotAllowed: the actor is no admin.
        ConflictError: it is open.
    """
    held = _held(feedback, actor)
    if held.status in OPEN:
        raise ConflictError(_("It is open."))
    return _handle(held, actor, {"status": FeedbackStatus.IN_REVIEW}, handler=held.reviewed_by or actor)


@transaction.atomic
def reply_to_feedback(feedback: UserFeedback, *, actor: User, message: str) -> UserFeedback:
    """Answer the author, who is told; the feedback is done with that.

    Raises:
        NotAllowed: the actor is no admin.
        InvalidInput: the answer is empty, or the one that was given already.
    """
    held = _held(feedback, actor)
    if not message.strip():
        raise InvalidInput(_("An answer says something."), field="response_message")
    if message == held.response_message:
        raise InvalidInput(_("This was answered already."), field="response_message")
    given = {"response_message": message, "status": FeedbackStatus.ADDRESSED}
    return _handle(held, actor, given, handler=actor)


@transaction.atomic
def weigh_feedback(feedback: UserFeedback, *, actor: User, priority: str) -> UserFeedback:
    """Say how much it matters; who handles it stays.

    Raises:
        NotAllowed: the actor is no admin.
    """
    held = _held(feedback, actor)
    return _handle(held, actor, {"priority": FeedbackPriority(priority)}, handler=held.reviewed_by)


def _held(feedback: UserFeedback, actor: User) -> UserFeedback:
    """The row as it is now, until the end of the transaction."""
    if not actor.is_staff:
        raise NotAllowed(_("Only admins handle feedback."))
    held = UserFeedback.objects.select_for_update(of=("self",)).select_related("user", "reviewed_by")
    return held.get(pk=feedback.pk)


def _handle(held: UserFeedback, actor: User, changes: Mapping[str, Any], *, handler: User | None) -> UserFeedback:
    """Write what changes, who has it, and what the audit trail says."""
    new = {name: value for name, value in changes.items() if getattr(held, name) != value}
    if not new and handler == held.reviewed_by:
        return held
    old = {name: getattr(held, name) for name in new}
    for name, value in new.items():
        setattr(held, name, value)
    if held.reviewed_by != handler:
        old["reviewed_by"], new["reviewed_by"] = held.reviewed_by_id, handler and handler.pk
    held.reviewed_by, held.reviewed_at = handler, timezone.now()
    if new.get("response_message"):
        held.responded_at = held.reviewed_at
        _tell_author(held)
    held.save()
    record_change(held, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    return held


def _tell_author(feedback: UserFeedback) -> None:
    with translation.override(feedback.user.language):
        title = _("An answer to your feedback")
    at = feedback.responded_at
    notify(
        feedback.user,
        kind=NotificationType.SYSTEM,
        title=title,
        message=feedback.response_message or "",
        key=f"feedback:{feedback.pk}:{at and at.isoformat()}",
        data={"feedback_id": feedback.pk},
    )
