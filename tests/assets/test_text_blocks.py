"""A file that is read block by block gives what it gives as a whole, wherever a block happens to end."""

import gzip
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.compute.checks import CANDLE_COLUMNS
from assets.providers import text_blocks
from assets.providers.candle_files import NotInOrder, read_candle_parts, read_candles, recognise
from assets.providers.text_blocks import UnreadableFile
from assets.providers.text_files import read_rows

NOW = datetime(2024, 6, 1, tzinfo=UTC)
HEADER = "candle_time,open,high,low,close,volume"
LINES = [
    f"{datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ},1,2,0.5,1.{hour},{hour}"
    for hour in range(200)
]


@pytest.fixture(params=[1, 50, 333, 4096])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_blocks, "BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("packed", [False, True])
def test_wherever_a_block_ends(tmp_path: Path, end: str, packed: bool) -> None:
    lines = [*LINES[:70], "x", *LINES[70:90], '"', *LINES[90:]]
    text = ("\ufeff" + end.join([HEADER, *lines, ""])).encode()
    path = tmp_path / ("BTCUSDT-1h.csv.gz" if packed else "BTCUSDT-1h.csv")
    path.write_bytes(gzip.compress(text) if packed else text)
    rows, rejects = read_rows(path, HEADER.split(","))
    assert rows["LINE"].to_list() == [n for n in range(2, 204) if n not in {72, 93}]
    assert [",".join(row) for row in rows.drop("LINE").iter_rows()] == LINES
    assert [reject.line for reject in rejects] == [72, 93]


@pytest.mark.usefixtures("block")
def test_a_truncated_archive_gives_its_whole_lines(tmp_path: Path) -> None:
    packed = gzip.compress("\n".join([HEADER, *LINES]).encode())
    path = tmp_path / "BTCUSDT-1h.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    rows, [reject] = read_rows(path, HEADER.split(","))
    assert 0 < rows.height < 200
    assert reject.line == rows.height + 2
    assert reject.reason == "the gzip file ends here, in the middle of its data"


@pytest.mark.usefixtures("block")
class TestSeveralArchivesInOne:
    def write(self, path: Path, end: bytes) -> Path:
        halves = ["\n".join([HEADER, *LINES[:100], ""]), "\n".join([*LINES[100:], ""])]
        path.write_bytes(b"".join(gzip.compress(half.encode()) for half in halves) + end)
        return path

    @pytest.mark.parametrize("end", [b"", b"\0" * 700])
    def test_are_one_file(self, tmp_path: Path, end: bytes) -> None:
        rows, rejects = read_rows(self.write(tmp_path / "a.csv.gz", end), HEADER.split(","))
        assert (rows.height, rejects) == (200, [])

    def test_and_the_second_may_be_truncated(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "a.csv.gz", b"")
        path.write_bytes(path.read_bytes()[:-12])
        rows, [reject] = read_rows(path, HEADER.split(","))
        assert 100 <= rows.height < 200
        assert "in the middle" in reject.reason

    def test_what_else_stands_behind_is_told(self, tmp_path: Path) -> None:
        rows, [reject] = read_rows(self.write(tmp_path / "a.csv.gz", b"something else"), HEADER.split(","))
        assert rows.height == 200
        assert reject.line == 202


@pytest.mark.usefixtures("block")
def test_what_is_no_text_is_named_by_its_place_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join([HEADER, *LINES]).encode() + b"\n\xff")
    place = path.stat().st_size - 1
    with pytest.raises(UnreadableFile, match=rf"byte {place}\)"):
        read_rows(path, HEADER.split(","))


def parts(path: Path) -> list[pl.DataFrame]:
    file = recognise(path)
    assert file is not None
    return [candles for candles, _ in read_candle_parts(file, NOW)]


@pytest.mark.parametrize("size", [600, 2000])
def test_parts_together_are_the_whole(tmp_path: Path, monkeypatch: Any, size: int) -> None:
    path = tmp_path / "BTCUSDT-1h.csv"
    path.write_text("\n".join([HEADER, *LINES]))
    file = recognise(path)
    assert file is not None
    whole, _ = read_candles(file, NOW)
    monkeypatch.setattr(text_blocks, "BLOCK", size)
    assert len(parts(path)) > 3
    assert pl.concat(parts(path)).equals(whole)
    assert tuple(whole.columns) == CANDLE_COLUMNS


def test_a_candle_that_stands_in_a_later_part_again_is_noticed(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "BTCUSDT-1h.csv"
    path.write_text("\n".join([HEADER, *LINES, LINES[3].replace(",1,2,", ",1,3,")]))
    monkeypatch.setattr(text_blocks, "BLOCK", 1000)
    with pytest.raises(NotInOrder):
        parts(path)


def test_memory_is_needed_for_a_block_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a\n" * 30_000_000, 1))
    sizes = [len(text) for text in text_blocks.text_blocks(path)]
    assert sum(sizes) == 60_000_000
    assert max(sizes) < 3 * text_blocks.BLOCK


def test_an_empty_archive_is_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    for content in (b"", gzip.compress(b"")):
        path.write_bytes(content)
        with pytest.raises(UnreadableFile, match="the file is empty"):
            read_rows(path, ["a"])
    path.write_bytes(gzip.compress(b"")[:10])
    with pytest.raises(UnreadableFile, match="the file is empty"):
        read_rows(path, ["a"])


def test_a_line_without_an_end_is_not_read_to_it(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-1h.csv.gz"
    path.write_bytes(gzip.compress(bytes(200 * 2**20)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnreadableFile, match="line"):
        read_rows(path, HEADER.split(","))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
