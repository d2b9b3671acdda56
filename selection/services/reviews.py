"""A person decides about a suggestion; an approval changes the list in the same transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from selection.choices import Decision, SuggestionStatus, Tier, WatchlistType
from selection.models import AISuggestion, SuggestionReview
from selection.services.applying import apply_to_watchlist
from selection.services.suggestions import OPEN
from system.choices import LIVE, AuditOperation
from system.exceptions import ConflictError, DomainError, InvalidInput, NotAllowed
from system.services import publish, record_change


@transaction.atomic
def review_suggestion(
    suggestion_id: int,
    *,
    reviewer: User,
    decision: str,
    notes: str = "",
    target_tier: str | None = None,
    criteria: dict[str, Any] | None = None,
    implement: bool = True,
    defer_until: datetime | None = None,
    at: datetime | None = None,
) -> SuggestionReview:
    """Record a person's decision; an approval changes the watchlist in the same transaction.

    Args:
        suggestion_id: what is decided.
        reviewer: who decides: an admin for default lists, the owner for a personal one.
        decision: approve, reject or defer.
        notes: reason; a rejection needs one.
        target_tier: another tier than the suggested one, for an approval.
        criteria: what the reviewer looked at.
        implement: False approves without carrying it out.
        defer_until: back in the queue then, for a deferral.
        at: when it is decided; now, but for the scripted reviewer of a replay.
    Raises:
        NotAllowed: not theirs to decide.
        InvalidInput: no such decision, a rejection without reason, a deferral without a date that lies ahead and
            before the suggestion lapses.
        ConflictError: the suggestion is not open any more, or the list has changed so that it cannot be carried out.
        LimitExceeded: the list is full.
    """
    now = at or timezone.now()
    suggestion = _locked(suggestion_id)
    _require_reviewer(suggestion, reviewer)
    _require_sense(decision, notes, target_tier, defer_until, now)
    if target_tier is not None and suggestion.watchlist.watchlist_type == WatchlistType.PERSONAL:
        raise InvalidInput(_("A personal list has no tier."), field="target_tier")
    _require_open(suggestion, now)
    if defer_until and suggestion.expires_at and defer_until >= suggestion.expires_at:
        raise InvalidInput(
            _("It lapses before that, on %(date)s.") % {"date": f"{suggestion.expires_at:%Y-%m-%d %H:%M} UTC"},
            field="defer_until",
        )
    review = SuggestionReview.objects.create(
        suggestion=suggestion,
        reviewer=reviewer,
        decision=decision,
        target_tier=target_tier,
        review_notes=notes or None,
        review_criteria=criteria or {},
        reviewed_at=now,
    )
    before = suggestion.status
    suggestion.reviewed_by, suggestion.reviewed_at = reviewer, now
    if decision == Decision.REJECT:
        suggestion.status = SuggestionStatus.REJECTED
    elif decision == Decision.DEFER:
        suggestion.status, suggestion.deferred_until = SuggestionStatus.DEFERRED, defer_until
    elif implement:
        apply_to_watchlist(suggestion, acting_user=reviewer, tier=target_tier, at=now)
        suggestion.status, suggestion.implemented_at = SuggestionStatus.IMPLEMENTED, now
    else:
        suggestion.status = SuggestionStatus.APPROVED
    suggestion.save()
    if suggestion.series == LIVE:
        _tell(suggestion, reviewer, decision, before)
    return review


@transaction.atomic
def implement_suggestion(suggestion_id: int, *, actor: User, at: datetime | None = None) -> AISuggestion:
    """Carry out a suggestion that was approved without being carried out.

    Raises:
        NotAllowed: not theirs to decide.
        ConflictError: it is not approved, or the list has changed so that it cannot be carried out.
        LimitExceeded: the list is full.
    """
    suggestion = _locked(suggestion_id)
    _require_reviewer(suggestion, actor)
    if suggestion.status != SuggestionStatus.APPROVED:
        raise ConflictError(
            _("Only an approved suggestion can be carried out; this one is %(status)s.")
            % {"status": suggestion.get_status_display()},
            code="not_approved",
        )
    last = suggestion.reviews.filter(decision=Decision.APPROVE).order_by("-reviewed_at", "-pk").first()
    now = at or timezone.now()
    apply_to_watchlist(suggestion, acting_user=actor, tier=last.target_tier if last else None, at=now)
    suggestion.status, suggestion.implemented_at = SuggestionStatus.IMPLEMENTED, now
    suggestion.save()
    if suggestion.series == LIVE:
        _tell(suggestion, actor, "implement", SuggestionStatus.APPROVED)
    return suggestion


@dataclass(frozen=True)
class Reviewed:
    """What became of one of many decisions: the review, or why it was refused."""

    suggestion_id: int
    review: SuggestionReview | None = None
    refusal: DomainError | None = None


def review_suggestions(suggestion_ids: Iterable[int], *, reviewer: User, decision: str, **given: Any) -> list[Reviewed]:
    """The same decision on many suggestions, each by itself: what is refused keeps none of the others back.

    Args:
        suggestion_ids: what is decided, in this order.
        reviewer, decision, given: as for ``review_suggestion``.
    """
    done = []
    for suggestion_id in suggestion_ids:
        try:
            review = review_suggestion(suggestion_id, reviewer=reviewer, decision=decision, **given)
        except DomainError as refusal:
            done.append(Reviewed(suggestion_id, refusal=refusal))
        else:
            done.append(Reviewed(suggestion_id, review=review))
    return done


def _locked(suggestion_id: int) -> AISuggestion:
    """The suggestion, locked: of two who decide, one is first.

    Raises:
        ConflictError: there is none any more.
    """
    suggestion = (
        AISuggestion.objects.select_for_update(of=("self",))
        .select_related("asset", "watchlist")
        .filter(pk=suggestion_id)
        .first()
    )
    if suggestion is None:
        raise ConflictError(_("This suggestion does not exist any more."))
    return suggestion


def _require_reviewer(suggestion: AISuggestion, reviewer: User) -> None:
    if suggestion.series != LIVE:
        allowed = reviewer.pk == User.objects.system().pk
    elif suggestion.watchlist.watchlist_type == WatchlistType.DEFAULT:
        allowed = reviewer.is_staff
    else:
        allowed = suggestion.watchlist.user_id == reviewer.pk
    if not allowed:
        raise NotAllowed(_("You do not decide about suggestions for this list."))


def _require_sense(
    decision: str, notes: str, target_tier: str | None, defer_until: datetime | None, now: datetime
) -> None:
    if decision not in Decision.values:
        raise InvalidInput(
            _("decision must be one of: %(values)s.") % {"values": ", ".join(Decision.values)}, field="decision"
        )
    if decision == Decision.REJECT and not notes.strip():
        raise InvalidInput(_("A rejection needs a reason."), field="notes")
    if decision == Decision.DEFER and (defer_until is None or defer_until <= now):
        raise InvalidInput(_("A deferral needs a date that lies ahead."), field="defer_until")
    if target_tier is not None and target_tier not in Tier.values:
        raise InvalidInput(
            _("target_tier must be one of: %(values)s.") % {"values": ", ".join(Tier.values)}, field="target_tier"
        )


def _require_open(suggestion: AISuggestion, now: datetime) -> None:
    if suggestion.status not in OPEN:
        who = suggestion.reviewed_by.full_name if suggestion.reviewed_by else _("somebody else")
        raise ConflictError(
            _("This suggestion is %(status)s already; decided by %(who)s.")
            % {"status": suggestion.get_status_display(), "who": who},
            code="not_open",
        )
    if suggestion.expires_at is not None and suggestion.expires_at <= now:
        raise ConflictError(
            _("This suggestion lapsed on %(date)s.") % {"date": f"{suggestion.expires_at:%Y-%m-%d %H:%M} UTC"},
            code="not_open",
        )


def _tell(suggestion: AISuggestion, reviewer: User, decision: str, before: str) -> None:
    """The rows that say who decided, and the event for those who look at the queue."""
    record_activity(
        reviewer, activity_type="ai_interaction", action="review", entity=suggestion, details={"decision": decision}
    )
    record_change(
        suggestion,
        AuditOperation.UPDATE,
        actor=reviewer,
        old={"status": before},
        new={"status": suggestion.status},
        details=f"{decision} {suggestion.suggestion_type} {suggestion.asset.symbol}",
    )
    told = {"suggestion_id": suggestion.pk, "status": suggestion.status, "decision": decision}
    is_personal = suggestion.watchlist.watchlist_type == WatchlistType.PERSONAL  # only its owner decides
    publish("suggestion.reviewed", told, user=reviewer if is_personal else None)
