"""Fetching: from where the stored candles end, each asset with its own verdict, and never success where one failed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from assets.choices import GapReason, GapStatus
from assets.models import AssetListing, CandleGap, IngestState, OpenCandle, PriceData
from assets.providers.base import Fetched
from assets.services import (
    collect_candles,
    collected_assets,
    find_gaps,
    repair_gaps,
)
from system.exceptions import InvalidInput
from tests.assets.collecting import DAY, FIRST, HOUR, UNTIL, configure, listed_asset, stored, two_days
from tests.assets.given_source import GivenSource, hours
from tests.factories import AssetFactory

__all__ = ["two_days"]
pytestmark = pytest.mark.django_db(databases=["default", "owner"])


class Picky(GivenSource):
    """Refuses a name that is none of a pair, as sources do."""

    def fetch_candles(self, pair: str, *arguments: Any, **more: Any) -> Fetched:
        if "/" in pair:
            raise InvalidInput("no name of a pair")
        return super().fetch_candles(pair, *arguments, **more)


@pytest.mark.usefixtures("two_days")
class TestCollecting:
    def test_the_wanted_history_and_then_what_is_new(self) -> None:
        asset, source = listed_asset(), GivenSource(hours(60, first=FIRST))
        done = collect_candles("1h", [asset.pk], UNTIL, source=source)
        assert (done.stored.new, done.faults) == (48, {})
        assert stored(asset)[0] == FIRST
        assert stored(asset)[-1] == UNTIL - HOUR
        done = collect_candles("1h", [asset.pk], UNTIL + 3 * HOUR, source=source)
        assert (done.stored.new, done.stored.equal) == (3, 2)
        assert source.asked[1] == (UNTIL - 2 * HOUR, UNTIL + 3 * HOUR)
        state = IngestState.objects.get()
        assert (state.status, state.expected, state.stored) == ("done", 51, 51)

    def test_nothing_new_asks_only_for_the_newest_again(self) -> None:
        asset, source = listed_asset(), GivenSource(hours(48, first=FIRST))
        collect_candles("1h", [asset.pk], UNTIL, source=source)
        done = collect_candles("1h", [asset.pk], UNTIL, source=source)
        assert (done.stored.new, done.stored.changed, done.stored.equal) == (0, 0, 2)

    def test_a_source_that_breaks_off_is_partial_and_is_taken_up_again(self) -> None:
        asset, source = listed_asset(), GivenSource(hours(48, first=FIRST), fails_after=10)
        done = collect_candles("1h", [asset.pk], UNTIL, source=source)
        assert done.faults == {asset.symbol: "the source did not answer"}
        state = IngestState.objects.get()
        assert (state.status, state.expected, state.stored, state.error) == (
            "partial", 48, 10, "the source did not answer",
        )  # fmt: skip
        source.fails_after = None
        assert collect_candles("1h", [asset.pk], UNTIL, source=source).faults == {}
        assert IngestState.objects.get().status == "done"
        assert len(stored(asset)) == 48

    def test_a_source_that_gives_nothing_is_failed(self) -> None:
        asset = listed_asset()
        collect_candles("1h", [asset.pk], UNTIL, source=GivenSource(hours(48, first=FIRST), fails_after=0))
        assert IngestState.objects.get().status == "failed"

    def test_a_fault_of_one_asset_does_not_stop_the_others(self) -> None:
        homeless, asset = AssetFactory(data_source="binance", external_ids={}), listed_asset()
        done = collect_candles("1h", [homeless.pk, asset.pk], UNTIL, source=GivenSource(hours(48, first=FIRST)))
        assert list(done.faults) == [homeless.symbol]
        assert done.assets == 2
        assert len(stored(asset)) == 48

    def test_faulty_rows_are_refused_and_told(self) -> None:
        asset, candles = listed_asset(), hours(48, first=FIRST)
        candles[FIRST + 5 * HOUR] = ("100", "90", "95", "97", "1")
        done = collect_candles("1h", [asset.pk], UNTIL, source=GivenSource(candles))
        assert done.rejected == 1
        state = IngestState.objects.get()
        assert (state.status, state.stored, state.rejected) == ("partial", 47, 1)

    def test_the_running_candle_stays_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("assets.services.collection.timezone.now", lambda: UNTIL + HOUR / 2)
        asset, source = listed_asset(), GivenSource(hours(60, first=FIRST))
        assert collect_candles("1h", [asset.pk], UNTIL, source=source).faults == {}
        assert stored(asset)[-1] == UNTIL - HOUR
        assert OpenCandle.objects.get().candle_time == UNTIL
        monkeypatch.setattr("assets.services.collection.timezone.now", lambda: UNTIL + HOUR)
        collect_candles("1h", [asset.pk], UNTIL + HOUR, source=source)
        assert stored(asset)[-1] == UNTIL

    def test_what_the_source_lacks_is_aggregated(self) -> None:
        asset, source = listed_asset(), GivenSource(hours(48, first=FIRST), timeframes=("1h",))
        collect_candles("1h", [asset.pk], UNTIL, source=source)
        asked = len(source.asked)
        assert collect_candles("4h", [asset.pk], UNTIL, source=source).stored.new == 12
        assert len(source.asked) == asked
        first = PriceData.objects.filter(timeframe="4h").order_by("candle_time")[0]
        prices = (first.open_price, first.close_price, first.high_price)
        assert (first.is_derived, prices) == (True, (Decimal(100), Decimal(104), Decimal(105)))
        assert collect_candles("4h", [asset.pk], UNTIL, source=source).stored.equal == 12

    def test_before_it_was_listed_nothing_is_asked_for(self) -> None:
        asset, source = listed_asset(), GivenSource(hours(48, first=FIRST))
        AssetListing.objects.create(asset=asset, source="binance", listed_at=UNTIL - timedelta(hours=5.5))
        collect_candles("1h", [asset.pk], UNTIL, source=source)
        assert source.asked == [(UNTIL - 6 * HOUR, UNTIL)]

    def test_a_listing_is_learned_from_the_first_candle(self) -> None:
        asset = listed_asset()
        collect_candles("1h", [asset.pk], UNTIL, source=GivenSource(hours(12, first=UNTIL - 12 * HOUR)))
        assert AssetListing.objects.get().listed_at == UNTIL - 12 * HOUR
        find_gaps("1h")
        gap = CandleGap.objects.get()
        assert (gap.reason, gap.status, gap.missing) == (GapReason.NOT_LISTED, GapStatus.CONFIRMED, 36)

    def test_a_first_candle_that_is_missing_is_no_listing(self) -> None:
        """Where nothing was traded for a while, or the source was down, just when the wanted history begins."""
        asset, candles = listed_asset(), hours(20 * 24, first=UNTIL - 20 * DAY)
        del candles[FIRST], candles[FIRST + HOUR]
        collect_candles("1h", [asset.pk], UNTIL, source=GivenSource(candles))
        assert not AssetListing.objects.exists()
        find_gaps("1h")
        gap = CandleGap.objects.get()
        assert (gap.reason, gap.status, gap.missing) == (GapReason.NOT_FETCHED, GapStatus.OPEN, 2)

    def test_a_pair_that_is_none_does_not_stop_the_others(self) -> None:
        bad, good = listed_asset(), listed_asset()
        bad.external_ids = {"binance": "BTC/USDT"}
        bad.save()
        done = collect_candles("1h", [bad.pk, good.pk], UNTIL, source=Picky(hours(48, first=FIRST)))
        assert (done.stored.new, list(done.faults)) == (48, [bad.symbol])
        state = IngestState.objects.get(asset=bad)
        assert (state.status, state.error) == ("failed", "no name of a pair")

    def test_a_long_history_is_stored_part_by_part(self) -> None:
        asset = listed_asset()
        source = GivenSource(hours(48, first=FIRST), rows_per_call=2)
        collect_candles("1h", [asset.pk], UNTIL, source=source)
        assert source.asked == [(FIRST, FIRST + 20 * HOUR), (FIRST + 20 * HOUR, FIRST + 40 * HOUR),
                                (FIRST + 40 * HOUR, UNTIL)]  # fmt: skip


class TestWhatIsCollected:
    def test_nothing_unless_switched_on(self) -> None:
        listed_asset()
        assert collected_assets("1h") == []
        configure(enabled=True)
        assert len(collected_assets("1h")) == 1
        assert collected_assets("5m") == []

    def test_the_largest_of_those_that_the_exchange_trades(self) -> None:
        configure(enabled=True, assets=2)
        listed_asset(market_cap_rank=3)
        second, first = listed_asset(market_cap_rank=2), listed_asset(market_cap_rank=1)
        AssetFactory(market_cap_rank=4)
        listed_asset(market_cap_rank=None, is_active=False)
        assert collected_assets("1h") == [first.pk, second.pk]


@pytest.mark.usefixtures("two_days")
class TestRepairing:
    def test_missing_candles_are_fetched(self) -> None:
        asset, source = listed_asset(), GivenSource(hours(48, first=FIRST))
        collect_candles("1h", [asset.pk], UNTIL, source=source)
        PriceData.objects.filter(candle_time__in=[FIRST + 3 * HOUR, FIRST + 4 * HOUR, FIRST + 30 * HOUR]).delete()
        find_gaps("1h")
        report = repair_gaps(limit=10, sources=[source])
        assert (report.asked, report.repaired, report.confirmed, report.left, report.faults) == (2, 2, 0, 0, {})
        assert len(stored(asset)) == 48
        assert set(CandleGap.objects.values_list("status", "asked")) == {(GapStatus.REPAIRED, "binance")}

    def test_what_no_source_has_was_an_outage(self) -> None:
        asset, candles = listed_asset(), hours(48, first=FIRST)
        del candles[FIRST + 3 * HOUR]
        own, other = GivenSource(candles), GivenSource(dict(candles), name="kraken")
        collect_candles("1h", [asset.pk], UNTIL, source=own)
        find_gaps("1h")
        asset.external_ids = {**(asset.external_ids or {}), "kraken": "XBTUSD"}
        asset.save()
        report = repair_gaps(limit=10, sources=[own, other])
        assert (report.asked, report.repaired, report.confirmed, report.left) == (1, 0, 1, 0)
        gap = CandleGap.objects.get()
        assert (gap.reason, gap.status, gap.asked) == (GapReason.OUTAGE, GapStatus.CONFIRMED, "kraken")
        assert len(other.asked) == 1
        assert repair_gaps(limit=10, sources=[own, other]).asked == 0

    def test_the_second_source_has_what_the_first_has_not(self) -> None:
        asset, candles = listed_asset(), hours(48, first=FIRST)
        full = dict(candles)
        del candles[FIRST + 3 * HOUR], candles[FIRST + 40 * HOUR]
        del full[FIRST + 40 * HOUR]
        own, other = GivenSource(candles), GivenSource(full, name="kraken")
        collect_candles("1h", [asset.pk], UNTIL, source=own)
        find_gaps("1h")
        asset.external_ids = {**(asset.external_ids or {}), "kraken": "XBTUSD"}
        asset.save()
        report = repair_gaps(limit=10, sources=[own, other])
        assert (report.asked, report.repaired, report.confirmed, report.left) == (2, 1, 1, 0)

    def test_a_source_that_fails_confirms_nothing(self) -> None:
        asset, source = listed_asset(), GivenSource(hours(48, first=FIRST))
        collect_candles("1h", [asset.pk], UNTIL, source=source)
        PriceData.objects.filter(candle_time=FIRST + 3 * HOUR).delete()
        find_gaps("1h")
        source.fails_after = 0
        report = repair_gaps(limit=10, sources=[source])
        assert (report.repaired, report.confirmed, report.left) == (0, 0, 1)
        assert report.faults == {f"{asset.symbol} 1h": "the source did not answer"}
        gap = CandleGap.objects.get()
        assert (gap.status, gap.reason, gap.asked) == (GapStatus.OPEN, GapReason.NOT_FETCHED, "binance")

    def test_a_pair_that_is_none_does_not_stop_the_others(self) -> None:
        bad, good = listed_asset(), listed_asset()
        source = Picky(hours(48, first=FIRST))
        collect_candles("1h", [bad.pk, good.pk], UNTIL, source=source)
        PriceData.objects.filter(candle_time=FIRST + 3 * HOUR).delete()
        find_gaps("1h")
        bad.external_ids = {"binance": "BTC/USDT"}
        bad.save()
        report = repair_gaps(limit=10, sources=[source])
        assert (report.asked, report.repaired, report.confirmed, report.left) == (2, 1, 0, 1)
        assert report.faults == {f"{bad.symbol} 1h": "no name of a pair"}
        assert CandleGap.objects.get(asset=bad).asked_at is not None

    def test_neighbouring_gaps_are_asked_for_together(self) -> None:
        asset, source = listed_asset(), GivenSource(hours(48, first=FIRST), rows_per_call=10)
        collect_candles("1h", [asset.pk], UNTIL, source=source)
        gone = [FIRST + place * HOUR for place in (2, 4, 6, 30)]
        PriceData.objects.filter(candle_time__in=gone).delete()
        find_gaps("1h")
        source.asked.clear()
        assert repair_gaps(limit=10, sources=[source]).repaired == 4
        assert source.asked == [(gone[0], gone[2] + HOUR), (gone[3], gone[3] + HOUR)]
