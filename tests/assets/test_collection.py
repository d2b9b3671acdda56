"""Fetching: from where the stored candles end, each asset with its own verdict, and never success where one failed."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from assets.choices import GapReason, GapStatus
from assets.models import Asset, AssetListing, CandleGap, IngestState, OpenCandle, PriceData
from assets.providers.base import Fetched
from assets.services import (
    begin_round,
    collect_batch,
    collect_candles,
    collected_assets,
    find_gaps,
    finish_round,
    is_awaited,
    repair_gaps,
    take_up_rounds,
)
from system.exceptions import InvalidInput
from system.models import BackgroundTask
from system.services import change_setting, setting
from tests.assets.given_source import GivenSource, hours
from tests.factories import AdminFactory, AssetFactory

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNTIL = datetime(2024, 6, 10, tzinfo=UTC)
FIRST = UNTIL - 2 * DAY


@pytest.fixture
def two_days() -> None:
    """History of two days, so that a test can count."""
    configure(enabled=True, history_days={**setting("collection")["history_days"], "1h": 2})


def configure(**changes: Any) -> None:
    change_setting("collection", {**setting("collection"), **changes}, actor=AdminFactory())


def listed_asset(**columns: Any) -> Asset:
    asset: Asset = AssetFactory(data_source="binance", **columns)
    asset.external_ids = {"binance": f"{asset.symbol}USDT"}
    asset.save()
    return asset


def stored(asset: Asset) -> list[datetime]:
    return list(PriceData.objects.filter(asset=asset).order_by("candle_time").values_list("candle_time", flat=True))


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


class TestRounds:
    @pytest.fixture(autouse=True)
    def source(self, monkeypatch: pytest.MonkeyPatch, two_days: None) -> GivenSource:  # noqa: ARG002
        source = GivenSource(hours(72, first=FIRST))
        monkeypatch.setattr("assets.services.collection.source_of", lambda _asset: source)
        monkeypatch.setattr("assets.services.repair.sources_of", lambda _asset: [source])
        return source

    def test_batches_together_make_a_round(self) -> None:
        configure(assets_per_task=2)
        assets = [listed_asset() for _ in range(3)]
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        assert [len(batch) for batch in begun.task_params["batches"]] == [2, 1]
        assert collect_batch(begun.pk, 0) is False
        assert collect_batch(begun.pk, 0) is False  # delivered twice
        assert collect_batch(begun.pk, 1) is True
        finished = finish_round(begun.pk)
        assert finished is not None
        assert (finished.timeframe, finished.until) == ("1h", UNTIL)
        assert finish_round(begun.pk) is None
        row = BackgroundTask.objects.get()
        assert (row.status, row.error_message) == ("completed", None)
        assert PriceData.objects.count() == 48 * len(assets)

    def test_one_round_per_close(self) -> None:
        listed_asset()
        assert begin_round("1h", UNTIL) is not None
        assert begin_round("1h", UNTIL) is None
        assert begin_round("1h", UNTIL + HOUR) is not None
        assert sorted(BackgroundTask.objects.values_list("status", flat=True)) == ["failed", "running"]

    def test_a_round_that_died_before_its_batches_were_told_is_told_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever began it was killed: the message that comes again finds a round of which nothing is heard."""
        listed_asset()
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        assert begin_round("1h", UNTIL) is None  # a second beat
        monkeypatch.setattr("assets.services.rounds.QUIET", timedelta(0))
        again = begin_round("1h", UNTIL)
        assert again is not None
        assert again.pk == begun.pk
        assert collect_batch(begun.pk, 0) is True
        assert begin_round("1h", UNTIL) is None
        assert collect_batch(begun.pk, 0) is True  # whoever was to finish it had died: it is told again

    def test_what_a_worker_that_died_has_lost_is_named(self) -> None:
        configure(assets_per_task=1)
        for _ in range(3):
            listed_asset()
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        collect_batch(begun.pk, 1)
        now = timezone.now()
        assert take_up_rounds(now) == {}
        assert take_up_rounds(now + timedelta(minutes=6)) == {begun.pk: [0, 2]}
        for number in (0, 2):
            collect_batch(begun.pk, number)
        assert take_up_rounds(now + timedelta(minutes=6)) == {begun.pk: []}  # only the end was lost
        finish_round(begun.pk)
        assert take_up_rounds(now + timedelta(minutes=12)) == {}

    def test_a_batch_that_comes_twice_is_fetched_once(self, source: GivenSource) -> None:
        configure(assets_per_task=1)
        for _ in range(2):
            listed_asset()
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        for _ in range(2):
            assert collect_batch(begun.pk, 0) is False
        assert len(source.asked) == 1

    def test_a_round_with_a_fault_is_not_completed(self, source: GivenSource) -> None:
        source.fails_after = 5
        asset = listed_asset()
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        assert collect_batch(begun.pk, 0) is True
        assert finish_round(begun.pk) is not None
        row = BackgroundTask.objects.get()
        assert row.status == "failed"
        assert asset.symbol in (row.error_message or "")

    def test_the_analysis_waits_for_the_round_but_not_for_ever(self) -> None:
        assert not is_awaited("1h", UNTIL, UNTIL)
        listed_asset()
        assert is_awaited("1h", UNTIL, UNTIL)
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        assert is_awaited("1h", UNTIL, UNTIL + 5 * timedelta(minutes=1))
        assert not is_awaited("1h", UNTIL, UNTIL + timedelta(minutes=11))
        collect_batch(begun.pk, 0)
        finish_round(begun.pk)
        assert not is_awaited("1h", UNTIL, UNTIL + timedelta(minutes=1))


@pytest.mark.usefixtures("two_days")
class TestCommands:
    def test_gaps_are_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        asset, source = listed_asset(), GivenSource(hours(48, first=FIRST))
        collect_candles("1h", [asset.pk], UNTIL, source=source)
        PriceData.objects.filter(candle_time=FIRST + 3 * HOUR).delete()
        call_command("gaps")
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].split() == [
            asset.symbol, "1h", "2024-06-08", "03:00", "-", "2024-06-08", "04:00", "1", "not_fetched", "open",
        ]  # fmt: skip
        assert lines[-1] == "1 gaps (1 open), 1 candles missing"

    def test_gaps_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        import json

        asset = listed_asset()
        collect_candles("1h", [asset.pk], UNTIL, source=GivenSource({}))
        call_command("gaps", "--json", "--asset", asset.symbol, "--timeframe", "1h")
        found = json.loads(capsys.readouterr().out)
        assert found["found"] == {"1h": {"found": 1, "standing": 0, "repaired": 0}}
        assert found["gaps"][0]["start"] == "2024-06-08T00:00:00Z"

    def test_an_unknown_asset_is_named(self) -> None:
        from system.exceptions import InvalidInput

        with pytest.raises(InvalidInput, match="no asset NOBODY"):
            call_command("gaps", "--asset", "NOBODY")

    def test_collecting_needs_something_to_collect(self) -> None:
        from system.exceptions import NoData

        configure(enabled=False)
        with pytest.raises(NoData, match="Nothing is collected"):
            call_command("collect")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_beats_at_once_begin_one_round() -> None:
    configure(enabled=True)
    listed_asset()
    found: list[BackgroundTask | None] = []

    def second() -> None:
        try:
            found.append(begin_round("1h", UNTIL))
        finally:
            connection.close()

    beside = threading.Thread(target=second)
    with transaction.atomic():
        assert begin_round("1h", UNTIL) is not None
        beside.start()
        beside.join(1)
    beside.join(10)
    assert found == [None]
    assert BackgroundTask.objects.count() == 1
