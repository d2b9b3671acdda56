"""Rounds of fetching: batches that workers share, the commands, and two beats at once."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from assets.models import PriceData
from assets.services import (
    begin_round,
    collect_batch,
    collect_candles,
    finish_round,
    is_awaited,
    take_up_rounds,
)
from system.exceptions import InvalidInput
from system.models import BackgroundTask
from tests.assets.collecting import FIRST, HOUR, UNTIL, configure, listed_asset, two_days
from tests.assets.given_source import GivenSource, hours

__all__ = ["two_days"]
pytestmark = pytest.mark.django_db(databases=["default", "owner"])


class TestRounds:
    @pytest.fixture(autouse=True)
    def source(self, monkeypatch: pytest.MonkeyPatch, two_days: None) -> GivenSource:  # noqa: ARG002
        source = GivenSource(hours(72, first=FIRST))
        monkeypatch.setattr("assets.services.collection.source_of", lambda _asset: source)
        monkeypatch.setattr("assets.services.repair.sources_of", lambda _asset: [source])
        return source

    def test_batches_together_make_a_round(self) -> None:
        configure(assets_per_task=2)
        assets = [listed_asset() for _ in range(3)]
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        assert [len(batch) for batch in begun.task_params["batches"]] == [2, 1]
        assert collect_batch(begun.pk, 0) is False
        assert collect_batch(begun.pk, 0) is False  # delivered twice
        assert collect_batch(begun.pk, 1) is True
        finished = finish_round(begun.pk)
        assert finished is not None
        assert (finished.timeframe, finished.until) == ("1h", UNTIL)
        assert finish_round(begun.pk) is None
        row = BackgroundTask.objects.get()
        assert (row.status, row.error_message) == ("completed", None)
        assert PriceData.objects.count() == 48 * len(assets)

    def test_one_round_per_close(self) -> None:
        listed_asset()
        assert begin_round("1h", UNTIL) is not None
        assert begin_round("1h", UNTIL) is None
        assert begin_round("1h", UNTIL + HOUR) is not None
        assert sorted(BackgroundTask.objects.values_list("status", flat=True)) == ["failed", "running"]

    def test_a_round_that_died_before_its_batches_were_told_is_told_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever began it was killed: the message that comes again finds a round of which nothing is heard."""
        listed_asset()
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        assert begin_round("1h", UNTIL) is None  # a second beat
        monkeypatch.setattr("assets.services.rounds.QUIET", timedelta(0))
        again = begin_round("1h", UNTIL)
        assert again is not None
        assert again.pk == begun.pk
        assert collect_batch(begun.pk, 0) is True
        assert begin_round("1h", UNTIL) is None
        assert collect_batch(begun.pk, 0) is True  # whoever was to finish it had died: it is told again

    def test_what_a_worker_that_died_has_lost_is_named(self) -> None:
        configure(assets_per_task=1)
        for _ in range(3):
            listed_asset()
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        collect_batch(begun.pk, 1)
        now = timezone.now()
        assert take_up_rounds(now) == {}
        assert take_up_rounds(now + timedelta(minutes=6)) == {begun.pk: [0, 2]}
        for number in (0, 2):
            collect_batch(begun.pk, number)
        assert take_up_rounds(now + timedelta(minutes=6)) == {begun.pk: []}  # only the end was lost
        finish_round(begun.pk)
        assert take_up_rounds(now + timedelta(minutes=12)) == {}

    def test_a_batch_that_comes_twice_is_fetched_once(self, source: GivenSource) -> None:
        configure(assets_per_task=1)
        for _ in range(2):
            listed_asset()
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        for _ in range(2):
            assert collect_batch(begun.pk, 0) is False
        assert len(source.asked) == 1

    def test_a_round_with_a_fault_is_not_completed(self, source: GivenSource) -> None:
        source.fails_after = 5
        asset = listed_asset()
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        assert collect_batch(begun.pk, 0) is True
        assert finish_round(begun.pk) is not None
        row = BackgroundTask.objects.get()
        assert row.status == "failed"
        assert asset.symbol in (row.error_message or "")

    def test_the_analysis_waits_for_the_round_but_not_for_ever(self) -> None:
        assert not is_awaited("1h", UNTIL, UNTIL)
        listed_asset()
        assert is_awaited("1h", UNTIL, UNTIL)
        begun = begin_round("1h", UNTIL)
        assert begun is not None
        assert is_awaited("1h", UNTIL, UNTIL + 5 * timedelta(minutes=1))
        assert not is_awaited("1h", UNTIL, UNTIL + timedelta(minutes=11))
        collect_batch(begun.pk, 0)
        finish_round(begun.pk)
        assert not is_awaited("1h", UNTIL, UNTIL + timedelta(minutes=1))


@pytest.mark.usefixtures("two_days")
class TestCommands:
    def test_gaps_are_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        asset, source = listed_asset(), GivenSource(hours(48, first=FIRST))
        collect_candles("1h", [asset.pk], UNTIL, source=source)
        PriceData.objects.filter(candle_time=FIRST + 3 * HOUR).delete()
        call_command("gaps")
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].split() == [
            asset.symbol, "1h", "2024-06-08", "03:00", "-", "2024-06-08", "04:00", "1", "not_fetched", "open",
        ]  # fmt: skip
        assert lines[-1] == "1 gaps (1 open), 1 candles missing"

    def test_gaps_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        import json

        asset = listed_asset()
        collect_candles("1h", [asset.pk], UNTIL, source=GivenSource({}))
        call_command("gaps", "--json", "--asset", asset.symbol, "--timeframe", "1h")
        found = json.loads(capsys.readouterr().out)
        assert found["found"] == {"1h": {"found": 1, "standing": 0, "repaired": 0}}
        assert found["gaps"][0]["start"] == "2024-06-08T00:00:00Z"

    def test_an_unknown_asset_is_named(self) -> None:

        with pytest.raises(InvalidInput, match="no asset NOBODY"):
            call_command("gaps", "--asset", "NOBODY")

    def test_collecting_needs_something_to_collect(self) -> None:
        from system.exceptions import NoData

        configure(enabled=False)
        with pytest.raises(NoData, match="Nothing is collected"):
            call_command("collect")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_beats_at_once_begin_one_round() -> None:
    configure(enabled=True)
    listed_asset()
    found: list[BackgroundTask | None] = []

    def second() -> None:
        try:
            found.append(begin_round("1h", UNTIL))
        finally:
            connection.close()

    beside = threading.Thread(target=second)
    with transaction.atomic():
        assert begin_round("1h", UNTIL) is not None
        beside.start()
        beside.join(1)
    beside.join(10)
    assert found == [None]
    assert BackgroundTask.objects.count() == 1
