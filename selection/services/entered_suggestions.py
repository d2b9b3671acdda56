"""Suggestions that an admin enters by hand. They are reviewed, carried out and scored like those of the program."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from selection.choices import SuggestionType, Tier
from selection.models import AISuggestion, Watchlist
from selection.selectors.outlooks import HORIZON_HOURS
from selection.services.suggestion_events import CREATED, announce_suggestions
from selection.services.suggestion_rows import LAYER, priority
from selection.services.suggestions import OPEN
from selection.services.watchlists import known_asset
from system.choices import LIVE
from system.exceptions import ConflictError, InvalidInput
from system.services import create_row, setting

OF_PROGRAM = {
    "reasoning": frozenset(
        ("percentiles", "values", "weights", "score", "place", "among", "threshold", "direction", "confidence_is",
         "measured", "changes_place_with", "changes_weight_with", "weight")
    ),
    "context_data": frozenset(("as_of", "timeframe", "candle_time", "evidence", "missing", "entered_by_hand")),
}  # fmt: skip
"""Keys that the program fills and reads: what stands there moves other assets, or says what is scored."""
NOT_STATED = "whoever entered it stated none"
AWAY = {SuggestionType.PROMOTE: (Tier.TIER2, Tier.TIER1), SuggestionType.DEMOTE: (Tier.TIER1, Tier.TIER2)}
"""From which tier to which."""


@transaction.atomic
def enter_suggestion(values: Mapping[str, Any], *, actor: User) -> AISuggestion:
    """Put a suggestion into the queue.

    Args:
        values: ``watchlist_id``, ``asset_id``, ``suggestion_type``, ``confidence_score``, ``reasoning``, and any
            other column that a person may fill.
        actor: who.
    Raises:
        InvalidInput: no such list or asset, or a value that makes no sense for its kind.
        ConflictError: the list is not as the suggestion has it, its owner wants none, or the same is open already.
    """
    given, now = dict(values), timezone.now()
    watchlist = Watchlist.objects.filter(pk=given.pop("watchlist_id"), is_active=True).first()
    if watchlist is None:
        raise InvalidInput(_("There is no such list."), field="watchlist_id")
    asset = known_asset(given.pop("asset_id"))
    if watchlist.tier is None and not watchlist.wants_suggestions:
        raise ConflictError(
            _("The owner of this list wants no suggestions."), field="watchlist_id", code="suggestions_unwanted"
        )
    _require_sense(given, watchlist)
    given["target_tier"] = _target_tier(given, watchlist)
    _require_place(given["suggestion_type"], watchlist, asset.pk)
    expires_at = given.setdefault("expires_at", now + timedelta(days=setting("suggestion_expiry_days")["days"]))
    if expires_at <= now:
        raise InvalidInput(_("This lies in the past."), field="expires_at")
    absent = [name for name in ("target_weight", "target_position", "expected_return", "risk_score", "target_tier")
              if given.get(name) is None]  # fmt: skip
    context = {**(given.pop("context_data", None) or {}), "as_of": now.isoformat(), "entered_by_hand": True}
    defaults = {"ai_layer": LAYER, "priority": priority(float(given["confidence_score"]))}
    row = AISuggestion(
        watchlist=watchlist,
        asset=asset,
        horizon_hours=HORIZON_HOURS,
        context_data={**context, "missing": dict.fromkeys(absent, NOT_STATED)},
        **defaults | given,
    )
    taken = ConflictError(_("The same suggestion is open already."), code="already_open")
    same = {"watchlist": watchlist, "asset": asset, "suggestion_type": row.suggestion_type}
    if AISuggestion.objects.filter(**same, series=LIVE, status__in=OPEN).exists():
        raise taken
    try:
        with transaction.atomic():
            create_row(row, actor=actor)
    except IntegrityError:
        raise taken from None
    announce_suggestions(CREATED, [row.pk])
    return row


def _require_sense(given: Mapping[str, Any], watchlist: Watchlist) -> None:
    """
    Raises:
        InvalidInput: a value that does not go with the kind.
    """
    kind = given["suggestion_type"]
    least = setting("ai_thresholds")["suggestion_confidence_min"]
    if float(given["confidence_score"]) < least:
        raise InvalidInput(
            _("Nothing is suggested below a confidence of %(least)s.") % {"least": least}, field="confidence_score"
        )
    for name, keys in OF_PROGRAM.items():
        if taken := sorted(keys & (given.get(name) or {}).keys()):
            raise InvalidInput(_("Only the program fills %(key)s.") % {"key": taken[0]}, field=f"{name}.{taken[0]}")
    if (given.get("target_weight") is None) == (kind == SuggestionType.REBALANCE):
        raise InvalidInput(_("A weight belongs to a rebalancing, and to no other kind."), field="target_weight")
    if given.get("target_position") is not None and kind != SuggestionType.ADD:
        raise InvalidInput(_("A position belongs to an asset that joins."), field="target_position")
    if watchlist.tier is None and kind not in {SuggestionType.ADD, SuggestionType.REMOVE, SuggestionType.REBALANCE}:
        raise InvalidInput(_("A personal list has no tier."), field="suggestion_type")
    if kind in AWAY and watchlist.tier != AWAY[kind][0]:
        raise InvalidInput(
            _("From %(tier)s nothing goes that way.") % {"tier": watchlist.tier}, field="suggestion_type"
        )


def _target_tier(given: Mapping[str, Any], watchlist: Watchlist) -> str | None:
    """The tier that a suggestion aims at.

    Raises:
        InvalidInput: another one is named than its kind and list allow, or none where it has to be.
    """
    kind, named = given["suggestion_type"], given.get("target_tier")
    if kind == SuggestionType.TIER_CHANGE:
        if named in {None, watchlist.tier}:
            raise InvalidInput(_("A change of tier names another tier."), field="target_tier")
        return str(named)
    wanted = AWAY[kind][1] if kind in AWAY else watchlist.tier if kind == SuggestionType.ADD else None
    if named not in {None, wanted}:
        raise InvalidInput(_("This is not the tier that the suggestion leads to."), field="target_tier")
    return wanted


def _require_place(kind: str, watchlist: Watchlist, asset_id: int) -> None:
    """
    Raises:
        ConflictError: an asset that joins is listed already, or any other is not.
    """
    lists = [watchlist] if watchlist.tier is None else Watchlist.objects.exclude(tier=None).filter(is_active=True)
    holder = next((one for one in lists if one.entries.filter(asset=asset_id).exists()), None)
    if kind == SuggestionType.ADD and holder is not None:
        raise ConflictError(
            _("The asset is on %(list)s already.") % {"list": holder.name}, field="asset_id", code="already_listed"
        )
    if kind != SuggestionType.ADD and not watchlist.entries.filter(asset=asset_id).exists():
        raise ConflictError(
            _("The asset is not on %(list)s.") % {"list": watchlist.name}, field="asset_id", code="not_listed"
        )
