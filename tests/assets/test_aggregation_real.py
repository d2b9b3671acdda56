"""Longer candles made of an exchange's shorter ones against its own longer ones, and against a plain reference."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connections

from assets.compute import periods
from assets.services import ensure_partitions, store_candles
from assets.services.aggregation import aggregated
from tests.assets.longer_candles import FIRST, reference, values
from tests.factories import AssetFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHORT_ROUND_DAYS = 14


@pytest.fixture(scope="session")
def room_of_2025(django_db_setup: None, django_db_blocker: Any) -> None:
    """Partitions for the minutes of the perpetuals, made before any test's transaction."""
    with django_db_blocker.unblock():
        for timeframe, month in (("5m", datetime(2024, 9, 7, tzinfo=UTC)), ("1m", datetime(2025, 6, 4, tzinfo=UTC))):
            ensure_partitions(timeframe, month - timedelta(days=250 if timeframe == "5m" else 31), month)
        connections["owner"].close()


def rows_of(path: Path, until: datetime) -> pl.DataFrame:
    """Candles of a file as it stands, in text."""
    frame = pl.read_csv(path, infer_schema=False)
    time = pl.col("candle_time").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
    nothing = (pl.lit(None, pl.Int64).alias("trade_count"), pl.lit(None, pl.String).alias("quote_volume"))
    return frame.with_columns(time, *nothing).filter(pl.col("candle_time") < until)


def exact(frame: pl.DataFrame) -> list[dict[str, Any]]:
    columns = ("open", "high", "low", "close", "volume")
    return [
        {name: Decimal(row[name]) for name in columns}
        | {"candle_time": row["candle_time"], "trade_count": None, "quote_volume": None}
        for row in frame.iter_rows(named=True)
    ]


def compare(
    shared: Path, source: str, targets: tuple[str, ...], days: int, pairs: int
) -> Iterator[tuple[str, int, int]]:
    """Candles made of an exchange's shorter ones against its own longer ones: timeframe, compared, different."""
    folder = shared / "data/candles/binance-spot-2024"
    for path in sorted(folder.glob(f"*-{source}.csv.gz"))[:pairs]:
        asset, until = AssetFactory(), FIRST + days * DAY
        store_candles(asset.pk, source, rows_of(path, until))
        for target in targets:
            own = rows_of(folder / path.name.replace(f"-{source}.", f"-{target}."), until)
            made = values(aggregated([asset.pk], target, FIRST, until))
            listed = {row["candle_time"]: row for row in exact(own)}
            wanted = {
                time: tuple(listed[time][n] for n in ("open", "high", "low", "close", "volume")) for time in listed
            }
            complete = {time for time in wanted if time in made}
            # Trade in a new listing begins within its first candle; the exchange shows what there is of it.
            assert wanted.keys() - complete <= {min(wanted)}
            yield target, len(complete), sum(made[time][:5] != wanted[time] for time in complete)


def perpetuals(shared: Path, days: int, pairs: int) -> tuple[int, int]:
    """Hours made of the minutes of perpetuals against the plain reference: compared, different."""
    compared = different = 0
    for path in sorted((shared / "data/candles/binance-perp-2025").glob("*-1m.csv.gz"))[:pairs]:
        asset = AssetFactory()
        rows = rows_of(path, datetime(2025, 5, 4, tzinfo=UTC) + days * DAY)
        store_candles(asset.pk, "1m", rows)
        first, last = (periods.start(time, "1h") for time in (rows["candle_time"][0], rows["candle_time"][-1]))
        made = values(aggregated([asset.pk], "1h", first, last + HOUR))
        wanted = reference(exact(rows), "1m", "1h")
        assert made.keys() == wanted.keys()
        compared, different = compared + len(wanted), different + sum(made[time] != wanted[time] for time in wanted)
    return compared, different


@pytest.mark.django_db
@pytest.mark.usefixtures("room_of_2025")
class TestRealMarket:
    def test_short_round(self, shared: Path) -> None:
        for source in ("5m", "1h"):
            targets = ("1h", "1d") if source == "5m" else ("1d",)
            found = list(compare(shared, source, targets, SHORT_ROUND_DAYS, 2))
            counts = {"1h": 24 * SHORT_ROUND_DAYS, "1d": SHORT_ROUND_DAYS}
            assert found == 2 * [(target, counts[target], 0) for target in targets]
        assert perpetuals(shared, 4, 1) == (80, 0)

    @pytest.mark.full
    @pytest.mark.parametrize(
        ("source", "targets", "pairs", "expected"),
        [("5m", ("1h", "1d"), 6, {"1h": 35_968, "1d": 1_498}), ("1h", ("1d",), 62, {"1d": 13_895})],
    )
    def test_equal_to_the_own_candles_of_the_exchange(
        self, shared: Path, source: str, targets: tuple[str, ...], pairs: int, expected: dict[str, int]
    ) -> None:
        total: dict[str, int] = dict.fromkeys(targets, 0)
        for target, compared, different in compare(shared, source, targets, 400, pairs):
            assert different == 0
            total[target] += compared
        assert total == expected

    @pytest.mark.full
    def test_hours_of_the_perpetuals(self, shared: Path) -> None:
        assert perpetuals(shared, 60, 6) == (4_597, 0)
