"""How much the news speak of each sector."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from assets.choices import Market
from macro.selectors.news_known import NEWS_AS_KNOWN

RECENT, BEFORE = timedelta(days=7), timedelta(days=35)
LEAST_HEADLINES = 5
"""Fewer than this in a week are no narrative."""
COUNTS = """
WITH known AS (
    SELECT n.sector_ids, n.known_at > %(recent)s AS is_recent FROM (NEWS_AS_KNOWN) n
    WHERE n.known_at > %(before)s AND n.known_at <= %(as_of)s AND cardinality(n.sector_ids) > 0
), total AS (
    SELECT count(*) FILTER (WHERE is_recent) AS recent, count(*) FILTER (WHERE NOT is_recent) AS before FROM known
)
SELECT sector_id, count(*) FILTER (WHERE is_recent), count(*) FILTER (WHERE NOT is_recent), total.recent, total.before
FROM known CROSS JOIN unnest(sector_ids) AS sector_id CROSS JOIN total
GROUP BY sector_id, total.recent, total.before ORDER BY sector_id
""".replace("NEWS_AS_KNOWN", NEWS_AS_KNOWN)


@dataclass(frozen=True)
class Attention:
    """Headlines that name a sector or its coins.

    Attributes:
        headlines: of the last seven days.
        share: part of all headlines of these days that name any sector, 0-1.
        share_before: the same of the four weeks before; None without any headline then.
    """

    headlines: int
    share: float
    share_before: float | None

    @property
    def is_narrative(self) -> bool:
        """Whether it is spoken of, and more than before."""
        more = self.share_before is None or self.share > self.share_before
        return self.headlines >= LEAST_HEADLINES and more


def sector_attention(as_of: datetime, market: Market) -> dict[int, Attention] | None:
    """Attention by sector, in the headlines that had become known by ``as_of``; None when none of the last seven days
    names a sector. The demo market has no news."""
    if market == Market.DEMO:
        return None
    bounds = {"as_of": as_of, "recent": as_of - RECENT, "before": as_of - BEFORE, "oldest": as_of - BEFORE - RECENT}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, bounds)
        rows = cursor.fetchall()
    if not rows or not rows[0][3]:
        return None
    return {
        sector_id: Attention(recent, recent / all_recent, before / all_before if all_before else None)
        for sector_id, recent, before, all_recent, all_before in rows
    }
