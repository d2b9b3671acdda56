"""Signals followed to their end in the database: on candles of their own timeframe and the shorter ones inside."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, CandleRevision, PriceData
from system.models import OutboxEvent, PipelineRun
from tests.factories import AdminFactory, AssetFactory, MetricsSnapshotFactory, PipelineRunFactory, SignalFactory
from trading.choices import EntryType, OutcomeDecider, SignalEnding, SignalStatus
from trading.models import AITradingSignal, SignalOutcome, SignalOutcomeRevision, SignalTrack, TrackedSeries
from trading.services import track_signals, withdraw_signal

START = datetime(2024, 6, 3, tzinfo=UTC)
HOURS = timedelta(hours=1)
LENGTH = {"5m": timedelta(minutes=5), "15m": timedelta(minutes=15), "1h": HOURS, "4h": 4 * HOURS, "1d": 24 * HOURS}
Bar = tuple[float, float, float, float]
NAMES = ("open_price", "high_price", "low_price", "close_price")
CALM: Bar = (100, 105, 95, 100)
UP: Bar = (101, 121, 99, 118)
DOWN: Bar = (99, 101, 89, 92)
BOTH: Bar = (100, 125, 85, 100)


def add_bars(asset: Asset, bars: Sequence[Bar | None], timeframe: str = "4h", first: datetime = START) -> None:
    PriceData.objects.bulk_create(
        PriceData(
            asset=asset, timeframe=timeframe, candle_time=first + place * LENGTH[timeframe],
            **{name: Decimal(str(price)) for name, price in zip(NAMES, bar, strict=True)},
        )
        for place, bar in enumerate(bars)
        if bar is not None
    )  # fmt: skip


def add_signal(asset: Asset, as_of: datetime = START, timeframe: str = "4h", **columns: Any) -> Any:
    """A long of 3 days: entry 100, target 120, stop 90."""
    series = columns.get("series", "live")
    run, _new = PipelineRun.objects.get_or_create(timeframe=timeframe, as_of=as_of, series=series)
    snapshot = MetricsSnapshotFactory._meta.model.objects.filter(snapshot_time=as_of, timeframe=timeframe).first()
    values: dict[str, Any] = {
        "asset": asset,
        "run": run,
        "metrics_snapshot": snapshot or MetricsSnapshotFactory(snapshot_time=as_of, timeframe=timeframe),
        "expires_at": as_of + timedelta(hours=72),
    }
    return SignalFactory(**values | columns)


def bars(count: int) -> datetime:
    """The end of the n-th candle of four hours."""
    return START + count * 4 * HOURS


def outcome(signal: AITradingSignal) -> Any:
    return SignalOutcome.objects.get(signal=signal)


def everything() -> list[Any]:
    """All that tracking writes, without when it was written."""
    columns = [f.attname for f in SignalOutcome._meta.concrete_fields if f.attname not in ("created_at", "judged_at")]
    tracks = [f.attname for f in SignalTrack._meta.concrete_fields if f.attname != "known_at"]
    signals = ("pk", "status", "actual_entry_price", "max_favorable_excursion", "max_adverse_excursion",
               "signal_successful", "invalidated_at")  # fmt: skip
    return [
        list(SignalOutcome.objects.order_by("pk").values_list(*columns)),
        list(SignalTrack.objects.order_by("pk").values_list(*tracks)),
        list(AITradingSignal.objects.order_by("pk").values_list(*signals)),
    ]


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


def made_market() -> list[Any]:
    """Signals that end in every way, made at different moments."""
    walks: tuple[list[Bar | None], ...] = (
        [CALM, CALM, UP], [CALM, DOWN], [CALM] * 9, [BOTH], [CALM, None, UP], [CALM, (80, 85, 79, 82)],
        [CALM, (125, 126, 124, 125)],
    )  # fmt: skip
    made = []
    for place, walk in enumerate(walks):
        signal = add_signal(AssetFactory(), as_of=bars(place % 3), expires_at=bars(6 + place))
        add_bars(signal.asset, [*walk, *[CALM] * 9][:9], first=bars(place % 3))
        made.append(signal)
    return made


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
