"""Backtests from a request to a report."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone
from django.utils.translation import override

from aimodels.compute.boosting import Stopped
from assets.models import Asset
from assets.selectors import moment
from cryptopredict.jobs import HANDLERS
from cryptopredict.management.commands.backtest import configuration
from system.exceptions import InvalidInput
from system.stores.artefacts import Artefacts
from tests.buckets import objects
from tests.factories import (
    AssetFactory,
    BacktestFactory,
    UserFactory,
    add_candles,
)
from tests.trading.backtesting import CROSS, DAY, START, a_job, asked, run
from tests.trading.test_signals import DAYS, END
from trading.choices import BacktestStatus
from trading.models import Backtest
from trading.selectors.backtest_curve import backtest_curve
from trading.selectors.backtest_trades import StoredTrades
from trading.services.backtests import Done, files_of, request_backtest, request_of, run_backtest, sweep_reports
from trading.services.backtests.assumptions import assumptions_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


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
            names = sorted(path.name for path in folder.iterdir())
            assert names == ["equity.csv", "report.html", "report.json", "trades.csv"]
        curve = backtest_curve(row)
        assert curve[-1].value == pytest.approx(done.result.equity.value[-1], abs=1e-3)
        assert min(point.below for point in curve) == pytest.approx(-100 * done.result.figures.drawdown.depth, abs=1e-4)
        assert curve == sorted(curve, key=lambda point: point.time)

    def test_its_report_lies_in_the_bucket_of_the_files(
        self, files_bucket: Artefacts, settings: Any, tmp_path: Path
    ) -> None:
        row = request_backtest(asked())
        done = run_backtest(row, folder=tmp_path / "copy")
        written = {f"backtests/{row.pk}/{path.name}": path.read_bytes() for path in (tmp_path / "copy").iterdir()}
        assert len(written) == 4
        assert {name: files_bucket.read(name) for name in objects(files_bucket)} == written
        assert not (settings.CRYPTOPREDICT_HOME / "backtests").exists()
        assert backtest_curve(row)[-1].value == pytest.approx(done.result.equity.value[-1], abs=1e-3)
        assert len(StoredTrades(row)) >= (row.trades or 0) > 0  # those that are open too

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
            "passes_holes", "sized_by_results", "limits", "one_position", "candles_known_at", "traded_at_start",
            "no_choice",
        ]  # fmt: skip
        words = [words_of(one) for one in told]
        assert "from 0 USD 0.1 / 0.2 percent, from 1,000,000 USD 0 / 0.1 percent" in words[4]
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

    def test_variants_are_warmed_up_as_one_strategy_is(self) -> None:
        declared = {"entry": {"rule": "breakout", "bars": 80}, "stop": {"percent": 4}}
        start = (END - 130 * DAY).isoformat()
        alone, chosen = run(rules=declared, start=start), run(rules=[declared, declared], start=start, folds=1)
        (fold,) = chosen.folds
        rows = alone.result.orders.row
        kept = (rows >= fold.first - 1) & (rows < fold.end - 1)
        assert (rows[kept] < 80).any(), "entries that the window alone does not know"
        assert sorted(chosen.result.orders.row) == sorted(rows[kept])

    def test_it_stops_when_asked(self) -> None:
        row = request_backtest(asked())
        with pytest.raises(Stopped):
            run_backtest(row, stop=lambda: True)
        row.refresh_from_db()
        assert (row.status, row.error) == (BacktestStatus.FAILED, "It was stopped before it was done.")

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


def test_the_command_tells_and_writes(coins: list[Asset], home: Path, capsys: Any) -> None:
    options = ["--start", START.isoformat(), "--end", END.isoformat(), "--timeframe", "1d", "--fee", "0.2"]
    call_command("backtest", *options, "--rules", json.dumps(CROSS), "--out", str(home / "out"))
    row = Backtest.objects.get()
    told = capsys.readouterr().out
    assert f"fingerprint {row.fingerprint}" in told
    assert (home / "out" / "report.html").exists()
    assert row.configuration["costs"] == {"maker_percent": 0.2, "taker_percent": 0.2}
    assert row.created_by is None
    rules = home / "rules.json"
    rules.write_text(json.dumps(CROSS), encoding="utf-8")
    user = UserFactory()
    call_command("backtest", *options, "--rules", str(rules), "--json", "--user", user.email)
    assert json.loads(capsys.readouterr().out)["fingerprint"] == row.fingerprint
    assert Backtest.objects.latest("pk").created_by == user
    with pytest.raises(InvalidInput, match="nobody called") as told:
        call_command("backtest", *options, "--user", "nobody@example.com")
    assert told.value.field == "user"
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
    user = UserFactory()
    job = a_job(initiated_by=user)
    handler = HANDLERS["backtest", "timing"]
    first = handler(FakeJob(job.job_config, job.pk))  # type: ignore[arg-type]
    second = handler(FakeJob(job.job_config, job.pk))  # type: ignore[arg-type]
    assert first == second
    row = Backtest.objects.get()
    assert (row.job, row.created_by) == (job, user)


def test_reports_without_their_backtest_are_swept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweep_reports() == 0
    kept, gone = BacktestFactory(), BacktestFactory()
    for row in (kept, gone):
        (home / f"backtests/{row.pk}").mkdir(parents=True)
        (home / f"backtests/{row.pk}/trades.csv").write_text("symbol")
    gone.delete()  # as when a person is erased
    assert sweep_reports() == 0  # too young
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert sweep_reports() == 1
    assert [path.name for path in (home / "backtests").iterdir()] == [str(kept.pk)]


def test_utc_is_meant() -> None:
    assert request_of(asked(start="2024-03-01")).start == datetime(2024, 3, 1, tzinfo=UTC)
