"""What a source corrected later reads as it did then; what was merely completed was not corrected."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from assets.choices import CandleField
from assets.models import CandleRevision, PriceData
from assets.selectors.panel import candle_panel
from assets.services import Stored, store_batch, store_candles
from tests.assets.test_ingest import DAY, FIRST, frame
from tests.factories import AssetFactory


def now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def closing(count: int) -> list[str]:
    """Closes that ``frame`` does not have, between its lows and highs."""
    return [f"{100 + i}.25" for i in range(count)]


def revisions() -> list[tuple]:
    return list(CandleRevision.objects.order_by("id").values_list("candle_time", "field", "old_value", "new_value"))


@pytest.mark.django_db
class TestRecording:
    def test_every_changed_value_is_kept_with_its_moment(self) -> None:
        asset, before = AssetFactory(), now()
        store_candles(asset.pk, "1d", frame(quote_volume=["1000", "1000", "1000"]))
        assert revisions() == []
        store_candles(asset.pk, "1d", frame(close=["101", "109.25", "103"], quote_volume=["1000", "1000", "1001"]))
        assert revisions() == [
            (FIRST + DAY, "close_price", Decimal(102), Decimal("109.25")),
            (FIRST + 2 * DAY, "volume", Decimal(1000), Decimal(1001)),
            (FIRST + 2 * DAY, "vwap", Decimal(100), Decimal("100.1")),
        ]
        assert all(before < moment <= now() for moment in CandleRevision.objects.values_list("corrected_at", flat=True))

    @pytest.mark.parametrize("count", [3, 50])
    def test_equal_candles_leave_no_trace(self, count: int) -> None:
        asset = AssetFactory()
        for _ in range(3):
            store_candles(asset.pk, "1d", frame(count))
        assert revisions() == []

    @pytest.mark.parametrize("count", [1, 50])
    def test_a_known_volume_in_place_of_an_estimate_is_a_correction_a_count_is_not(self, count: int) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1d", frame(count))
        richer = frame(count, quote_volume=["1015.5"] * count, trade_count=[7] * count)
        assert store_candles(asset.pk, "1d", richer) == Stored(changed=count)
        assert {field for _, field, _, _ in revisions()} == {"volume"}
        assert len(revisions()) == count

    def test_many_and_few_take_two_ways_to_the_same_rows(self) -> None:
        """A statement with the values in it, and the staging table."""
        one, other = AssetFactory(), AssetFactory()
        for batch in (frame(50), frame(50, close=closing(50), quote_volume=["1"] * 25 + [None] * 25)):
            store_candles(one.pk, "1d", batch)
            for part in batch.iter_slices(10):
                store_candles(other.pk, "1d", part)
        columns = [str(field.column) for field in PriceData._meta.local_concrete_fields]
        columns = [name for name in columns if name not in {"asset_id", "created_at", "updated_at"}]
        stored = [
            list(PriceData.objects.filter(asset=a).order_by("candle_time").values(*columns)) for a in (one, other)
        ]
        assert stored[0] == stored[1]
        kept = [
            sorted(CandleRevision.objects.filter(asset=a).values_list("candle_time", "field", "old_value", "new_value"))
            for a in (one, other)
        ]
        assert kept[0] == kept[1]
        assert len(kept[0]) == 50 + 50  # a close changes the estimate of a volume too


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 50])
class TestDerived:
    """Candles that were aggregated from shorter ones."""

    def derived(self, count: int, **columns: Any) -> pl.DataFrame:
        return frame(count, **columns).with_columns(is_derived=pl.lit(value=True))

    def test_the_source_s_own_takes_their_place(self, count: int) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1d", self.derived(count, close=closing(count)))
        assert store_candles(asset.pk, "1d", frame(count)) == Stored(changed=count)
        assert not PriceData.objects.filter(is_derived=True).exists()
        olds = [old for _, field, old, _ in revisions() if field == "close_price"]
        assert sorted(olds) == [Decimal(close) for close in closing(count)]

    def test_and_never_the_other_way_round(self, count: int) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1d", frame(count))
        assert store_candles(asset.pk, "1d", self.derived(count, close=closing(count))) == Stored(equal=count)
        assert not PriceData.objects.filter(is_derived=True).exists()
        assert revisions() == []

    def test_they_replace_each_other(self, count: int) -> None:
        asset = AssetFactory()
        store_candles(asset.pk, "1d", self.derived(count))
        assert store_candles(asset.pk, "1d", self.derived(count, close=closing(count))) == Stored(changed=count)
        assert store_candles(asset.pk, "1d", self.derived(count, close=closing(count))) == Stored(equal=count)


closes = st.lists(st.tuples(st.integers(0, 3), st.integers(95, 105)), min_size=1, max_size=4)


class TestKnownThen(TestCase):
    """Whatever is corrected, and in whatever order: a read at any moment equals what was stored then."""

    AS_OF = datetime(2024, 1, 20, tzinfo=UTC)

    def read(self, assets: list[int], as_of: datetime) -> list[np.ndarray]:
        panel = candle_panel(assets, "1d", as_of, 3000)
        last = int((as_of - FIRST) / DAY)
        return [getattr(panel, name)[-last:][:4] for name in ("open", "high", "low", "close", "volume")]

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.booleans(), st.sampled_from([None, "900", "950"]), closes), max_size=5))
    def test_as_of(self, rounds: list[tuple[bool, str | None, list[tuple[int, int]]]]) -> None:
        assets = [AssetFactory().pk, AssetFactory().pk]
        for asset in assets:
            store_candles(asset, "1d", frame(4))
        seen = [(now(), self.read(assets, now()))]
        for second, dollars, changes in rounds:
            new = [f"{101 + i}" for i in range(4)]
            for place, close in changes:
                new[place] = str(close)
            store_candles(assets[second], "1d", frame(4, close=new, quote_volume=[dollars] * 4))
            moment = now()
            seen.append((moment, self.read(assets, moment)))
        for moment, then in seen:
            for was, found in zip(then, self.read(assets, moment), strict=True):
                np.testing.assert_array_equal(was, found)


@pytest.mark.django_db
def test_without_corrections_the_panel_is_what_is_stored() -> None:
    assets = [AssetFactory().pk for _ in range(3)]
    batch = pl.concat(frame(4).with_columns(asset_id=pl.lit(asset, pl.Int64)) for asset in assets)
    assert store_batch("1d", batch) == Stored(new=12)
    panel = candle_panel(assets, "1d", FIRST + 4 * DAY, 4)
    assert panel.close.tolist() == [[101 + i] * 3 for i in range(4)]


def test_every_field_that_is_recorded_is_a_column() -> None:
    assert {field.value for field in CandleField} <= {field.column for field in PriceData._meta.local_concrete_fields}
