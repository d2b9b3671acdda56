"""Candle files: every kind of faulty row is named with its line, and the sound ones come through unharmed."""

import gzip
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assets.compute.checks import MAX_DOLLARS, MAX_PRICE, MIN_PRICE
from assets.models import Asset, PriceData
from assets.providers.candle_files import MAX_SYMBOL, read_candles, recognise
from assets.providers.text_files import UnreadableFile

NOW = datetime(2024, 1, 6, 12, tzinfo=UTC)
HEADER = "candle_time,open,high,low,close,volume"
SOUND = ["2024-01-01T00:00:00Z,1,2,0.5,1.5,10", "2024-01-02T00:00:00Z,1.5,2,1,1.8,11.25"]


def write(
    folder: Path, lines: list[str], name: str = "BTCUSDT-1d.csv", *, header: str = HEADER, end: str = "\n"
) -> Path:
    path = folder / name
    path.write_bytes(end.join([header, *lines, ""]).encode())
    return path


def read(path: Path) -> tuple[list[tuple], dict[int, str]]:
    file = recognise(path)
    assert file is not None
    rows, rejects = read_candles(file, NOW)
    return rows.rows(), {reject.line: reject.reason for reject in rejects}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2024-01-03T00:00:00Z,1,0.9,0.5,1.5,10", "high is not the highest price"),
        ("2024-01-03T00:00:00Z,1,2,1.2,1.5,10", "low is not the lowest price"),
        ("2024-01-03T00:00:00Z,-1,2,-2,1.5,10", "open -1 is not above 0"),
        ("2024-01-03T00:00:00Z,0,2,0,1.5,10", "open 0 is not above 0"),
        ("2024-01-03T00:00:00Z,NaN,2,0.5,1.5,10", "open NaN is no number"),
        ("2024-01-03T00:00:00Z,1,inf,0.5,1.5,10", "high inf is no number"),
        ("2024-01-03T00:00:00Z,1,1e400,0.5,1.5,10", "high 1e400 is no number"),
        ("2024-01-03T00:00:00Z,1,2e20,0.5,1.5,10", "high 2e20 is too large"),
        ("2024-01-03T00:00:00Z,1,2,1e-20,1.5,10", "low 1e-20 is too small"),
        ("2024-01-03T00:00:00Z,1,2,0.5,1.5,1e25", "volume 1e25 is too large"),
        ("2024-01-03T00:00:00Z,1e15,2e15,1e15,1e15,1e14", "volume 1e14 is too large at these prices"),
        ("2024-01-03T00:00:00Z,1,1.000000000000000001,0.5,1.000000000000000002,1", "high is not the highest price"),
        ("2024-01-03T00:00:00Z,1,2,1.000000000000000001,1,1", "low is not the lowest price"),
        ('2024-01-03T00:00:00Z,1,2,0.5,1.5,"10', "no CSV (unexpected end of data)"),
        ("2024-01-03T00:00:00Z,1,x,0.5,1.5,10", "high x is no number"),
        ("2024-01-03T00:00:00Z,1,,0.5,1.5,10", "high is empty"),
        ("2024-01-03T00:00:00Z,1,2,0.5,1.5,-1", "volume -1 is negative"),
        ("2024-01-03T01:00:00Z,1,2,0.5,1.5,10", "candle_time is not the start of a 1d candle"),
        ("0000-01-01T00:00:00Z,1,2,0.5,1.5,10", "candle_time lies before the first coin"),
        ("1970-01-01T00:00:00Z,1,2,0.5,1.5,10", "candle_time lies before the first coin"),
        ("2024-01-06T00:00:00Z,1,2,0.5,1.5,10", "the candle is not closed yet"),
        ("2024-01-07T00:00:00Z,1,2,0.5,1.5,10", "candle_time lies in the future"),
        ("2024-01-03T00:00:00,1,2,0.5,1.5,10", "candle_time 2024-01-03T00:00:00 is no ISO 8601 time with its zone"),
        ("03/01/2024,1,2,0.5,1.5,10", "candle_time 03/01/2024 is no ISO 8601 time with its zone"),
        ("2024-01-02T00:00:00Z,1.5,2,1,1.7,11.25", "the same candle as line 3, with other values"),
        ("2024-01-03T00:00:00Z,1,2,0.5", "4 fields instead of 6"),
        ("2024-01-03T00:00:00Z,1,2,0.5,1.5,10,7,8", "8 fields instead of 6"),
    ],
)
def test_a_faulty_row_is_named_and_the_others_pass(tmp_path: Path, row: str, reason: str) -> None:
    rows, rejects = read(write(tmp_path, [*SOUND, row]))
    assert len(rows) == 2
    assert rejects == {4: reason}


@pytest.mark.parametrize(
    ("count", "dollars", "reason"),
    [
        ("3000000000", "15", "trade_count 3000000000 is too large"),
        ("-1", "15", "trade_count -1 is no count"),
        ("7", "1e28", "quote_volume 1e28 is too large"),
        ("7", "1e22", "quote_volume 1e22 is too large for volume 11.25"),
    ],
)
def test_a_faulty_count_or_sum_is_named(tmp_path: Path, count: str, dollars: str, reason: str) -> None:
    lines = [f"{SOUND[0]},2147483647,1e15", f"{SOUND[1]},{count},{dollars}"]
    rows, rejects = read(write(tmp_path, lines, header=f"{HEADER},trade_count,quote_volume"))
    assert len(rows) == 1
    assert rejects == {3: reason}


def test_limits_are_those_of_the_columns() -> None:
    for name in ("open_price", "base_volume", "vwap"):
        column: Any = PriceData._meta.get_field(name)
        assert (Decimal(MAX_PRICE), Decimal(str(MIN_PRICE))) == (
            10 ** (column.max_digits - column.decimal_places),
            Decimal(1).scaleb(-column.decimal_places),
        )
    dollars: Any = PriceData._meta.get_field("volume")
    assert pytest.approx(10 ** (dollars.max_digits - dollars.decimal_places)) == MAX_DOLLARS
    assert Asset._meta.get_field("symbol").max_length == MAX_SYMBOL


def test_a_lone_quotation_mark_costs_its_own_row(tmp_path: Path) -> None:
    """Whatever the size of the file, and wherever else there is another one."""
    days = [
        f"{datetime(2010, 1, 1, tzinfo=UTC) + timedelta(days=day):%Y-%m-%d}T00:00:00Z,1,2,0.5,1.5,10"
        for day in range(5000)
    ]
    days[3], days[4000] = (days[place].replace("Z,1,", 'Z,"1,') for place in (3, 4000))
    path = write(tmp_path, days)
    assert path.stat().st_size > 128 * 1024
    rows, rejects = read(path)
    assert len(rows) == 4998
    assert rejects == dict.fromkeys((5, 4002), "no CSV (unexpected end of data)")


def test_a_field_beyond_all_measure(tmp_path: Path) -> None:
    rows, rejects = read(write(tmp_path, [*SOUND, f'"{"x" * 200_000}",1']))
    assert len(rows) == 2
    assert rejects == {4: "no CSV (field larger than field limit (131072))"}


def test_empty_lines_count_as_lines(tmp_path: Path) -> None:
    rows, rejects = read(write(tmp_path, [SOUND[0], "", SOUND[1], "x"]))
    assert len(rows) == 2
    assert rejects == {5: "1 fields instead of 6"}


def test_values_come_through_to_the_last_digit(tmp_path: Path) -> None:
    rows, _ = read(write(tmp_path, ["2024-01-01T00:00:00Z,0.000008120000000001,2,0.000008,1.500,10"]))
    assert rows == [
        (datetime(2024, 1, 1, tzinfo=UTC), "0.000008120000000001", "2", "0.000008", "1.500", "10", None, None)
    ]


def test_a_repeated_row_is_passed_over(tmp_path: Path) -> None:
    assert read(write(tmp_path, [*SOUND, SOUND[1]])) == read(write(tmp_path, SOUND))


WHOLE = "2024-01-02T00:00:00Z,1.5,2,1,1.8,11.25,120,18.9"


@pytest.mark.parametrize(
    "row",
    [
        WHOLE.replace(",120,", ",121,"),
        WHOLE.replace(",120,", ",,"),
        WHOLE.replace("18.9", "18.91"),
        WHOLE.replace("18.9", ""),
        WHOLE.replace("1.8,", "1.800000000000000001,"),
        WHOLE.replace("11.25", "11.250000000000000001"),
        WHOLE.replace("11.25", "1.126e1"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_candle_with_other_values_is_refused_whichever_they_are(tmp_path: Path, row: str, swapped: bool) -> None:
    pair = [row, WHOLE] if swapped else [WHOLE, row]
    rows, rejects = read(write(tmp_path, pair, header=f"{HEADER},trade_count,quote_volume"))
    assert rejects == {3: "the same candle as line 2, with other values"}
    assert rows == read(write(tmp_path, pair[:1], header=f"{HEADER},trade_count,quote_volume"))[0]


def test_the_same_values_in_another_spelling_are_passed_over(tmp_path: Path) -> None:
    again = WHOLE.replace("1.5,", "1.50,").replace("18.9", "18.9000")
    rows, rejects = read(write(tmp_path, [WHOLE, again], header=f"{HEADER},trade_count,quote_volume"))
    assert (len(rows), rejects) == (1, {})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_do_not_matter(tmp_path: Path, end: str, mark: str) -> None:
    rows, rejects = read(write(tmp_path, SOUND, header=mark + HEADER, end=end))
    assert len(rows) == 2
    assert not rejects


def test_columns_in_another_order_and_case(tmp_path: Path) -> None:
    path = write(tmp_path, ["10,2024-01-01T00:00:00Z,1,2,0.5,1.5"], header="Volume,Candle_Time,OPEN,high,low,close")
    assert read(path)[0][0][1:5] == ("1", "2", "0.5", "1.5")


def test_a_truncated_archive_gives_its_whole_lines(tmp_path: Path) -> None:
    lines = [
        f"2023-{month:02d}-{day:02d}T00:00:00Z,1,2,0.5,1.{day},{month * day}"
        for month in range(1, 13)
        for day in range(1, 28)
    ]
    packed = gzip.compress("\n".join([HEADER, *lines, ""]).encode())
    path = tmp_path / "ETHUSDT-1d.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    rows, rejects = read(path)
    assert 0 < len(rows) < len(lines)
    assert list(rejects.values()) == ["the gzip file ends here, in the middle of its data"]
    assert rows == read_whole(path, packed)[: len(rows)]


def read_whole(path: Path, packed: bytes) -> list[tuple]:
    path.write_bytes(packed)
    return read(path)[0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"a,b,c\n1,2,3\n", "the header lacks candle_time, open, high, low, close, volume"),
        (b"\xff\xfe\x00\x01\n", "not text in UTF-8"),
        (f"{HEADER},Volume\n{SOUND[0]},10\n".encode(), "the header names the column 'volume' twice"),
        (f"{HEADER},,\n{SOUND[0]},,\n".encode(), "the header names the column '' twice"),
        (f'{HEADER},"line\n{SOUND[0]},1\n'.encode(), "the header is no CSV"),
    ],
)
def test_a_file_without_anything_readable(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "BTCUSDT-1d.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=reason):
        read(path)


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-1d.csv.gz"
    path.write_bytes(b"candle_time,open\n")
    with pytest.raises(UnreadableFile, match="not a gzip file"):
        read(path)


@pytest.mark.parametrize(
    ("folder", "name", "symbol", "timeframe"),
    [
        ("binance-spot-2024", "BTCUSDT-1d.csv.gz", "BTC", "1d"),
        ("binance-spot-2024", "1000SATSUSDT-1h.csv.gz", "1000SATS", "1h"),
        ("binance-perp-2025", "BTCUSDT-1m.csv.gz", "BTCUSDT-PERP", "1m"),
        ("mine", "ETHFDUSD-1M.csv", "ETH", "1M"),
    ],
)
def test_names_say_what_a_file_holds(tmp_path: Path, folder: str, name: str, symbol: str, timeframe: str) -> None:
    file = recognise(tmp_path / folder / name)
    assert file is not None
    assert (file.symbol, file.timeframe) == (symbol, timeframe)


def test_a_column_called_like_the_line_number_is_a_column(tmp_path: Path) -> None:
    rows, rejects = read(write(tmp_path, [f"{SOUND[0]},77", "x,77"], header=f"{HEADER},line"))
    assert len(rows) == 1
    assert rejects == {3: "2 fields instead of 7"}


@pytest.mark.parametrize(("folder", "longest"), [("spot", 20), ("binance-perp-2025", 11)])
def test_a_symbol_that_no_column_holds(tmp_path: Path, folder: str, longest: int) -> None:
    assert recognise(tmp_path / folder / f"{'A' * longest}USDT-1d.csv") is not None
    with pytest.raises(UnreadableFile, match="has more than 20 characters"):
        recognise(tmp_path / folder / f"{'A' * (longest + 1)}USDT-1d.csv")


def test_a_pair_without_dollars_is_an_unknown_symbol(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="unknown symbol BTCEUR"):
        recognise(tmp_path / "BTCEUR-1d.csv")


def test_other_files_are_none_of_ours(tmp_path: Path) -> None:
    assert recognise(tmp_path / "vix-daily.csv") is None


def test_real_candles_have_no_fault(shared: Path) -> None:
    for name, count in (("BTCUSDT-1d", 249), ("BONKUSDT-1h", 6002), ("1000SATSUSDT-1d", 250)):
        file = recognise(shared / "data" / "candles" / "binance-spot-2024" / f"{name}.csv.gz")
        assert file is not None
        rows, rejects = read_candles(file, datetime(2026, 1, 1, tzinfo=UTC))
        assert (rows.height, rejects) == (count, [])
