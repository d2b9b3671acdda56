"""Files of candles that were damaged or made to harm: each is read, row by row, or refused with a reason."""

import gzip
import io
import zipfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.providers import kline_archives
from assets.providers.candle_files import CandleFile, NotInOrder, read_candle_parts, read_candles, recognise
from assets.providers.text_files import UnreadableFile
from tests.damage import damaged
from tests.rounds import examples

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = 40
COLUMNS = ("open", "high", "low", "close", "volume")


def prices(number: int) -> tuple[float, ...]:
    return 100.0 + number, 102.0 + number, 99.0 + number, 101.0 + number, 10.5


@cache
def candles() -> pl.DataFrame:
    times = [FIRST + timedelta(hours=number) for number in range(ROWS)]
    columns = zip(*map(prices, range(ROWS)), strict=True)
    return pl.DataFrame({"candle_time": times} | dict(zip(COLUMNS, columns, strict=True)))


def text() -> bytes:
    return candles().with_columns(pl.col("candle_time").dt.to_string("%+")).write_csv().encode()


def archive() -> bytes:
    lines = []
    for number, (opened, high, low, close, volume) in enumerate(map(prices, range(ROWS))):
        at = int((FIRST + timedelta(hours=number)).timestamp()) * 1000
        lines.append(f"{at},{opened},{high},{low},{close},{volume},{at + 3_599_999},1000,12,5,500,0")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("BTCUSDT-1h-2024-01.csv", "\n".join(lines))
    return file.getvalue()


def parquet() -> bytes:
    file = io.BytesIO()
    candles().write_parquet(file)
    return file.getvalue()


SOUND = {
    "BTCUSDT-1h.csv": text(),
    "BTCUSDT-1h.csv.gz": gzip.compress(text(), mtime=0),
    "BTCUSDT-1h.parquet": parquet(),
    "BTCUSDT-1h-2024-01.zip": archive(),
}


def checked(name: str, body: bytes) -> int:
    """How many candles came of a file. Each is one that can be stored, and none comes of nothing."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(body)
        file = recognise(path)
        assert isinstance(file, CandleFile)
        with suppress(UnreadableFile, NotInOrder):
            for part, rejects in read_candle_parts(file, NOW):
                assert part.height + len(rejects) <= len(body) + ROWS
        refusal = None
        try:
            rows, rejects = read_candles(file, NOW)
        except UnreadableFile as refused:
            refusal = str(refused)
    if refusal is not None:
        assert refusal
        return 0
    assert rows["candle_time"].is_sorted()
    assert rows.filter(pl.col("candle_time") > NOW).is_empty()
    assert all(reject.reason for reject in rejects)
    return rows.height


@pytest.mark.parametrize("name", SOUND)
def test_what_is_damaged_is_whole_without_it(name: str) -> None:
    assert checked(name, SOUND[name]) == ROWS


@pytest.mark.parametrize("name", SOUND)
@settings(max_examples=examples(60, 5_000), deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_never_breaks(name: str, data: st.DataObject) -> None:
    checked(name, data.draw(damaged([SOUND[name]])))


@settings(max_examples=examples(40, 5_000), deadline=None)
@given(name=st.sampled_from(sorted(SOUND)), body=st.binary(max_size=2_000))
def test_noise_is_refused(name: str, body: bytes) -> None:
    checked(name, body)


@settings(max_examples=examples(40, 3_000), deadline=None)
@given(body=damaged([text()]), level=st.integers(0, 9))
def test_what_is_packed_is_damaged_too(body: bytes, level: int) -> None:
    """The archive is sound, and what is in it is not."""
    checked("BTCUSDT-1h.csv.gz", gzip.compress(body, level, mtime=0))
    with zipfile.ZipFile(io.BytesIO(SOUND["BTCUSDT-1h-2024-01.zip"])) as sound:
        klines = sound.read("BTCUSDT-1h-2024-01.csv")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("BTCUSDT-1h-2024-01.csv", klines[: len(klines) // 2] + body)
    checked("BTCUSDT-1h-2024-01.zip", file.getvalue())


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the directory of the archive says that it is little."""
    monkeypatch.setattr(kline_archives, "LARGEST", 10_000)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("BTCUSDT-1h-2024-01.csv", b"0" * 20_000)
    body = file.getvalue()
    assert checked("BTCUSDT-1h-2024-01.zip", body) == 0
    said = (20_000).to_bytes(4, "little")
    assert body.count(said) == 2
    assert checked("BTCUSDT-1h-2024-01.zip", body.replace(said, (500).to_bytes(4, "little"))) == 0
