"""What is fetched from outside besides candles: coins, pairs, series, news. Each piece of work leaves its row."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from assets.services import sync_listings, sync_universe
from macro.providers.base import SeriesSource
from macro.providers.news_feeds import NewsFeed, standing_feeds
from macro.services import copy_market_caps
from macro.services.collection import collect_series, standing_sources
from macro.services.news_collection import collect_news
from sectors.services.news import tag_news
from system.exceptions import DomainError
from system.services import background_task, setting
from system.services.background import IncompleteError

KIND = "ingest"
MOST_TOLD = 20
"""Rejects and faults of one piece of work that its row tells."""


def is_collecting() -> bool:
    """Whether anything may be fetched from outside."""
    return bool(setting("collection")["enabled"])


def collect_coins(now: datetime) -> None:
    """Bring the coins, their size and their pairs up to date; nothing happens while collection is off."""
    if not is_collecting():
        return
    count = setting("collection")["assets"]
    _keep("assets.services.sync_universe", {"count": count}, partial(_universe, now, count))
    _keep("assets.services.sync_listings", {}, partial(_listings, now))


def collect_all_series(now: datetime) -> None:
    """Bring every series from outside up to date; nothing happens while collection is off."""
    if not is_collecting():
        return
    for source in standing_sources(setting("collection")["assets"]):
        _keep("macro.services.collect_series", {"source": source.name}, partial(_series, source, now))
    copy_market_caps()


def collect_all_news(now: datetime | None = None) -> None:
    """Read every feed of news; nothing happens while collection is off.

    Args:
        now: the present, if not the clock's when an answer is there.
    """
    if not is_collecting():
        return
    for feed in standing_feeds():
        _keep("macro.services.collect_news", {"source": feed.name}, partial(_news, feed, now))


def _universe(now: datetime, count: int) -> tuple[dict[str, Any], str | None]:
    done = sync_universe(now, count=count)
    told = {"new": done.new, "changed": done.changed, "unchanged": done.unchanged}
    return told | _rejected(done.rejects), done.error


def _listings(now: datetime) -> tuple[dict[str, Any], str | None]:
    done = sync_listings(now)
    told = {"pairs": done.pairs, "named": done.named, "ended": done.ended}
    return told | _rejected(list(done.rejects)), None


def _series(source: SeriesSource, now: datetime) -> tuple[dict[str, Any], str | None]:
    done = collect_series(source, now)
    told = {
        "new": sum(stored.new for stored in done.stored.values()),
        "changed": sum(stored.changed for stored in done.stored.values()),
        "unchanged": sum(stored.equal for stored in done.stored.values()),
    }
    faults = [f"{code}: {reason}" for code, reason in sorted(done.faults.items())]
    return told | _rejected(done.rejects), "; ".join(faults[:MOST_TOLD]) or None


def _news(feed: NewsFeed, now: datetime | None) -> tuple[dict[str, Any], str | None]:
    done = collect_news(feed, now)
    tag_news()  # at once, or a run that begins meanwhile would see news without their sectors
    told = {"new": done.stored.new, "unchanged": done.stored.equal, "repeated": done.repeated}
    return told | _rejected(done.rejects), done.error


def _rejected(rejects: list[Any]) -> dict[str, Any]:
    return {"rejected": len(rejects), "rejects": [list(reject) for reject in rejects[:MOST_TOLD]]}


def _keep(name: str, params: dict[str, Any], work: Callable[[], tuple[dict[str, Any], str | None]]) -> None:
    """Do a piece of work and keep how it ended; that one source does not answer must not stop the others."""
    with background_task(name, KIND, params) as row:
        try:
            row.result_data, error = work()
        except DomainError as refusal:
            raise IncompleteError(str(refusal)) from refusal
        if error is not None:
            raise IncompleteError(error)
