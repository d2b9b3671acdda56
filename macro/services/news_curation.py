"""News as admins keep them: entered by hand, corrected, withdrawn. What was known of them before stays readable."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.compute.checks import FIRST_COIN
from assets.models import Asset
from macro.compute.news_items import LONGEST_ADDRESS, LONGEST_ID, LONGEST_SUMMARY, LONGEST_TITLE, NewsItem
from macro.compute.news_sentiment import label
from macro.compute.news_tags import tagger
from macro.compute.news_text import canonical_address, plain_text, story_key
from macro.models import NewsEvent
from macro.selectors.news_known import CORRECTABLE
from macro.selectors.news_names import tracked_coins
from macro.services.news import LOCK, KnownNews, derived_from, sent_columns
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput
from system.services import change_row, create_row, plain, record_change

__all__ = [
    "LONGEST_ADDRESS",
    "LONGEST_ID",
    "LONGEST_SUMMARY",
    "LONGEST_TITLE",
    "change_news",
    "enter_news",
    "withdraw_news",
]

HAND = "hand"
SENT = ("source", "external_id", "title", "summary", "url", "language", "published_at")
"""What a source says."""
JUDGED = ("category", "importance", "sentiment_score", "sentiment_label", "asset_ids", "sector_ids")
"""What is made of it."""
NOT_JUDGED = "a person has given none"


@transaction.atomic
def enter_news(values: Mapping[str, Any], *, actor: Any, now: datetime | None = None) -> NewsEvent:
    """Keep an item that a person writes in. It is known from now on; what they leave out is made of its headline.

    Args:
        values: ``source`` and ``title``, and any other column that a person may fill.
        actor: who.
        now: the present, if not the clock's.
    Raises:
        InvalidInput: a value that an item cannot have.
        ConflictError: the story is told already.
    """
    moment = now or timezone.now()
    item = _item(values, moment)
    judged = _judged(values)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    known = KnownNews([item])
    if (same := known.same(item) or known.told(item)) is not None:
        raise _known_already(same)
    row = NewsEvent(**sent_columns(item, values.get("language", "en"), moment, HAND))
    for name, value in {**_made_of(row), "sector_ids": None, **judged}.items():
        setattr(row, name, value)
    row.raw_data = {**(row.raw_data or {}), "curated": sorted(judged)}
    _note_judgement(row)
    return create_row(row, actor=actor)


@transaction.atomic
def change_news(row: NewsEvent, changes: Mapping[str, Any], *, actor: Any, now: datetime | None = None) -> NewsEvent:
    """Correct an item from now on. Of one that a source has sent only what was made of it changes. Equal values change
    nothing.

    Args:
        row: locked by the caller.
        changes: columns and their values.
        actor: who.
        now: the present, if not the clock's.
    Raises:
        InvalidInput: a value that an item cannot have.
        ConflictError: what a source has sent, or when an item was published; or the story is told already.
    """
    sent = _changed_as_sent(row, changes)
    judged = _judged(changes, row)
    before = {name: getattr(row, name) for name in CORRECTABLE}
    about = dict(row.raw_data or {})
    about["curated"] = sorted({*about.get("curated", ()), *judged})
    wanted: dict[str, Any] = {**sent, **judged}
    if "title" in sent:
        about["story"] = story_key(sent["title"])
    if {"title", "language"} & sent.keys():
        fresh = _made_of(NewsEvent(title=sent.get("title", row.title), language=sent.get("language", row.language)))
        wanted = {name: value for name, value in fresh.items() if name not in about["curated"]} | wanted
    if "title" in sent or any(name in wanted and wanted[name] != before[name] for name in CORRECTABLE):
        until = (now or timezone.now()).astimezone(UTC).isoformat()
        about["corrected"] = [*about.get("corrected", ()), plain(before) | {"until": until}]
    if all(getattr(row, name) == value for name, value in wanted.items()):
        return row
    _require_free({name: wanted.get(name, getattr(row, name)) for name in ("source", "external_id", "url")}, row)
    shadow = NewsEvent(raw_data=about, **{name: wanted.get(name, getattr(row, name)) for name in JUDGED})
    _note_judgement(shadow)
    try:
        with transaction.atomic():
            return change_row(row, actor=actor, changes=wanted | {"raw_data": shadow.raw_data})
    except IntegrityError:
        raise _known_already(None) from None


@transaction.atomic
def withdraw_news(row: NewsEvent, *, actor: Any, now: datetime | None = None) -> None:
    """Neither show nor count an item any more. What it moved before stays readable, and a source that sends it again
    does not bring it back; one that was written in by hand may be entered anew.

    Args:
        row: locked by the caller.
    """
    row.withdrawn_at = now or timezone.now()
    old = {"title": row.title, "url": row.url, "external_id": row.external_id}
    if _is_by_hand(row):
        row.url, row.external_id = None, None
        row.raw_data = {**(row.raw_data or {}), "story": ""}
    row.save(update_fields=["withdrawn_at", "url", "external_id", "raw_data", "updated_at"])
    record_change(row, AuditOperation.DELETE, actor=actor, old=old)


def _is_by_hand(row: NewsEvent) -> bool:
    """Whether no source has sent it; rows from before sources were noted count as written by hand."""
    return (row.raw_data or {}).get("origin", HAND) == HAND


def _changed_as_sent(row: NewsEvent, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a person says of an item instead of its source."""
    given = _clean({name: value for name, value in changes.items() if name in SENT})
    changed = {name: value for name, value in given.items() if getattr(row, name) != value}
    if changed and not _is_by_hand(row):
        raise ConflictError(
            _("This is what %(source)s has sent. What is made of it can be corrected.") % {"source": row.source},
            field=next(iter(changed)),
            code="sent_by_source",
        )
    if "published_at" in changed:
        raise ConflictError(
            _("The time of an item stays: delete it, and enter it again."), field="published_at", code="time_stays"
        )
    return changed


def _item(values: Mapping[str, Any], now: datetime) -> NewsItem:
    """An item as sources send them."""
    said: dict[str, Any] = {name: value for name, value in values.items() if name in SENT}
    given = _clean({"published_at": now} | said)
    moment = given["published_at"]
    if not FIRST_COIN <= moment <= now:
        raise InvalidInput(
            _("This lies in the future.") if moment > now else _("This lies before the first coin."),
            field="published_at",
        )
    texts = given.get("url"), given.get("external_id"), given.get("summary")
    return NewsItem(1, given["source"], given["title"], story_key(given["title"]), moment, *texts)


def _clean(given: dict[str, Any]) -> dict[str, Any]:
    """What a person writes, as a source's texts are kept."""
    for name in ("source", "title", "summary", "external_id"):
        if given.get(name) is not None:
            given[name] = plain_text(given[name]) or None
    for name in ("source", "title"):
        if name in given and (given[name] is None or (name == "title" and not story_key(given[name]))):
            raise InvalidInput(_("This needs a word."), field=name)
    if len(given.get("title") or "") > LONGEST_TITLE:
        raise InvalidInput(_("This is too long."), field="title")
    if given.get("url"):
        try:
            given["url"] = canonical_address(given["url"])
        except ValueError:
            raise InvalidInput(_("This is no address of a page on the web."), field="url") from None
        if len(given["url"]) > LONGEST_ADDRESS:
            raise InvalidInput(_("This is too long."), field="url")
    return given | ({"published_at": given["published_at"].astimezone(UTC)} if "published_at" in given else {})


def _judged(values: Mapping[str, Any], row: NewsEvent | None = None) -> dict[str, Any]:
    """What a person makes of an item; a label that is not given follows the score."""
    judged = {name: values[name] for name in JUDGED if name in values}
    if "asset_ids" in judged:
        judged["asset_ids"] = sorted(set(judged["asset_ids"]))
        known = set(Asset.objects.filter(pk__in=judged["asset_ids"]).values_list("pk", flat=True))
        if absent := [str(one) for one in judged["asset_ids"] if one not in known]:
            raise InvalidInput(_("There is no asset %(ids)s.") % {"ids": ", ".join(absent)}, field="asset_ids")
    if "sector_ids" in judged:
        judged["sector_ids"] = sorted(set(judged["sector_ids"]))
    if "sentiment_score" not in judged and "sentiment_label" not in judged:
        return judged
    score: Decimal | None = judged.get("sentiment_score", row.sentiment_score if row else None)
    fitting = None if score is None else label(float(score))
    if score is not None and judged.get("sentiment_label", fitting) != fitting:
        raise InvalidInput(
            _("A score of %(score)s is called %(label)s.") % {"score": score, "label": fitting}, field="sentiment_label"
        )
    return {"sentiment_score": score, "sentiment_label": fitting} | judged


def _made_of(row: NewsEvent) -> dict[str, Any]:
    coins = tracked_coins()
    return derived_from(row.title, row.language, tagger(coins), {coin.key: coin.symbol for coin in coins})


def _note_judgement(row: NewsEvent) -> None:
    """Who has judged the mood of an item, and why it has none."""
    about = dict(row.raw_data or {})
    if "sentiment_score" not in about.get("curated", ()):
        return
    missing = {name: why for name, why in about.get("missing", {}).items() if not name.startswith("sentiment_")}
    absent = [name for name in ("sentiment_score", "sentiment_label") if getattr(row, name) is None]
    row.raw_data = about | {"scored_with": "a person", "missing": missing | dict.fromkeys(absent, NOT_JUDGED)}


def _require_free(named: Mapping[str, str | None], row: NewsEvent) -> None:
    same = Q(source=named["source"], external_id=named["external_id"]) if named["external_id"] else Q(pk=None)
    if named["url"]:
        same |= Q(url=named["url"])
    if (other := NewsEvent.objects.filter(same).exclude(pk=row.pk).first()) is not None:
        raise _known_already(other)


def _known_already(row: NewsEvent | None) -> ConflictError:
    if row is None:
        return ConflictError(_("An item with this address or id is known already."), code="news_known")
    return ConflictError(
        _("%(source)s told this at %(time)s UTC.")
        % {"source": row.source, "time": f"{row.published_at.astimezone(UTC):%Y-%m-%d %H:%M}"},
        code="news_known",
    )
