"""News from feeds and files, read, checked and stored."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from assets.providers.text_files import Reject
from assets.services import Stored
from macro.compute.news_items import check_items
from macro.providers.news_feeds import NewsFeed
from macro.providers.news_files import read_headlines
from macro.services.news import StoredNews, store_fetched_news, store_recorded_news


@dataclass(frozen=True)
class NewsCollected:
    """What fetching a feed did.

    Attributes:
        source: the feed.
        stored: items by what became of them.
        repeated: items that told a story which another source had told.
        rejects: items that were refused: place and reason.
        error: why what came is not all.
    """

    source: str
    stored: Stored = field(default_factory=Stored)
    repeated: int = 0
    rejects: list[tuple[int, str]] = field(default_factory=list)
    error: str | None = None


def collect_news(feed: NewsFeed, now: datetime | None = None) -> NewsCollected:
    """Fetch a feed and store what is sound of it. Repeatable: a story that is there stays as it is.

    Args:
        feed: which.
        now: the present, if not the clock's when the answer is there.
    """
    fetched = feed.fetch()
    moment = now or timezone.now()
    checked = check_items(fetched.items, moment)
    done = store_fetched_news(checked.sound, language=feed.language, now=moment)
    rejects = [(fault.line, fault.reason) for fault in checked.faults]
    return NewsCollected(feed.name, done.stored, len(done.repeated), rejects, fetched.error)


def record_news(path: Path, now: datetime) -> tuple[StoredNews, list[Reject]]:
    """Store what is sound of a file of headlines. Repeatable.

    Args:
        path: the file.
        now: what is dated later is refused.
    Returns:
        What became of the items, and the lines that were refused with their reasons.
    Raises:
        UnreadableFile: nothing in it can be used.
    """
    items, rejects = read_headlines(path)
    checked = check_items(items, now)
    refused = [Reject(path.name, fault.line, fault.reason) for fault in checked.faults]
    return store_recorded_news(checked.sound), [*rejects, *refused]
