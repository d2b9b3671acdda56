"""What came of suggestions: by hand from the candles, whatever was decided, also in the archive."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from assets.models import Asset, PriceData
from selection.models import AISuggestion, AISuggestionArchive, SuggestionOutcome, Watchlist
from selection.selectors.suggestion_report import suggestion_report, suggestion_reports
from selection.services import archive_suggestions, score_suggestions
from tests.factories import (
    AdminFactory,
    AssetFactory,
    DefaultListFactory,
    ListedFactory,
    SuggestionFactory,
    add_candles,
)
from tests.factories.base import EPOCH

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AS_OF = EPOCH + 10 * DAY
DUE = AS_OF + 7 * DAY
WEEK_LATER = {"A": 110, "B": 100, "C": 95, "NEW": 130}
"""Prices a week after all stood at 100: the median of the list of A, B and C is 0 %."""


@pytest.fixture
def watchlist() -> Watchlist:
    found: Watchlist = DefaultListFactory()
    for symbol, price in WEEK_LATER.items():
        asset = AssetFactory(symbol=symbol)
        add_candles(asset, [100] * 10 + [99] * 6 + [price])
        if symbol != "NEW":
            ListedFactory(watchlist=found, asset=asset, valid_from=EPOCH)
    return found


def suggestion(watchlist: Watchlist, symbol: str, kind: str, **columns: Any) -> AISuggestion:
    """One made at ``AS_OF``, on the candle before."""
    at = columns.pop("at", AS_OF)
    context = {"as_of": at.isoformat(), "timeframe": "1d", "candle_time": (at - DAY).isoformat()}
    falls = kind in {"remove", "demote"}
    wanted = {"reasoning": {"direction": -1 if falls else 1}, "context_data": context, "status": "expired"} | columns
    asset = Asset.objects.get(symbol=symbol)
    row: AISuggestion = SuggestionFactory(watchlist=watchlist, asset=asset, suggestion_type=kind, **wanted)
    return row


def outcome(row: AISuggestion) -> SuggestionOutcome:
    return SuggestionOutcome.objects.get(suggestion_id=row.pk)


def figures(row: Any, *names: str) -> list[float | None]:
    """Columns as plain numbers."""
    return [None if getattr(row, name) is None else float(getattr(row, name)) for name in names]


class TestScoring:
    @pytest.mark.parametrize(
        ("symbol", "kind", "own", "excess"),
        [("NEW", "add", 30, 30), ("A", "remove", 10, -10), ("C", "demote", -5, 5), ("A", "tier_change", 10, 10),
         ("C", "promote", -5, -5)],
    )  # fmt: skip
    def test_by_hand(self, watchlist: Watchlist, symbol: str, kind: str, own: int, excess: int) -> None:
        row = suggestion(watchlist, symbol, kind)
        assert score_suggestions(DUE - timedelta(seconds=1)).scored == 0
        assert score_suggestions(DUE).scored == 1
        found = outcome(row)
        assert (found.started_at, found.ended_at) == (AS_OF, DUE)
        assert figures(found, "start_price", "end_price") == [100, WEEK_LATER[symbol]]
        assert figures(found, "asset_return", "median_return", "median_count") == [own, 0, 3]
        assert found.excess_return == excess
        row.refresh_from_db()
        assert figures(row, "actual_return", "success_score") == [own, 0.5]

    def test_a_weight_that_was_to_fall(self, watchlist: Watchlist) -> None:
        row = suggestion(watchlist, "A", "rebalance", reasoning={"direction": -1})
        score_suggestions(DUE)
        assert outcome(row).excess_return == -10

    @pytest.mark.parametrize("status", ["pending", "deferred", "approved", "implemented", "rejected", "expired"])
    def test_whatever_was_decided(self, watchlist: Watchlist, status: str) -> None:
        row = suggestion(watchlist, "A", "promote", status=status, reviewed_at=AS_OF, implemented_at=AS_OF)
        assert score_suggestions(DUE).scored == 1
        assert outcome(row).excess_return == 10

    def test_success_is_the_percentile_among_its_kind(self, watchlist: Watchlist) -> None:
        rows = {symbol: suggestion(watchlist, symbol, "promote") for symbol in ("A", "B", "C")}
        other = suggestion(watchlist, "A", "demote")
        tie = suggestion(watchlist, "B", "promote", series="live", status="rejected", reviewed_at=AS_OF)
        score_suggestions(DUE)
        found = dict(AISuggestion.objects.values_list("pk", "success_score"))
        scores = {symbol: found[row.pk] for symbol, row in rows.items()}
        assert scores == {"A": 1, "B": Decimal("0.5"), "C": 0}
        assert (found[tie.pk], found[other.pk]) == (Decimal("0.5"), Decimal("0.5"))

    def test_the_list_is_that_of_its_moment(self, watchlist: Watchlist) -> None:
        """Who came later or had left before does not count."""
        asset = Asset.objects.get(symbol="NEW")
        ListedFactory(watchlist=watchlist, asset=asset, valid_from=AS_OF + timedelta(seconds=1))
        gone = Asset.objects.get(symbol="A").pk
        watchlist.history.filter(asset=gone).update(valid_to=AS_OF)
        row = suggestion(watchlist, "NEW", "add")
        score_suggestions(DUE)
        assert figures(outcome(row), "median_return", "median_count") == [-2.5, 2]

    def test_the_same_again_changes_nothing(self, watchlist: Watchlist) -> None:
        row = suggestion(watchlist, "A", "promote")
        score_suggestions(DUE)
        before = outcome(row)
        PriceData.objects.filter(candle_time=DUE - DAY).update(close_price=1000, high_price=1000)
        assert score_suggestions(DUE + DAY).scored == 0
        after = outcome(row)
        assert after.excess_return == 10
        assert (after.scored_at, after.updated_at) == (DUE, before.updated_at)

    def test_an_outcome_is_written_once(self, watchlist: Watchlist) -> None:
        suggestion(watchlist, "A", "promote")
        score_suggestions(DUE)
        for deed in (lambda rows: rows.update(excess_return=99), lambda rows: rows.delete()):
            with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
                deed(SuggestionOutcome.objects.all())

    def test_a_missing_candle_is_named_and_awaited(self, watchlist: Watchlist) -> None:
        row = suggestion(watchlist, "A", "promote")
        candle = PriceData.objects.get(asset=row.asset, candle_time=DUE - DAY)
        held = PriceData.objects.get(asset=row.asset, candle_time=DUE - DAY)
        candle.delete()
        assert (score_suggestions(DUE).unresolved, score_suggestions(DUE).unresolved) == (1, 1)
        assert (outcome(row).unresolved_reason, outcome(row).excess_return) == ("no_candle", None)
        row.refresh_from_db()
        assert (row.actual_return, row.success_score) == (None, None)
        PriceData.objects.bulk_create([held])
        assert score_suggestions(DUE + DAY).scored == 1
        assert outcome(row).unresolved_reason is None
        assert outcome(row).excess_return == 10

    def test_it_is_not_awaited_for_ever(self, watchlist: Watchlist) -> None:
        suggestion(watchlist, "A", "promote")
        PriceData.objects.filter(candle_time=DUE - DAY).delete()
        assert score_suggestions(DUE).unresolved == 1
        assert score_suggestions(DUE + 61 * DAY).unresolved == 0

    def test_a_coin_that_died_counts_with_its_last_close(self, watchlist: Watchlist) -> None:
        """C stood at 99 when its candles ended; the median of +10, 0 and -1 is 0, of the survivors +5."""
        rows = [suggestion(watchlist, "C", "promote"), suggestion(watchlist, "A", "demote")]
        PriceData.objects.filter(asset__symbol="C", candle_time__gte=DUE - 3 * DAY).delete()
        assert (score_suggestions(DUE).scored, score_suggestions(DUE + 6 * DAY).scored) == (0, 0)
        assert [outcome(row).unresolved_reason for row in rows] == ["no_candle"] * 2
        report = suggestion_report().groups["all"]
        assert (report.scored, report.unmeasured) == (0, 2)
        assert score_suggestions(DUE + 7 * DAY).scored == 2
        dead, other = (outcome(row) for row in rows)
        assert figures(dead, "end_price", "asset_return", "excess_return") == [99, -1, -1]
        assert (dead.candles_ended_at, dead.ended_at) == (DUE - 3 * DAY, DUE)
        assert other.candles_ended_at is None
        assert figures(other, "excess_return") == [-10]
        assert figures(other, "median_return", "median_count", "median_ended", "median_missing") == [0, 3, 1, 0]
        report = suggestion_report().groups["all"]
        assert (report.scored, report.unmeasured, report.ended) == (2, 0, 1)

    def test_a_gap_is_no_end(self, watchlist: Watchlist) -> None:
        """C lacks the candle only; it is left out of the median, which says so."""
        row = suggestion(watchlist, "A", "promote")
        asset = Asset.objects.get(symbol="C")
        PriceData.objects.filter(asset=asset, candle_time=DUE - DAY).delete()
        add_candles(asset, [50], first=DUE)
        score_suggestions(DUE + 7 * DAY)
        assert figures(outcome(row), "median_return", "median_count", "median_missing") == [5, 2, 1]

    def test_a_list_without_members(self) -> None:
        empty = DefaultListFactory()
        add_candles(AssetFactory(symbol="A"), [100] * 17)
        row = suggestion(empty, "A", "add")
        score_suggestions(DUE)
        assert outcome(row).unresolved_reason == "no_list"

    def test_replays_are_apart(self, watchlist: Watchlist) -> None:
        for entry in watchlist.history.all():
            ListedFactory(watchlist=watchlist, asset=entry.asset, valid_from=EPOCH, series="replay-a")
        live, replayed = suggestion(watchlist, "A", "promote"), suggestion(watchlist, "B", "promote", series="replay-a")
        assert score_suggestions(DUE).scored == 1
        assert not SuggestionOutcome.objects.filter(suggestion_id=replayed.pk).exists()
        assert score_suggestions(DUE, "replay-a").scored == 1
        assert outcome(live).series == "live"
        assert suggestion_report().groups["all"].made == 1

    def test_queries_do_not_grow_with_suggestions(
        self, watchlist: Watchlist, django_assert_max_num_queries: Any
    ) -> None:
        for symbol in ("A", "B", "C"):
            for kind in ("promote", "remove", "demote"):
                suggestion(watchlist, symbol, kind)
        with django_assert_max_num_queries(16):
            assert score_suggestions(DUE).scored == 9


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_archived_ones_are_scored_where_they_are(watchlist: Watchlist) -> None:
    """Rejected and expired ones move too."""
    settled = {
        "implemented": {"reviewed_at": AS_OF, "implemented_at": AS_OF},
        "rejected": {"reviewed_at": AS_OF},
        "expired": {"expires_at": AS_OF},
    }
    rows = {
        status: suggestion(watchlist, symbol, "promote", status=status, **times)
        for (status, times), symbol in zip(settled.items(), ("A", "B", "C"), strict=True)
    }
    waiting = suggestion(watchlist, "A", "demote", status="approved", reviewed_at=AS_OF, expires_at=AS_OF)
    assert archive_suggestions(AS_OF, 10) == 0
    assert archive_suggestions(AS_OF + DAY, 10) == 3
    assert list(AISuggestion.objects.all()) == [waiting]
    assert score_suggestions(DUE).scored == 4
    told = AISuggestionArchive.objects.all()
    found = {row.status: figures(row, "actual_return", "success_score") for row in told}
    assert found == {"implemented": [10, 1], "rejected": [0, 0.5], "expired": [-5, 0]}
    report = suggestion_report()
    assert {name: group.made for name, group in report.groups.items()} == {
        "all": 4, "accepted": 2, "rejected": 1, "expired": 1, "open": 0,
    }  # fmt: skip
    assert rows["implemented"].pk not in AISuggestion.objects.values_list("pk", flat=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM suggestion_outcomes")
        assert cursor.fetchone() == (4,)


class TestReport:
    @pytest.fixture(autouse=True)
    def told(self, watchlist: Watchlist) -> None:
        """Accepted: +10 and 0; rejected: -5 (wrong) and 10; expired: 0; by two admins."""
        ada, bo = AdminFactory(email="ada@example.com"), AdminFactory(email="bo@example.com")
        accepted = {"status": "implemented", "implemented_at": AS_OF}
        rejected = {"status": "rejected"}
        for symbol, kind, columns, who, hours in (
            ("A", "promote", accepted, ada, 1),
            ("B", "promote", accepted, bo, 3),
            ("C", "promote", rejected, ada, 5),
            ("A", "promote", rejected, bo, 11),
        ):
            at = AS_OF + timedelta(hours=hours)
            suggestion(watchlist, symbol, kind, reviewed_by=who, reviewed_at=at, **columns)
        suggestion(watchlist, "B", "demote")
        AISuggestion.objects.update(created_at=AS_OF)
        score_suggestions(DUE)

    def test_by_hand(self) -> None:
        report = suggestion_report()
        made = {name: (group.made, group.scored) for name, group in report.groups.items()}
        assert made == {"all": (5, 5), "accepted": (2, 2), "rejected": (2, 2), "expired": (1, 1), "open": (0, 0)}
        accepted, rejected = report.groups["accepted"], report.groups["rejected"]
        assert (accepted.precision.value, rejected.precision.value) == (0.5, 0.5)
        assert (accepted.excess.value, rejected.excess.value) == (5, 2.5)
        assert report.added_value.value == 2.5
        assert (report.agreement_with_ai, report.hours_to_decision) == (0.5, 4)
        assert report.hours_to_decision_90 == pytest.approx(9.2)
        assert (report.agreement_of_reviewers, report.pairs) == (0, 1)

    def test_one_week_says_little(self) -> None:
        """Wilson's interval of one case; no interval of a mean."""
        report = suggestion_report()
        group = report.groups["accepted"]
        assert (group.precision.periods, group.excess.low, report.added_value.low) == (1, None, None)
        assert group.precision.low == pytest.approx(0.0546, abs=1e-3)
        assert group.precision.high == pytest.approx(0.9454, abs=1e-3)

    def test_in_parts(self) -> None:
        by_kind = suggestion_reports("kind")
        assert {name: part.groups["all"].made for name, part in by_kind.items()} == {"demote": 1, "promote": 4}
        by_reviewer = suggestion_reports("reviewer")
        assert list(by_reviewer) == ["", "ada@example.com", "bo@example.com"]
        assert by_reviewer["ada@example.com"].added_value.value == 15
        assert list(suggestion_reports("month")) == ["2024-06"]
        with pytest.raises(KeyError):
            suggestion_reports("mood")

    def test_of_a_time(self) -> None:
        assert suggestion_report(since=AS_OF + DAY).groups["all"].made == 0
        assert suggestion_report(until=AS_OF + DAY).groups["all"].made == 5
