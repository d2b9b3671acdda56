"""A small market with all that can happen to a sector: coins that come and die, members that change, caps and none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection

from aimodels.services.registry import ensure_rules
from assets.models import Asset
from macro.models import MetricsSnapshot
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, Sector, SectorHistory, SectorRotationFlow
from sectors.rules import SECTOR_RULES
from sectors.services import SectorAnalyses, analyse_sectors
from tests.factories import (
    AssetFactory,
    ExternalSeriesFactory,
    MetricsSnapshotFactory,
    SectorFactory,
    SectorMappingFactory,
)

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 160
END = FIRST + DAYS * DAY
CANDLES = """
INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume)
SELECT %(asset)s, '1d', %(first)s + d * interval '1 day', c, c * 2, c / 2, c, v
FROM unnest(%(days)s::int[], %(close)s::numeric[], %(volume)s::numeric[]) AS rows(d, c, v)
"""
CAPS = """
INSERT INTO external_values (series_id, observed_at, known_at, value)
SELECT %(series)s, %(first)s + d * interval '1 day', %(first)s + (d + 1) * interval '1 day', v
FROM unnest(%(days)s::int[], %(values)s::numeric[]) AS rows(d, v)
"""
OMITTED = {"id", "run_id", "series", "created_at", "updated_at", "metrics_snapshot_id", "ai_model_id"}


@dataclass(frozen=True)
class Coin:
    """A coin and the days on which it traded.

    Attributes:
        sectors: names, with the days of membership (None = since ever, still).
        supply: coins in circulation by day, for its market cap; None = nobody knows it.
    """

    symbol: str
    sectors: Mapping[str, tuple[int | None, int | None]]
    supply: float | None = 1e6
    days: tuple[int, int] = (0, DAYS)
    asset_type: str = "crypto"


ALWAYS = (None, None)
COINS = (
    Coin("BTC", {"Base": ALWAYS}),
    Coin("ETH", {"Base": ALWAYS, "Apps": ALWAYS}),
    Coin("DYING", {"Apps": ALWAYS}, days=(0, 110)),
    Coin("COMING", {"Apps": (None, None)}, days=(70, DAYS)),
    Coin("MOVING", {"Base": (None, 90), "Apps": (90, None)}),
    Coin("APP", {"Apps": ALWAYS}),
    Coin("TWIN1", {"Left": ALWAYS, "Right": ALWAYS}, supply=None),
    Coin("TWIN2", {"Left": ALWAYS, "Right": ALWAYS}, supply=None),
    Coin("ALONE", {"Single": ALWAYS}),
    Coin("USDX", {"Stablecoins": ALWAYS, "Apps": ALWAYS}, asset_type="stablecoin"),
    Coin("WBTC", {"Apps": ALWAYS}),
)


def store_market(seed: int = 5) -> dict[str, Asset]:
    """The market in the tables; the coins by symbol. ``SPLIT`` happens to ALONE on day 100: ten times the coins."""
    ensure_rules(SECTOR_RULES)
    generator = np.random.default_rng(seed)
    common = 0.02 * generator.standard_normal(DAYS)
    sectors: dict[str, Sector] = {}
    assets: dict[str, Asset] = {}
    for coin in COINS:
        asset: Asset = AssetFactory(
            symbol=coin.symbol,
            asset_type=coin.asset_type,
            metrics_details={"pegged_to": "BTC"} if coin.symbol == "WBTC" else {},
        )
        close = 50 * np.exp(np.cumsum(common + 0.03 * generator.standard_normal(DAYS)))
        if coin.asset_type == "stablecoin":
            close = np.ones(DAYS)
        supply = (coin.supply or 0) * np.cumprod(1 + 0.002 * generator.random(DAYS))
        if coin.symbol == "ALONE":
            close[100:] /= 10
            supply[100:] *= 10
        store_candles(asset, close, coin.days)
        if coin.supply:
            store_caps(asset, close * supply, coin.days)
        for name, (since, until) in coin.sectors.items():
            if name not in sectors:
                code = "stablecoins" if name == "Stablecoins" else f"local:{name.lower()}"
                sectors[name] = SectorFactory(name=name, coingecko_id=code)
            SectorMappingFactory(
                asset=asset,
                sector=sectors[name],
                valid_from=None if since is None else FIRST + since * DAY,
                valid_to=None if until is None else FIRST + until * DAY,
            )
        assets[coin.symbol] = asset
    return assets


def store_candles(
    asset: Asset, close: Iterable[float], days: tuple[int, int] = (0, DAYS), *, volume: float | None = None
) -> None:
    generator = np.random.default_rng(asset.pk)
    prices = np.round(np.array(list(close), dtype=np.float64), 9)[slice(*days)]
    traded = np.round(1e6 * (0.5 + generator.random(len(prices))), 2)
    if volume is not None:
        traded[:] = volume
    with connection.cursor() as cursor:
        cursor.execute(
            CANDLES,
            {"asset": asset.pk, "days": list(range(*days)), "first": FIRST, "close": prices.tolist(),
             "volume": traded.tolist()},
        )  # fmt: skip


def store_caps(asset: Asset, caps: np.ndarray, days: tuple[int, int] = (0, DAYS)) -> None:
    """Known when the day is over."""
    series = ExternalSeriesFactory(code=f"MARKET_CAP:{asset.symbol}", kind="market_cap", unit="USD", asset=asset)
    values = np.round(caps[slice(*days)], 2).tolist()
    with connection.cursor() as cursor:
        cursor.execute(CAPS, {"series": series.pk, "days": list(range(*days)), "first": FIRST, "values": values})


def analysed(as_of: datetime, series: str = "live") -> SectorAnalyses:
    snapshot, _made = MetricsSnapshot.objects.get_or_create(
        snapshot_time=as_of, timeframe="1d", defaults={"btc_price_usd": Decimal(1)}
    )
    return analyse_sectors(snapshot, series=series)


def snapshot(as_of: datetime, timeframe: str = "1d") -> Any:
    return MetricsSnapshotFactory(snapshot_time=as_of, timeframe=timeframe)


def spoken(as_of: datetime) -> dict[str, Any]:
    """What an analysis of that moment says, row by row, without numbers of rows."""
    found = analysed(as_of)
    names = dict(Sector.objects.values_list("pk", "name"))
    rows: dict[str, Any] = {f"analysis {names[row.sector_id]}": _row(row) for row in found.sectors}
    rows["across"] = _row(AICrossSectorAnalysis.objects.get(pk=found.across.pk))
    newest = max(row.candle_time for row in found.sectors if row.candle_time)
    for point in SectorHistory.objects.filter(candle_time=newest):
        rows[f"point {names[point.sector_id]}"] = _row(point)
    for flow in SectorRotationFlow.objects.filter(ai_cross_sector_analysis=found.across):
        rows[f"flow {names[flow.from_sector_id]} {names[flow.to_sector_id]}"] = flow.score
    return rows


def _row(row: Any) -> dict[str, Any]:
    fresh = type(row).objects.get(pk=row.pk)
    return {
        field.attname: getattr(fresh, field.attname)
        for field in fresh._meta.concrete_fields
        if field.attname not in OMITTED
    }


def row_of(found: SectorAnalyses, name: str) -> AISectorAnalysis:
    return next(row for row in found.sectors if row.sector.name == name)
