"""Fetching candles: from where the stored ones end to the newest close, asset by asset, each with its own verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from django.db import connection
from django.db.models import F
from django.utils import timezone

from assets.choices import DEMO_SOURCE, AssetType, IngestStatus
from assets.compute import periods
from assets.models import Asset, AssetListing
from assets.providers.base import CandleSource, Fetched, broken_off, raw_frame
from assets.services.aggregation import derive_candles
from assets.services.ingest import Stored, ingest_candles
from assets.services.ingest_states import begin_fetch, end_fetch
from assets.services.quotes import refresh_quotes
from assets.services.sources import source_of
from system.exceptions import InvalidInput
from system.services import setting

REREAD = 2
"""Newest stored candles that are fetched once more: exchanges correct them shortly after the close."""
PAGES_PER_PART = 10
"""Calls whose candles are stored together."""
BEFORE_LISTING = timedelta(days=30)
"""Who was not traded for so long before had not been listed."""
NEWEST = """
SELECT a.id, c.candle_time FROM unnest(%(assets)s::bigint[]) AS a(id)
CROSS JOIN LATERAL (
    SELECT candle_time FROM price_data WHERE asset_id = a.id AND timeframe = %(timeframe)s AND NOT is_derived
    ORDER BY candle_time DESC LIMIT 1
) c
"""


@dataclass
class Collected:
    """What fetching for some assets did.

    Attributes:
        stored: candles of all of them together.
        rejected: rows that were refused.
        assets: how many were fetched.
        faults: reason by symbol, of each whose fetch was not complete.
    """

    stored: Stored = field(default_factory=Stored)
    rejected: int = 0
    assets: int = 0
    faults: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As ``background_tasks.result_data`` keeps it."""
        return {
            "assets": self.assets,
            "new": self.stored.new,
            "changed": self.stored.changed,
            "unchanged": self.stored.equal,
            "rejected": self.rejected,
            "faults": self.faults,
        }


def collected_assets(timeframe: str) -> list[int]:
    """Assets whose candles of a timeframe are fetched, the largest first; none while collection is off."""
    wanted = setting("collection")
    if not wanted["enabled"] or timeframe not in wanted["timeframes"]:
        return []
    tradable = Asset.objects.filter(
        is_active=True,
        asset_type__in=[AssetType.CRYPTO, AssetType.STABLECOIN],
        external_ids__has_key=wanted["exchange"],
    ).exclude(data_source=DEMO_SOURCE)
    ordered = tradable.order_by(F("market_cap_rank").asc(nulls_last=True), "id")
    return list(ordered.values_list("pk", flat=True)[: wanted["assets"]])


def collect_candles(
    timeframe: str, asset_ids: Sequence[int], until: datetime, *, source: CandleSource | None = None
) -> Collected:
    """Fetch the candles of some assets that closed by ``until`` and are not stored yet; those of a timeframe that a
    source lacks are aggregated. Repeatable.

    A fault of one asset does not stop the others; each keeps its state (``ingest_states``), so that an incomplete
    fetch is told as partial or failed and taken up again where the stored candles end.

    Args:
        timeframe: length of the candles.
        asset_ids: whose candles.
        until: candles that are closed by then are wanted.
        source: asked instead of the assets' own source.
    """
    until = periods.start(until, timeframe)
    done, newest, lacking = Collected(), _newest(timeframe, asset_ids), list[int]()
    for asset in Asset.objects.filter(pk__in=asset_ids).order_by("pk"):
        asked = source or source_of(asset)
        done.assets += 1
        if asked is not None and timeframe not in asked.capabilities.timeframes:
            lacking.append(asset.pk)
            continue
        fault = _collect(asset, timeframe, newest.get(asset.pk), until, asked, done)
        if fault is not None:
            done.faults[asset.symbol] = fault
    if lacking:
        days = setting("collection")["history_days"][timeframe]
        done.stored += derive_candles(lacking, timeframe, until, since=until - timedelta(days=days))
    refresh_quotes(list(asset_ids))
    return done


def _collect(
    asset: Asset, timeframe: str, newest: datetime | None, until: datetime, source: CandleSource | None, done: Collected
) -> str | None:
    """Fetch and store for one asset.

    Returns:
        Why its candles are not complete; None when they are.
    """
    if source is None:
        return "no source has candles of it"
    earliest = _earliest(asset, timeframe, source.name, until)
    first = earliest if newest is None else max(earliest, _before(newest, timeframe, REREAD - 1))
    if first >= until:
        return None
    state = begin_fetch(asset.pk, timeframe, source.name, earliest, until)
    pair = (asset.external_ids or {}).get(source.name)
    if pair is None:
        fault = f"{asset.symbol} has no pair at {source.name}"
        end_fetch(state, error=fault)
        return fault
    rejected = 0
    try:
        for begin, end in _stretches(first, until, timeframe, source):
            now = timezone.now()
            fetched = fetch(source, pair, timeframe, (begin, end), now)
            report = ingest_candles(of_asset(asset, fetched), timeframe, now)
            done.stored += report.stored
            rejected += len(report.rejected)
            if begin == state.asked_from and fetched.complete:
                _learn_listing(asset, source, pair, begin, fetched)
            if not fetched.complete:
                break
    except BaseException as error:
        end_fetch(state, rejected=rejected, error=f"{type(error).__name__}: {error}")
        raise
    done.rejected += rejected
    state = end_fetch(state, rejected=rejected, error=fetched.error)
    return None if state.status == IngestStatus.DONE else state.error


def _earliest(asset: Asset, timeframe: str, source: str, until: datetime) -> datetime:
    """Where the history of an asset begins: as far back as is wanted, but not before it was listed."""
    days = setting("collection")["history_days"][timeframe]
    wanted = until - timedelta(days=days)
    listed = AssetListing.objects.filter(asset=asset, source=source).order_by("listed_at").first()
    begin = wanted if listed is None else max(wanted, listed.listed_at)
    on_grid = periods.start(begin, timeframe)
    return on_grid if listed is not None or on_grid == begin else periods.end(on_grid, timeframe)


def _before(moment: datetime, timeframe: str, candles: int) -> datetime:
    """Start of the candle that lies ``candles`` before the one that starts at ``moment``."""
    for _ in range(candles):
        moment = periods.start(moment - timedelta(microseconds=1), timeframe)
    return moment


def _stretches(
    first: datetime, until: datetime, timeframe: str, source: CandleSource
) -> Iterable[tuple[datetime, datetime]]:
    """A long span in parts that are stored one by one: a worker that dies loses one of them at most. The last one
    reaches over the candle that is running now."""
    if until == periods.start(timezone.now(), timeframe):
        until = periods.end(until, timeframe)
    while first < until:
        end = first
        for _ in range(source.limits.rows_per_call * PAGES_PER_PART):
            end = periods.end(end, timeframe)
            if end >= until:
                break
        yield first, end
        first = end


def fetch(source: CandleSource, pair: str, timeframe: str, span: tuple[datetime, datetime], now: datetime) -> Fetched:
    """Candles that start in a span. A pair of which the source wants to know nothing is a fault of one asset too."""
    try:
        return source.fetch_candles(pair, timeframe, *span, now=now)
    except InvalidInput as error:
        return broken_off(raw_frame(()), 0, error)


def of_asset(asset: Asset, fetched: Fetched) -> pl.DataFrame:
    """Rows of a source as the candles of an asset."""
    return fetched.rows.with_columns(asset_id=pl.lit(asset.pk, pl.Int64))


def _learn_listing(asset: Asset, source: CandleSource, pair: str, begin: datetime, fetched: Fetched) -> None:
    """A source that has everything but the beginning, and nothing of the time before, began to trade the asset later
    than we asked for. If it has older candles the beginning is a gap like any other."""
    if fetched.rows.is_empty() or "1d" not in source.capabilities.timeframes:
        return
    oldest = datetime.fromisoformat(fetched.rows["candle_time"][0])
    if oldest <= begin or AssetListing.objects.filter(asset=asset, source=source.name).exists():
        return
    day = periods.start(begin, "1d")
    older = fetch(source, pair, "1d", (day - BEFORE_LISTING, day), timezone.now())
    if older.complete and older.rows.is_empty():
        AssetListing.objects.create(asset=asset, source=source.name, listed_at=oldest)


def _newest(timeframe: str, asset_ids: Sequence[int]) -> dict[int, datetime]:
    """Start of the newest stored candle of each asset that has one."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, {"assets": list(map(int, asset_ids)), "timeframe": timeframe})
        return dict(cursor.fetchall())
