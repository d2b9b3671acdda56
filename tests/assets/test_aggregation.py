"""Longer candles made of shorter ones: which, how, and what is left out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from assets.compute import periods
from assets.compute.aggregation import shorter_timeframes
from assets.models import Asset, CandleRevision, PriceData
from assets.services.aggregation import aggregated, derive_candles
from tests.assets.longer_candles import FIRST, random_candles, reference, store, values
from tests.factories import AssetFactory, add_candles

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_which_fill_which() -> None:
    assert shorter_timeframes("1m") == []
    assert shorter_timeframes("1h") == ["1m", "5m", "15m"]
    assert shorter_timeframes("1w") == ["1m", "5m", "15m", "1h", "4h", "1d"]
    assert shorter_timeframes("1M") == ["1m", "5m", "15m", "1h", "4h", "1d"]


@pytest.mark.django_db
class TestAgainstTheReference:
    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize(
        ("source", "target"), [("5m", "1h"), ("1h", "4h"), ("1h", "1d"), ("1d", "1w"), ("1d", "1M")]
    )
    def test_every_column_of_every_complete_candle(self, source: str, target: str, seed: int) -> None:
        assets = [AssetFactory(), AssetFactory()]
        begin = FIRST + seed * timedelta(hours=7) if source != "1d" else FIRST + seed * DAY
        made = {asset.pk: random_candles(500, source, 10 * seed + i, first=begin) for i, asset in enumerate(assets)}
        for asset in assets:
            store(asset, source, made[asset.pk])
        first, end = periods.start(begin, target), periods.start(begin + 500 * periods.LENGTHS[source], target)
        frame = aggregated([asset.pk for asset in assets], target, first, end)
        compared = 0
        for asset in assets:
            wanted = {time: row for time, row in reference(made[asset.pk], source, target).items() if time < end}
            assert values(frame.filter(asset_id=asset.pk)) == wanted
            compared += len(wanted)
        assert compared > 10
        assert frame["is_derived"].all()

    def test_by_hand(self) -> None:
        asset = AssetFactory()
        rows = [
            {"open": 5, "high": 9, "low": 4, "close": 6, "volume": 10, "trade_count": 3, "quote_volume": 60},
            {"open": 6, "high": 7, "low": 2, "close": 3, "volume": 30, "trade_count": 4, "quote_volume": 120},
            {"open": 3, "high": 3, "low": 3, "close": 3, "volume": 0, "trade_count": 0, "quote_volume": 0},
            {"open": 3, "high": 8, "low": 3, "close": 8, "volume": 10, "trade_count": 5, "quote_volume": 70},
        ]
        store(asset, "1h", [row | {"candle_time": FIRST + i * HOUR} for i, row in enumerate(rows)])
        assert derive_candles([asset.pk], "4h", FIRST + 4 * HOUR).new == 1
        candle = PriceData.objects.get(timeframe="4h")
        prices = [candle.open_price, candle.high_price, candle.low_price, candle.close_price]
        assert prices == [Decimal(n) for n in (5, 9, 2, 8)]
        assert [candle.base_volume, candle.volume, candle.vwap] == [Decimal(n) for n in (50, 250, 5)]
        assert candle.trade_count == 12
        assert candle.is_derived
        assert candle.candle_time == FIRST


@pytest.mark.django_db
@pytest.mark.parametrize(("target", "starts"), [("1w", 5), ("1M", 2)])
def test_candles_over_the_turn_of_the_year(target: str, starts: int) -> None:
    asset, first = AssetFactory(), datetime(2024, 12, 1, tzinfo=UTC)
    rows = random_candles(62, "1d", 3, first=first)
    holes = {row["candle_time"] for row in rows}
    rows += [rows[0] | {"candle_time": first + i * DAY} for i in range(62) if first + i * DAY not in holes]
    store(asset, "1d", rows)
    assert derive_candles([asset.pk], target, first + 62 * DAY).new == len(reference(rows, "1d", target)) >= starts
    times = PriceData.objects.filter(timeframe=target).values_list("candle_time", flat=True)
    assert set(times) == reference(rows, "1d", target).keys()


@pytest.mark.django_db
class TestWhatIsLeftOut:
    def hours(self, count: int, **columns: Any) -> Asset:
        asset = AssetFactory()
        add_candles(asset, range(100, 100 + count), timeframe="1h", first=FIRST, base_volume=1, **columns)
        return asset

    def test_a_candle_with_a_hole(self) -> None:
        asset = self.hours(12)
        PriceData.objects.filter(candle_time=FIRST + 5 * HOUR).delete()
        assert derive_candles([asset.pk], "4h", FIRST + DAY).new == 2
        times = PriceData.objects.filter(timeframe="4h").values_list("candle_time", flat=True)
        assert list(times) == [FIRST, FIRST + 8 * HOUR]

    def test_a_candle_that_is_not_over(self) -> None:
        asset = self.hours(8)
        assert derive_candles([asset.pk], "4h", FIRST + 8 * HOUR - timedelta(microseconds=1)).new == 1
        assert derive_candles([asset.pk], "4h", FIRST + 8 * HOUR).new == 1

    def test_a_candle_of_which_coins_are_unknown(self) -> None:
        asset = self.hours(4)
        PriceData.objects.filter(candle_time=FIRST + HOUR).update(base_volume=None)
        assert derive_candles([asset.pk], "4h", FIRST + DAY).new == 0

    def test_what_begins_before_since(self) -> None:
        asset = self.hours(12)
        assert derive_candles([asset.pk], "4h", FIRST + DAY, since=FIRST + HOUR).new == 2
        assert PriceData.objects.filter(timeframe="4h").earliest("candle_time").candle_time == FIRST + 4 * HOUR

    def test_a_source_with_own_candles(self) -> None:
        asset = self.hours(8)
        add_candles(asset, [777], timeframe="4h", first=FIRST)
        assert derive_candles([asset.pk], "4h", FIRST + DAY).new == 1
        own = PriceData.objects.get(timeframe="4h", candle_time=FIRST)
        assert own.close_price == 777
        assert not own.is_derived

    def test_nothing_is_shorter_or_stored(self) -> None:
        asset = self.hours(1)
        assert derive_candles([asset.pk], "1m", FIRST + DAY).new == 0
        assert derive_candles([AssetFactory().pk], "4h", FIRST + DAY).new == 0
        assert derive_candles([], "4h", FIRST + DAY).new == 0
        assert aggregated([], "4h", FIRST, FIRST + DAY).is_empty()


@pytest.mark.django_db
class TestRepeated:
    def test_again_changes_nothing_and_a_corrected_part_does(self) -> None:
        asset = AssetFactory()
        store(asset, "1h", random_candles(120, "1h", 2))
        made = derive_candles([asset.pk], "1d", FIRST + 5 * DAY).new
        assert made > 1
        before = list(PriceData.objects.order_by("timeframe", "candle_time").values())
        again = derive_candles([asset.pk], "1d", FIRST + 5 * DAY)
        assert (again.new, again.changed) == (0, 0)
        assert list(PriceData.objects.order_by("timeframe", "candle_time").values()) == before
        derived = PriceData.objects.filter(timeframe="1d").earliest("candle_time")
        PriceData.objects.filter(timeframe="1h", candle_time=derived.candle_time).update(trade_count=10**6)
        corrected = derive_candles([asset.pk], "1d", FIRST + 5 * DAY)
        assert (corrected.new, corrected.changed) == (0, 1)
        now = PriceData.objects.get(timeframe="1d", candle_time=derived.candle_time)
        assert (now.trade_count or 0) > 10**6
        assert now.is_derived
        revision = CandleRevision.objects.get(timeframe="1d")
        assert (revision.field, revision.old_value) == ("trade_count", derived.trade_count)

    def test_the_own_candle_takes_the_place_of_a_derived_one(self) -> None:
        asset = AssetFactory()
        store(asset, "1h", random_candles(24, "1h", 4))
        assert derive_candles([asset.pk], "1d", FIRST + DAY).new == 1
        own = {"open": 5, "high": 9, "low": 4, "close": 6, "volume": 10, "trade_count": 3, "quote_volume": 60}
        store(asset, "1d", [own | {"candle_time": FIRST}])
        candle = PriceData.objects.get(timeframe="1d")
        assert candle.close_price == 6
        assert not candle.is_derived
        assert derive_candles([asset.pk], "1d", FIRST + DAY).new == 0
        assert PriceData.objects.get(timeframe="1d").close_price == 6

    def test_the_finest_complete_timeframe_is_taken(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [10] * 24, timeframe="5m", first=FIRST, base_volume=1)
        add_candles(asset, [20] * 16, timeframe="15m", first=FIRST, base_volume=3)
        PriceData.objects.filter(timeframe="5m", candle_time=FIRST + timedelta(minutes=70)).delete()
        assert derive_candles([asset.pk], "1h", FIRST + 4 * HOUR).new == 4
        closes = PriceData.objects.filter(timeframe="1h").order_by("candle_time").values_list("close_price", flat=True)
        assert list(closes) == [10, 20, 20, 20]
        # What is derived is no part: the days are made of the quarters of an hour, where they are whole.
        assert derive_candles([asset.pk], "4h", FIRST + 4 * HOUR).new == 1
        assert PriceData.objects.get(timeframe="4h").close_price == 20
