"""News enter the database: each story once, with what it names, how it sounds, and when it became known."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.fields.json import KT
from django.utils import timezone

from assets.services import Stored
from macro.compute.news_importance import importance, kind
from macro.compute.news_items import NewsItem
from macro.compute.news_sentiment import LEXICON, label, sentiment
from macro.compute.news_tags import Tagger, tagger
from macro.compute.news_text import same_addresses
from macro.models import NewsEvent
from macro.selectors.news_names import tracked_coins

SAME_STORY = timedelta(hours=72)
"""Two items with the same words that are not further apart tell one story, whoever publishes them; a headline that
comes back later (a weekly column) is another."""
UNKNOWN_ZONE = timedelta(hours=12)
"""Times without a stated zone may be of any. Local time is behind UTC by twelve hours at most, so read as UTC they may
be that much too early."""
FEED, FILE = "feed", "file"
DERIVED = ("category", "importance", "sentiment_score", "sentiment_label", "asset_ids")
"""What the product makes of a headline."""
SCORED = "en"
"""The language whose headlines get a sentiment."""
NOT_SENT, NOT_SCORED = "the source gives none", "only English headlines are scored"
LOCK = 0x4E455753
"""Writers follow one another, or two could store one story."""
Repeated = tuple[int, str]


@dataclass(frozen=True)
class StoredNews:
    """What storing did.

    Attributes:
        stored: items by what became of them.
        repeated: items that tell a story which is there already: line and where it stands.
    """

    stored: Stored = field(default_factory=Stored)
    repeated: tuple[Repeated, ...] = ()


def store_fetched_news(items: Iterable[NewsItem], *, language: str = "en", now: datetime | None = None) -> StoredNews:
    """Store what a feed sent just now. It is known from now on, whatever its date, and stays as it was known.

    Args:
        items: sound items of one source.
        language: of their texts; only English ones get a sentiment.
        now: the present, if not the clock's.
    """
    known_at = now or timezone.now()
    return _store([(item, max(known_at, item.published_at)) for item in items], FEED, language)


def store_recorded_news(items: Iterable[NewsItem], *, language: str = "en") -> StoredNews:
    """Store items of files, which were published in the past and whose time zone is not stated.

    They count as known twelve hours after their date. The same file again changes nothing but what the product makes of
    the headlines, when it knows more coins or words by now: no live run has ever seen them.
    """
    return _store([(item, item.published_at + UNKNOWN_ZONE) for item in items], FILE, language)


def _store(items: list[tuple[NewsItem, datetime]], origin: str, language: str) -> StoredNews:
    return _store_some(items, origin, language) if items else StoredNews()


@transaction.atomic
def _store_some(items: list[tuple[NewsItem, datetime]], origin: str, language: str) -> StoredNews:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    known = KnownNews([item for item, _known_at in items])
    coins = tracked_coins()
    finder, symbols = tagger(coins), {coin.key: coin.symbol for coin in coins}
    new: list[NewsEvent] = []
    changed: list[NewsEvent] = []
    repeated: list[Repeated] = []
    equal = 0
    for item, known_at in sorted(items, key=lambda pair: (pair[0].published_at, pair[0].line)):
        row = known.same(item)
        if row is None and (other := known.told(item)) is not None:
            repeated.append((item.line, f"{other.source} told it at {other.published_at:%Y-%m-%d %H:%M} UTC"))
            continue
        if row is None:
            derived = derived_from(item.title, language, finder, symbols)
            row = NewsEvent(**sent_columns(item, language, known_at, origin), **derived, sector_ids=None)
            new.append(row)
            known.add(row)
        elif not row.pk:
            repeated.append((item.line, "it stands here twice"))
        elif (row.raw_data or {}).get("origin") == origin == FILE and _change(
            row, derived_from(row.title, row.language, finder, symbols)
        ):
            changed.append(row)
        else:
            equal += 1
    NewsEvent.objects.bulk_create(new, batch_size=1000)
    NewsEvent.objects.bulk_update(changed, DERIVED, batch_size=1000)
    return StoredNews(Stored(len(new), len(changed), equal), tuple(sorted(repeated)))


def sent_columns(item: NewsItem, language: str, known_at: datetime, origin: str) -> dict[str, Any]:
    """Columns that say what was sent, by whom, and when it became known."""
    missing = {name: NOT_SENT for name in ("external_id", "summary", "url") if getattr(item, name) is None}
    if language != SCORED:
        missing |= dict.fromkeys(("sentiment_score", "sentiment_label"), NOT_SCORED)
    return {
        "source": item.source[:50],
        "external_id": item.external_id,
        "title": item.title,
        "summary": item.summary,
        "url": item.url,
        "language": language,
        "published_at": item.published_at,
        "raw_data": {
            "known_at": known_at.astimezone(UTC).isoformat(),
            "story": item.story,
            "origin": origin,
            "scored_with": LEXICON,
            "missing": missing,
        },
    }


def derived_from(title: str, language: str, finder: Tagger, symbols: dict[int, str]) -> dict[str, Any]:
    """What the product makes of a headline."""
    named = finder.tags(title)
    score = sentiment(title) if language == SCORED else None
    return {
        "category": kind(title),
        "importance": importance(title, score, {symbols[key] for key in named}),
        "sentiment_score": None if score is None else Decimal(str(score)),
        "sentiment_label": None if score is None else label(score),
        "asset_ids": named,
    }


def _change(row: NewsEvent, derived: dict[str, Any]) -> bool:
    """Give a row what is made of it now, but for what a person has said; whether that is something else."""
    said = (row.raw_data or {}).get("curated", ())
    changes = {name: value for name, value in derived.items() if name not in said and getattr(row, name) != value}
    for name, value in changes.items():
        setattr(row, name, value)
    return bool(changes)


class KnownNews:
    """What is stored of the stories that items may tell again."""

    def __init__(self, items: Sequence[NewsItem]) -> None:
        self.by_address: dict[str, NewsEvent] = {}
        self.by_id: dict[tuple[str, str], NewsEvent] = {}
        self.by_story: dict[str, list[NewsEvent]] = defaultdict(list)
        times = [item.published_at for item in items]
        addresses = {address for item in items if item.url for address in same_addresses(item.url)}
        ids = {item.external_id for item in items if item.external_id}
        stories = Q(
            story__in={item.story for item in items},
            published_at__range=(min(times) - SAME_STORY, max(times) + SAME_STORY),
        )
        same = Q(source__in={item.source[:50] for item in items}, external_id__in=ids)
        rows = NewsEvent.objects.annotate(story=KT("raw_data__story"))
        for row in rows.filter(Q(url__in=addresses) | same | stories).order_by("pk"):
            self.add(row)

    def add(self, row: NewsEvent) -> None:
        if row.url:
            self.by_address.update(dict.fromkeys(same_addresses(row.url), row))
        if row.external_id:
            self.by_id[row.source, row.external_id] = row
        if story := (row.raw_data or {}).get("story"):
            self.by_story[story].append(row)

    def same(self, item: NewsItem) -> NewsEvent | None:
        """The row of this very item: the same page, the same id at its source, or the same words of the same source
        and time."""
        if item.url and item.url in self.by_address:
            return self.by_address[item.url]
        if item.external_id and (item.source[:50], item.external_id) in self.by_id:
            return self.by_id[item.source[:50], item.external_id]
        return next(
            (
                row
                for row in self.by_story[item.story]
                if (row.source, row.published_at) == (item.source[:50], item.published_at) and not item.url
            ),
            None,
        )

    def told(self, item: NewsItem) -> NewsEvent | None:
        """A row that tells the same story."""
        return next(
            (row for row in self.by_story[item.story] if abs(row.published_at - item.published_at) <= SAME_STORY), None
        )
