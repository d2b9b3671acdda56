"""Archival moves whole partitions: quickly, all or nothing, and back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections

from assets.models import PriceData, PriceDataArchive
from assets.selectors.candle_answers import candle_answer
from assets.selectors.candle_json import CandleWish
from assets.services import archive_prices, due_partitions, ensure_partitions, restore_prices, store_candles
from assets.services.partitions import ARCHIVE, CANDLES, partition_homes
from system.exceptions import InvalidInput
from system.services import change_setting, setting
from tests.assets.moving import (
    HOUR,
    JUNE,
    MAY,
    NAME,
    NOW,
    SOON,
    asset_with_candles,
    counts,
    everything_read,
    forget_timeframe_of_bounds,
    other,
    owner,
    room,
)

__all__ = ["other", "room"]
pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "owner"]), pytest.mark.usefixtures("room")]


def shape() -> dict[str, list[tuple[Any, ...]]]:
    """Everything that hangs on the partition."""
    return {
        "constraints": owner(
            "SELECT conname, contype, convalidated, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = to_regclass(%s) ORDER BY 1",
            NAME,
        ),
        "indexes": owner("SELECT indexdef FROM pg_indexes WHERE tablename = %s ORDER BY 1", NAME),
        "triggers": owner(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal", NAME
        ),
        "internal triggers": owner(
            "SELECT count(*), (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'assets'::regclass) FROM pg_trigger "
            "WHERE tgrelid = to_regclass(%s) AND tgisinternal",
            NAME,
        ),
    }


def test_old_candles_move_and_readers_of_both_see_no_difference() -> None:
    asset = asset_with_candles()
    before = everything_read(asset)
    report = archive_prices(NOW)
    assert report.names == [NAME]
    assert counts() == (24 * 30, 24 * 31)
    assert everything_read(asset) == before
    assert before[-3] == 24 * 61
    assert archive_prices(NOW).names == []


def test_there_and_back_leaves_the_partition_as_it_was() -> None:
    asset = asset_with_candles()
    rows, before, read = list(PriceData.objects.order_by("candle_time").values()), shape(), everything_read(asset)
    for _ in range(2):
        archive_prices(NOW)
        archived = shape()
        assert archived["triggers"] == []
        assert {key: archived[key] for key in ("constraints", "indexes")} == {
            key: before[key] for key in ("constraints", "indexes")
        }
        assert restore_prices([NAME]).names == [NAME]
        assert shape() == before
    assert list(PriceData.objects.order_by("candle_time").values()) == rows
    assert everything_read(asset) == read


def test_the_time_of_change_follows_changes_of_live_candles_only() -> None:
    asset_with_candles(1)

    def is_moved_by_a_change(table: type[PriceData] | type[PriceDataArchive], high: int) -> bool:
        [(before,)] = table.objects.values_list("updated_at")
        table.objects.update(high_price=high)
        [(after,)] = table.objects.values_list("updated_at")
        return bool(before != after)

    assert is_moved_by_a_change(PriceData, 201)
    archive_prices(NOW)
    assert not is_moved_by_a_change(PriceDataArchive, 202)
    restore_prices([NAME])
    assert is_moved_by_a_change(PriceData, 203)


@pytest.fixture
def notices() -> Iterator[list[str]]:
    """What PostgreSQL says of its work for the owner's role."""
    found: list[str] = []

    def keep(diagnostic: psycopg.errors.Diagnostic) -> None:
        found.append(diagnostic.message_primary or "")

    connections["owner"].ensure_connection()
    raw = connections["owner"].connection
    raw.add_notice_handler(keep)
    owner("SET client_min_messages = debug1")
    yield found
    owner("RESET client_min_messages")
    raw.remove_notice_handler(keep)


IMPLIED = f'partition constraint for table "{NAME}" is implied by existing constraints'
READ = f'verifying table "{NAME}"'


def test_no_row_is_read_inside_the_lock(notices: list[str]) -> None:
    asset_with_candles()
    archive_prices(NOW)
    assert notices.count(IMPLIED) == 1
    restore_prices([NAME])
    assert notices.count(IMPLIED) == 2
    assert READ not in notices


def test_rows_of_an_older_partition_are_read_before_the_lock(notices: list[str]) -> None:
    asset_with_candles()
    forget_timeframe_of_bounds()
    notices.clear()
    assert archive_prices(NOW).names == [NAME]
    assert (notices.count(READ), notices.count(IMPLIED)) == (1, 1)
    assert notices.index(READ) < notices.index(IMPLIED)
    assert [row[2] for row in shape()["constraints"] if row[0] == f"{NAME}_bounds"] == [True]


def test_without_the_check_postgresql_reads_them(notices: list[str]) -> None:
    """The control of the two tests before: what they look for is said when it happens."""
    asset_with_candles()
    forget_timeframe_of_bounds()
    notices.clear()
    owner(f'ALTER TABLE "price_data_1h" DETACH PARTITION {NAME}')
    owner(f"ALTER TABLE \"price_data_1h\" ATTACH PARTITION {NAME} FOR VALUES FROM ('{MAY}') TO ('{JUNE}')")
    assert READ in notices
    assert IMPLIED not in notices


# -- what is due ------------------------------------------------------------------------------------------------------


def test_each_timeframe_has_its_age_and_without_one_it_stays() -> None:
    moment = datetime(2013, 5, 20, tzinfo=UTC)
    for timeframe in ("5m", "4h", "1d"):
        ensure_partitions(timeframe, moment, moment)
    ours = {"price_5m_y2013m05", NAME, "price_4h_y2013m05", "price_1d_y2013"}

    def due(now: datetime) -> set[str]:
        return {one.name for one in due_partitions(now)} & ours

    assert due(JUNE + timedelta(days=180) - timedelta(seconds=1)) == set()
    assert due(JUNE + timedelta(days=180)) == {"price_5m_y2013m05"}
    assert due(JUNE + timedelta(days=729)) == {"price_5m_y2013m05"}
    assert due(JUNE + timedelta(days=730)) == {"price_5m_y2013m05", NAME}
    assert due(datetime(2100, 1, 1, tzinfo=UTC)) == {"price_5m_y2013m05", NAME}
    change_setting("retention", setting("retention") | {"price_1d_days": 366, "price_1h_days": 36500}, actor=None)
    later = datetime.now(UTC) + timedelta(days=1)
    assert due(later) == {"price_5m_y2013m05", "price_1d_y2013"}


def test_a_restored_partition_stays_when_its_age_is_raised() -> None:
    asset_with_candles(1)
    archive_prices(NOW)
    assert restore_prices([NAME]).names == [NAME]
    assert restore_prices([NAME]).names == []
    assert partition_homes("1h")[NAME] == CANDLES
    assert [one.name for one in due_partitions(NOW)] == [NAME]


def test_a_name_that_does_not_exist_moves_nothing() -> None:
    archive_prices(NOW)
    with pytest.raises(InvalidInput, match="price_1h_y1066m10"):
        restore_prices([NAME, "price_1h_y1066m10"])
    assert partition_homes("1h")[NAME] == ARCHIVE


def test_kept_answers_follow_a_move() -> None:
    """Those from the live table alone change with it; those from both stay the same."""
    asset = asset_with_candles(5)
    wishes = [CandleWish("1h", first=MAY, end=JUNE, archive=archive) for archive in (False, True)]

    def candles_of_answers() -> list[int]:
        answers = [candle_answer(asset.pk, wish) for wish in wishes for _ in range(2)]  # made, then kept
        return [len(json.loads(one.body or b"")["candles"]) for one in answers if one]

    assert candles_of_answers() == [5, 5, 5, 5]
    archive_prices(NOW)
    assert candles_of_answers() == [0, 0, 5, 5]
    restore_prices([NAME])
    assert candles_of_answers() == [5, 5, 5, 5]


def test_late_candles_follow_their_partition() -> None:
    asset = asset_with_candles(5)
    archive_prices(NOW)
    times = [MAY + i * HOUR for i in range(4, 6)]
    frame = pl.DataFrame(
        {"candle_time": times, "trade_count": [1, 1], "quote_volume": [None, None]}
        | {name: ["104", "105"] for name in ("open", "high", "low", "close", "volume")},
        schema_overrides={"candle_time": pl.Datetime("us", "UTC"), "quote_volume": pl.String},
    )
    store_candles(asset.pk, "1h", frame)
    assert counts() == (0, 6)


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_lists_moves_and_restores(capsys: pytest.CaptureFixture[str]) -> None:
    asset_with_candles(10)
    owner(f"ANALYZE {NAME}")

    def said(*arguments: str) -> dict[str, Any]:
        call_command("archive_prices", *arguments, "--json")
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    [due] = [one for one in said("--dry-run")["due"] if one["name"] == NAME]
    assert due["rows"] == 10
    assert due["bytes"] > 8192
    assert (due["timeframe"], due["home"], due["from"], due["to"]) == ("1h", CANDLES, MAY.isoformat(), JUNE.isoformat())
    assert counts() == (10, 0)
    moved = said()
    assert NAME in {one["name"] for one in moved["moved"]}
    assert moved["postponed"] == []
    assert counts() == (0, 10)
    assert [one["name"] for one in said("--restore", NAME)["moved"]] == [NAME]
    assert counts() == (10, 0)
    call_command("archive_prices", "--dry-run")
    assert f"{NAME}" in capsys.readouterr().out


def test_the_command_tells_by_its_status_that_something_stayed(
    other: "psycopg.Connection[Any]", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive_prices(NOW)
    other.execute("SELECT count(*) FROM price_data_archive WHERE timeframe = '1h'")
    monkeypatch.setattr(restore_prices, "__kwdefaults__", {"patience": SOON})
    with pytest.raises(SystemExit) as ended:
        call_command("archive_prices", "--restore", NAME)
    assert ended.value.code == 1
    assert "in use, stays for the next run" in capsys.readouterr().out
