"""From the schedule's tick to the analysis of a close; and what is fetched besides candles leaves its rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assets.models import PriceData
from assets.services import Stored, UniverseSynced
from assets.services.listings import ListingsSynced
from cryptopredict import collecting, pipeline, tasks
from macro.services.collection import SeriesCollected, standing_sources
from system.exceptions import UnavailableError
from system.models import BackgroundTask, ExternalApiLog
from system.services import change_setting, setting
from tests.assets.given_source import GivenSource, hours
from tests.factories import AdminFactory, AssetFactory, PipelineRunFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 6, 10, 0, 0, 5, tzinfo=UTC)
CLOSE = NOW.replace(second=0)


@pytest.fixture
def collecting_on() -> None:
    value = setting("collection")
    history = {**value["history_days"], "1h": 2}
    change_setting("collection", {**value, "enabled": True, "history_days": history}, actor=AdminFactory())


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tasks that are sent run at once; the timeframes of the runs that they ask for."""
    asked: list[str] = []
    for task in (tasks.collect_batch, tasks.finish_round):
        monkeypatch.setattr(task, "delay", task)
    monkeypatch.setattr(tasks.run_pipeline, "delay", asked.append)
    monkeypatch.setattr(tasks.check_alerts, "delay", lambda timeframe: asked.append(f"alerts {timeframe}"))
    return asked


@pytest.mark.usefixtures("collecting_on")
def test_from_the_tick_to_the_analysis(runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    source = GivenSource(hours(48, first=CLOSE - timedelta(days=2)))
    monkeypatch.setattr("assets.services.collection.source_of", lambda _asset: source)
    for rank in (1, 2):
        AssetFactory(data_source="binance", external_ids={"binance": f"C{rank}USDT"}, market_cap_rank=rank)
    tasks.collect_candles("1h", NOW.isoformat())
    assert PriceData.objects.count() == 96
    assert runs == ["alerts 1h", "1h"]
    assert BackgroundTask.objects.get().status == "completed"
    tasks.collect_candles("1h", NOW.isoformat())
    assert runs == ["alerts 1h", "1h"]


def test_while_collection_is_off_nobody_is_called(runs: list[str]) -> None:
    AssetFactory(data_source="binance", external_ids={"binance": "C1USDT"})
    tasks.collect_candles("1h", NOW.isoformat())
    tasks.collect_coins(NOW.isoformat())
    tasks.collect_series(NOW.isoformat())
    assert runs == []
    assert not BackgroundTask.objects.exists()
    assert not ExternalApiLog.objects.exists()


@pytest.mark.usefixtures("collecting_on")
def test_one_source_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: Any, **__: Any) -> UniverseSynced:
        raise UnavailableError("coingecko did not answer")

    monkeypatch.setattr("cryptopredict.collecting.sync_universe", unavailable)
    monkeypatch.setattr("cryptopredict.collecting.sync_listings", lambda _now: ListingsSynced(pairs=3))
    collecting.collect_coins(NOW)
    rows = {row.task_name: row for row in BackgroundTask.objects.all()}
    failed, done = rows["assets.services.sync_universe"], rows["assets.services.sync_listings"]
    assert (failed.status, failed.error_message) == ("failed", "coingecko did not answer")
    assert (done.status, (done.result_data or {})["pairs"]) == ("completed", 3)


@pytest.mark.usefixtures("collecting_on")
def test_an_answer_that_is_not_complete_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    partly = UniverseSynced(new=5, rejects=[("bad-coin", "no symbol")], error="page 2 did not come")
    monkeypatch.setattr("cryptopredict.collecting.sync_universe", lambda *_, **__: partly)
    monkeypatch.setattr("cryptopredict.collecting.sync_listings", lambda _now: ListingsSynced())
    collecting.collect_coins(NOW)
    row = BackgroundTask.objects.get(task_name="assets.services.sync_universe")
    assert (row.status, row.error_message) == ("failed", "page 2 did not come")
    assert row.result_data == {
        "new": 5,
        "changed": 0,
        "unchanged": 0,
        "rejected": 1,
        "rejects": [["bad-coin", "no symbol"]],
    }


@pytest.mark.usefixtures("collecting_on")
def test_every_source_of_series_is_asked_and_leaves_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def collected(source: Any, _now: datetime) -> SeriesCollected:
        done = SeriesCollected(source.name, stored={"A": Stored(new=2, equal=1)})
        if source.name == "fred":
            done.faults["VIX"] = "fred did not answer"
        return done

    monkeypatch.setattr("cryptopredict.collecting.collect_series", collected)
    collecting.collect_all_series(NOW)
    rows = {row.task_params["source"]: row for row in BackgroundTask.objects.all()}
    assert set(rows) == {source.name for source in standing_sources(1)}
    assert (rows["fred"].status, rows["fred"].error_message) == ("failed", "VIX: fred did not answer")
    others = [row for name, row in rows.items() if name != "fred"]
    assert {row.status for row in others} == {"completed"}
    assert all((row.result_data or {})["new"] == 2 for row in rows.values())


class TestScheduledRuns:
    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
        asked: list[datetime] = []
        monkeypatch.setattr("cryptopredict.pipeline.run_pipeline", lambda as_of, _timeframe: asked.append(as_of))
        monkeypatch.setattr("cryptopredict.pipeline.is_collected", lambda *_: True)
        return asked

    def test_a_close_is_analysed_once(self, asked: list[datetime]) -> None:
        pipeline.run_newest("1h", NOW)
        assert asked == [CLOSE]
        PipelineRunFactory(timeframe="1h", as_of=CLOSE, series="live", status="done")
        pipeline.run_newest("1h", NOW + timedelta(minutes=10))
        assert asked == [CLOSE]

    @pytest.mark.usefixtures("collecting_on")
    def test_it_waits_for_the_candles_but_not_for_ever(self, asked: list[datetime]) -> None:
        AssetFactory(data_source="binance", external_ids={"binance": "C1USDT"})
        pipeline.run_newest("1h", NOW + timedelta(minutes=1))
        assert asked == []
        pipeline.run_newest("1h", NOW + timedelta(minutes=11))
        assert asked == [CLOSE]
