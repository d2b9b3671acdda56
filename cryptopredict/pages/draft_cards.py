"""A draft in words: what would be done, to what. Words are those of the reader's language, rows those of now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.choices import DraftKind
from accounts.models import ChangeDraft, User
from accounts.services import open_drafts
from assets.models import Asset
from cryptopredict.drafting import ASSET, SUGGESTION, acts_as_admin
from cryptopredict.pages.alerts.kinds import kind_of_row
from cryptopredict.pages.alerts.words import how, sentence
from sectors.models import Sector
from selection.choices import Decision
from selection.models import AISuggestion
from selection.selectors.visible import visible_suggestions
from system import formats
from trading.api.alert_serializers import AlertInputSerializer
from trading.models import SignalAlert
from trading.services.alerts.kinds import kind_of


@dataclass(frozen=True)
class Fact:
    """One thing that a draft says; ``href`` leads to what it is about."""

    label: str
    value: str
    href: str = ""


@dataclass(frozen=True)
class Card:
    """A draft that waits.

    Attributes:
        title: what it would do, in a sentence.
        facts: what belongs to it.
        effect: what happens when it is confirmed.
        is_gone: what it is about is not there any more, or not for this person.
    """

    draft: ChangeDraft
    title: str
    facts: list[Fact] = field(default_factory=list)
    effect: str = ""
    is_gone: bool = False


def cards(user: User, now: datetime) -> list[Card]:
    """What waits for a person, newest first; as many queries for many as for one."""
    drafts = list(open_drafts(user, now))
    reviews = [one.content.get(SUGGESTION) for one in drafts if one.kind == DraftKind.REVIEW]
    seen = visible_suggestions(user, everything=acts_as_admin(user, {"admin"}))
    suggestions = by_key(seen.select_related("asset", "watchlist").filter(pk__in=numbers(reviews)))
    wanted = {one.pk: values_of(one.content) for one in drafts if one.kind == DraftKind.ALERT}
    assets = by_key(Asset.objects.filter(pk__in=numbers(one.get(ASSET) for one in wanted.values())))
    parameters = [one.get("parameters") or {} for one in wanted.values()]
    sectors = by_key(Sector.objects.filter(pk__in=numbers(one.get("sector") for one in parameters)))
    found = []
    for draft in drafts:
        if draft.kind == DraftKind.REVIEW:
            found.append(review_card(draft, suggestions.get(draft.content.get(SUGGESTION))))
        else:
            found.append(alert_card(draft, wanted[draft.pk], assets, sectors))
    return found


def by_key(rows: Iterable[Any]) -> dict[Any, Any]:
    return {row.pk: row for row in rows}


def numbers(values: Iterable[Any]) -> set[int]:
    """Those that can be ids: a program wrote them."""
    return {value for value in values if isinstance(value, int) and not isinstance(value, bool)}


def review_card(draft: ChangeDraft, suggestion: AISuggestion | None) -> Card:
    """A decision on a suggestion."""
    if suggestion is None:
        return Card(draft, draft.summary, is_gone=True)
    given: Mapping[str, Any] = draft.content
    asset, watchlist = suggestion.asset, suggestion.watchlist
    decision = Decision(given["decision"])
    words = {
        Decision.APPROVE: (
            _("Approve: %(kind)s %(symbol)s on %(list)s"),
            _("The list changes at once. It can be taken back on the page of the list."),
        ),
        Decision.REJECT: (
            _("Reject: %(kind)s %(symbol)s on %(list)s"),
            _("The list stays as it is, and the suggestion is closed."),
        ),
        Decision.DEFER: (
            _("Defer: %(kind)s %(symbol)s on %(list)s"),
            _("The list stays as it is, and the suggestion comes again later."),
        ),
    }
    title, effect = words[decision]
    facts = [
        Fact(_("Asset"), f"{asset.symbol} · {asset.name}", reverse("asset", args=[asset.symbol])),
        Fact(_("List"), watchlist.name, reverse("watchlist", args=[watchlist.pk])),
    ]
    if note := given.get("review_notes"):
        facts.append(Fact(_("Note"), note))
    if until := given.get("deferred_until"):
        facts.append(Fact(_("Deferred until"), until_words(until)))
    names = {"kind": suggestion.get_suggestion_type_display(), "symbol": asset.symbol, "list": watchlist.name}
    return Card(draft, title % names, facts, effect)


def until_words(text: str) -> str:
    """A moment that a program wrote, as it was checked when the draft was made."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return formats.clock(moment.astimezone(UTC)) if moment.tzinfo else text


def values_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an alert that a draft names; none where they fit no more."""
    form = AlertInputSerializer(data=dict(content))
    return dict(form.validated_data) if form.is_valid() else {}


def alert_card(
    draft: ChangeDraft, values: Mapping[str, Any], assets: Mapping[int, Asset], sectors: Mapping[int, Sector]
) -> Card:
    """A new alert."""
    asset = assets.get(values[ASSET]) if values.get(ASSET) else None
    if not values or (asset is None and values.get(ASSET)):
        return Card(draft, draft.summary, is_gone=True)
    kind = kind_of(values["alert_type"], values.get("condition") or "")
    condition = values.get("condition") or kind.conditions[0]
    alert = SignalAlert(
        asset=asset,
        alert_type=values["alert_type"],
        condition=condition,
        trigger_value=values["trigger_value"],
        notification_method=values.get("notification_method"),
        cooldown_minutes=values.get("cooldown_minutes", 0),
    )
    parameters, shown = kind.complete(values.get("parameters")), kind_of_row(alert.alert_type, condition)
    names = {pk: sector.name for pk, sector in sectors.items()}
    facts = []
    if asset is not None:
        facts.append(Fact(_("Asset"), f"{asset.symbol} · {asset.name}", reverse("asset", args=[asset.symbol])))
    facts.append(Fact(_("How"), formats.listed(how(alert, shown.key, parameters)) or _("once")))
    if message := values.get("message"):
        facts.append(Fact(_("Message"), message))
    effect = _("It is watched from then on. You find it among your alerts.")
    return Card(draft, sentence(alert, shown.key, parameters, names), facts, effect)
