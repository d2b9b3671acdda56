"""Signals that runs wrote against a backtest of the same window: replay and backtest are the same."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from assets.models import CandleRevision, PriceData
from cryptopredict.bootstrap import bootstrap
from cryptopredict.importing import import_files
from cryptopredict.replaying import replay
from system.choices import RunStatus
from system.exceptions import InvalidInput, NoData
from system.models import PipelineRun
from tests.market_files import own_market
from trading.models import AITradingSignal, SignalOutcome
from trading.services.backtests import request_of, run_request
from trading.services.reconciliation import EQUAL, Reconciled, reconcile

# Real transactions: bootstrap and import work with both roles, and each has to see what the other has done.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
DAY = timedelta(days=1)
START = datetime(2024, 5, 20, tzinfo=UTC)
END = START + 11 * DAY
REAL_START = datetime(2024, 3, 10, tzinfo=UTC)
PAIRS = ("BTC", "ETH", "SOL", "ATOM", "BCH", "AR")


def replayed(files: list[Path], start: datetime, end: datetime, step: timedelta, timeframe: str) -> str:
    bootstrap()
    report = import_files(files, timezone.now(), lambda _file: None)
    assert not report.rejects
    replay(start, end, step, timeframe=timeframe, series="again", progress=lambda _run: None)
    return "again"


def shown(found: Reconciled) -> str:
    return "\n".join(f"{line}" for line in found.lines if line.state != EQUAL)


@pytest.mark.long
def test_a_replay_equals_the_backtest_of_its_window(tmp_path: Path, capsys: Any) -> None:
    series = replayed(own_market(tmp_path), START, END, DAY, "1d")
    found = reconcile(series, "1d", START, END + DAY)
    assert found.is_equal, shown(found)
    assert found.counts[EQUAL] == AITradingSignal.objects.filter(series=series).count() > 10
    assert found.ended == SignalOutcome.objects.filter(series=series).count() > 5
    # A window that begins in the midst of it knows what lived then.
    later = reconcile(series, "1d", START + 4 * DAY, END)
    assert later.is_equal, shown(later)
    assert 0 < later.counts[EQUAL] < found.counts[EQUAL]
    window = ["--series", series, "--timeframe", "1d", "--from", START.isoformat(), "--to", (END + DAY).isoformat()]
    call_command("reconcile", *window)
    assert f"{found.counts[EQUAL]} equal" in capsys.readouterr().out
    _unfinished_runs_are_not_compared(series, found)
    _stored_signals_go_the_same_way(series)
    _what_is_changed_is_found(series, window, capsys)


def _unfinished_runs_are_not_compared(series: str, found: Reconciled) -> None:
    """Neither in progress nor failed; but what they have signalled lives."""
    first = found.lines[0].as_of
    runs = PipelineRun.objects.filter(series=series, as_of=first)
    for status in (RunStatus.FAILED, RunStatus.RUNNING):
        runs.update(status=status)
        others = reconcile(series, "1d", START, END + DAY)
        assert others.is_equal, shown(others)
        assert others.lines == tuple(line for line in found.lines if line.as_of != first)
    runs.update(status=RunStatus.DONE)


def _stored_signals_go_the_same_way(series: str) -> None:
    """A backtest of the stored signals ends each as tracking did."""
    account = {"share_percent": 1, "max_open": 1000}
    asked = {
        "timeframe": "1d", "start": START.isoformat(), "end": END.isoformat(), "series": series, "account": account,
        "costs": {"maker_percent": 0, "taker_percent": 0, "slippage_percent": 0},
    }  # fmt: skip
    done = run_request(request_of(asked))
    ends = dict(SignalOutcome.objects.filter(series=series).values_list("signal", "exit_price"))
    assert len(done.result.orders) == AITradingSignal.objects.filter(series=series, run__as_of__lt=END).count()
    assert int((done.result.paths.end_row >= 0).sum()) == len(ends)
    assert {one["code"] for one in _assumed(done)} >= {"pauses", "market_only", "assets_of_signals"}
    there, back = (
        run_request(request_of({**asked, "series": "", "signals": "plans", "assets": assets}))
        for assets in (["BTC", "ETH"], ["ETH", "BTC"])
    )
    assert there.result.figures.closed > 0
    assert there.result.fingerprint == back.result.fingerprint


def _assumed(done: Any) -> list[dict[str, Any]]:
    from trading.services.backtests.assumptions import assumptions_of

    return assumptions_of(done)


def _what_is_changed_is_found(series: str, window: list[str], capsys: Any) -> None:
    """Candles that were changed without a trace are told as unexplained, corrected ones as corrected, and settings that
    a run had otherwise as such."""
    ended = SignalOutcome.objects.filter(series=series, outcome="expiry").select_related("signal__run").first()
    assert ended is not None
    signal, run = ended.signal, ended.signal.run
    assert run is not None
    last = PriceData.objects.filter(asset=signal.asset, timeframe="1d", candle_time=ended.ended_at - DAY)
    assert last.update(close_price=F("close_price") * 2, high_price=F("high_price") * 2) == 1
    told = reconcile(series, "1d", run.as_of, run.as_of + DAY)
    line = next(line for line in told.lines if line.symbol == signal.asset.symbol)
    assert line.state == "result_differs"
    assert {name for name, _stored, _anew in line.differences} >= {"exit_price"}
    assert line.reasons == ("unexplained",)
    for timeframe in ("4h", "1d"):
        before = reconcile(series, "1d", run.as_of, run.as_of + DAY)
        line = next(line for line in before.lines if line.symbol == signal.asset.symbol)
        assert line.reasons == ("unexplained",), "a candle of four hours decides nothing of a day"
        CandleRevision.objects.create(
            asset=signal.asset, timeframe=timeframe, candle_time=ended.ended_at - DAY, field="volume", old_value=1,
            new_value=1,
        )  # fmt: skip
    PipelineRun.objects.filter(pk=run.pk).update(configuration={"signals": {"min_risk_reward": 9}})
    again = reconcile(series, "1d", run.as_of, run.as_of + DAY)
    line = next(line for line in again.lines if line.symbol == signal.asset.symbol)
    assert set(line.reasons) >= {"candle corrected since", "setting changed since"}
    with pytest.raises(SystemExit):
        call_command("reconcile", *window, "--json")
    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert {one["state"] for one in lines} > {EQUAL}


@pytest.mark.full
@pytest.mark.parametrize("moments", [10, 126])
def test_a_replay_of_the_real_market_equals_its_backtest(shared: Path, moments: int) -> None:
    """Four-hour candles of six pairs from March 2024 on; three weeks in the long suite."""
    hours = [shared / f"data/candles/binance-spot-2024/{symbol}USDT-1h.csv.gz" for symbol in PAIRS]
    days = [shared / f"data/candles/binance-spot-2024/{symbol}USDT-1d.csv.gz" for symbol in PAIRS]
    files = [*hours, *days, shared / "data/sectors/coin-categories-2024-05.csv"]
    step = timedelta(hours=4)
    end = REAL_START + moments * step
    series = replayed(files, REAL_START, end, step, "4h")
    found = reconcile(series, "4h", REAL_START, end + step)
    assert found.is_equal, shown(found)
    assert found.counts[EQUAL] > 3
    assert found.ended > 0


def test_what_cannot_be_compared_is_said() -> None:
    with pytest.raises(NoData, match="no finished 1d runs"):
        reconcile("live", "1d", START, END)
    with pytest.raises(InvalidInput, match="signals live on"):
        reconcile("live", "5m", START, END)
