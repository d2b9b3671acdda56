"""What programs may suggest, and what confirming it does: the same services as those behind the API and the pages."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.choices import DraftKind
from accounts.models import ApiToken, ChangeDraft, User
from accounts.selectors.second_factor import lacks_second_factor
from accounts.services import decide, keep_draft
from assets.models import Asset
from selection.api.serializers import DecisionSerializer
from selection.choices import Decision
from selection.models import AISuggestion
from selection.selectors.visible import visible_suggestions
from selection.services import review_suggestion
from system.exceptions import InvalidInput, NoData, NotAllowed
from system.rest.permissions import READS_ONLY, IsUser, held_in
from trading.api.alert_serializers import AlertInputSerializer
from trading.choices import AlertType
from trading.services import create_alert

SUGGESTION, ASSET = "suggestion_id", "asset_id"


@dataclass(frozen=True)
class Kind:
    """A kind of draft.

    Args:
        domain: the part of the API that a token needs the scope write for.
        summary: says what it would do.
        act: does it for a person; tells what came of it. The flag says whether the person acts as an admin.
    """

    domain: str
    summary: Callable[[User, Mapping[str, Any], bool], str]
    act: Callable[[User, Mapping[str, Any], bool], dict[str, Any]]


def propose(token: ApiToken, kind: str, content: Mapping[str, Any], *, now: datetime) -> ChangeDraft:
    """Keep a draft of a program for its owner. It is tried first, and what was tried is taken back, so that what could
    not be confirmed is refused at once.

    Raises:
        NotAllowed: the account or its token may not write there.
        InvalidInput, ConflictError, LimitExceeded, NoData: what confirming it would raise.
    """
    user, wanted = token.user, KINDS[kind]
    scopes = held_in(token.scopes, wanted.domain)
    if user.role == READS_ONLY or "write" not in scopes:
        raise NotAllowed(_("This token needs the scope write, or %(scope)s:write.") % {"scope": wanted.domain})
    as_admin = acts_as_admin(user, scopes)
    with translation.override(user.language):
        summary = wanted.summary(user, content, as_admin)
    with transaction.atomic():
        wanted.act(user, content, as_admin)
        transaction.set_rollback(True)
    return keep_draft(user, kind=kind, summary=summary, content=content, made_with=token.name, now=now)


def confirm(draft_id: int, *, user: User, now: datetime) -> ChangeDraft:
    """Do what a draft says.

    Raises:
        NotAllowed: the account writes nothing any more.
        NoData, ConflictError: see ``decide``; and what its kind raises.
    """
    if user.role == READS_ONLY:
        raise NotAllowed(str(IsUser.message))

    def act(draft: ChangeDraft) -> dict[str, Any]:
        return KINDS[draft.kind].act(user, draft.content, acts_as_admin(user, {"admin"}))

    return decide(draft_id, user=user, now=now, act=act)


def acts_as_admin(user: User, scopes: Collection[str]) -> bool:
    """The account is an admin's that may act as one, and so is what it came with."""
    return user.is_staff and "admin" in scopes and not lacks_second_factor(user)


def suggestion_of(user: User, content: Mapping[str, Any], as_admin: bool) -> AISuggestion:
    """The suggestion that is decided.

    Raises:
        NoData: there is none that the person sees.
    """
    key = content.get(SUGGESTION)
    try:
        return get_object_or_404(visible_suggestions(user, everything=as_admin), pk=key)
    except (Http404, ValueError, TypeError):
        raise NoData(_("There is no such suggestion."), code="not_found") from None


def review_summary(user: User, content: Mapping[str, Any], as_admin: bool) -> str:
    suggestion = suggestion_of(user, content, as_admin)
    decision = str(content.get("decision", ""))
    words = Decision(decision).label if decision in Decision.values else decision
    return _("%(decision)s: %(kind)s %(symbol)s on %(list)s") % {
        "decision": words,
        "kind": suggestion.get_suggestion_type_display(),
        "symbol": suggestion.asset.symbol,
        "list": suggestion.watchlist.name,
    }


def review(user: User, content: Mapping[str, Any], as_admin: bool) -> dict[str, Any]:
    suggestion = suggestion_of(user, content, as_admin)
    given = checked(DecisionSerializer, {name: value for name, value in content.items() if name != SUGGESTION})
    made = review_suggestion(
        suggestion.pk,
        reviewer=user,
        decision=given["decision"],
        notes=given.get("review_notes") or "",
        target_tier=given.get("target_tier"),
        criteria=given.get("review_criteria"),
        implement=given["implement"],
        defer_until=given.get("deferred_until"),
    )
    return {"review_id": made.pk, SUGGESTION: suggestion.pk}


def alert_summary(_user: User, content: Mapping[str, Any], _as_admin: bool) -> str:
    kind = str(content.get("alert_type", ""))
    words = AlertType(kind).label if kind in AlertType.values else kind
    asset = Asset.objects.filter(pk=content[ASSET]).first() if isinstance(content.get(ASSET), int) else None
    about = {"symbol": asset.symbol} if asset else {}
    given = about | {name: content[name] for name in sorted(content) if name not in {"alert_type", ASSET}}
    facts = ", ".join(str(value) for value in given.values())
    return _("New alert: %(kind)s (%(facts)s)") % {"kind": words, "facts": facts}


def alert(user: User, content: Mapping[str, Any], _as_admin: bool) -> dict[str, Any]:
    return {"alert_id": create_alert(checked(AlertInputSerializer, content), actor=user).pk}


def checked(form_class: type[serializers.Serializer], content: Mapping[str, Any]) -> dict[str, Any]:
    """Input as the API takes it.

    Raises:
        InvalidInput: what the API would refuse; the first field is named.
    """
    form = form_class(data=dict(content))
    if not form.is_valid():
        field, faults = next(iter(form.errors.items()))
        raise InvalidInput(f"{field}: {' '.join(map(str, faults))}", field=field)
    return dict(form.validated_data)


KINDS: Mapping[str, Kind] = {
    DraftKind.REVIEW: Kind("lists", review_summary, review),
    DraftKind.ALERT: Kind("signals", alert_summary, alert),
}
