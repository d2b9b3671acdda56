"""Backtests that fail or are stopped, and what is refused before they begin."""

from datetime import UTC, datetime
from typing import Any

import pytest

from aimodels.compute.boosting import Stopped
from aimodels.models import ModelJob
from aimodels.services import jobs
from cryptopredict.jobs import keep_up
from system.exceptions import InvalidInput, NoData
from tests.factories import BacktestFactory
from tests.trading.backtesting import CROSS, DAY, a_job, asked, run
from tests.trading.test_signals import END
from trading.choices import BacktestStatus
from trading.models import Backtest
from trading.services.backtests import request_backtest, request_of, run_backtest, run_request, settle_backtests

NOW = datetime(2024, 6, 1, tzinfo=UTC)
LOST: dict[str, Any] = {"job_status": "running", "attempts": 1, "worker": "gone:1"}
LOST |= dict.fromkeys(("started_at", "heartbeat_at", "taken_at", "lease_until"), NOW)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


@pytest.mark.usefixtures("coins")
class TestFailures:
    def test_a_window_without_candles_is_named_and_kept(self) -> None:
        row = request_backtest(asked(start="2023-01-01", end="2023-02-01", assets=["BTC"]))
        with pytest.raises(NoData, match="No 1d candle of these assets"):
            run_backtest(row)
        row.refresh_from_db()
        assert row.status == BacktestStatus.FAILED
        assert row.error is not None
        assert "No 1d candle" in row.error

    def test_an_unknown_asset(self) -> None:
        with pytest.raises(InvalidInput, match="there is no asset MOON") as told:
            run(assets=["MOON"])
        assert told.value.field == "assets"

    @pytest.mark.parametrize("error", [ValueError("stop of order 3 is 5"), RuntimeError("defect"), OSError(28, "full")])
    def test_whatever_goes_wrong_is_kept(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        def fail(*_: Any) -> None:
            raise error

        monkeypatch.setattr("trading.services.backtests.keeping.write_report", fail)
        row = request_backtest(asked())
        with pytest.raises(type(error)):
            run_backtest(row)
        row.refresh_from_db()
        assert row.status == BacktestStatus.FAILED
        assert row.finished_at is not None
        assert row.error is not None
        assert str(error.args[-1]) in row.error

    def test_a_defect_among_variants_is_no_fault_of_the_folds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise ValueError("stop of order 3 is 5")

        monkeypatch.setattr("trading.services.backtests.running.walk_forward", fail)
        with pytest.raises(ValueError, match="stop of order 3"):
            run(rules=[CROSS, CROSS])

    def test_variants_stop_when_asked(self) -> None:
        asks = iter([False, True])
        start = (END - 140 * DAY).isoformat()
        with pytest.raises(Stopped):
            run_request(request_of(asked(rules=[CROSS] * 3, folds=1, start=start)), stop=lambda: next(asks))

    def test_more_candles_than_a_server_holds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("trading.services.backtests.lifting.MOST_CANDLES", 8 * 140)
        with pytest.raises(InvalidInput, match=r"candles of 8 assets are .*; 1,120 at most") as told:
            run()
        assert told.value.field == "start"

    def test_more_variants_than_a_day_has_hours_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("trading.services.backtests.running.MOST_WORK", 3 * 8 * 100)
        with pytest.raises(InvalidInput, match="3 variants of") as told:
            run(rules=[CROSS] * 3)
        assert told.value.field == "rules"

    def test_a_series_without_signals(self) -> None:
        with pytest.raises(NoData, match="The series nothing has no 1d signals"):
            run(rules=None, series="nothing")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"moon": 1}, "moon"),
        ({"timeframe": "3d"}, "timeframe"),
        ({"timeframe": "1M"}, "timeframe"),
        ({"start": "yesterday"}, "start"),
        ({"start": "2024-01-01T00:00:00"}, "start"),
        ({"end": None}, "end"),
        ({"start": "2024-07-01", "end": "2024-06-01"}, "start"),
        ({"end": "2999-01-01"}, "end"),
        ({"rules": None}, "rules"),
        ({"series": "live"}, "rules"),
        ({"rules": None, "signals": "all"}, "signals"),
        ({"rules": None, "series": "live", "timeframe": "5m"}, "timeframe"),
        ({"rules": []}, "rules"),
        ({"rules": CROSS | {"stopp": 2}}, "rules.stopp"),
        ({"rules": [CROSS, CROSS | {"stop": {"percent": 0}}]}, "rules[1].stop.percent"),
        ({"assets": "BTC"}, "assets"),
        ({"assets": ["BTC", "BTC"]}, "assets"),
        ({"folds": 0}, "folds"),
        ({"account": {"start": 0}}, "account.start"),
        ({"account": {"money": 5}}, "account.money"),
        ({"account": {"max_open": 1.5}}, "account.max_open"),
        ({"costs": {"taker_percent": 50}}, "costs.taker_percent"),
        ({"costs": {"tiers": [{"volume": 0, "maker_percent": 0, "taker_percent": 0}]}}, "costs"),
        ({"costs": {"tiers": [{"volume": 5}]}}, "costs.tiers[0].maker_percent"),
        ({"costs": {"tiers": 5}}, "costs.tiers"),
        ({"costs": {"slippage_percent": float("nan")}}, "costs.slippage_percent"),
        ({"name": 5}, "name"),
        ({"start": "0001-01-01T00:00:00+23:00"}, "start"),
        ({"end": "9999-12-31T23:59:59-23:00"}, "end"),
        ({"start": "2008-12-31"}, "start"),
        ({"assets": [f"A{number}" for number in range(5_001)]}, "assets"),
        (
            {"costs": {"tiers": [{"volume": v, "maker_percent": 0, "taker_percent": 0} for v in range(1, 102)]}},
            "costs.tiers",
        ),
    ],
)
def test_a_request_that_cannot_be_run_names_the_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as told:
        request_of(asked(**changed))
    assert told.value.field == field
    assert not Backtest.objects.exists()


@pytest.mark.usefixtures("coins")
@pytest.mark.parametrize("stopped", [Stopped, jobs.Stopped])
@pytest.mark.parametrize(("ordered", "status"), [(None, "pending"), ("pause", "pending"), ("cancel", "failed")])
def test_a_job_that_is_stopped_waits_unless_it_was_cancelled(
    stopped: type[Exception], ordered: str | None, status: str
) -> None:
    job = a_job(
        job_status="running", stop_requested=ordered, worker="here:1", attempts=1, lease_until=END, taken_at=END
    )
    row = request_backtest(job.job_config, job=job)

    def stop(_phase: str, _share: float) -> None:
        raise stopped

    with pytest.raises(stopped):
        run_backtest(row, progress=stop)
    row.refresh_from_db()
    assert row.status == status


def test_what_its_job_has_left_behind_ends() -> None:
    cancelled, given_up, going_on = (BacktestFactory(job=a_job(max_retries=0)) for _ in range(3))
    jobs.cancel_job(cancelled.job_id, actor=None)
    ModelJob.objects.filter(pk__in=(given_up.job_id, going_on.job_id)).update(**LOST)
    ModelJob.objects.filter(pk=going_on.job_id).update(max_retries=3)
    Backtest.objects.filter(pk__in=(given_up.pk, going_on.pk)).update(status=BacktestStatus.RUNNING)
    keep_up(NOW + DAY)
    told = {row.pk: (row.status, row.error) for row in Backtest.objects.all()}
    assert told[cancelled.pk] == ("failed", "It was cancelled.")
    assert told[given_up.pk] == ("failed", "The worker gone:1 ended without a word, or lost the database.")
    assert told[going_on.pk] == ("pending", None), "its job waits to be taken up again"
    assert Backtest.objects.get(pk=cancelled.pk).finished_at is not None
    assert settle_backtests() == []


def test_what_runs_is_left_alone() -> None:
    row = BacktestFactory(job=a_job(**LOST | {"worker": "here:1"}), status=BacktestStatus.RUNNING)
    assert settle_backtests() == []
    row.refresh_from_db()
    assert row.status == BacktestStatus.RUNNING
