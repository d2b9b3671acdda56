"""Signals followed to their end in the database: on candles of their own timeframe and the shorter ones inside."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from system.models import OutboxEvent
from tests.factories import AdminFactory, AssetFactory, PipelineRunFactory, SignalFactory
from tests.trading.tracked import (
    BOTH,
    CALM,
    DOWN,
    HOURS,
    START,
    UP,
    Bar,
    add_bars,
    add_signal,
    bars,
    outcome,
)
from trading.choices import EntryType, OutcomeDecider, SignalEnding, SignalStatus
from trading.models import AITradingSignal
from trading.services import track_signals, withdraw_signal


@pytest.mark.django_db
class TestEnds:
    def test_a_target_is_reached(self) -> None:
        signal = add_signal(AssetFactory())
        add_bars(signal.asset, [CALM, UP])
        found = track_signals(bars(2))
        assert (found.judged, dict(found.ended)) == (1, {"target": 1})
        row = outcome(signal)
        assert (row.outcome, row.ended_at, row.filled_at) == (SignalEnding.TARGET, bars(2), START)
        assert (row.fill_price, row.exit_price, row.hours) == (100, 120, 8)
        assert (row.r_multiple, row.return_pct, row.net_return_pct) == (2, 20, Decimal("19.7"))
        assert row.net_r_multiple == Decimal("1.97")
        assert (row.mfe_price, row.mfe_at, row.mae_price, row.mae_at) == (120, bars(1), 95, START)
        assert (row.series, row.timeframe, row.run, row.decided_by) == ("live", "4h", None, OutcomeDecider.OWN)
        signal.refresh_from_db()
        assert (signal.status, signal.signal_successful, signal.actual_entry_price) == (
            SignalStatus.EXECUTED,
            True,
            100,
        )
        assert (signal.max_favorable_excursion, signal.max_adverse_excursion) == (120, 95)

    def test_a_short_is_stopped(self) -> None:
        signal = add_signal(AssetFactory(), signal_type="short", target_price=80, stop_loss=110)
        add_bars(signal.asset, [CALM, (100, 112, 99, 111)])
        track_signals(bars(2))
        row = outcome(signal)
        assert (row.outcome, row.exit_price, row.r_multiple, row.return_pct) == (SignalEnding.STOP, 110, -1, -10)
        assert (row.mfe_price, row.mae_price) == (95, 110)
        signal.refresh_from_db()
        assert (signal.status, signal.signal_successful) == (SignalStatus.EXECUTED, False)

    def test_the_time_is_up_after_the_last_candle_that_ends_in_it(self) -> None:
        signal = add_signal(AssetFactory(), expires_at=START + 11 * HOURS)
        add_bars(signal.asset, [CALM, (100, 104, 96, 103), UP])
        track_signals(bars(3))
        row = outcome(signal)
        assert (row.outcome, row.ended_at, row.exit_price) == (SignalEnding.EXPIRY, bars(2), 103)
        signal.refresh_from_db()
        assert (signal.status, signal.signal_successful) == (SignalStatus.EXPIRED, False)

    def test_a_limit_that_is_never_reached_has_no_result(self) -> None:
        zone: dict[str, Any] = {"entry_type": EntryType.LIMIT, "entry_zone_low": 91, "entry_zone_high": 93}
        signal = add_signal(AssetFactory(), expires_at=bars(2), **zone)
        add_bars(signal.asset, [CALM, CALM])
        track_signals(bars(2))
        row = outcome(signal)
        assert (row.outcome, row.fill_price, row.r_multiple) == (SignalEnding.NEVER_FILLED, None, None)
        signal.refresh_from_db()
        assert (signal.status, signal.signal_successful) == (SignalStatus.EXPIRED, None)

    def test_a_rule_that_a_close_breaks_invalidates(self) -> None:
        rules = [{"condition": {"close": "below", "price": price}, "severity": "high"} for price in (90, "96.5")]
        signal = add_signal(AssetFactory(), invalidation_criteria=rules)
        add_bars(signal.asset, [CALM, (100, 101, 95, 96)])
        track_signals(bars(2))
        row = outcome(signal)
        assert (row.outcome, row.exit_price) == (SignalEnding.INVALIDATED, 96)
        signal.refresh_from_db()
        assert (signal.status, signal.invalidated_at) == (SignalStatus.INVALIDATED, bars(2))

    def test_further_targets_share_the_position(self) -> None:
        further = [{"price": "130", "share": 0.25}, {"price": 140, "share": 0.25}]
        signal = add_signal(AssetFactory(), further_targets=further, has_break_even=True)
        add_bars(signal.asset, [CALM, (101, 131, 100.5, 130), (130, 132, 99, 100)])
        track_signals(bars(3))
        row = outcome(signal)
        assert (row.outcome, row.targets_reached) == (SignalEnding.STOP, 2)
        assert row.exit_price == Decimal("0.5") * 120 + Decimal("0.25") * 130 + Decimal("0.25") * 100
        signal.refresh_from_db()
        assert signal.signal_successful

    @pytest.mark.parametrize(
        ("inside", "expected", "decided"),
        [
            ([CALM] * 8 + [UP] + [DOWN] * 7, SignalEnding.TARGET, OutcomeDecider.FINER),
            ([CALM] * 8 + [DOWN] + [UP] * 7, SignalEnding.STOP, OutcomeDecider.FINER),
            ([], SignalEnding.STOP, OutcomeDecider.ASSUMED),
            ([CALM] * 8 + [None] + [UP] * 7, SignalEnding.STOP, OutcomeDecider.ASSUMED),
        ],
    )
    def test_shorter_candles_decide(
        self, inside: list[Bar | None], expected: SignalEnding, decided: OutcomeDecider
    ) -> None:
        first = datetime(2024, 2, 5, tzinfo=UTC)
        signal = add_signal(AssetFactory(), as_of=first)
        add_bars(signal.asset, [BOTH], first=first)
        add_bars(signal.asset, inside, "15m", first=first)
        track_signals(first + 4 * HOURS)
        row = outcome(signal)
        assert (row.outcome, row.decided_by) == (expected, decided)
        assert row.is_assumed == (decided == OutcomeDecider.ASSUMED)

    def test_signals_of_every_timeframe_are_judged_on_their_own_candles(self) -> None:
        asset = AssetFactory()
        hourly, daily = (add_signal(asset, timeframe=one, time_horizon_hours=h) for one, h in (("1h", 24), ("1d", 168)))
        add_bars(asset, [CALM, UP], "1h")
        add_bars(asset, [DOWN], "1d")
        track_signals(START + 24 * HOURS)
        assert (outcome(hourly).outcome, outcome(daily).outcome) == (SignalEnding.TARGET, SignalEnding.STOP)

    def test_nothing_is_judged_that_was_not_asked_for(self) -> None:
        asset = AssetFactory()
        add_bars(asset, [UP])
        add_signal(asset, series="a replay")
        late = add_signal(AssetFactory(), as_of=bars(1))
        add_bars(late.asset, [UP, UP])
        assert track_signals(bars(1)).judged == 0
        assert track_signals(bars(1), "live", timeframe="1h").judged == 0
        assert track_signals(bars(1), "a replay", timeframe="4h").ended == {"target": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["cancelled", "invalidated"])
def test_what_an_admin_withdraws_is_scored_like_the_rest(status: str) -> None:
    signal = add_signal(AssetFactory(), expires_at=datetime.now(UTC) + timedelta(days=1))
    add_bars(signal.asset, [CALM, DOWN])
    track_signals(bars(1))
    withdraw_signal(signal.pk, actor=AdminFactory(), status=status)
    withdrawn = AITradingSignal.objects.get(pk=signal.pk)
    assert track_signals(bars(2)).ended == {"stop": 1}
    assert outcome(signal).r_multiple == -1
    signal.refresh_from_db()
    assert (signal.status, signal.signal_successful, signal.max_adverse_excursion) == (status, False, 90)
    assert signal.invalidated_at == withdrawn.invalidated_at
    assert track_signals(bars(3)).judged == 0, "it is over"


@pytest.mark.django_db
def test_what_was_withdrawn_is_never_told_to_have_expired() -> None:
    withdrawn, other = (add_signal(AssetFactory(), status=status) for status in ("cancelled", "active"))
    for one in (withdrawn, other):
        add_bars(one.asset, [CALM] * 18)
    assert track_signals(bars(18)).ended == {"expiry": 2}
    told = [(one.topic, one.payload["signal_id"]) for one in OutboxEvent.objects.order_by("topic")]
    assert told == [("signal.expired", other.pk), ("signal.updated", withdrawn.pk)]


@pytest.mark.django_db
class TestPlansThatMakeNoSense:
    @pytest.mark.parametrize(
        "columns",
        [
            {"entry_type": EntryType.LIMIT},
            {"entry_type": EntryType.LIMIT, "entry_zone_low": 95, "entry_zone_high": 94},
            {"entry_type": EntryType.LIMIT, "entry_zone_low": 89, "entry_zone_high": 94},
            {"entry_type": EntryType.LIMIT, "entry_zone_low": 95, "entry_zone_high": 121},
            {"entry_zone_low": 95, "entry_zone_high": 96},
            {"trailing_distance": 0},
            {"stop_loss": 101},
            {"target_price": 100},
        ],
    )
    def test_are_refused_by_the_database(self, columns: dict[str, Any]) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            SignalFactory(run=PipelineRunFactory(), **columns)
