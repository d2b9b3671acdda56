"""News as they were known at a moment, and as people are shown them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from assets.choices import Market
from assets.models import Asset
from macro.compute.news_mood import WEIGHTS, Mood, mood
from macro.models import NewsEvent
from macro.selectors.news_known import NEWS_AS_KNOWN

HOUR = timedelta(hours=1)
STALE = timedelta(hours=24)
"""What was older when it became known is kept, but moves no mood: it was news to nobody."""
# What was not published long ago moves no mood. What people write in by hand is known since then.
KNOWN = """
SELECT n.known_at, n.score, n.importance, n.asset_ids
FROM (NEWS_AS_KNOWN) n
WHERE n.score IS NOT NULL
  AND n.known_at > %(since)s AND n.known_at <= %(as_of)s AND n.known_at - n.published_at <= %(stale)s
ORDER BY n.known_at, n.id
""".replace("NEWS_AS_KNOWN", NEWS_AS_KNOWN)


@dataclass(frozen=True)
class NewsMood(Mood):
    """The mood of the news that became known in some hours.

    Attributes:
        newest: when the newest of them became known.
        by_asset: mood of the headlines that name an asset, by its id; a headline counts for each that it names.
        by_hour: mood of each hour, counted back from ``as_of``, in which something became known, by its start.
    """

    newest: datetime
    by_asset: dict[int, Mood] = field(default_factory=dict)
    by_hour: dict[datetime, Mood] = field(default_factory=dict)


def news_mood(as_of: datetime, hours: int = 24, *, market: Market = Market.REAL) -> NewsMood | None:
    """Count, mean and dispersion of the sentiment of the news that became known in the hours before ``as_of``.

    Args:
        as_of: what became known later is not read.
        hours: how far back, at least 1.
        market: the demo market has no news.
    Returns:
        None: no news with a sentiment are known of that time.
    """
    if market == Market.DEMO:
        return None
    since = as_of - hours * HOUR
    bounds: dict[str, Any] = {"as_of": as_of, "since": since, "oldest": since - STALE, "stale": STALE}
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, bounds)
        rows = cursor.fetchall()
    if not rows:
        return None
    by_asset: dict[int, list[int]] = defaultdict(list)
    by_hour: dict[datetime, list[int]] = defaultdict(list)
    for place, (known_at, _score, _importance, asset_ids) in enumerate(rows):
        by_hour[as_of - HOUR * (1 + (as_of - known_at) // HOUR)].append(place)
        for asset_id in asset_ids or ():
            by_asset[asset_id].append(place)
    scores = np.array([row[1] for row in rows])
    weights = np.array([WEIGHTS[row[2]] for row in rows])
    whole = _mood(scores, weights, range(len(rows)))
    return NewsMood(
        whole.count,
        whole.mean,
        whole.dispersion,
        rows[-1][0],
        {asset_id: _mood(scores, weights, places) for asset_id, places in sorted(by_asset.items())},
        {hour: _mood(scores, weights, places) for hour, places in sorted(by_hour.items())},
    )


def _mood(scores: np.ndarray, weights: np.ndarray, places: Iterable[int]) -> Mood:
    chosen = list(places)
    found = mood(scores[chosen], weights[chosen])
    if found is None:
        raise ValueError("a mood needs a headline")
    return found


@dataclass(frozen=True)
class NewsFilter:
    """Which news are wanted; None: any.

    Attributes:
        asset, sector: ids of what they name.
        importance, sentiment: as stored.
        since, until: time of publishing, ``until`` not included.
        search: words of the headline, each of them.
    """

    asset: int | None = None
    sector: int | None = None
    importance: str | None = None
    sentiment: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None


def shown_news(wanted: NewsFilter | None = None) -> QuerySet[NewsEvent]:
    """The news that people are shown, newest first, without what is kept for the product's own use."""
    found = NewsEvent.objects.filter(withdrawn_at=None).defer("raw_data").order_by("-published_at", "-pk")
    given = wanted or NewsFilter()
    conditions = {
        "asset_ids__contains": None if given.asset is None else [given.asset],
        "sector_ids__contains": None if given.sector is None else [given.sector],
        "importance": given.importance,
        "sentiment_label": given.sentiment,
        "published_at__gte": given.since,
        "published_at__lt": given.until,
    }
    found = found.filter(**{name: value for name, value in conditions.items() if value is not None})
    return with_words(found, given.search or "")


def with_words(news: QuerySet[NewsEvent], words: str) -> QuerySet[NewsEvent]:
    """News whose headline has each of the words."""
    for word in words.split():
        news = news.filter(title__icontains=word)
    return news


def named_assets(news: Iterable[NewsEvent]) -> dict[int, Asset]:
    """The assets that some news name, by id, in one query."""
    return Asset.objects.in_bulk({asset_id for item in news for asset_id in item.asset_ids or ()})
