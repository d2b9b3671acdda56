"""A market of some coins with everything that a snapshot reads, seeded, straight in the tables."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from django.db import connection

from assets.choices import AssetType
from assets.compute import periods
from assets.models import Asset
from assets.selectors import market_view
from macro.models import ExternalSeries, NewsEvent
from macro.services import register_series, store_values
from macro.services.snapshot import snapshot_row
from tests.factories import AssetFactory

END = datetime(2024, 6, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
COLUMNS = "asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume"
VALUES = "series_id, observed_at, known_at, value"


@dataclass
class SmallMarket:
    """Coins with candles up to ``END``; the first two are Bitcoin and Ether, the last one is a stablecoin."""

    coins: int = 24
    seed: int = 5
    assets: list[Asset] = field(default_factory=list)

    def __post_init__(self) -> None:
        symbols = ["BTC", "ETH", *(f"COIN{place}" for place in range(self.coins - 3)), "USDT"]
        for symbol in symbols:
            kind = AssetType.STABLECOIN if symbol == "USDT" else AssetType.CRYPTO
            pegged = {"pegged_to": "USD"} if symbol == "USDT" else {}
            self.assets.append(AssetFactory(symbol=symbol, asset_type=kind, metrics_details=pegged))
        self.random = np.random.default_rng(self.seed)

    def candles(self, timeframe: str, count: int, end: datetime = END) -> np.ndarray:
        """Candles of all coins up to ``end``; their closes, shape (count, coins)."""
        common = 0.02 * self.random.standard_normal((count, 1))
        closes = 50 * np.exp(np.cumsum(common + 0.02 * self.random.standard_normal((count, self.coins)), axis=0))
        closes[:, -1] = 1 + 0.001 * self.random.standard_normal(count)
        volumes = 1e6 * np.arange(self.coins, 0, -1) * (1 + self.random.random((count, self.coins)))
        for place, asset in enumerate(self.assets):
            add_series(asset, timeframe, closes[:, place].round(8), volumes[:, place].round(2), end)
        return closes.round(8)

    def outside(self, days: int = 300, end: datetime = END) -> None:
        """Series of all kinds by day, and funding by its intervals."""
        for code, kind, level in (
            ("FNG", "sentiment", 50), ("SP500", "macro", 5000), ("GOLD", "macro", 2000), ("DXY", "macro", 100),
            ("VIX", "macro", 15), ("US10Y", "macro", 4), ("OIL", "macro", 80), ("HASHRATE", "onchain", 1e8),
            ("ACTIVE_ADDRESSES:BTC", "onchain", 9e5), ("OPEN_INTEREST:BTCUSDT-PERP", "open_interest", 9e9),
            ("TAKER_VOLUME:BTCUSDT-PERP", "taker_volume", 1e9),
        ):  # fmt: skip
            weekdays = kind == "macro"
            values = level * np.exp(0.01 * self.random.standard_normal(days))
            add_values(code, kind, values.round(4), end - days * DAY, weekdays_only=weekdays)
        rates = (1e-4 * self.random.standard_normal(3 * days)).round(8)
        add_values("FUNDING:BTCUSDT-PERP", "funding", rates, end - days * DAY, step=8 * HOUR, delay=timedelta(0))

    def sizes(self, days: int = 12, end: datetime = END) -> None:
        """Market caps and volumes of all coins."""
        kinds = {"market_cap": 1e10, "volume": 1e9}
        series = ExternalSeries.objects.bulk_create(
            ExternalSeries(code=f"{kind.upper()}:{asset.symbol}", name=kind, kind=kind, unit="USD", source="test",
                           asset=asset)
            for asset in self.assets
            for kind in kinds
        )  # fmt: skip
        with connection.cursor() as cursor, cursor.copy(f"COPY external_values ({VALUES}) FROM STDIN") as copy:
            for place, one in enumerate(series):
                level = kinds[one.kind] * (self.coins - place // 2)
                for day in range(days):
                    observed = end - (days - day) * DAY
                    value = level * np.exp(0.02 * self.random.standard_normal())
                    copy.write_row((one.pk, observed, observed + DAY, round(float(value), 2)))

    def news(self, hours: Iterable[int] = range(320), end: datetime = END) -> None:
        """Headlines of the last hours, known a minute after they appeared: one at the full hour not yet."""
        events = []
        for number in hours:
            at = end - number * HOUR
            known = {"known_at": (at + timedelta(minutes=1)).isoformat()}
            score = round(float(np.tanh(self.random.standard_normal())), 4)
            events.append(NewsEvent(source="rss", title=f"Headline {number}", sentiment_score=score, published_at=at,
                                    raw_data=known))  # fmt: skip
        NewsEvent.objects.bulk_create(events)


def row(timeframe: str, as_of: datetime = END) -> dict[str, Any]:
    """The columns of a snapshot; nothing is written."""
    view = market_view(timeframe, as_of)
    assert view.universe.bitcoin is not None
    return snapshot_row(view, view.universe.bitcoin)


def whole_market(coins: int = 24, days: int = 60, **spans: int) -> SmallMarket:
    """A market with everything; ``spans`` are numbers of candles by timeframe."""
    market = SmallMarket(coins)
    for timeframe, count in ({"1d": 75, "1h": 30} | spans).items():
        market.candles(timeframe, count, periods.start(END, timeframe))
    market.outside(days)
    market.sizes()
    market.news()
    return market


def add_series(asset: Asset, timeframe: str, closes: np.ndarray, volumes: np.ndarray, end: datetime) -> None:
    """Candles that span a percent to either side; a close of NaN is a hole."""
    first = end - len(closes) * periods.LENGTHS[timeframe]
    with connection.cursor() as cursor, cursor.copy(f"COPY price_data ({COLUMNS}) FROM STDIN") as copy:
        for place, (close, volume) in enumerate(zip(closes.tolist(), volumes.tolist(), strict=True)):
            if close == close:  # noqa: PLR0124 - not NaN
                time = first + place * periods.LENGTHS[timeframe]
                copy.write_row((asset.pk, timeframe, time, close, close * 1.01, close * 0.99, close, volume))


def add_values(
    code: str,
    kind: str,
    values: np.ndarray,
    first: datetime,
    *,
    step: timedelta = DAY,
    delay: timedelta = DAY,
    asset: Asset | None = None,
    weekdays_only: bool = False,
) -> None:
    """A series, each value known ``delay`` after its moment."""
    series = register_series(code, name=code, kind=kind, unit="x", source="test", asset=asset)
    observed = [first + place * step for place in range(len(values))]
    frame = pl.DataFrame(
        {"observed_at": observed, "known_at": [at + delay for at in observed], "value": values},
        schema_overrides={"observed_at": pl.Datetime("us", "UTC"), "known_at": pl.Datetime("us", "UTC")},
    )
    kept = frame.filter(pl.col("observed_at").dt.weekday() <= 5) if weekdays_only else frame
    store_values(series, kept)


def forget_after(moment: datetime) -> int:
    """Delete everything that was not known at a moment; how many rows that was."""
    return _change(
        "DELETE FROM price_data WHERE candle_time + {length} > %s",
        "DELETE FROM external_values WHERE known_at > %s",
        "DELETE FROM news_events WHERE (raw_data->>'known_at')::timestamptz > %s",
        moment,
    )


def blur_after(moment: datetime) -> int:
    """Replace everything that was not known at a moment by noise; how many rows that was."""
    return _change(
        "UPDATE price_data SET close_price = 1 + random() * 1e5, high_price = 2e5, low_price = 0.5, "
        "open_price = 1 + random() * 1e5, volume = random() * 1e12 WHERE candle_time + {length} > %s",
        "UPDATE external_values SET value = random() * 1e6 WHERE known_at > %s",
        "UPDATE news_events SET sentiment_score = random() * 2 - 1 WHERE (raw_data->>'known_at')::timestamptz > %s",
        moment,
    )


def _change(candles: str, values: str, news: str, moment: datetime) -> int:
    length = (
        "CASE timeframe WHEN '1h' THEN interval '1 hour' WHEN '4h' THEN interval '4 hours' "
        "WHEN '1d' THEN interval '1 day' ELSE interval '7 days' END"
    )
    changed = 0
    with connection.cursor() as cursor:
        for statement in (candles.format(length=length), values, news):
            cursor.execute(statement, [moment])
            changed += cursor.rowcount
    return changed
