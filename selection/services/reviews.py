"""A person decides about a suggestion; an approval changes the list in the same transaction."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from selection.choices import Decision, SuggestionStatus, SuggestionType, Tier, WatchlistType
from selection.models import AISuggestion, SuggestionReview, Watchlist, WatchlistAsset
from selection.selectors import members
from selection.services.history import set_members
from selection.services.suggestions import OPEN, default_lists
from selection.services.watchlists import add_to_watchlist, limit, lock_lists, remove_from_watchlist, transfer
from system.choices import LIVE, AuditOperation
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
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
    suggestion = (
        AISuggestion.objects.select_for_update(of=("self",))
        .select_related("asset", "watchlist")
        .filter(pk=suggestion_id)
        .first()
    )
    if suggestion is None:
        raise ConflictError(_("This suggestion does not exist any more."))
    _require_reviewer(suggestion, reviewer)
    _require_sense(decision, notes, target_tier, defer_until, now)
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


def apply_to_watchlist(
    suggestion: AISuggestion, *, acting_user: User, tier: str | None = None, at: datetime | None = None
) -> None:
    """Carry a suggestion out on the list that it concerns; in a replay on the replay's own copy.

    Raises:
        ConflictError: the asset is not where the suggestion says.
        LimitExceeded: the list is full.
    """
    at = at or timezone.now()
    source, target = _lists(suggestion, tier)
    lock_lists([one for one in (source, target) if one is not None])
    if suggestion.series != LIVE:
        _apply_to_copies(suggestion, source, target, at)
        return
    if source is not None and target is not None:
        about = {"suggestion": suggestion.pk}
        transfer(suggestion.asset, source, target, actor=acting_user, about=about, at=at)
    elif source is not None:
        entry = WatchlistAsset.objects.filter(watchlist=source, asset=suggestion.asset).first()
        if entry is None:
            raise ConflictError(
                _("%(asset)s is not on %(list)s any more.") % {"asset": suggestion.asset.symbol, "list": source.name}
            )
        remove_from_watchlist(entry, actor=acting_user, at=at)
    elif target is not None:
        add_to_watchlist(target, suggestion.asset, actor=acting_user, at=at, notes=_("Suggestion %s") % suggestion.pk)


def _lists(suggestion: AISuggestion, tier: str | None) -> tuple[Watchlist | None, Watchlist | None]:
    """The list that the asset leaves and the one that it comes to."""
    kind = suggestion.suggestion_type
    if kind == SuggestionType.REMOVE:
        return suggestion.watchlist, None
    wanted = tier or suggestion.target_tier
    target = default_lists().get(wanted) if wanted else suggestion.watchlist
    if target is None:
        raise ConflictError(_("There is no active list of %(tier)s.") % {"tier": wanted})
    if kind == SuggestionType.ADD:
        return None, target
    if kind in (SuggestionType.PROMOTE, SuggestionType.DEMOTE, SuggestionType.TIER_CHANGE):
        return suggestion.watchlist, target
    raise ConflictError(_("A suggestion to rebalance is carried out by the owner of the portfolio."))


def _apply_to_copies(
    suggestion: AISuggestion, source: Watchlist | None, target: Watchlist | None, at: datetime
) -> None:
    for watchlist, joins in ((source, False), (target, True)):
        if watchlist is None:
            continue
        rows = [(m.asset_id, m.position_type) for m in members(watchlist, at, suggestion.series)]
        rows = [row for row in rows if row[0] != suggestion.asset_id]
        if joins:
            if len(rows) >= limit(watchlist, at):
                raise LimitExceeded(_("%(list)s is full.") % {"list": watchlist.name}, code="watchlist_full")
            rows.append((suggestion.asset_id, "long"))
        places = [(asset_id, kind, place) for place, (asset_id, kind) in enumerate(rows, 1)]
        set_members(watchlist, places, at=at, actor=None, series=suggestion.series)


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
    publish("suggestion.reviewed", {"suggestion_id": suggestion.pk, "status": suggestion.status, "decision": decision})
