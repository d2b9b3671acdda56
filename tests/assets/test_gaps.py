"""Gaps: every hole is found, none is invented, and what became of it is told."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from assets.choices import GapReason, GapStatus
from assets.compute import periods
from assets.models import Asset, AssetListing, CandleGap, PriceData
from assets.services import upload_candles
from assets.services.gaps import GapReport, find_gaps
from assets.services.ingest_states import begin_fetch, end_fetch
from tests.factories import AssetFactory, add_candles

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def asked(asset: Asset, count: int, *, timeframe: str = "1h", first: datetime = FIRST) -> None:
    """The source was asked for ``count`` candles from ``first`` on."""
    end = first
    for _ in range(count):
        end = periods.end(end, timeframe)
    begin_fetch(asset.pk, timeframe, "binance", first, end)


def remove(asset: Asset, places: Iterable[int], *, timeframe: str = "1h", step: timedelta = HOUR) -> None:
    PriceData.objects.filter(
        asset=asset, timeframe=timeframe, candle_time__in=[FIRST + place * step for place in places]
    ).delete()


def stretches(**conditions: object) -> list[tuple[datetime, datetime, int]]:
    gaps = CandleGap.objects.filter(**conditions).order_by("asset_id", "starts_at")
    return list(gaps.values_list("starts_at", "ends_at", "missing"))


def test_nothing_is_missing() -> None:
    asset = AssetFactory()
    add_candles(asset, [100] * 10, timeframe="1h", first=FIRST)
    asked(asset, 10)
    assert find_gaps("1h") == GapReport()
    assert not CandleGap.objects.exists()


def test_what_nobody_asked_for_is_not_missing() -> None:
    add_candles(AssetFactory(), [100] * 3, timeframe="1h", first=FIRST)
    assert find_gaps("1h") == GapReport()


def test_holes_inside_at_the_beginning_and_at_the_end() -> None:
    asset = AssetFactory()
    add_candles(asset, [100] * 10, timeframe="1h", first=FIRST)
    asked(asset, 12)
    remove(asset, [0, 4, 5])
    assert find_gaps("1h") == GapReport(found=3)
    assert stretches(status=GapStatus.OPEN, reason=GapReason.NOT_FETCHED) == [
        (FIRST, FIRST + HOUR, 1),
        (FIRST + 4 * HOUR, FIRST + 6 * HOUR, 2),
        (FIRST + 10 * HOUR, FIRST + 12 * HOUR, 2),
    ]


def test_an_asset_without_any_candle_is_one_gap() -> None:
    asked(AssetFactory(), 24)
    assert find_gaps("1h") == GapReport(found=1)
    assert stretches() == [(FIRST, FIRST + DAY, 24)]


def test_again_changes_nothing() -> None:
    asset = AssetFactory()
    asked(asset, 5)
    find_gaps("1h")
    before = list(CandleGap.objects.values())
    assert find_gaps("1h") == GapReport(standing=1)
    assert list(CandleGap.objects.values()) == before


def test_months_count_as_months() -> None:
    asset = AssetFactory()
    asked(asset, 14, timeframe="1M", first=datetime(2023, 11, 1, tzinfo=UTC))
    assert find_gaps("1M").found == 1
    assert stretches() == [(datetime(2023, 11, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), 14)]


def test_weeks_begin_on_monday() -> None:
    asset = AssetFactory()
    monday = datetime(2024, 1, 1, tzinfo=UTC)
    asked(asset, 3, timeframe="1w", first=monday)
    AssetListing.objects.create(asset=asset, source="binance", listed_at=monday + 10 * DAY)
    assert find_gaps("1w").found == 2
    assert stretches(reason=GapReason.NOT_LISTED) == [(monday, monday + 7 * DAY, 1)]
    assert stretches(reason=GapReason.NOT_FETCHED) == [(monday + 7 * DAY, monday + 21 * DAY, 2)]


def test_outside_its_listings_an_asset_misses_nothing() -> None:
    """Listed from 02:30 to 06:00 and again from 08:00: the candle of 02:00 was traded in part, so it counts."""
    asset = AssetFactory()
    asked(asset, 10)
    AssetListing.objects.create(
        asset=asset,
        source="binance",
        listed_at=FIRST + timedelta(hours=2.5),
        delisted_at=FIRST + 6 * HOUR,
    )
    AssetListing.objects.create(asset=asset, source="binance", listed_at=FIRST + 8 * HOUR)
    assert find_gaps("1h").found == 4
    assert stretches(reason=GapReason.NOT_LISTED, status=GapStatus.CONFIRMED) == [
        (FIRST, FIRST + 2 * HOUR, 2),
        (FIRST + 6 * HOUR, FIRST + 8 * HOUR, 2),
    ]
    assert stretches(reason=GapReason.NOT_FETCHED, status=GapStatus.OPEN) == [
        (FIRST + 2 * HOUR, FIRST + 6 * HOUR, 4),
        (FIRST + 8 * HOUR, FIRST + 10 * HOUR, 2),
    ]


def test_a_gap_whose_candles_came_is_repaired() -> None:
    asset = AssetFactory()
    asked(asset, 6)
    find_gaps("1h")
    add_candles(asset, [100] * 6, timeframe="1h", first=FIRST)
    assert find_gaps("1h") == GapReport(repaired=1)
    gap = CandleGap.objects.get()
    assert (gap.status, gap.missing, gap.resolved_at is None) == (GapStatus.REPAIRED, 6, False)
    assert find_gaps("1h") == GapReport()


def test_a_gap_of_which_some_candles_came_is_split() -> None:
    asset = AssetFactory()
    asked(asset, 10)
    find_gaps("1h")
    detected = CandleGap.objects.get().detected_at
    add_candles(asset, [100] * 3, timeframe="1h", first=FIRST + 4 * HOUR)
    assert find_gaps("1h") == GapReport(standing=2, repaired=1)
    assert stretches(status=GapStatus.REPAIRED) == [(FIRST + 4 * HOUR, FIRST + 7 * HOUR, 3)]
    assert stretches(status=GapStatus.OPEN) == [
        (FIRST, FIRST + 4 * HOUR, 4),
        (FIRST + 7 * HOUR, FIRST + 10 * HOUR, 3),
    ]
    assert set(CandleGap.objects.values_list("detected_at", flat=True)) == {detected}


def test_an_outage_stays_known_as_one_when_a_part_of_it_is_filled() -> None:
    asset = AssetFactory()
    asked(asset, 5)
    find_gaps("1h")
    CandleGap.objects.update(
        reason=GapReason.OUTAGE, status=GapStatus.CONFIRMED, asked="binance", asked_at=FIRST, resolved_at=FIRST
    )
    add_candles(asset, [100], timeframe="1h", first=FIRST)
    find_gaps("1h")
    rest = CandleGap.objects.get(status=GapStatus.CONFIRMED)
    assert (rest.starts_at, rest.missing, rest.reason, rest.asked) == (FIRST + HOUR, 4, GapReason.OUTAGE, "binance")


def test_a_known_outage_that_grew_is_asked_about_again() -> None:
    asset = AssetFactory()
    add_candles(asset, [100] * 4, timeframe="1h", first=FIRST)
    asked(asset, 4)
    remove(asset, [1])
    find_gaps("1h")
    CandleGap.objects.update(reason=GapReason.OUTAGE, status=GapStatus.CONFIRMED, resolved_at=FIRST)
    remove(asset, [2])
    find_gaps("1h")
    assert stretches(status=GapStatus.OPEN, reason=GapReason.NOT_FETCHED) == [(FIRST + HOUR, FIRST + 3 * HOUR, 2)]
    assert CandleGap.objects.count() == 1


def test_only_the_assets_that_are_named() -> None:
    one, other = AssetFactory(), AssetFactory()
    asked(one, 3)
    asked(other, 3)
    assert find_gaps("1h", [one.pk]).found == 1
    assert CandleGap.objects.get().asset_id == one.pk
    assert find_gaps("1h", [other.pk]).found == 1
    assert find_gaps("1h").standing == 2


def test_a_thousand_holes_cut_at_random_are_found_and_no_other() -> None:
    """Against a plain search through the same list of hours."""
    generator = random.Random(20241121)  # noqa: S311 - no secret
    expected = []
    for _ in range(10):
        asset = AssetFactory()
        add_candles(asset, [100] * 1500, timeframe="1h", first=FIRST)
        asked(asset, 1500)
        cut: set[int] = set()
        while len(cut) < 300:
            begin = generator.randrange(1500)
            cut |= set(range(begin, min(1500, begin + generator.choice([1, 1, 1, 2, 5]))))
        remove(asset, cut)
        since: int | None = None
        for place in range(1501):
            if place in cut and since is None:
                since = place
            elif place not in cut and since is not None:
                expected.append((asset.pk, FIRST + since * HOUR, FIRST + place * HOUR))
                since = None
    found = list(CandleGap.objects.order_by("asset_id", "starts_at").values_list("asset_id", "starts_at", "ends_at"))
    assert found == []
    assert len(expected) > 1000
    assert find_gaps("1h") == GapReport(found=len(expected))
    found = list(CandleGap.objects.order_by("asset_id", "starts_at").values_list("asset_id", "starts_at", "ends_at"))
    assert found == expected


class TestStates:
    def test_a_state_covers_all_that_was_ever_asked_for(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [100] * 4, timeframe="1h", first=FIRST)
        state = end_fetch(begin_fetch(asset.pk, "1h", "binance", FIRST, FIRST + 2 * HOUR))
        assert (state.status, state.expected, state.stored) == ("done", 2, 2)
        state = end_fetch(begin_fetch(asset.pk, "1h", "binance", FIRST + 2 * HOUR, FIRST + 6 * HOUR))
        assert (state.asked_from, state.asked_until) == (FIRST, FIRST + 6 * HOUR)
        assert (state.status, state.expected, state.stored) == ("done", 6, 4)

    def test_an_error_is_partial_or_failed_and_never_done(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [100], timeframe="1h", first=FIRST)
        state = end_fetch(begin_fetch(asset.pk, "1h", "binance", FIRST, FIRST + 2 * HOUR), error="no answer")
        assert (state.status, state.expected, state.stored, state.error) == ("partial", 2, 1, "no answer")
        other = AssetFactory()
        state = end_fetch(begin_fetch(other.pk, "1h", "binance", FIRST, FIRST + 2 * HOUR), error="no answer")
        assert (state.status, state.stored, state.succeeded_at) == ("failed", 0, None)

    def test_refused_rows_are_told(self) -> None:
        asset = AssetFactory()
        state = end_fetch(begin_fetch(asset.pk, "1h", "binance", FIRST, FIRST + HOUR), rejected=1)
        assert (state.status, state.rejected) == ("failed", 1)
        assert "refused" in (state.error or "")

    def test_success_after_an_error_keeps_no_error(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [100], timeframe="1h", first=FIRST)
        end_fetch(begin_fetch(asset.pk, "1h", "binance", FIRST, FIRST + HOUR), error="no answer")
        state = end_fetch(begin_fetch(asset.pk, "1h", "binance", FIRST, FIRST + HOUR))
        assert (state.status, state.error) == ("done", None)


def test_finding_is_one_read_however_many_assets() -> None:
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            find_gaps("1h")
        return len(captured)

    asked(AssetFactory(), 2)
    find_gaps("1h")
    few = queries()
    for _ in range(20):
        asked(AssetFactory(), 2)
    find_gaps("1h")
    assert queries() == few


def test_a_hole_in_what_was_uploaded_is_a_gap() -> None:
    asset = AssetFactory()
    rows = [
        {"candle_time": (FIRST + place * HOUR).isoformat(), "open": 1, "high": 2, "low": 1, "close": 2, "volume": 3}
        for place in (0, 1, 3)
    ]
    assert upload_candles(asset.pk, "1h", rows, FIRST + DAY).stored.new == 3
    assert find_gaps("1h") == GapReport(found=1)
    assert stretches() == [(FIRST + 2 * HOUR, FIRST + 3 * HOUR, 1)]
