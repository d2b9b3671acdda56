"""Snapshots of the past: the same as those of the present, repeatable, and going on where they were interrupted."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from macro.models import MetricsSnapshot
from macro.services import take_snapshot
from macro.services.backfill import Backfilled, backfill_snapshots, closes
from macro.services.snapshot import WALL_CLOCK
from system.exceptions import InvalidInput
from tests.macro.snapshot_market import DAY, END, SmallMarket, forget_after

pytestmark = pytest.mark.django_db


def columns() -> list[dict[str, Any]]:
    apart = {"id", "created_at", "updated_at", *WALL_CLOCK}
    rows = MetricsSnapshot.objects.order_by("timeframe", "snapshot_time").values()
    return [{name: value for name, value in row.items() if name not in apart} for row in rows]


def backfill(first: datetime, last: datetime, timeframe: str = "1d", **options: Any) -> Backfilled:
    return backfill_snapshots(first, last, timeframe, progress=lambda _at, _done: None, **options)


@pytest.fixture
def market() -> SmallMarket:
    found = SmallMarket()
    found.candles("1d", 70)
    return found


def test_the_ends_of_candles() -> None:
    found = list(closes(datetime(2024, 6, 1, 5, tzinfo=UTC), datetime(2024, 6, 2, tzinfo=UTC), "4h"))
    assert [moment.hour for moment in found] == [8, 12, 16, 20, 0]
    assert [moment.weekday() for moment in closes(END - 20 * DAY, END, "1w")] == [0, 0, 0]
    assert list(closes(END, END, "1d")) == [END]


def test_the_past_is_what_live_runs_wrote(market: SmallMarket) -> None:
    moments = [END - days * DAY for days in (2, 1, 0)]
    backfill(moments[0], END)
    filled = columns()
    MetricsSnapshot.objects.all().delete()
    for moment in reversed(moments):  # live knew nothing later; rows are deleted from the newest on
        forget_after(moment)
        take_snapshot("1d", moment)
    assert columns() == filled
    assert len(filled) == 3


def test_twice_and_anew_change_nothing(market: SmallMarket) -> None:
    first = backfill(END - 2 * DAY, END)
    rows, written = columns(), list(MetricsSnapshot.objects.values_list("pk", "updated_at"))
    assert (len(first.taken), len(first.stood)) == (3, 0)
    assert len(backfill(END - 2 * DAY, END).stood) == 3
    assert len(backfill(END - 2 * DAY, END, again=True).taken) == 3
    assert columns() == rows
    assert list(MetricsSnapshot.objects.values_list("pk", "updated_at")) == written


def test_what_was_interrupted_goes_on(market: SmallMarket) -> None:
    def stop(at: datetime, _done: Backfilled) -> None:
        if at == END - 2 * DAY:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backfill_snapshots(END - 4 * DAY, END, "1d", progress=stop)
    assert MetricsSnapshot.objects.count() == 3
    done = backfill(END - 4 * DAY, END)
    assert (len(done.taken), len(done.stood)) == (2, 3)


def test_a_moment_without_candles_stops_nothing(market: SmallMarket) -> None:
    done = backfill(END - 72 * DAY, END - 68 * DAY)
    assert [at for at, _reason in done.without] == [END - 72 * DAY, END - 71 * DAY, END - 70 * DAY]
    assert "No asset has a 1d candle" in done.without[0][1]
    assert len(done.taken) == 2


def test_a_snapshot_of_the_demo_market_gives_way(market: SmallMarket) -> None:
    backfill(END, END)
    MetricsSnapshot.objects.update(data_source="demo")
    assert len(backfill(END, END).taken) == 1
    assert MetricsSnapshot.objects.get().data_source == "aggregated"


@pytest.mark.parametrize(
    ("first", "last", "timeframe", "field"),
    [
        (END, END - DAY, "1d", "start"),
        (END.replace(tzinfo=None), END, "1d", "start"),
        (END, END.replace(tzinfo=None), "1d", "end"),
        (END, timezone.now() + DAY, "1d", "end"),
        (END, END, "5m", "timeframe"),
    ],
)
def test_faults_name_their_field(first: datetime, last: datetime, timeframe: str, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        backfill(first, last, timeframe)
    assert error.value.field == field


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("backfill_snapshots", *arguments, stdout=out)
        return out.getvalue()

    @pytest.mark.usefixtures("market")
    def test_it_says_what_it_did(self) -> None:
        span = ("--start=2024-04-20", "--end=2024-04-23", "--timeframe=1d")
        said = self.run(*span)
        assert said.startswith("2 taken, 0 stood, 2 without")
        assert "2024-04-20 00:00 No asset has a 1d candle" in said
        told = json.loads(self.run(*span, "--json"))
        assert (told["taken"], told["stood"], len(told["without"])) == (0, 2, 2)
        assert told["without"][0]["moment"] == "2024-04-20T00:00:00+00:00"

    def test_nothing_at_all_is_a_failure(self) -> None:
        with pytest.raises(SystemExit) as status:
            self.run("--start=2024-04-20", "--end=2024-04-23")
        assert status.value.code == 1

    @pytest.mark.parametrize(("option", "text"), [("start", "soon"), ("end", "2024-06-30T00:00:00")])
    def test_a_bad_argument_is_named(self, option: str, text: str) -> None:
        good = {"start": "2024-06-01", "end": "2024-06-02"} | {option: text}
        with pytest.raises(InvalidInput, match=f"--{option}: .*{text}"):
            self.run(*(f"--{name}={value}" for name, value in good.items()))
