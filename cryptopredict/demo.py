"""The demo market in the database: loaded when there is no market data, continued as time goes on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from django.db.models import Max

from assets.choices import DEMO_SOURCE, AssetType
from assets.models import Asset, PriceData
from assets.providers import demo
from assets.services import Stored, refresh_quotes, register_asset, store_candles
from macro.providers.demo import daily_series
from macro.selectors.series import DEMO_PREFIX
from macro.services import register_series, store_values
from sectors.services import Membership, assign_memberships

SPANS = {"1d": (24, timedelta(days=800)), "1h": (1, timedelta(days=60))}
"""Hours per candle and how far back candles of a timeframe are stored."""
DAY = timedelta(days=1)
TETHER = ("USDT", 90e9)


@dataclass(frozen=True)
class DemoLoaded:
    """What loading stored."""

    candles: Stored
    values: Stored


def ensure_demo_market(now: datetime) -> DemoLoaded | None:
    """Load the demo market up to ``now``, or continue it. Repeatable.

    Returns:
        None when there is real market data: the demo market is not needed, and not continued.
    """
    if PriceData.objects.exclude(asset__data_source=DEMO_SOURCE).exists():
        return None
    market = demo.simulate(now)
    assets = [_register(coin) for coin in demo.COINS]
    assign_memberships(Membership(line, coin.demo_symbol, coin.sector, line) for line, coin in enumerate(demo.COINS, 1))
    candles = Stored()
    for timeframe, (hours, span) in SPANS.items():
        block = demo.aggregate(market, hours)
        since = int((_newest(timeframe) or now - span).timestamp())
        for place, asset in enumerate(assets):
            candles += store_candles(asset.pk, timeframe, _frame(block, place, since))
    values = _store_macro(market, now) + _store_caps(market, assets)
    refresh_quotes([asset.pk for asset in assets])
    return DemoLoaded(candles, values)


def _register(coin: demo.DemoCoin) -> Asset:
    return register_asset(coin.demo_symbol, data_source=DEMO_SOURCE, quote="USD", name=f"{coin.name} (demo)")


def _newest(timeframe: str) -> datetime | None:
    """Start of the newest candle that is stored already."""
    newest = PriceData.objects.filter(timeframe=timeframe, asset__data_source=DEMO_SOURCE).aggregate(Max("candle_time"))
    found: datetime | None = newest["candle_time__max"]
    return found


def _frame(block: demo.DemoCandles, place: int, since: int) -> pl.DataFrame:
    """Candles of one coin from ``since`` on. Prices get nine significant digits, as an exchange rounds them too."""
    wanted = block.times >= since
    coins = block.base_volume[wanted, place]
    typical = (block.high + block.low + block.close)[wanted, place] / 3
    prices = {name: getattr(block, name)[wanted, place] for name in ("open", "high", "low", "close")}
    return pl.DataFrame(
        {
            "candle_time": pl.Series(block.times[wanted] * 1_000_000).cast(pl.Datetime("us", "UTC")),
            **prices,
            "volume": coins,
            "trade_count": np.maximum(1, coins * typical / 900).astype(np.int64),
            "quote_volume": np.round(coins * typical, 2),
        }
    ).with_columns(pl.col("open", "high", "low", "close", "volume").round_sig_figs(9))


def _store_macro(market: demo.DemoMarket, now: datetime) -> Stored:
    """Macro series, by whole days; known when the day is over."""
    days = len(market.times) // 24
    first: date = demo.START.date()
    total = Stored()
    for series in daily_series(first, market.factor[23 : days * 24 : 24], market.stress[23 : days * 24 : 24]):
        row = register_series(
            f"{DEMO_PREFIX}{series.code}", name=series.name, kind=series.kind, unit=series.unit, source=DEMO_SOURCE
        )
        recent = series.days * 86400 >= (now - SPANS["1d"][1]).timestamp()
        total += store_values(row, _values(series.days[recent], series.values[recent]))
    return total


def _store_caps(market: demo.DemoMarket, assets: list[Asset]) -> Stored:
    """Market caps and volumes by day: a fixed supply at the day's close. A stablecoin has a cap, but no candles."""
    daily = demo.aggregate(market, 24)
    recent = daily.times >= daily.times[-1] - int(SPANS["1d"][1].total_seconds())
    days = daily.times[recent] // 86400
    dollars = daily.base_volume * (daily.high + daily.low + daily.close) / 3
    total = Stored()
    for place, (coin, asset) in enumerate(zip(demo.COINS, assets, strict=True)):
        for kind, figures in (("market_cap", coin.supply * daily.close[:, place]), ("volume", dollars[:, place])):
            total += _store_daily(asset, kind, days, figures[recent])
    symbol, cap = TETHER
    tether = register_asset(
        f"{symbol}{demo.SUFFIX}",
        data_source=DEMO_SOURCE,
        quote="USD",
        name="Tether (demo)",
        asset_type=AssetType.STABLECOIN,
        metrics_details={"pegged_to": "USD"},
    )
    return total + _store_daily(tether, "market_cap", days, np.full(len(days), cap))


def _store_daily(asset: Asset, kind: str, days: np.ndarray, figures: np.ndarray) -> Stored:
    code = f"{DEMO_PREFIX}{kind.upper()}:{asset.symbol}"
    name = f"{kind.replace('_', ' ')} of {asset.name}".capitalize()
    return store_values(
        register_series(code, name=name, kind=kind, unit="USD", source=DEMO_SOURCE, asset=asset), _values(days, figures)
    )


def _values(days: np.ndarray, figures: np.ndarray) -> pl.DataFrame:
    """A frame as ``store_values`` wants it: observed on the day, known when it is over."""
    observed = pl.Series(days * 86_400_000_000).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(
        {
            "observed_at": observed,
            "known_at": observed + DAY,
            "value": pl.Series(figures).round_sig_figs(12),
        }
    )
