"""The running candle: kept apart, replaced by newer sights only, gone when its closed one lands."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from assets.compute.checks import LINE, Fault
from assets.models import OpenCandle, PriceData
from assets.services import Stored, ingest_candles, store_candles, upload_candles
from tests.assets.test_ingest import DAY, FIRST, frame
from tests.factories import AssetFactory

pytestmark = pytest.mark.django_db
NOON = FIRST + 2 * DAY + timedelta(hours=12)


def rows(asset: Any, count: int = 3, **columns: Any) -> pl.DataFrame:
    """As a source sends them: three days, of which the third is running at ``NOON``."""
    text = pl.col("candle_time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    sent = frame(count, **columns).with_columns(text, asset_id=pl.lit(asset.pk, pl.Int64))
    return sent.with_columns(pl.col("trade_count").cast(pl.String)).with_row_index(LINE, offset=1)


def test_it_is_kept_apart() -> None:
    asset = AssetFactory()
    report = ingest_candles(rows(asset), "1d", NOON)
    assert (report.stored, report.running, report.rejected, report.gaps) == (Stored(new=2), 1, (), ())
    assert PriceData.objects.count() == 2
    candle = OpenCandle.objects.get()
    assert (candle.candle_time, candle.close_price, candle.seen_at) == (FIRST + 2 * DAY, Decimal(103), NOON)


def test_a_newer_sight_replaces_it_an_older_one_does_not() -> None:
    asset = AssetFactory()
    ingest_candles(rows(asset), "1d", NOON)
    for hours, close, expected in ((1, "105", "105"), (-1, "99", "105"), (1, "98", "105"), (2, "97", "97")):
        seen = NOON + timedelta(hours=hours)
        ingest_candles(rows(asset, close=["101", "102", close]), "1d", seen)
        assert OpenCandle.objects.get().close_price == Decimal(expected)


def test_it_goes_when_the_closed_one_lands_and_does_not_come_back() -> None:
    asset, other = AssetFactory(), AssetFactory()
    ingest_candles(pl.concat([rows(asset), rows(other).with_columns(LINE=pl.col(LINE) + 3)]), "1d", NOON)
    assert OpenCandle.objects.count() == 2
    store_candles(asset.pk, "1d", frame(2))
    assert OpenCandle.objects.count() == 2
    store_candles(asset.pk, "1d", frame(3, close=["101", "102", "104"]))
    assert [candle.asset_id for candle in OpenCandle.objects.all()] == [other.pk]
    report = ingest_candles(rows(asset), "1d", NOON + timedelta(hours=1))
    assert report.running == 0
    assert PriceData.objects.get(asset=asset, candle_time=FIRST + 2 * DAY).close_price == Decimal(104)


def test_the_next_one_takes_its_place() -> None:
    asset = AssetFactory()
    ingest_candles(rows(asset), "1d", NOON)
    ingest_candles(rows(asset, 4).tail(1), "1d", NOON + DAY)
    assert OpenCandle.objects.get().candle_time == FIRST + 3 * DAY


def test_faults_and_holes_are_told() -> None:
    asset = AssetFactory()
    sent = rows(asset, 9, high=["110", "1", *["120"] * 7]).filter(~pl.col(LINE).is_in([5, 6]))
    report = ingest_candles(sent, "1d", FIRST + 20 * DAY)
    assert report.rejected == (Fault(2, "high is not the highest price"),)
    assert report.stored == Stored(new=6)
    assert report.gaps == (
        (asset.pk, FIRST + DAY, FIRST + 2 * DAY, 1),
        (asset.pk, FIRST + 4 * DAY, FIRST + 6 * DAY, 2),
    )


@pytest.mark.parametrize("step", ["1w", "1M"])
def test_holes_of_weeks_and_months(step: str) -> None:
    asset = AssetFactory()
    starts = {"1w": ["2024-01-01", "2024-01-22"], "1M": ["2023-11-01", "2024-02-01"]}[step]
    moments = [datetime.fromisoformat(start).replace(tzinfo=UTC) for start in starts]
    sent = rows(asset, 2, candle_time=moments)
    [gap] = ingest_candles(sent, step, FIRST + 400 * DAY).gaps
    assert gap.missing == 2
    assert gap.end == moments[1]


def test_the_newest_candles_of_many_assets_take_one_statement(django_assert_max_num_queries: Any) -> None:
    assets = [AssetFactory() for _ in range(30)]
    batch = pl.concat(rows(asset, 2) for asset in assets).with_columns(LINE=pl.int_range(1, 61))
    with django_assert_max_num_queries(16):
        assert ingest_candles(batch, "1d", NOON).stored == Stored(new=60)
    changed = pl.concat(rows(asset, 2, close=["101", f"{103 + i / 10}"]) for i, asset in enumerate(assets))
    with django_assert_max_num_queries(16):
        assert ingest_candles(changed.with_columns(LINE=pl.int_range(1, 61)), "1d", NOON).stored == Stored(
            changed=30, equal=30
        )


class TestUpload:
    SECOND = {"candle_time": "2024-01-02T00:00:00Z"}

    def candle(self, **other: object) -> dict[str, object]:
        return {
            "candle_time": "2024-01-01T00:00:00Z",
            "open": "1",
            "high": 2,
            "low": 0.5,
            "close": Decimal("1.5"),
            "volume": 3,
        } | other

    def test_numbers_and_text(self) -> None:
        asset = AssetFactory()
        report = upload_candles(asset.pk, "1d", [self.candle(trade_count=7, quote_volume="4.5")], NOON)
        assert report.stored == Stored(new=1)
        candle = PriceData.objects.get()
        assert (candle.low_price, candle.close_price, candle.volume) == (Decimal("0.5"), Decimal("1.5"), Decimal("4.5"))
        assert (candle.trade_count, candle.vwap) == (7, Decimal("1.5"))

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            ({"open": None}, "open is empty"),
            ({"high": True}, "high True is no number"),
            ({"high": [1]}, "high [1] is no number"),
            ({"volume": -1}, "volume -1 is negative"),
            ({"close": "9" * 5000}, f"close {'9' * 60} is no number"),
            ({"candle_time": NOON - timedelta(hours=12)}, "the candle is not closed yet"),
            (
                {"candle_time": "'; DROP TABLE assets"},
                "candle_time '; DROP TABLE assets is no ISO 8601 time with its zone",
            ),
        ],
    )
    def test_what_is_wrong_is_told_by_place(self, wrong: dict[str, object], reason: str) -> None:
        asset = AssetFactory()
        report = upload_candles(asset.pk, "1d", [self.candle(), self.candle(**self.SECOND | wrong)], NOON)
        assert report.rejected == (Fault(2, reason),)
        assert report.stored == Stored(new=1)
        assert not OpenCandle.objects.exists()

    @pytest.mark.parametrize("volume", ["1e-2147483648", "1e-99999999999999999999", "1e-400", "0." + "0" * 5000 + "1"])
    def test_what_is_nearly_nothing_costs_its_own_row_at_most(self, volume: str) -> None:
        sent = [self.candle(), self.candle(**self.SECOND, volume=volume)]
        report = upload_candles(AssetFactory().pk, "1d", sent, NOON)
        assert report.stored.new + len(report.rejected) == 2
        assert report.stored.new

    def test_nothing_is_nothing(self) -> None:
        assert upload_candles(AssetFactory().pk, "1d", [], NOON).stored == Stored()
