"""The record of signals: by hand, in parts, and as it was known at a moment."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from aimodels.compute.bootstrap import mean_interval
from selection.choices import PositionType
from tests.factories import (
    AIModelFactory,
    AssetFactory,
    MetricsSnapshotFactory,
    PipelineRunFactory,
    SignalFactory,
    SignalOutcomeFactory,
    SignalOutcomeRevisionFactory,
)
from trading.choices import SignalEnding
from trading.compute.record import calibration, share
from trading.compute.sizing import Evidence
from trading.selectors.signal_record import By, evidence, signal_record

START = datetime(2024, 6, 1, tzinfo=UTC)
HOURS = timedelta(hours=1)


def add_end(place: int, outcome: SignalEnding, r_multiple: float | None, timeframe: str = "4h", **columns: Any) -> Any:
    """A signal of an own moment that ended after eight hours."""
    as_of = START + place * 4 * HOURS
    signal = SignalFactory(
        run=PipelineRunFactory(as_of=as_of, timeframe=timeframe, series=columns.get("series", "live")),
        metrics_snapshot=columns.pop("metrics_snapshot", None) or MetricsSnapshotFactory(),
        status="executed",
        asset=AssetFactory(),
        **columns,
    )
    filled: dict[str, Any] = {} if r_multiple is not None else {
        "fill_price": None, "filled_at": None, "exit_price": None, "return_pct": None, "net_return_pct": None,
    }  # fmt: skip
    SignalOutcomeFactory(
        signal=signal, outcome=outcome, ended_at=as_of + 8 * HOURS, r_multiple=r_multiple,
        targets_reached=int(outcome == SignalEnding.TARGET), timeframe=timeframe,
        net_r_multiple=None if r_multiple is None else Decimal(str(r_multiple)) - Decimal("0.03"), **filled,
    )  # fmt: skip
    return signal


@pytest.fixture
def ends(db: None) -> list[Any]:
    model = AIModelFactory(name="timing_rules", version="9")
    shared: dict[str, Any] = {"ai_model": model, "metrics_snapshot": MetricsSnapshotFactory()}
    bull = shared | {"market_context": {"regime": "Bull"}, "sector_context": {"sector": "Layer 1"}}
    bull |= {"risk_management": {"max_position_size_pct": 2.5}}
    made = [add_end(place, SignalEnding.TARGET, 2.0, confidence_score=Decimal("0.62"), **bull) for place in range(6)]
    made += [add_end(place, SignalEnding.STOP, -1.0, **shared) for place in range(6, 14)]
    made += [add_end(14, SignalEnding.EXPIRY, 0.5, **shared), add_end(15, SignalEnding.INVALIDATED, -0.5, **shared)]
    made += [add_end(place, SignalEnding.NEVER_FILLED, None, **shared) for place in range(16, 20)]
    return made


LATE = START + timedelta(days=30)


@pytest.mark.usefixtures("ends")
class TestRecord:
    def test_by_hand(self) -> None:
        found = signal_record(LATE)[""]
        assert (found.n, found.filled, found.sized, found.hours_to_target) == (20, 16, 6, 8)
        counts = {name: one.count for name, one in found.endings.items() if one}
        assert counts == {"target": 6, "stop": 8, "expiry": 1, "invalidated": 1, "never_filled": 4}
        assert found.successes is not None
        assert (found.successes.count, found.successes.value) == (6, 6 / 16)
        assert found.forecast == pytest.approx((6 * 0.62 + 10 * 0.58) / 16)
        means = [one.value for one in (found.r, found.net_r) if one is not None]
        assert means == pytest.approx([4 / 16, 4 / 16 - 0.03])

    def test_in_parts(self) -> None:
        assert {name: part.n for name, part in signal_record(LATE, By.REGIME).items()} == {"": 14, "Bull": 6}
        assert set(signal_record(LATE, By.SECTOR)) == {"", "Layer 1"}
        assert {name: part.n for name, part in signal_record(LATE, By.CONFIDENCE).items()} == {"0.5": 14, "0.6": 6}
        assert set(signal_record(LATE, By.MODEL)) == {"timing_rules 9"}
        assert set(signal_record(LATE, By.TIMEFRAME)) == {"4h"}
        assert set(signal_record(LATE, By.DIRECTION)) == {"long"}

    def test_only_ends_that_were_known_count(self) -> None:
        assert signal_record(START + 8 * HOURS)[""].n == 1
        assert signal_record(START + 7 * HOURS) == {}
        assert signal_record(LATE, series="a replay") == {}

    def test_the_last_correction_known_counts(self, ends: list[Any]) -> None:
        known = START + timedelta(days=10)
        SignalOutcomeRevisionFactory(signal=ends[0], ended_at=START + 8 * HOURS, judged_at=known)
        before, after = (signal_record(moment)[""].endings["target"] for moment in (known - HOURS, known))
        assert before is not None
        assert after is not None
        assert (before.count, after.count) == (6, 5)

    def test_evidence_of_a_kind(self, ends: list[Any]) -> None:
        kind = (ends[0].ai_model_id, PositionType.LONG)
        found = evidence("4h", LATE, "live")
        assert found == {kind: Evidence(16, 6, found[kind].expected)}
        assert found[kind].expected == pytest.approx(6 * 0.62 + 10 * 0.58)
        assert evidence("1d", LATE, "live") == {}
        assert evidence("4h", START + 8 * HOURS, "live")[kind].n == 1

    def test_the_command_prints_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("score_signals", "--as-of", LATE.isoformat(), "--by", "regime")
        said = capsys.readouterr().out
        assert "20 ended, 16 filled, 6 with a size above 0" in said
        assert "Bull" in said
        call_command("score_signals", "--as-of", LATE.isoformat(), "--json")
        told = json.loads(capsys.readouterr().out)
        assert told["record"][""]["endings"]["target"]["count"] == 6


@pytest.mark.django_db
def test_signals_of_several_timeframes_hang_together_as_long_as_the_longest_lives() -> None:
    """72 days with a signal of a day and four of four hours each: blocks of 14 days, not of 36 moments."""
    shared: dict[str, Any] = {"ai_model": AIModelFactory(), "metrics_snapshot": MetricsSnapshotFactory()}
    days, results = [], []
    for day in range(72):
        for place in range(5):
            result = 1.0 if day // 9 % 2 else -1.0
            timeframe = "4h" if place else "1d"
            add_end(6 * day + place, SignalEnding.EXPIRY, result, timeframe=timeframe, **shared)
            days.append(day)
            results.append(result)
    found = signal_record(START + timedelta(days=100))[""].r
    expected = mean_interval(np.array(results), np.array(days), block=14)
    assert found is not None
    assert expected is not None
    assert (found.value, found.low, found.high) == (expected.value, expected.low, expected.high)


class TestFigures:
    def test_wilson_by_hand(self) -> None:
        found = share(6, 16)
        assert found is not None
        assert (found.low, found.high) == pytest.approx((0.1848, 0.6136), abs=1e-4)
        assert share(0, 0) is None

    def test_a_calibrated_model_stays_within_what_chance_gives(self) -> None:
        generator = np.random.default_rng(3)
        chances = generator.uniform(0.1, 0.9, 3000)
        found = calibration(chances, generator.random(3000) < chances)
        assert found is not None
        assert found.error <= found.at_most
        off = calibration(chances, generator.random(3000) < chances - 0.1)
        assert off is not None
        assert off.error > off.at_most
        assert calibration(np.empty(0), np.empty(0, dtype=np.bool_)) is None
