"""Kinds of candle files beside CSV: Parquet, and the exchange's own archives."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.providers import kline_archives, parquet_files
from assets.providers.candle_files import read_candles, recognise
from assets.providers.text_files import UnreadableFile

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


def line(number: int, *, unit: int = 1000, **other: Any) -> str:
    at = int((FIRST + number * HOUR).timestamp()) * unit
    row = {"at": at, "o": "42283.58", "h": "42554.57", "l": "42261.02", "c": "42475.23", "v": "1271.68108"}
    row |= {"end": at + 3600 * unit - 1, "q": "53957248.97", "n": "47134", "tb": "682.57", "tq": "28957416.8", "x": "0"}
    return ",".join(str(value) for value in (row | other).values())


def archive(folder: Path, lines: list[str], name: str = "BTCUSDT-1h-2024-01", inside: str | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(inside or f"{name}.csv", "\n".join([*lines, ""]))
    return path


def read(path: Path) -> tuple[pl.DataFrame, dict[int, str]]:
    file = recognise(path)
    assert file is not None
    rows, rejects = read_candles(file, NOW)
    return rows, {reject.line: reject.reason for reject in rejects}


class TestArchives:
    @pytest.mark.parametrize("unit", [1000, 1_000_000])
    @pytest.mark.parametrize("header", [[], [HEADER]])
    def test_with_and_without_header_in_milli_and_microseconds(
        self, tmp_path: Path, unit: int, header: list[str]
    ) -> None:
        """Spot archives count microseconds from 2025 on, and only those of futures have a header."""
        rows, rejects = read(archive(tmp_path / "spot", [*header, line(0, unit=unit), line(1, unit=unit)]))
        assert rejects == {}
        assert rows["candle_time"].to_list() == [FIRST, FIRST + HOUR]
        assert rows.row(0)[1:] == ("42283.58", "42554.57", "42261.02", "42475.23", "1271.68108", 47134, "53957248.97")

    @pytest.mark.parametrize(
        ("folder", "symbol"),
        [
            ("spot/monthly/klines/BTCUSDT/1h", "BTC"),
            ("futures/um/monthly/klines/BTCUSDT/1h", "BTCUSDT-PERP"),
            ("binance-um-2024", "BTCUSDT-PERP"),
            ("anywhere", "BTC"),
        ],
    )
    def test_the_folder_says_which_market(self, tmp_path: Path, folder: str, symbol: str) -> None:
        file = recognise(tmp_path / folder / "BTCUSDT-1h-2024-01.zip")
        assert file is not None
        assert (file.symbol, file.timeframe) == (symbol, "1h")

    def test_the_name_of_a_day_and_of_something_else(self, tmp_path: Path) -> None:
        assert recognise(tmp_path / "BTCUSDT-1h-2024-01-15.zip") is not None
        assert recognise(tmp_path / "BTCUSDT-aggTrades-2024-01.zip") is None
        assert recognise(tmp_path / "photos.zip") is None

    def test_faulty_rows_are_listed_and_the_others_kept(self, tmp_path: Path) -> None:
        lines = [line(0), line(1, h="1"), line(2, at="soon"), line(3) + ",more", line(4, at=-5), line(5), line(6, o="")]
        rows, rejects = read(archive(tmp_path, lines))
        assert rows["candle_time"].to_list() == [FIRST, FIRST + 5 * HOUR]
        assert sorted(rejects) == [2, 3, 4, 5, 7]

    def test_a_bomb_is_not_unpacked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kline_archives, "LARGEST", 1000)
        with pytest.raises(UnreadableFile, match="more than 1000 bytes"):
            read(archive(tmp_path, [line(i) for i in range(100)]))

    def test_a_bomb_that_lies_about_its_size_is_not_unpacked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = archive(tmp_path, [line(i) for i in range(100)])
        monkeypatch.setattr(kline_archives, "LARGEST", 1000)
        raw = path.read_bytes()
        with zipfile.ZipFile(path) as packed:
            size = packed.infolist()[0].file_size.to_bytes(4, "little")
        path.write_bytes(raw.replace(size, (500).to_bytes(4, "little")))
        with pytest.raises(UnreadableFile, match=r"no readable zip archive|more than 1000 bytes|no row of candles"):
            read(path)

    def test_other_contents(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFile, match="instead of"):
            read(archive(tmp_path / "a", [line(0)], inside="../../etc/passwd"))
        path = archive(tmp_path / "b", [line(0)])
        with zipfile.ZipFile(path, "a") as packed:
            packed.writestr("more.csv", line(1))
        with pytest.raises(UnreadableFile, match="holds 2 files"):
            read(path)
        with pytest.raises(UnreadableFile, match="no row of candles"):
            read(archive(tmp_path / "c", [HEADER]))
        with pytest.raises(UnreadableFile, match="no row of candles"):
            read(archive(tmp_path / "d", ["<html>", "</html>"]))

    def test_a_line_that_is_no_csv_costs_itself_only(self, tmp_path: Path) -> None:
        lines = [line(0), line(1, o='"'), line(2, o='"' + "x" * 200_000), line(3)]
        rows, rejects = read(archive(tmp_path, lines))
        assert (rows["candle_time"].to_list(), sorted(rejects)) == ([FIRST, FIRST + 3 * HOUR], [2, 3])

    def test_damaged_archives(self, tmp_path: Path) -> None:
        path = archive(tmp_path, [line(i) for i in range(50)])
        whole = path.read_bytes()
        for damaged in (b"no zip", whole[: len(whole) // 2], whole[:60] + bytes(40) + whole[100:], b""):
            path.write_bytes(damaged)
            with pytest.raises(UnreadableFile):
                read(path)
        with zipfile.ZipFile(io.BytesIO(whole)) as intact:
            assert intact.testzip() is None


SPELLINGS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "text": lambda frame: frame,
    "floats": lambda frame: frame.with_columns(pl.col("open", "high", "low", "close", "volume").cast(pl.Float64)),
    "decimals": lambda frame: frame.with_columns(pl.col("open", "close").cast(pl.Decimal(20, 8))),
    "milliseconds": lambda frame: frame.with_columns(_times().dt.epoch("ms")),
    "times": lambda frame: frame.with_columns(_times().dt.cast_time_unit("ns")),
    "times without zone": lambda frame: frame.with_columns(_times().dt.replace_time_zone(None)),
    "times elsewhere": lambda frame: frame.with_columns(_times().dt.convert_time_zone("Asia/Tehran")),
    "other names": lambda frame: frame.rename(str.upper),
}


def _times() -> pl.Expr:
    return pl.col("candle_time").str.to_datetime(time_zone="UTC").alias("candle_time")


def candles() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "candle_time": [(FIRST + i * HOUR).isoformat() for i in range(3)],
            "open": ["1.5"] * 3,
            "high": ["2.25"] * 3,
            "low": ["0.5"] * 3,
            "close": ["1.75"] * 3,
            "volume": ["10.5"] * 3,
        }
    )


class TestParquet:
    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_the_same_in_any_type(self, tmp_path: Path, spelling: str) -> None:
        path = tmp_path / "BTCUSDT-1h.parquet"
        SPELLINGS[spelling](candles()).write_parquet(path)
        rows, rejects = read(path)
        assert rejects == {}
        assert rows["candle_time"].to_list() == [FIRST + i * HOUR for i in range(3)]
        exact = [tuple(map(Decimal, row[1:6])) for row in rows.iter_rows()]
        assert exact == [tuple(map(Decimal, ("1.5", "2.25", "0.5", "1.75", "10.5")))] * 3

    def test_small_prices_are_written_out(self, tmp_path: Path) -> None:
        path = tmp_path / "BONKUSDT-1h.parquet"
        candles().with_columns(*(pl.lit(8e-11).alias(name) for name in ("open", "high", "low", "close"))).write_parquet(
            path
        )
        rows, _ = read(path)
        assert rows["close"].to_list() == ["0.00000000008"] * 3

    def test_values_that_make_no_sense_are_listed(self, tmp_path: Path) -> None:
        path = tmp_path / "BTCUSDT-1h.parquet"
        frame = candles().with_columns(pl.Series("close", [float("nan"), float("inf"), 1.75]))
        frame.write_parquet(path)
        rows, rejects = read(path)
        assert (rows.height, sorted(rejects)) == (1, [1, 2])

    def test_what_is_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "BTCUSDT-1h.parquet"
        candles().write_parquet(path)
        whole = path.read_bytes()
        for damaged in (b"", b"PAR1", whole[:-9], whole[:100] + bytes(50) + whole[150:], b"x" * 1000):
            path.write_bytes(damaged)
            with pytest.raises(UnreadableFile):
                read(path)
        candles().drop("close").write_parquet(path)
        with pytest.raises(UnreadableFile, match="lacks close"):
            read(path)
        candles().with_columns(open=pl.lit([1, 2])).write_parquet(path)
        with pytest.raises(UnreadableFile, match="cannot be candles"):
            read(path)
        candles().clear().write_parquet(path)
        with pytest.raises(UnreadableFile, match="empty"):
            read(path)
        candles().write_parquet(path)
        monkeypatch.setattr(parquet_files, "LARGEST", 2)
        with pytest.raises(UnreadableFile, match="3 rows, more than 2"):
            read(path)
