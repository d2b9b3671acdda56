"""Candle files: every kind of faulty row is named with its line, and the sound ones come through unharmed."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.providers.candle_files import read_candles, recognise
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
        ("2024-01-03T00:00:00Z,1,x,0.5,1.5,10", "high x is no number"),
        ("2024-01-03T00:00:00Z,1,,0.5,1.5,10", "high is empty"),
        ("2024-01-03T00:00:00Z,1,2,0.5,1.5,-1", "volume -1 is negative"),
        ("2024-01-03T01:00:00Z,1,2,0.5,1.5,10", "candle_time is not the start of a 1d candle"),
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


def test_values_come_through_to_the_last_digit(tmp_path: Path) -> None:
    rows, _ = read(write(tmp_path, ["2024-01-01T00:00:00Z,0.000008120000000001,2,0.000008,1.500,10"]))
    assert rows == [
        (datetime(2024, 1, 1, tzinfo=UTC), "0.000008120000000001", "2", "0.000008", "1.500", "10", None, None)
    ]


def test_a_repeated_row_is_passed_over(tmp_path: Path) -> None:
    assert read(write(tmp_path, [*SOUND, SOUND[1]])) == read(write(tmp_path, SOUND))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
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
