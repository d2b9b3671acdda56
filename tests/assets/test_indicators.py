"""Indicators over stored candles: closed ones only, as they were known, with holes passed over; and kept with the
newest."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.compute.indicators import indicators
from assets.compute.outputs import OUTPUTS
from assets.models import Asset, PriceData
from assets.selectors import indicators as module
from assets.selectors.indicators import indicator_frame
from assets.services.indicators import cache_indicators
from system.exceptions import NoData
from tests.factories import AssetFactory, RevisionFactory, add_candles
from tests.factories.base import EPOCH

DAY = timedelta(days=1)


def walk(asset: Asset, count: int, *, seed: int = 1, first: datetime = EPOCH) -> list[float]:
    """Daily candles of a random walk; returns their closes."""
    closes = np.round(100 * np.exp(np.cumsum(0.03 * np.random.default_rng(seed).standard_normal(count))), 4).tolist()
    add_candles(asset, closes, first=first)
    return [float(close) for close in closes]


def expected(closes: list[float]) -> dict[str, np.ndarray]:
    exact = [Decimal(str(close)) for close in closes]
    high, low = ([float(close * Decimal(factor)) for close in exact] for factor in ("1.01", "0.99"))
    return indicators(*(np.array(line) for line in (high, low, closes, [1000.0] * len(closes))))


@pytest.mark.django_db
class TestFrame:
    def test_every_output_of_several_assets(self) -> None:
        assets = [AssetFactory() for _ in range(3)]
        closes = {asset.pk: walk(asset, 260, seed=asset.pk) for asset in assets[:2]}
        order = [assets[1].pk, assets[2].pk, assets[0].pk]
        frame = indicator_frame(order, "1d", EPOCH + 260 * DAY, 30)
        assert frame.columns == ["asset_id", "candle_time", "open", "high", "low", "close", "volume", *OUTPUTS]
        assert frame["asset_id"].to_list() == [assets[1].pk] * 30 + [assets[0].pk] * 30
        assert frame["candle_time"][:30].to_list() == [EPOCH + (230 + i) * DAY for i in range(30)]
        for asset in assets[:2]:
            rows = frame.filter(asset_id=asset.pk)
            assert rows["close"].to_list() == closes[asset.pk][-30:]
            for name, values in expected(closes[asset.pk]).items():
                np.testing.assert_array_equal(rows[name].to_numpy(), values[-30:], err_msg=name)

    def test_a_hole_is_passed_over(self) -> None:
        asset = AssetFactory()
        closes = walk(asset, 60)
        PriceData.objects.filter(candle_time__gt=EPOCH + 39 * DAY, candle_time__lt=EPOCH + 50 * DAY).delete()
        frame = indicator_frame([asset.pk], "1d", EPOCH + 60 * DAY, 25, ["RSI_14", "SMA_20"])
        times = [EPOCH + i * DAY for i in (*range(35, 40), *range(50, 60))]
        assert frame["candle_time"].to_list() == times
        left = expected(closes[:40] + closes[50:])
        np.testing.assert_array_equal(frame["SMA_20"].to_numpy(), left["SMA_20"][-15:])
        np.testing.assert_array_equal(frame["RSI_14"].to_numpy(), left["RSI_14"][-15:])

    def test_an_asset_that_went_silent_has_no_rows(self) -> None:
        silent, alive = AssetFactory(), AssetFactory()
        walk(silent, 20)
        walk(alive, 60)
        frame = indicator_frame([silent.pk, alive.pk], "1d", EPOCH + 60 * DAY, 10, ["SMA_20"])
        assert frame["asset_id"].unique().to_list() == [alive.pk]
        assert len(frame) == 10

    def test_nothing_that_ends_later_is_seen(self) -> None:
        asset = AssetFactory()
        walk(asset, 100)
        as_of = EPOCH + 80 * DAY + timedelta(hours=23)
        before = indicator_frame([asset.pk], "1d", as_of, 50)
        assert before["candle_time"].max() == EPOCH + 79 * DAY
        PriceData.objects.filter(candle_time__gte=EPOCH + 80 * DAY).update(close_price=100, high_price=500, low_price=1)
        assert indicator_frame([asset.pk], "1d", as_of, 50).equals(before, null_equal=True)
        PriceData.objects.filter(candle_time__gte=EPOCH + 80 * DAY).delete()
        assert indicator_frame([asset.pk], "1d", as_of, 50).equals(before, null_equal=True)

    def test_a_correction_counts_from_its_moment(self) -> None:
        asset = AssetFactory()
        closes = walk(asset, 30)
        as_of = EPOCH + 30 * DAY
        corrected = PriceData.objects.get(candle_time=EPOCH + 25 * DAY)
        RevisionFactory(
            asset=asset, timeframe="1d", candle_time=corrected.candle_time, corrected_at=as_of + DAY,
            old_value=corrected.close_price, new_value=corrected.close_price * Decimal("1.005"),
        )  # fmt: skip
        corrected.close_price *= Decimal("1.005")
        corrected.save()
        then = indicator_frame([asset.pk], "1d", as_of, 1, ["SMA_20"])["SMA_20"].item()
        assert then == pytest.approx(expected(closes)["SMA_20"][-1], rel=1e-12)
        now = indicator_frame([asset.pk], "1d", as_of + 2 * DAY, 3, ["SMA_20"])["SMA_20"].item()
        assert now == pytest.approx(then + closes[25] * 0.005 / 20, rel=1e-9)

    def test_a_new_asset_has_what_can_be_known(self) -> None:
        asset = AssetFactory()
        walk(asset, 25)
        frame = indicator_frame([asset.pk], "1d", EPOCH + 25 * DAY, 100, ["SMA_20", "EMA_200"])
        assert len(frame) == 25
        assert frame["SMA_20"].is_nan().sum() == 19
        assert frame["EMA_200"].is_nan().all()

    def test_no_asset(self) -> None:
        frame = indicator_frame([], "1d", EPOCH, 10, ["RSI_14"])
        assert frame.is_empty()
        walk(AssetFactory(), 1)
        alone = indicator_frame([AssetFactory().pk], "1d", EPOCH, 10, ["RSI_14"])
        assert frame.schema == alone.schema
        assert alone.is_empty()

    def test_unknown_output(self) -> None:
        with pytest.raises(ValueError, match="no such indicator: RSI_8"):
            indicator_frame([1], "1d", EPOCH, 10, ["RSI_8"])

    def test_assets_are_read_in_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assets = [AssetFactory() for _ in range(5)]
        for asset in assets:
            walk(asset, 40, seed=asset.pk)
        ids = [asset.pk for asset in assets]
        whole = indicator_frame(ids, "1d", EPOCH + 40 * DAY, 5)
        monkeypatch.setattr(module, "ASSETS_AT_ONCE", 2)
        assert indicator_frame(ids, "1d", EPOCH + 40 * DAY, 5).equals(whole, null_equal=True)


def cached() -> dict[tuple[int, datetime], dict[str, Any]]:
    rows = PriceData.objects.exclude(technical_indicators={})
    return {(row.asset_id, row.candle_time): row.technical_indicators or {} for row in rows}


@pytest.mark.django_db
class TestCache:
    def test_the_newest_closed_candle_of_each_asset_in_one_write(self) -> None:
        assets = [AssetFactory() for _ in range(3)]
        closes = {asset.pk: walk(asset, 60, seed=asset.pk) for asset in assets[:2]}
        walk(assets[2], 58)  # its newest candle is two periods old
        with CaptureQueriesContext(connection) as queries:
            assert cache_indicators("1d", EPOCH + 59 * DAY + timedelta(hours=5)) == 3
        assert sum("UPDATE price_data" in query["sql"] for query in queries) == 1
        assert set(cached()) == {(a.pk, EPOCH + 58 * DAY) for a in assets[:2]} | {(assets[2].pk, EPOCH + 57 * DAY)}
        for asset in assets[:2]:
            kept, wanted = cached()[asset.pk, EPOCH + 58 * DAY], expected(closes[asset.pk][:59])
            assert kept["RSI"]["14"] == wanted["RSI_14"][-1]
            assert kept["MACD"]["histogram"] == wanted["MACD_histogram"][-1]
            assert kept["volume_sma"] == 1000
            assert "200" not in kept["EMA"]
            assert kept["computed_at"] == (EPOCH + 58 * DAY).isoformat()

    def test_again_changes_nothing_and_a_correction_does(self) -> None:
        asset = AssetFactory()
        walk(asset, 30)
        assert cache_indicators("1d", EPOCH + 30 * DAY) == 1
        before = list(PriceData.objects.order_by("candle_time").values())
        assert cache_indicators("1d", EPOCH + 30 * DAY) == 0
        assert list(PriceData.objects.order_by("candle_time").values()) == before
        PriceData.objects.filter(candle_time=EPOCH + 29 * DAY).update(close_price=100, high_price=500, low_price=1)
        assert cache_indicators("1d", EPOCH + 30 * DAY) == 1

    def test_a_price_that_never_moved_has_no_rsi(self) -> None:
        add_candles(AssetFactory(), [1] * 30, high_price=1, low_price=1)
        cache_indicators("1d", EPOCH + 30 * DAY)
        (kept,) = cached().values()
        assert kept.keys() == {"SMA", "EMA", "BB", "ATR", "VWAP", "volume_sma", "computed_at"}

    def test_without_candles_there_is_no_universe(self) -> None:
        with pytest.raises(NoData):
            cache_indicators("1d", EPOCH)
