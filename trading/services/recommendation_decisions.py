"""What people make of recommendations: they approve or reject, follow or ignore, carry out and rate them; what is left
lapses."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import NotificationType
from accounts.models import User
from accounts.services import in_language_of, notify, record_activity
from system.choices import LIVE, AuditOperation
from system.exceptions import ConflictError, InvalidInput, NoData, NotAllowed
from system.services import record_change
from trading.choices import RecommendationAnswer, RecommendationStatus
from trading.models import Recommendation, RecommendationResponse, TradeAction
from trading.selectors.recommendations import OPEN, Held, answer_of, status_then, visible_recommendations

STATUS = RecommendationStatus
DECIDED = {STATUS.APPROVED, STATUS.REJECTED}
ANSWERS = {STATUS.FOLLOWED, STATUS.IGNORED, STATUS.IMPLEMENTED}
AFTER: dict[str, set[RecommendationStatus]] = {
    STATUS.PENDING: DECIDED | ANSWERS,
    STATUS.APPROVED: {STATUS.REJECTED} | ANSWERS,
    STATUS.FOLLOWED: {STATUS.IGNORED, STATUS.IMPLEMENTED},
    STATUS.IGNORED: {STATUS.FOLLOWED, STATUS.IMPLEMENTED},
    STATUS.REJECTED: set(),
    STATUS.IMPLEMENTED: set(),
    STATUS.EXPIRED: set(),
}
"""What a person may make of each state; the sweep makes open ones expired."""


@transaction.atomic
def review_recommendation(
    recommendation_id: int, *, reviewer: User, decision: str, reason: str = "", at: datetime | None = None
) -> Recommendation:
    """Approve an advice or reject it: its owner or an admin one to a person, an admin one to everybody.

    Raises:
        NoData: there is none of this number that the person may see.
        NotAllowed: it is for everybody, and they are no admin.
        InvalidInput: no such decision, or a rejection without a reason.
        ConflictError: it is not open any more, or has been decided so already.
    """
    now = at or timezone.now()
    recommendation = _locked(recommendation_id, reviewer, everything=reviewer.is_staff)
    if recommendation.user_id != reviewer.pk and not reviewer.is_staff:
        raise NotAllowed(_("An advice to everybody is reviewed by an admin."))
    if decision not in DECIDED:
        raise InvalidInput(_("decision must be one of: approved, rejected."), field="decision")
    if decision == STATUS.REJECTED and not reason.strip():
        raise InvalidInput(_("A rejection needs a reason."), field="reason")
    before = status_then(recommendation, recommendation, now)
    _require_change(before, decision)
    changes: dict[str, Any] = {"status": decision, "reviewed_by": reviewer, "reviewed_at": now}
    if decision == STATUS.REJECTED:
        changes["rejection_reason"] = reason.strip()
    _write(recommendation, changes, reviewer, decision)
    if recommendation.series == LIVE and recommendation.user_id not in {None, reviewer.pk}:
        _tell_owner(recommendation)
    return recommendation


def _tell_owner(recommendation: Recommendation) -> None:
    """A message to the person whose advice somebody else has decided on. Advice to everybody has no owner."""
    owner = recommendation.user
    if owner is None or not owner.is_active:
        return
    with in_language_of(owner):
        title = (
            _("Your recommendation was rejected: %(title)s")
            if recommendation.status == STATUS.REJECTED
            else _("Your recommendation was approved: %(title)s")
        )
        about = recommendation.recommendation_title or _("Recommendation %(number)s") % {"number": recommendation.pk}
    notify(
        owner,
        kind=NotificationType.ALERT,
        title=title % {"title": about},
        message=recommendation.rejection_reason or recommendation.recommendation_summary or "",
        key=f"recommendation:{recommendation.pk}:{recommendation.status}",
        data={"recommendation_id": recommendation.pk},
    )


@transaction.atomic
def respond_to_recommendation(
    recommendation_id: int,
    *,
    user: User,
    status: str | None = None,
    rating: int | None = None,
    feedback: str | None = None,
    entries: Collection[int] = (),
    at: datetime | None = None,
) -> Held:
    """What a person makes of an advice to them or to everybody; the latter is theirs alone and changes nothing for
    others. A comment and a rating may also follow later.

    Args:
        recommendation_id: what is answered.
        user: who answers.
        status: followed, ignored or implemented; None leaves it.
        rating: 1 (poor) to 5 (excellent); None leaves it.
        feedback: a comment; None leaves it.
        entries: entries of their journal that carried it out, with the status implemented.
        at: when it is answered; now without it.
    Raises:
        NoData: there is none of this number for them.
        InvalidInput: no such status, a rating beyond 1 to 5, entries that are not theirs or come with another status,
            or nothing at all.
        ConflictError: it is not open any more, or has been answered so already.
    """
    now = at or timezone.now()
    recommendation = _locked(recommendation_id, user)
    _require_sense(status, rating, feedback, entries)
    carried_out = _own_entries(entries, user)
    held = answer_of(recommendation, user) or RecommendationResponse(recommendation=recommendation, user=user)
    changes: dict[str, Any] = {}
    if status is not None:
        _require_change(status_then(recommendation, held, now), status)
        changes = _answered(status, now)
    if rating is not None:
        changes["user_rating"] = rating
    if feedback is not None:
        changes["user_feedback"] = feedback.strip() or None
    _write(held, changes, user, status or "rate")
    recommendation.journal_entries.add(*carried_out)
    return held


@transaction.atomic
def expire_recommendations(now: datetime, series: str = LIVE) -> int:
    """Open advice whose time is up lapses, for everybody who has not carried it out; what people answered stays known.

    Returns:
        How many, answers to advice to everybody not counted.
    """
    due = Recommendation.objects.filter(status__in=OPEN, expires_at__lte=now, series=series)
    rows = list(due.select_for_update().order_by("pk"))
    if not rows:
        return 0
    for row in rows:
        record_change(
            row,
            AuditOperation.UPDATE,
            actor=None,
            old={"status": row.status},
            new={"status": STATUS.EXPIRED.value},
            details="expire",
        )
    ids = [row.pk for row in rows]
    RecommendationResponse.objects.filter(recommendation__in=ids, status__in=OPEN).update(status=STATUS.EXPIRED)
    return Recommendation.objects.filter(pk__in=ids).update(status=STATUS.EXPIRED)


def _locked(recommendation_id: int, user: User, *, everything: bool = False) -> Recommendation:
    """The advice, locked: of two who answer at once, one is first. A foreign one is not told from one that is not."""
    visible = visible_recommendations(user, everything=everything)
    found = visible.select_for_update(of=("self",)).filter(pk=recommendation_id).first()
    if found is None:
        raise NoData(_("There is no such recommendation."), code="not_found")
    return found


def _require_sense(status: str | None, rating: int | None, feedback: str | None, entries: Collection[int]) -> None:
    if status is None and rating is None and feedback is None:
        raise InvalidInput(_("An answer needs a status, a rating or a comment."), field="status")
    if status is not None and status not in ANSWERS:
        raise InvalidInput(_("status must be one of: followed, ignored, implemented."), field="status")
    if rating is not None and not 1 <= rating <= 5:
        raise InvalidInput(_("A rating is a whole number from 1 to 5."), field="user_rating")
    if entries and status != STATUS.IMPLEMENTED:
        raise InvalidInput(_("Journal entries belong to an advice that was carried out."), field="entries")


def _own_entries(entries: Collection[int], user: User) -> list[int]:
    own = TradeAction.objects.filter(pk__in=entries, portfolio_asset__portfolio__user=user)
    found = list(own.values_list("pk", flat=True))
    if missing := sorted(set(entries) - set(found)):
        raise InvalidInput(
            _("Your journal has no entry %(number)s.") % {"number": ", ".join(map(str, missing))}, field="entries"
        )
    return found


def _require_change(before: str, after: str) -> None:
    if after not in AFTER[before]:
        raise ConflictError(
            _("A recommendation that is %(before)s cannot become %(after)s.")
            % {"before": STATUS(before).label, "after": STATUS(after).label},
            code="not_open",
        )


def _answered(status: str, now: datetime) -> dict[str, Any]:
    if status == STATUS.IMPLEMENTED:
        return {"status": status, "answer": RecommendationAnswer.FOLLOWED.value, "implemented_at": now}
    return {"status": status, "answer": status}


def _write(held: Held, changes: dict[str, Any], actor: User, action: str) -> None:
    """The change with its audit row and what the person did, in one transaction."""
    is_new = held.pk is None
    old = None if is_new else {name: getattr(held, name) for name in changes}
    for name, value in changes.items():
        setattr(held, name, value)
    held.save()
    operation = AuditOperation.INSERT if is_new else AuditOperation.UPDATE
    record_change(held, operation, actor=actor, old=old, new=None if is_new else changes, details=action)
    record_activity(actor, activity_type="ai_interaction", action=action, entity=held)
