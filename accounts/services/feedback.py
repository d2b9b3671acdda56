"""What people tell us, and what we answer."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.choices import NotificationType
from accounts.models import User, UserFeedback
from accounts.services.activities import record_activity
from accounts.services.notifications import notify
from system.choices import AuditOperation
from system.exceptions import NotAllowed
from system.services import record_change


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
    if not actor.is_staff:
        raise NotAllowed(_("Only admins handle feedback."))
    feedback = UserFeedback.objects.select_for_update().select_related("user").get(pk=feedback.pk)
    new = {name: value for name, value in changes.items() if getattr(feedback, name) != value}
    if not new:
        return feedback
    old = {name: getattr(feedback, name) for name in new}
    for name, value in new.items():
        setattr(feedback, name, value)
    feedback.reviewed_by, feedback.reviewed_at = actor, timezone.now()
    if new.get("response_message"):
        feedback.responded_at = feedback.reviewed_at
        _tell_author(feedback)
    feedback.save()
    record_change(feedback, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    return feedback


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
