"""Backtests from a request to a report, and what is refused on the way."""

import csv
import io
import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.utils.translation import override

from aimodels.compute.boosting import Stopped
from assets.models import Asset
from assets.selectors import moment
from cryptopredict.jobs import HANDLERS
from cryptopredict.management.commands.backtest import configuration
from macro.models import ExternalSeries, ExternalValue
from system.exceptions import InvalidInput, NoData
from tests.factories import AIModelFactory, AssetFactory, add_candles
from tests.trading.test_signals import DAYS, END, store_market
from trading.choices import BacktestStatus
from trading.models import Backtest
from trading.services.backtests import Done, files_of, request_backtest, request_of, run_backtest, run_request
from trading.services.backtests.assumptions import assumptions_of, words_of
from trading.services.backtests.lifting import finer_of, lifted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CROSS = {"entry": {"rule": "sma_cross", "fast": 3, "slow": 8}, "stop": {"percent": 4}, "sides": ["long", "short"]}
START = END - 100 * DAY


@pytest.fixture(scope="module")
def stored(module_rows: Any) -> list[Asset]:
    with module_rows():
        return store_market()


@pytest.fixture
def coins(db: None, stored: list[Asset]) -> list[Asset]:
    return deepcopy(stored)


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.CRYPTOPREDICT_HOME = tmp_path
    return tmp_path


def asked(**changed: Any) -> dict[str, Any]:
    return {"timeframe": "1d", "start": START.isoformat(), "end": END.isoformat(), "rules": CROSS, **changed}


def run(**changed: Any) -> Done:
    return run_request(request_of(asked(**changed)))


@pytest.mark.usefixtures("coins")
class TestRun:
    def test_a_backtest_is_kept_with_its_report(self, home: Path) -> None:
        row = request_backtest(asked(name="crosses"))
        assert row.status == BacktestStatus.PENDING
        phases: list[str] = []
        done = run_backtest(row, folder=home / "copy", progress=lambda phase, _share: phases.append(phase))
        row.refresh_from_db()
        assert (row.status, row.trades, row.trials) == (BacktestStatus.DONE, done.result.figures.closed, 1)
        assert row.trades is not None
        assert row.trades > 20
        assert row.fingerprint == done.result.fingerprint
        assert phases == ["reading candles", "following", "studying"]
        assert row.metrics is not None
        assert row.metrics["figures"]["end"] == pytest.approx(done.result.equity.value[-1])
        for folder in (home / str(row.report), home / "copy"):
            assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json", "trades.csv"]

    def test_the_same_again_is_the_same(self) -> None:
        first, second = run(), run(assets=["UP5", "BTC", "UP0", "ETH", "UP3", "UP4", "UP1", "UP2"])
        assert first.result.bars.keys != second.result.bars.keys
        assert first.result.fingerprint == second.result.fingerprint
        assert first.random == run().random

    def test_trades_lie_in_the_window_and_their_files_agree(self) -> None:
        done = run()
        files = files_of(done)
        told = json.loads(files["report.json"])
        lines = list(csv.DictReader(io.StringIO(files["trades.csv"])))
        assert len(lines) == len(told["trades"]) == len(done.result.trades)
        entered = [datetime.fromisoformat(line["entered_at"]) for line in lines]
        assert entered == sorted(entered)
        assert START <= entered[0] < entered[-1] < END
        net = [float(line["pnl"]) for line in lines if line["pnl"]]
        assert sum(net) == pytest.approx(float(np.nansum(done.result.trades.net)))
        assert {line["reason"] for line in lines} <= {"stop", "signal", ""}
        assert {line["side"] for line in lines} == {"long", "short"}

    def test_an_entry_may_come_from_the_close_before_the_window(self) -> None:
        whole = entries(run())
        first = min(whole)
        shorter = entries(run(start=moment(first[0]).isoformat()))
        assert min(shorter) == first
        later = entries(run(start=(moment(first[0]) + DAY).isoformat()))
        assert set(later) == {one for one in whole if one[0] > first[0]}

    def test_the_page_may_run_nothing_and_load_nothing(self) -> None:
        page = files_of(run(name="<b>x</b>"))["report.html"]
        assert "default-src 'none'; style-src 'sha256-" in page
        assert "<script" not in page
        assert "http://" not in page.replace('http-equiv="', "")
        assert "https://" not in page
        assert "&lt;b&gt;x&lt;/b&gt;" in page
        assert page.count("<polyline") == 2
        with override("fa"):
            assert 'dir="rtl"' in files_of(run())["report.html"]

    def test_what_it_assumes_is_said(self) -> None:
        done = run(costs={"taker_percent": 0.2, "tiers": [{"volume": 1e6, "maker_percent": 0, "taker_percent": 0.1}]})
        told = assumptions_of(done)
        assert [one["code"] for one in told] == [
            "signal_on_close", "market_only", "stop_at_level", "finer", "fees", "slippage", "no_funding",
            "passes_holes", "sized_by_results", "limits", "one_position", "candles_known_at", "survivors", "trials",
        ]  # fmt: skip
        words = [words_of(one) for one in told]
        assert "0 USD: 0.1 / 0.2 %, 1e+06 USD: 0 / 0.1 %" in words[4]
        assert not any("{" in line for line in words)

    def test_settings_are_chosen_by_the_past(self) -> None:
        variants = [CROSS, CROSS | {"stop": {"percent": 8}}, CROSS | {"sides": ["long"]}]
        row = request_backtest(asked(rules=variants, folds=1, start=(END - 140 * DAY).isoformat()))
        done = run_backtest(row)
        assert (row.trials, len(done.folds)) == (3, 1)
        assert row.metrics is not None
        assert row.metrics["folds"][0]["rules"] == variants[done.folds[0].variant]
        assert row.metrics["deflated_sharpe"]["trials"] == 3
        entered = done.result.paths.fill_row[done.result.trades.order]
        assert entered.min() >= done.folds[0].first
        with pytest.raises(InvalidInput, match="shorter than 60 days") as told:
            run(rules=variants, folds=4)
        assert told.value.field == "folds"

    def test_it_stops_when_asked(self) -> None:
        row = request_backtest(asked())
        with pytest.raises(Stopped):
            run_backtest(row, stop=lambda: True)

    def test_a_symbol_is_no_formula(self) -> None:
        strange = AssetFactory(symbol="=BAD")
        closes = 20 * np.exp(np.cumsum(0.02 * np.random.default_rng(2).standard_normal(DAYS)))
        add_candles(strange, closes.round(6), timeframe="1d", first=END - DAYS * DAY)
        assert "\n'=BAD," in files_of(run(assets=["=BAD"]))["trades.csv"]


def entries(done: Done) -> list[tuple[int, str]]:
    """When each order was filled, and of what."""
    bars, found, column = done.result.bars, done.result.paths, done.result.orders.column
    return [
        (bars.start + bars.step * int(row), bars.keys[column[place]])
        for place, row in enumerate(found.fill_row)
        if row >= 0
    ]


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
    ],
)
def test_a_request_that_cannot_be_run_names_the_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as told:
        request_of(asked(**changed))
    assert told.value.field == field
    assert not Backtest.objects.exists()


def test_shorter_candles_and_funding_are_read(coins: list[Asset]) -> None:
    hours = np.linspace(50, 60, 24)
    add_candles(coins[0], hours, timeframe="1h", first=END - 3 * DAY)
    candles = lifted(coins[:2], "1d", END - 5 * DAY, END)
    finer = finer_of(candles)
    row = candles.row(END - 3 * DAY)
    opens, high, low = finer(np.array([0, 1, 0]), np.array([row, row, row + 1]))
    assert opens.shape == (3, 24)
    assert np.isfinite(opens[0] + high[0] + low[0]).all()
    assert np.isnan(opens[1:]).all()
    assert (high[0] >= low[0]).all()
    series = ExternalSeries.objects.create(
        code="FUNDING:BTC", name="funding", kind="funding", unit="fraction", source="test", asset=coins[0]
    )
    for hour, rate in ((0, "0.0001"), (8, "0.0002")):
        at = END - 20 * DAY + timedelta(hours=hour)
        ExternalValue.objects.create(series=series, observed_at=at, known_at=at, value=rate)
    done = run()
    assert done.result.has_funding
    assert "funding" in {one["code"] for one in assumptions_of(done)}
    assert done.result.figures.funding != 0


def test_the_command_tells_and_writes(coins: list[Asset], home: Path, capsys: Any) -> None:
    options = ["--start", START.isoformat(), "--end", END.isoformat(), "--timeframe", "1d", "--fee", "0.2"]
    call_command("backtest", *options, "--rules", json.dumps(CROSS), "--out", str(home / "out"))
    row = Backtest.objects.get()
    told = capsys.readouterr().out
    assert f"fingerprint {row.fingerprint}" in told
    assert (home / "out" / "report.html").exists()
    assert row.configuration["costs"] == {"maker_percent": 0.2, "taker_percent": 0.2}
    rules = home / "rules.json"
    rules.write_text(json.dumps(CROSS), encoding="utf-8")
    call_command("backtest", *options, "--rules", str(rules), "--json")
    assert json.loads(capsys.readouterr().out)["fingerprint"] == row.fingerprint
    assert len(coins) == 8


def test_options_of_the_command_that_make_no_sense(home: Path) -> None:
    none = dict.fromkeys(
        ("config", "name", "start", "end", "timeframe", "series", "folds", "rules", "plans", "capital", "share",
         "max_open", "fee", "slippage")
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="rules is no JSON"):
        configuration(none | {"asset": [], "rules": "{"})
    with pytest.raises(InvalidInput, match="cannot be read"):
        configuration(none | {"asset": [], "config": home / "missing.json"})
    listed = home / "list.json"
    listed.write_text("[]", encoding="utf-8")
    with pytest.raises(InvalidInput, match="config must be"):
        configuration(none | {"asset": [], "config": listed})
    assert configuration(none | {"asset": ["BTC"], "plans": True}) == {"assets": ["BTC"], "signals": "plans"}


class FakeJob:
    """What a handler is given, without a queue."""

    def __init__(self, config: dict[str, Any], job_id: int) -> None:
        self.config, self.job_id, self.told = config, job_id, []  # type: ignore[var-annotated]

    def progress(self, phase: str, share: float) -> None:
        self.told.append((phase, share))

    def should_stop(self) -> bool:
        return False


@pytest.mark.usefixtures("coins")
def test_a_job_runs_it_once() -> None:
    from aimodels.models import ModelJob

    job = ModelJob.objects.create(
        model=AIModelFactory(), job_type="backtest", job_category="evaluation", job_name="crosses", job_config=asked()
    )
    handler = HANDLERS["backtest", "timing"]
    first = handler(FakeJob(job.job_config, job.pk))  # type: ignore[arg-type]
    second = handler(FakeJob(job.job_config, job.pk))  # type: ignore[arg-type]
    assert first == second
    assert Backtest.objects.get().job == job


def test_utc_is_meant() -> None:
    assert request_of(asked(start="2024-03-01")).start == datetime(2024, 3, 1, tzinfo=UTC)
