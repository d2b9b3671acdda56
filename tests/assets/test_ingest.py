"""Storing candles: once is enough, corrections land, what is better known is never overwritten."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, PriceData, PriceDataArchive
from assets.services import Stored, archive_prices, ensure_partitions, refresh_quotes, store_candles
from assets.services.partitions import partition_homes
from system.exceptions import UnavailableError
from tests.factories import AssetFactory, add_candles

DAY = timedelta(days=1)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
BOTH_ROLES = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def frame(count: int = 3, *, first: datetime = FIRST, step: timedelta = DAY, **columns: Any) -> pl.DataFrame:
    """Candles whose close counts up from 101."""
    rows = {
        "candle_time": [first + i * step for i in range(count)],
        "open": [f"{100 + i}.5" for i in range(count)],
        "high": [f"{110 + i}" for i in range(count)],
        "low": [f"{90 + i}" for i in range(count)],
        "close": [f"{101 + i}" for i in range(count)],
        "volume": ["10"] * count,
        "trade_count": [None] * count,
        "quote_volume": [None] * count,
    }
    types: dict[str, Any] = {
        "candle_time": pl.Datetime("us", "UTC"),
        "trade_count": pl.Int64,
        "quote_volume": pl.String,
    }
    return pl.DataFrame(rows | columns, schema_overrides=types)


@pytest.mark.django_db
class TestStoring:
    def test_new_then_equal(self) -> None:
        asset = AssetFactory()
        assert store_candles(asset.pk, "1d", frame()) == Stored(new=3)
        before = list(PriceData.objects.order_by("candle_time").values())
        assert store_candles(asset.pk, "1d", frame()) == Stored(equal=3)
        assert list(PriceData.objects.order_by("candle_time").values()) == before

    def test_a_correction_lands_and_the_others_stay(self) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1d", frame())
        assert store_candles(asset.pk, "1d", frame(close=["101", "109.25", "103"])) == Stored(changed=1, equal=2)
        closes = PriceData.objects.order_by("candle_time").values_list("close_price", flat=True)
        assert list(closes) == [Decimal(101), Decimal("109.25"), Decimal(103)]

    def test_dollars_of_the_exchange_give_volume_and_vwap(self) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1d", frame(1, quote_volume=["1015.5"], trade_count=[7]))
        candle = PriceData.objects.get()
        assert (candle.volume, candle.base_volume, candle.vwap, candle.trade_count) == (
            Decimal("1015.50"), Decimal(10), Decimal("101.55"), 7,
        )  # fmt: skip

    def test_without_them_the_volume_is_an_estimate_and_says_so(self) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1d", frame(1))
        candle = PriceData.objects.get()
        assert candle.volume == Decimal("1003.75")  # 10 x (100.5 + 110 + 90 + 101) / 4
        assert candle.vwap is None

    def test_a_poorer_source_overwrites_nothing(self) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1d", frame(1, quote_volume=["1015.5"], trade_count=[7]))
        assert store_candles(asset.pk, "1d", frame(1)) == Stored(equal=1)
        candle = PriceData.objects.get()
        assert (candle.volume, candle.trade_count) == (Decimal("1015.50"), 7)

    def test_prices_below_one_hundred_millionth_keep_their_digits(self) -> None:
        asset = AssetFactory()
        tiny: dict[str, Any] = {name: ["0.000000000081234567"] for name in ("open", "high", "low", "close")}
        store_candles(asset.pk, "1d", frame(1, **tiny))
        assert PriceData.objects.get().close_price == Decimal("0.000000000081234567")

    def test_all_or_none(self) -> None:
        asset = AssetFactory()
        with pytest.raises(Exception, match="chk_ohlc_logic"):
            store_candles(asset.pk, "1d", frame(high=["110", "1", "112"]))
        assert not PriceData.objects.exists()

    def test_what_breaks_a_rule_is_tried_once(self) -> None:
        asset = AssetFactory()
        with CaptureQueriesContext(connection) as queries, pytest.raises(IntegrityError, match="chk_prices_positive"):
            store_candles(asset.pk, "1d", frame(1, low=["0"]))
        assert sum('INTO "price_data"' in query["sql"] for query in queries) == 1

    def test_nothing_is_nothing(self) -> None:
        assert store_candles(AssetFactory().pk, "1d", frame(0)) == Stored()


@pytest.mark.django_db
def test_a_change_that_its_column_cannot_hold_is_unknown() -> None:
    asset = AssetFactory()
    add_candles(asset, [Decimal("0.0001"), *[Decimal(100)] * 6, Decimal("1.5")])
    assert refresh_quotes([asset.pk]) == 1
    asset.refresh_from_db()
    assert (asset.current_price, asset.price_change_percentage_24h) == (Decimal("1.5"), Decimal("-98.5"))
    assert asset.price_change_percentage_7d is None


@pytest.mark.django_db
def test_quotes_compare_with_the_price_of_exactly_then() -> None:
    asset, empty = AssetFactory(current_price=None), AssetFactory(current_price=None)
    store_candles(asset.pk, "1d", frame(9))
    assert refresh_quotes([asset.pk, empty.pk]) == 1
    asset.refresh_from_db()
    empty.refresh_from_db()
    assert asset.current_price == Decimal(109)
    assert asset.last_price_update == FIRST + 9 * DAY
    assert asset.price_change_percentage_24h == Decimal("0.9259")  # 109 / 108 - 1
    assert asset.price_change_percentage_7d == Decimal("6.8627")  # 109 / 102 - 1
    assert asset.price_change_percentage_30d is None
    assert empty.current_price is None


@BOTH_ROLES
class TestArchive:
    HOUR = timedelta(hours=1)
    OLD, NOW = datetime(2019, 5, 1, tzinfo=UTC), datetime(2021, 6, 15, tzinfo=UTC)

    def test_old_partitions_move_whole_and_late_candles_follow_them(self) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1h", frame(5, first=self.OLD, step=self.HOUR))
        assert archive_prices(self.NOW).names == ["price_1h_y2019m05"]
        assert (PriceData.objects.count(), PriceDataArchive.objects.count()) == (0, 5)
        assert archive_prices(self.NOW).names == []
        later = frame(6, first=self.OLD, step=self.HOUR)
        assert store_candles(asset.pk, "1h", later) == Stored(new=1, equal=5)
        assert (PriceData.objects.count(), PriceDataArchive.objects.count()) == (0, 6)
        self.put_back()

    def put_back(self) -> None:
        """Partitions outlive a test: the next one finds them where they were."""
        from django.db import connections

        with connections["owner"].cursor() as cursor:
            cursor.execute('ALTER TABLE "price_data_archive_1h" DETACH PARTITION "price_1h_y2019m05"')
            cursor.execute('DROP TABLE "price_1h_y2019m05"')
        connections["owner"].close()

    def test_a_span_across_the_border_is_stored_in_both(self) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1h", frame(2, first=self.OLD, step=self.HOUR))
        archive_prices(self.NOW)
        first = datetime(2019, 5, 31, 22, tzinfo=UTC)
        ensure_partitions("1h", datetime(2019, 6, 1, tzinfo=UTC), datetime(2019, 6, 1, tzinfo=UTC))
        assert store_candles(asset.pk, "1h", frame(4, first=first, step=self.HOUR)) == Stored(new=4)
        assert (PriceData.objects.count(), PriceDataArchive.objects.count()) == (2, 4)
        self.put_back()


@BOTH_ROLES
def test_writers_of_the_same_candles_do_not_hurt_each_other() -> None:
    asset, batch, outcomes = AssetFactory(), frame(200), []

    def store() -> None:
        try:
            outcomes.append(store_candles(asset.pk, "1d", batch))
        finally:
            connection.close()

    threads = [threading.Thread(target=store) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    assert sum(stored.new for stored in outcomes) == 200
    assert sum(stored.equal for stored in outcomes) == 600
    assert PriceData.objects.count() == 200


@BOTH_ROLES
class TestPartitions:
    def test_made_once_for_the_whole_span(self) -> None:
        first, last = datetime(2011, 11, 30, 23, tzinfo=UTC), datetime(2012, 2, 1, tzinfo=UTC)
        assert ensure_partitions("4h", first, last) == 4
        assert ensure_partitions("4h", first, last) == 0
        assert {f"price_4h_y{m}" for m in ("2011m11", "2011m12", "2012m01", "2012m02")} <= set(partition_homes("4h"))

    def test_a_minute_and_a_month_are_not_mixed_up(self) -> None:
        moment = datetime(2010, 3, 1, tzinfo=UTC)
        ensure_partitions("1m", moment, moment)
        ensure_partitions("1M", moment, moment)
        assert "price_1m_y2010m03" in partition_homes("1m")
        assert "price_1M_y2010" in partition_homes("1M")

    def test_who_holds_the_assets_is_not_waited_for_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("assets.services.partitions.PATIENCE", "200ms")
        moment = datetime(2009, 2, 1, tzinfo=UTC)
        with transaction.atomic():
            AssetFactory()
            with pytest.raises(UnavailableError, match="no room for 5m candles of 2009-02"):
                ensure_partitions("5m", moment, moment)
        assert ensure_partitions("5m", moment, moment) == 1

    def test_two_makers_at_once(self) -> None:
        moment, made = datetime(2009, 1, 1, tzinfo=UTC), []

        def make() -> None:
            from django.db import connections

            try:
                made.append(ensure_partitions("15m", moment, moment))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=make) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 3
        assert "price_15m_y2009m01" in partition_homes("15m")

    def test_without_a_partition_there_is_no_place(self) -> None:
        asset: Asset = AssetFactory()
        with pytest.raises(Exception, match="no partition"):
            PriceData.objects.create(
                asset=asset, timeframe="1d", candle_time=datetime(1999, 1, 1, tzinfo=UTC),
                open_price=1, high_price=1, low_price=1, close_price=1,
            )  # fmt: skip
