"""Candles of one asset, as they were known at a moment."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from assets.choices import CandleField
from assets.models import Asset, CandleRevision, PriceData, PriceDataArchive
from assets.selectors.candles import Candles, candles
from assets.selectors.revisions import known_then
from tests.factories import EPOCH, AssetFactory, add_candles

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def asset() -> Asset:
    return AssetFactory()


def read(asset: Asset, *, start: datetime = EPOCH, days: int = 10, as_of: datetime = LATE) -> Candles:
    return candles(asset.pk, "1d", start, start + days * DAY, as_of)


def correct(
    asset: Asset, day: int, value: float | None, when: datetime, field: CandleField = CandleField.CLOSE
) -> None:
    """As ingest does: the candle takes the new value, and the old one is kept with the moment."""
    time = EPOCH + day * DAY
    candle = PriceData.objects.filter(asset=asset, timeframe="1d", candle_time=time)
    old = candle.values_list(field.value, flat=True).get()
    candle.update(**{field.value: value})
    CandleRevision.objects.create(
        asset=asset, timeframe="1d", candle_time=time, field=field, old_value=old, new_value=value, corrected_at=when
    )


def test_the_period_has_its_first_moment_and_not_its_last(asset: Asset) -> None:
    add_candles(asset, range(1, 11))
    add_candles(asset, [77], timeframe="1h")
    add_candles(AssetFactory(), [88, 88, 88])
    found = read(asset, start=EPOCH + 2 * DAY, days=3)
    assert (found.asset_id, found.timeframe, len(found)) == (asset.pk, "1d", 3)
    assert found.close.tolist() == [3, 4, 5]
    assert found.high.tolist() == [3.03, 4.04, 5.05]
    assert found.low.tolist() == [2.97, 3.96, 4.95]
    assert found.open.tolist() == [3, 4, 5]
    assert found.volume.tolist() == [1000] * 3
    assert found.times.tolist() == [int((EPOCH + n * DAY).timestamp()) for n in (2, 3, 4)]
    assert found.times.dtype == np.int64


def test_nothing_that_ended_later_is_read(asset: Asset) -> None:
    add_candles(asset, range(1, 11))
    assert read(asset, as_of=EPOCH + 4 * DAY).close.tolist() == [1, 2, 3, 4]
    assert read(asset, as_of=EPOCH + 4 * DAY - timedelta(microseconds=1)).close.tolist() == [1, 2, 3]
    assert len(read(asset, as_of=EPOCH)) == 0


def test_months_are_closed_at_their_own_end(asset: Asset) -> None:
    add_candles(asset, [1, 2, 3], timeframe="1M", first=datetime(2024, 1, 1, tzinfo=UTC))
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    assert candles(asset.pk, "1M", start, end, datetime(2024, 3, 1, tzinfo=UTC)).close.tolist() == [1, 2]
    assert candles(asset.pk, "1M", start, end, datetime(2024, 2, 29, tzinfo=UTC)).close.tolist() == [1]


def test_a_hole_stays_a_hole(asset: Asset) -> None:
    add_candles(asset, [1])
    add_candles(asset, [3], first=EPOCH + 2 * DAY)
    assert read(asset).times.tolist() == [int(EPOCH.timestamp()), int((EPOCH + 2 * DAY).timestamp())]


@pytest.mark.usefixtures("archived_2020")
def test_reads_go_over_the_seam_to_the_archive(asset: Asset) -> None:
    seam = datetime(2021, 1, 1, tzinfo=UTC)
    prices: dict[str, Any] = {name: Decimal(4) for name in ("open_price", "high_price", "low_price", "close_price")}
    for day in (2, 1):
        PriceDataArchive.objects.create(asset=asset, timeframe="1d", candle_time=seam - day * DAY, volume=day, **prices)
    add_candles(asset, [5, 6], first=seam)
    found = read(asset, start=seam - 10 * DAY, days=12)
    assert found.close.tolist() == [4, 4, 5, 6]
    assert found.volume.tolist() == [2, 1, 1000, 1000]


def test_a_correction_is_known_from_its_moment_on(asset: Asset) -> None:
    add_candles(asset, [1, 2, 3], trade_count=5)
    other = AssetFactory()
    add_candles(other, [1, 2, 3])
    correct(asset, 1, 2.01, EPOCH + 30 * DAY)
    correct(asset, 1, 2.015, EPOCH + 40 * DAY)
    correct(asset, 2, 3.02, EPOCH + 40 * DAY, CandleField.HIGH)
    correct(asset, 0, 900, EPOCH + 35 * DAY, CandleField.VOLUME)
    assert read(asset, as_of=EPOCH + 29 * DAY).close.tolist() == [1, 2, 3]
    assert read(asset, as_of=EPOCH + 30 * DAY).close.tolist() == [1, 2.01, 3]
    assert read(asset, as_of=EPOCH + 39 * DAY).close.tolist() == [1, 2.01, 3]
    assert read(asset, as_of=EPOCH + 39 * DAY).high.tolist() == [1.01, 2.02, 3.03]
    assert read(asset, as_of=EPOCH + 40 * DAY).close.tolist() == [1, 2.015, 3]
    assert read(asset, as_of=EPOCH + 40 * DAY).high.tolist() == [1.01, 2.02, 3.02]
    assert read(asset, as_of=EPOCH + 34 * DAY).volume.tolist() == [1000, 1000, 1000]
    assert read(asset, as_of=EPOCH + 36 * DAY).volume.tolist() == [900, 1000, 1000]
    assert read(other, as_of=EPOCH + 29 * DAY).close.tolist() == [1, 2, 3]


def test_what_was_known_names_the_field(asset: Asset) -> None:
    add_candles(asset, [1, 2], trade_count=None)
    correct(asset, 1, 12, EPOCH + 30 * DAY, CandleField.TRADE_COUNT)
    correct(asset, 0, 1.5, EPOCH + 31 * DAY, CandleField.VWAP)
    found = known_then("1d", [asset.pk], EPOCH, EPOCH + 2 * DAY, EPOCH)
    assert found.fields.tolist() == ["vwap", "trade_count"]
    assert found.times.tolist() == [int(EPOCH.timestamp()), int((EPOCH + DAY).timestamp())]
    assert np.isnan(found.values).all()
    assert found.of(CandleField.VWAP).asset_ids.tolist() == [asset.pk]
    assert len(known_then("1d", [asset.pk], EPOCH, EPOCH + DAY, EPOCH)) == 1
    assert len(known_then("1h", [asset.pk], EPOCH, EPOCH + DAY, EPOCH)) == 0
    assert len(known_then("1d", [], EPOCH, EPOCH + DAY, EPOCH)) == 0


def test_any_moment_reads_what_stood_then(asset: Asset) -> None:
    """Random corrections; after each, what the table holds is noted. Every past moment must read its note."""
    chance = np.random.default_rng(20240601)
    add_candles(asset, [100] * 6)
    notes = [(EPOCH + 20 * DAY, [100.0] * 6)]
    for step in range(1, 41):
        when, day = EPOCH + 20 * DAY + step * HOUR, int(chance.integers(6))
        correct(asset, day, 100 + int(chance.integers(-90, 91)) / 100, when)
        now = PriceData.objects.filter(asset=asset).order_by("candle_time").values_list("close_price", flat=True)
        notes.append((when, [float(close) for close in now]))
    for when, closes in notes:
        assert read(asset, as_of=when).close.tolist() == closes
        assert read(asset, as_of=when + timedelta(minutes=59)).close.tolist() == closes
