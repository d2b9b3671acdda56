"""Signals on their way: what is kept of them, what a gap holds up, and that no future is seen."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from assets.models import CandleRevision, PriceData
from tests.factories import AssetFactory
from tests.trading.tracked import (
    CALM,
    DOWN,
    HOURS,
    START,
    UP,
    add_bars,
    add_signal,
    bars,
    everything,
    made_market,
    outcome,
)
from trading.choices import SignalStatus
from trading.models import SignalOutcome, SignalTrack, TrackedSeries
from trading.services import track_signals


@pytest.mark.django_db
class TestOnTheWay:
    def test_progress_is_kept(self) -> None:
        signal = add_signal(AssetFactory(), trailing_distance=8)
        add_bars(signal.asset, [(100, 107, 97, 106)])
        track_signals(bars(1))
        track: Any = SignalTrack.objects.get(signal=signal)
        assert (track.fill_price, track.mfe_price, track.mae_price, track.stop_price) == (100, 107, 97, 98)
        assert (track.filled_at, track.known_at, track.paused_since) == (START, bars(1), None)
        signal.refresh_from_db()
        assert (signal.status, signal.signal_successful) == (SignalStatus.ACTIVE, None)

    def test_prices_keep_all_their_digits(self) -> None:
        signal = add_signal(AssetFactory(), target_price=Decimal("123.45678901234567"))
        add_bars(signal.asset, [(100.12345678901235, 107.00000000000003, 97, 106), (106, 130, 105, 120)])
        track_signals(bars(1))
        track: Any = SignalTrack.objects.get(signal=signal)
        assert (track.fill_price, track.mfe_price) == (Decimal("100.12345678901235"), Decimal("107.00000000000003"))
        track_signals(bars(2))
        assert outcome(signal).exit_price == Decimal("123.45678901234567")

    def test_a_gap_pauses_and_what_is_backfilled_is_judged(self) -> None:
        signal = add_signal(AssetFactory())
        add_bars(signal.asset, [CALM, None, UP])
        found = track_signals(bars(3))
        assert (found.paused, found.ended.total()) == (1, 0)
        track: Any = SignalTrack.objects.get(signal=signal)
        assert (track.filled_at, track.paused_since) == (START, bars(1))
        assert track_signals(bars(4)).judged == 0, "the candle is missing still"
        add_bars(signal.asset, [DOWN], first=bars(1))
        assert track_signals(bars(4)).ended == {"stop": 1}
        assert outcome(signal).ended_at == bars(2)
        track.refresh_from_db()
        assert track.paused_since is None

    def test_one_whose_time_is_up_while_it_waits_is_expired_and_gets_its_outcome_later(self) -> None:
        signal = add_signal(AssetFactory(), expires_at=bars(2))
        add_bars(signal.asset, [CALM, None, CALM])
        assert track_signals(bars(3)).ran_out == 1
        signal.refresh_from_db()
        assert (signal.status, SignalOutcome.objects.exists()) == (SignalStatus.EXPIRED, False)
        add_bars(signal.asset, [UP], first=bars(1))
        track_signals(bars(30))
        signal.refresh_from_db()
        assert (signal.status, signal.signal_successful) == (SignalStatus.EXECUTED, True)

    def test_a_row_is_written_when_what_it_says_changes(self) -> None:
        """The second candle lies within the first; the third has a new worst price, the fourth stays within again."""
        signal = add_signal(AssetFactory())
        add_bars(signal.asset, [CALM, (100, 104, 96, 100), (100, 104, 92, 100), CALM])
        known = []
        for count in range(1, 5):
            track_signals(bars(count))
            track: Any = SignalTrack.objects.get(signal=signal)
            known.append(track.known_at)
        assert known == [bars(1), bars(1), bars(3), bars(3)]
        assert TrackedSeries.objects.values_list("series", "timeframe", "known_at").get() == ("live", "4h", bars(4))

    def test_an_end_is_written_though_it_changes_no_price(self) -> None:
        """What was known when it ended is what later corrections are measured by."""
        signal = add_signal(AssetFactory(), expires_at=bars(2))
        add_bars(signal.asset, [CALM, CALM])
        for count in (1, 2):
            track_signals(bars(count))
        assert SignalTrack.objects.get(signal=signal).known_at == outcome(signal).judged_at == bars(2)

    def test_an_earlier_moment_sees_no_value_that_was_corrected_since(self) -> None:
        """A spike of the second candle was taken back before it was judged, and the row stays as the first wrote it.
        Whoever comes late with an earlier moment knows the spike, but not that it has been judged."""
        signal = add_signal(AssetFactory())
        add_bars(signal.asset, [CALM, CALM, CALM])
        CandleRevision.objects.create(
            asset=signal.asset, timeframe="4h", candle_time=bars(1), field="low_price", old_value=1,
            new_value=95, corrected_at=bars(2) + HOURS,
        )  # fmt: skip
        track_signals(bars(1))
        track_signals(bars(3))
        assert track_signals(bars(2)).judged == 0
        assert not SignalOutcome.objects.exists()

    def test_one_that_came_late_is_judged_at_its_own_moment(self) -> None:
        """A run that was late makes a signal of before the last judgement."""
        assets = AssetFactory(), AssetFactory()
        for asset in assets:
            add_bars(asset, [CALM, CALM, UP])
        add_signal(assets[0])
        track_signals(bars(2))
        late = add_signal(assets[1])
        assert track_signals(bars(1)).judged == 1
        assert SignalTrack.objects.get(signal=late).known_at == bars(1)
        assert track_signals(bars(3)).ended == {"target": 2}

    def test_an_earlier_moment_takes_nothing_back(self) -> None:
        signal = add_signal(AssetFactory())
        add_bars(signal.asset, [CALM, CALM, CALM])
        track_signals(bars(3))
        before = everything()
        assert track_signals(bars(1)).judged == 0
        assert everything() == before

    def test_the_same_again_changes_nothing(self) -> None:
        made_market()
        track_signals(bars(9))
        before, versions = everything(), row_versions()
        track_signals(bars(9))
        assert (everything(), row_versions()) == (before, versions)

    def test_queries_do_not_grow_with_signals(self) -> None:
        counted = []
        for count in (1, 5):
            with transaction.atomic():
                for _ in range(count):
                    add_bars(add_signal(AssetFactory()).asset, [CALM, UP])
                with CaptureQueriesContext(connection) as queries:
                    track_signals(bars(2))
                counted.append(len(queries))
                transaction.set_rollback(True)
        assert counted[0] == counted[1]


def row_versions() -> list[Any]:
    """Which transaction wrote each row: one that was written again shows it, though it says the same."""
    with connection.cursor() as cursor:
        found = []
        for table in ("signal_tracks", "signal_outcomes", "ai_trading_signals"):
            cursor.execute(f"SELECT ctid::text FROM {table} ORDER BY 1")  # noqa: S608 - names from above
            found.append(cursor.fetchall())
        return found


@pytest.mark.django_db
class TestTruncation:
    @pytest.mark.parametrize("cut", range(10))
    def test_up_to_a_cut_and_then_on_is_the_same_as_at_once(self, cut: int) -> None:
        made_market()
        with transaction.atomic():
            track_signals(bars(12))
            at_once = everything()
            transaction.set_rollback(True)
        track_signals(bars(cut))
        track_signals(bars(12))
        assert everything() == at_once
        assert len(at_once[0]) == 6

    @pytest.mark.parametrize("cut", range(1, 10))
    def test_without_the_future_the_past_is_the_same(self, cut: int) -> None:
        made_market()
        with transaction.atomic():
            track_signals(bars(cut))
            whole = everything()
            transaction.set_rollback(True)
        PriceData.objects.filter(candle_time__gte=bars(cut)).delete()
        track_signals(bars(cut))
        assert everything() == whole
