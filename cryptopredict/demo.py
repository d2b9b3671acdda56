"""The demo market in the database: loaded when there is no market data, continued as time goes on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from django.db import transaction
from django.db.models import Max

from assets.choices import DEMO_SOURCE, AssetType
from assets.compute import periods
from assets.models import Asset, PriceData
from assets.providers import demo
from assets.services import Stored, ensure_partitions, find_gaps, refresh_quotes, repair_gaps, store_batch
from assets.services.demo_market import note_fetches, note_listings, rank_by_cap, register_demo_assets
from assets.services.running import see_running
from cryptopredict.demo_values import caps_and_volumes, market_series
from macro.services.series_batches import store_series
from sectors.services import Membership, assign_memberships

SPANS = {"1d": timedelta(days=3 * 365), "1h": timedelta(days=365)}
"""How far back candles of a timeframe are stored."""
RECENT = timedelta(days=2)
"""Of so many days there are always candles at hand, new or not; a coin without a price of them is traded no more."""
BITCOIN = "BTC"
MOST_GAPS = 1000
"""Gaps that are asked for at once: all of them."""


@dataclass(frozen=True)
class DemoLoaded:
    """What loading stored."""

    candles: Stored
    values: Stored


def ensure_demo_market(now: datetime) -> DemoLoaded | None:
    """Load the demo market up to ``now``, or continue it: all of it or nothing. Repeatable.

    Returns:
        None when there is real market data: the demo market is not needed, and not continued.
    """
    if PriceData.objects.exclude(asset__data_source=DEMO_SOURCE).exists():
        return None
    for timeframe, span in SPANS.items():
        ensure_partitions(timeframe, now - span, now)  # by the owner's role, so before the first row is written
    with transaction.atomic():
        return _load(now)


def settle_gaps() -> None:
    """Look for gaps as in any market, and ask the demo market, which confirms its outages."""
    ids = list(Asset.objects.filter(data_source=DEMO_SOURCE).values_list("pk", flat=True))
    for timeframe in SPANS:
        find_gaps(timeframe, ids)
    repair_gaps(limit=MOST_GAPS, asset_ids=ids)


def _load(now: datetime) -> DemoLoaded:
    blocks = list(demo.simulate(now))
    assets = _register([coin for coin in demo.COINS if coin.was_listed(now)])
    _note_listings(assets, now)
    begins = {timeframe: _begins(timeframe, assets, blocks, now) for timeframe in SPANS}
    first = min(begin for of_timeframe in begins.values() for begin in of_timeframe.values())
    hourly = demo.hourly_candles(blocks, periods.start(min(first, now - RECENT), "1d"))
    markets = {"1d": demo.aggregate(hourly, periods.LENGTHS["1d"]), "1h": hourly}
    stored = {
        timeframe: store_batch(timeframe, _frame(market, assets, begins[timeframe]))
        for timeframe, market in markets.items()
    }
    _show_running_day(hourly, assets, now)
    for timeframe, of_timeframe in begins.items():
        note_fetches(timeframe, [assets[symbol].pk for symbol in of_timeframe], now - SPANS[timeframe], now)
    series = list(market_series(blocks, first))
    if stored["1d"].new or stored["1d"].changed:
        series += caps_and_volumes(markets["1d"], assets)
    values = store_series(series, source=DEMO_SOURCE)
    refresh_quotes([asset.pk for asset in assets.values()])
    supplies = {asset.pk: demo.COINS[demo.PLACES[symbol]].supply for symbol, asset in assets.items()}
    rank_by_cap(supplies, fresh=now - RECENT)
    return DemoLoaded(stored["1d"] + stored["1h"], values)


def _register(coins: Sequence[demo.DemoCoin]) -> dict[str, Asset]:
    """The assets of the coins by the coins' symbols, in their sectors."""
    before = Asset.objects.filter(data_source=DEMO_SOURCE).exclude(asset_type=AssetType.INDEX).count()
    assets = register_demo_assets(coins)
    if before < len(assets):
        assign_memberships(Membership(line, coin.demo_symbol, coin.sector, line) for line, coin in enumerate(coins, 1))
    return assets


def _note_listings(assets: Mapping[str, Asset], now: datetime) -> None:
    spans = {}
    for symbol, asset in assets.items():
        coin = demo.COINS[demo.PLACES[symbol]]
        ended = coin.delisted_at if coin.delisted_at is not None and coin.delisted_at <= now else None
        spans[asset.pk] = (coin.listed_at or demo.START, ended)
    note_listings(spans)


def _frame(market: demo.DemoCandles, assets: Mapping[str, Asset], begins: Mapping[str, datetime]) -> pl.DataFrame:
    """Candles of all coins that have a begin, each from there on."""
    return pl.concat(
        demo.candle_frame(market, demo.PLACES[symbol], begin).with_columns(asset_id=pl.lit(assets[symbol].pk, pl.Int64))
        for symbol, begin in begins.items()
    )


def _show_running_day(hourly: demo.DemoCandles, assets: Mapping[str, Asset], now: datetime) -> None:
    """The candle of today, as far as its hours are over."""
    today = _frame(demo.running_day(hourly), assets, dict.fromkeys(assets, demo.START))
    see_running("1d", today.with_columns(is_derived=pl.lit(value=False)), now)


def _begins(
    timeframe: str, assets: Mapping[str, Asset], blocks: Sequence[demo.DemoPaths], now: datetime
) -> dict[str, datetime]:
    """Where storing begins, by coin: at its newest stored candle; for a new one, as far back as is wanted.

    Coins whose trade has ended are left out once they are complete. When another simulation made what is stored, as an
    older version of the product did, everything is stored anew, so that no price jumps where the two would meet.
    """
    length = periods.LENGTHS[timeframe]
    stored = PriceData.objects.filter(timeframe=timeframe, asset__in=assets.values())
    newest = dict(stored.values_list("asset_id").annotate(Max("candle_time")))
    if not _is_ours(newest.get(assets[BITCOIN].pk), timeframe, assets[BITCOIN], blocks):
        newest = {}
    wanted = periods.start(now - SPANS[timeframe], timeframe)
    begins = {symbol: newest.get(asset.pk, wanted) for symbol, asset in assets.items()}
    ends = {coin.symbol: coin.delisted_at for coin in demo.COINS if coin.delisted_at is not None}
    return {symbol: begin for symbol, begin in begins.items() if symbol not in ends or begin + length < ends[symbol]}


def _is_ours(newest: datetime | None, timeframe: str, asset: Asset, blocks: Sequence[demo.DemoPaths]) -> bool:
    """Whether the newest stored candle of an asset closed at the price that this simulation has for that moment."""
    if newest is None:
        return True
    candle = PriceData.objects.get(asset=asset, timeframe=timeframe, candle_time=newest)
    price = demo.price_at(blocks, demo.PLACES[BITCOIN], periods.end(newest, timeframe))
    return price is None or math.isclose(price, candle.close_price, rel_tol=1e-7)
