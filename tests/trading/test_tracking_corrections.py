"""Outcomes of signals are written once: what a corrected candle says besides, and what two workers do at once."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from assets.models import CandleRevision, PriceData
from tests.factories import AssetFactory
from tests.trading.tracked import (
    CALM,
    DOWN,
    HOURS,
    UP,
    add_bars,
    add_signal,
    bars,
    everything,
    made_market,
    outcome,
)
from trading.choices import SignalEnding, SignalStatus
from trading.models import AITradingSignal, SignalOutcome, SignalOutcomeRevision
from trading.services import track_signals


@pytest.mark.django_db
class TestCorrections:
    def corrected(self, signal: AITradingSignal, place: int, at: datetime, **prices: float) -> None:
        candle = PriceData.objects.filter(asset=signal.asset, candle_time=bars(place))
        old = candle.values(*prices).get()
        candle.update(**prices)
        for name, new in prices.items():
            CandleRevision.objects.create(
                asset=signal.asset, timeframe="4h", candle_time=bars(place), field=name, old_value=old[name],
                new_value=new, corrected_at=at,
            )  # fmt: skip

    def test_a_corrected_candle_gets_a_row_of_its_own(self) -> None:
        signal = add_signal(AssetFactory())
        add_bars(signal.asset, [CALM, UP])
        track_signals(bars(2))
        first = everything()[0]
        self.corrected(signal, 0, bars(3), low_price=88)
        assert track_signals(bars(2) + HOURS).revised == 0, "it was not known then"
        assert track_signals(bars(4)).revised == 1
        revision: Any = SignalOutcomeRevision.objects.get()
        assert (revision.number, revision.outcome, revision.exit_price) == (1, SignalEnding.STOP, 90)
        assert everything()[0] == first, "the first outcome stays"
        assert track_signals(bars(5)).revised == 0
        self.corrected(signal, 0, bars(5), low_price=95)
        assert track_signals(bars(6)).revised == 1
        assert list(SignalOutcomeRevision.objects.values_list("number", "outcome").order_by("number")) == [
            (1, "stop"), (2, "target"),
        ]  # fmt: skip

    def test_what_a_correction_has_made_longer_is_corrected_again(self) -> None:
        """Without its spike the signal goes on beyond its first end; a later candle of that stretch is wrong too."""
        signal = add_signal(AssetFactory())
        add_bars(signal.asset, [CALM, UP, CALM, CALM, DOWN])
        track_signals(bars(2))
        self.corrected(signal, 1, bars(5), high_price=105, close_price=100)
        assert track_signals(bars(5)).revised == 1
        self.corrected(signal, 3, bars(6), high_price=121)
        assert track_signals(bars(6)).revised == 1
        assert list(SignalOutcomeRevision.objects.order_by("number").values_list("outcome", "ended_at")) == [
            ("stop", bars(5)), ("target", bars(4)),
        ]  # fmt: skip

    def test_a_correction_that_decides_nothing_leaves_no_row(self) -> None:
        signal = add_signal(AssetFactory())
        add_bars(signal.asset, [CALM, UP])
        track_signals(bars(2))
        self.corrected(signal, 1, bars(3), close_price=117)
        assert track_signals(bars(4)).revised == 0
        assert not SignalOutcomeRevision.objects.exists()

    def test_a_past_moment_judges_with_what_was_known_then(self) -> None:
        signal = add_signal(AssetFactory(), series="a replay")
        add_bars(signal.asset, [CALM, UP])
        self.corrected(signal, 0, bars(3), low_price=88)
        track_signals(bars(2), "a replay")
        assert outcome(signal).outcome == SignalEnding.TARGET

    @pytest.mark.parametrize("change", ["UPDATE signal_outcomes SET outcome = 'stop'", "DELETE FROM signal_outcomes"])
    def test_an_outcome_is_written_once(self, change: str) -> None:
        signal = add_signal(AssetFactory())
        add_bars(signal.asset, [UP])
        track_signals(bars(1))
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


WORKER = """
import sys
import django
django.setup()
from django.db import connections
for alias in ("default", "owner"):
    connections[alias].settings_dict["NAME"] = sys.argv[1]
from datetime import datetime
from trading.services import track_signals, withdraw_signal
print("ready", flush=True)
sys.stdin.readline()
print(track_signals(datetime.fromisoformat(sys.argv[2])).ended.total())
"""


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_workers_at_once_write_each_outcome_once() -> None:
    for _ in range(10):
        made_market()
    root = Path(__file__).resolve().parents[2]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(connection.settings_dict["NAME"]), bars(12).isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root,
        )
        for _ in range(2)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    counts = []
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        said, _none = worker.communicate(timeout=120)
        counts.append(int(said))
    assert sorted(counts) == [0, 60]
    assert SignalOutcome.objects.count() == 60
    ended = AITradingSignal.objects.exclude(status=SignalStatus.ACTIVE).filter(outcome__isnull=False)
    assert ended.count() == 60
