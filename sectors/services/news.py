"""Which sectors the news are about."""

import re
from typing import Any

from django.db import connection

from sectors.models import Sector

WORDS: dict[str, tuple[str, ...]] = {
    "artificial-intelligence": ("ai tokens?", "ai coins?", "ai crypto(s|currencies)?", "decentrali[sz]ed ai"),
    "decentralized-finance-defi": ("defi", "decentrali[sz]ed finance", "dexs?", "dexes", "yield farm(ing|s)?"),
    "gaming": ("gamefi", "play[- ]to[- ]earn", "p2e", "(crypto|blockchain|web3|nft) gam(es?|ing)", "metaverse"),
    "infrastructure": ("blockchain infrastructure", "oracle networks?", "cross[- ]chain bridges?"),
    "layer-1": ("layer[- ]1s?", "layer one", "l1s?"),
    "layer-2": ("layer[- ]2s?", "layer two", "l2s?", "rollups?", "zk[- ]?rollups?"),
    "meme-token": ("meme[- ]?(coins?|tokens?)", "dog coins?"),
    "non-fungible-tokens-nft": ("nfts?", "non[- ]fungible tokens?"),
    "payment-solutions": ("crypto payments?", "bitcoin payments?", "lightning network", "remittances?"),
    "privacy-coins": ("privacy[- ](coins?|tokens?)", "mixers?", "tornado cash"),
    "real-world-assets-rwa": (
        "rwas?",
        "real[- ]world assets?",
        "tokeni[sz]ed (treasur(y|ies)|bonds?|gold|real estate)",
    ),
    "smart-contract-platform": ("smart[- ]contract platforms?",),
    "stablecoins": ("stable[- ]?coins?",),
}
"""Words of a sector by its CoinGecko id. Another sector is named by its name, if that has two words or more."""
# A coin stands for its primary sector of the time when the item became known, or an item on a large coin would be about
# nearly every sector.
TAG = """
WITH wanted AS (
    SELECT id, title, asset_ids, coalesce((raw_data->>'known_at')::timestamptz, created_at) AS known_at
    FROM news_events
    WHERE sector_ids IS NULL
       OR (%(recorded)s AND raw_data->>'origin' = 'file' AND NOT coalesce(raw_data->'curated' ? 'sector_ids', false))
), named AS (
    SELECT w.id, m.sector_id
    FROM wanted w
    CROSS JOIN LATERAL unnest(w.asset_ids) AS a(asset_id)
    JOIN sector_mapping m ON m.asset_id = a.asset_id AND m.is_primary_sector
        AND (m.valid_from IS NULL OR m.valid_from <= w.known_at) AND (m.valid_to IS NULL OR m.valid_to > w.known_at)
    JOIN sectors s ON s.id = m.sector_id AND s.is_active
    UNION
    SELECT w.id, p.sector_id
    FROM wanted w JOIN unnest(%(sectors)s::bigint[], %(patterns)s::text[]) AS p(sector_id, pattern)
        ON lower(w.title) ~ p.pattern
), found AS (
    SELECT w.id, array_remove(array_agg(n.sector_id ORDER BY n.sector_id), NULL) AS ids
    FROM wanted w LEFT JOIN named n ON n.id = w.id
    GROUP BY w.id
)
UPDATE news_events e SET sector_ids = found.ids FROM found
WHERE e.id = found.id AND e.sector_ids IS DISTINCT FROM found.ids
"""


def tag_news(*, recorded: bool = False) -> int:
    """Give the news that were not looked at yet the sectors that they are about: the primary sectors of the coins that
    they name, as the memberships stood when they became known, and those whose words stand in the headline. Repeatable.

    Args:
        recorded: news from files once more too, as coins or memberships may have come after them; but for those
            whose sectors a person has named.
    Returns:
        How many items changed.
    """
    patterns = {sector.pk: pattern for sector in Sector.objects.filter(is_active=True) if (pattern := _pattern(sector))}
    parameters: dict[str, Any] = {"recorded": recorded, "sectors": list(patterns), "patterns": list(patterns.values())}
    with connection.cursor() as cursor:
        cursor.execute(TAG, parameters)
        return int(cursor.rowcount)


def _pattern(sector: Sector) -> str | None:
    """What a headline about a sector matches, for the database; None: no word is sure to mean it."""
    words = WORDS.get(sector.coingecko_id, ())
    if not words and len(sector.name.split()) > 1:
        words = (re.escape(sector.name.lower()),)
    return rf"\m({'|'.join(words)})\M" if words else None
