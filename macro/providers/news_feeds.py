"""Feeds of news, RSS and Atom, asked over our own way out and read from what came."""

from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from macro.compute.news_items import SentItem
from macro.providers.news_documents import readable_document
from system.exceptions import DomainError
from system.http import Budget, Client, Provider
from system.selectors.settings import setting

PREFIX = "rss_"
"""Before a feed's name in the log of calls and in ``PROVIDER_RSS_<NAME>_URL``."""
BUDGETS = (Budget(30, timedelta(minutes=1)),)
"""A feed is asked four times an hour; this leaves room to ask again when it does not answer."""


@dataclass(frozen=True)
class FetchedNews:
    """What a feed answered: items, and why this is not all."""

    items: tuple[SentItem, ...]
    error: str | None = None


@dataclass(frozen=True)
class NewsFeed:
    """A feed, as an admin has set it.

    Attributes:
        name: its name in ``news_events.source``.
        url: where it is.
        language: of its texts.
    """

    name: str
    url: str
    language: str = "en"

    def fetch(self) -> FetchedNews:
        """The items that it has now. Never raises for what the source did: that is told in the answer."""
        parts = urlsplit(self.url)
        provider = Provider(f"{PREFIX}{self.name}", f"{parts.scheme}://{parts.netloc}", BUDGETS)
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        try:
            answer = Client(provider).get(path, endpoint=parts.path or "/")
        except DomainError as error:
            return FetchedNews((), str(error))
        return read_feed(self.name, answer.content, answer.headers.get("content-type", ""))


def standing_feeds() -> list[NewsFeed]:
    """The feeds that admins have set."""
    return [NewsFeed(feed["name"], feed["url"], feed["language"]) for feed in setting("news")["feeds"]]


def read_feed(name: str, content: bytes, content_type: str = "") -> FetchedNews:
    """The items of a feed that came.

    Args:
        name: the feed, for reasons.
        content: the body of the answer.
        content_type: what the server said about it.
    """
    import feedparser  # type: ignore[import-untyped]

    document = readable_document(content, content_type)
    fault = f"{name}: {document.fault}" if document.fault else None
    if not document.content:
        return FetchedNews((), fault or f"{name}: it is no feed")
    # From memory only: what is given as text would be taken for an address or a file and opened.
    read = feedparser.parse(
        BytesIO(document.content),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not read.get("version"):
        return FetchedNews((), fault or f"{name}: it is no feed")
    items = tuple(_item(name, number, entry) for number, entry in enumerate(read["entries"], 1))
    return FetchedNews(items, fault or (None if items else f"{name}: it has no item"))


def _item(source: str, number: int, entry: Any) -> SentItem:
    """An entry as it was sent. What Atom calls updated stands for the date of one that tells no other."""
    kept: dict[str, Any] = dict(entry)  # the reader's own look-up lets one date stand for the other, with a warning
    moment = kept.get("published_parsed") or kept.get("updated_parsed")
    return SentItem(
        number,
        source,
        entry.get("title"),
        _moment(moment),
        entry.get("link"),
        entry.get("id"),
        entry.get("summary"),
    )


def _moment(parsed: Any) -> datetime | None:
    """A date as it was read, in UTC; None for one that no calendar holds."""
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
