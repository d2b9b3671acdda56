"""What is noted of the demo market besides its candles, for all of its coins at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from assets.choices import DEMO_SOURCE, AssetType
from assets.compute import periods
from assets.models import Asset, AssetListing
from assets.providers.demo import SUFFIX, DemoCoin

FETCHES = """
INSERT INTO ingest_states AS s
    (asset_id, timeframe, source, status, asked_from, asked_until, expected, stored, rejected, started_at)
SELECT id, %(timeframe)s, %(source)s, 'running', %(first)s, %(until)s, 0, 0, 0, now()
FROM unnest(%(assets)s::bigint[]) AS a(id)
ON CONFLICT (asset_id, timeframe, source) DO UPDATE
SET asked_from = least(s.asked_from, excluded.asked_from), asked_until = greatest(s.asked_until, excluded.asked_until),
    started_at = excluded.started_at
"""
# A count of its own for each asset: of candles that the same transaction has just stored the planner knows nothing,
# and would compare each with each.
COUNTS = """
UPDATE ingest_states s
SET status = 'done', error = NULL, finished_at = now(), succeeded_at = now(),
    expected = extract(epoch FROM s.asked_until - s.asked_from) / %(seconds)s,
    stored = (SELECT count(*) FROM price_data c
              WHERE c.asset_id = s.asset_id AND c.timeframe = %(timeframe)s
                AND c.candle_time >= s.asked_from AND c.candle_time < s.asked_until)
           + (SELECT count(*) FROM price_data_archive c
              WHERE c.asset_id = s.asset_id AND c.timeframe = %(timeframe)s
                AND c.candle_time >= s.asked_from AND c.candle_time < s.asked_until)
WHERE s.timeframe = %(timeframe)s AND s.source = %(source)s AND s.asset_id = ANY(%(assets)s)
"""
RANK = """
WITH coins AS (
    SELECT a.id, s.supply, a.last_price_update >= %(fresh)s AS is_traded, round(s.supply * a.current_price, 2) AS cap
    FROM unnest(%(assets)s::bigint[], %(supplies)s::numeric[]) AS s(id, supply) JOIN assets a USING (id)
), ranked AS (
    SELECT id, supply, CASE WHEN is_traded THEN cap END AS cap,
           CASE WHEN is_traded THEN row_number() OVER (PARTITION BY is_traded ORDER BY cap DESC, id) END AS place
    FROM coins
)
UPDATE assets a SET market_cap = r.cap, market_cap_rank = r.place, circulating_supply = r.supply
FROM ranked r
WHERE a.id = r.id
  AND (a.market_cap, a.market_cap_rank, a.circulating_supply) IS DISTINCT FROM (r.cap, r.place, r.supply)
"""


def register_demo_assets(coins: Sequence[DemoCoin]) -> dict[str, Asset]:
    """The assets of the coins, by the coins' symbols; made where they are not there yet, all in one statement."""
    known = {asset.symbol: asset for asset in Asset.objects.filter(data_source=DEMO_SOURCE)}
    Asset.objects.bulk_create([_asset(coin) for coin in coins if coin.demo_symbol not in known])
    nameless = [known[c.demo_symbol] for c in coins if c.demo_symbol in known and not known[c.demo_symbol].external_ids]
    for asset in nameless:
        asset.external_ids = {DEMO_SOURCE: asset.symbol.removesuffix(SUFFIX)}
    Asset.objects.bulk_update(nameless, ["external_ids"])
    assets = {asset.symbol: asset for asset in Asset.objects.filter(data_source=DEMO_SOURCE)}
    return {coin.symbol: assets[coin.demo_symbol] for coin in coins}


def _asset(coin: DemoCoin) -> Asset:
    return Asset(
        symbol=coin.demo_symbol,
        name=f"{coin.name} (demo)",
        asset_type=AssetType.STABLECOIN if coin.is_stable else AssetType.CRYPTO,
        data_source=DEMO_SOURCE,
        quote_currency="USD",
        external_ids={DEMO_SOURCE: coin.symbol},
        metrics_details={"pegged_to": "USD"} if coin.is_stable else {},
    )


def note_fetches(timeframe: str, asset_ids: Sequence[int], first: datetime, until: datetime) -> None:
    """Note that the demo market told all that it has of ``[first, until)``: what is missing there are gaps."""
    parameters: dict[str, Any] = {
        "timeframe": timeframe,
        "source": DEMO_SOURCE,
        "assets": list(asset_ids),
        "first": periods.start(first, timeframe),
        "until": periods.start(until, timeframe),
        "seconds": int(periods.LENGTHS[timeframe].total_seconds()),
    }
    with connection.cursor() as cursor:
        cursor.execute(FETCHES, parameters)
        cursor.execute(COUNTS, parameters)


def note_listings(spans: Mapping[int, tuple[datetime, datetime | None]]) -> None:
    """Note since when each asset is traded, and until when.

    Args:
        spans: begin and end by asset; None while it is traded.
    """
    known = {listing.asset_id: listing for listing in AssetListing.objects.filter(source=DEMO_SOURCE)}
    new = [
        AssetListing(asset_id=asset_id, source=DEMO_SOURCE, listed_at=begin, delisted_at=end)
        for asset_id, (begin, end) in spans.items()
        if asset_id not in known
    ]
    AssetListing.objects.bulk_create(new)
    for asset_id, (_begin, end) in spans.items():
        listing = known.get(asset_id)
        if listing is not None and listing.delisted_at != end:
            listing.delisted_at = end
            listing.save(update_fields=["delisted_at", "updated_at"])


def rank_by_cap(supplies: Mapping[int, float], fresh: datetime) -> None:
    """Supply of every asset; market cap and rank of those that have a price of ``fresh`` or later."""
    parameters: dict[str, Any] = {"assets": list(supplies), "supplies": list(supplies.values()), "fresh": fresh}
    with connection.cursor() as cursor:
        cursor.execute(RANK, parameters)
