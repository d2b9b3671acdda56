"""Candles from files: ``<SYMBOL>-<timeframe>.csv[.gz]`` or ``.parquet`` in a folder that is named after its market, and
the exchange's own archives.

Columns ``candle_time,open,high,low,close,volume[,trade_count,quote_volume]``; ``candle_time`` is the start of the
candle in ISO 8601 with its zone, ``volume`` counts coins and ``quote_volume`` dollars.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from assets.choices import Timeframe
from assets.compute.checks import CANDLE_COLUMNS, LINE, OPTIONAL, REQUIRED, check_candles
from assets.providers import kline_archives, parquet_files
from assets.providers.text_files import Reject, UnreadableFile, read_row_parts, read_rows

DOLLARS = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD")
"""Quote currencies that count as US dollars. Longer names first, so that the pair is split at the right place."""
MAX_SYMBOL = 20
"""What the column of symbols can hold."""
NAME = re.compile(rf"([A-Z0-9]+)-({'|'.join(Timeframe.values)})\.(?:csv|csv\.gz|parquet)")
PERPETUAL = frozenset({"perp", "um", "futures"})
"""Words in the name of a folder that holds perpetuals: ours, and those of the exchange's archives."""


@dataclass(frozen=True)
class CandleFile:
    """What a file's name says of its contents."""

    path: Path
    symbol: str
    quote: str
    timeframe: str
    is_perpetual: bool


def recognise(path: Path) -> CandleFile | None:
    """What a candle file holds, from its name; None for a file of another kind.

    Raises:
        UnreadableFile: a candle file whose symbol names no dollar pair, or is too long.
    """
    found = NAME.fullmatch(path.name) or kline_archives.NAME.fullmatch(path.name)
    if not found:
        return None
    pair, timeframe = found.groups()
    quote = next((quote for quote in DOLLARS if pair.endswith(quote) and len(pair) > len(quote)), None)
    if quote is None:
        raise UnreadableFile(f"unknown symbol {pair}: it ends with none of {', '.join(DOLLARS)}")
    words = set(re.split(r"[-_ ]", path.parent.name.lower()))
    is_perpetual = bool(PERPETUAL & words) or _is_in_archive_of_futures(path)
    symbol = f"{pair}-PERP" if is_perpetual else pair.removesuffix(quote)
    if len(symbol) > MAX_SYMBOL:
        raise UnreadableFile(f"the symbol {symbol} has more than {MAX_SYMBOL} characters")
    return CandleFile(path, symbol, quote, timeframe, is_perpetual)


def _is_in_archive_of_futures(path: Path) -> bool:
    """Whether a file lies where the exchange keeps its futures: ``data/futures/um/monthly/klines/BTCUSDT/1h``."""
    return path.suffix == ".zip" and {"futures", "um"} <= set(path.parts)


class NotInOrder(Exception):
    """The candles of a file do not stand in the order of time: only as a whole can it be told what repeats itself."""


def read_candles(file: CandleFile, now: datetime) -> tuple[pl.DataFrame, list[Reject]]:
    """The sound rows of a file, oldest first, and the others with their reasons.

    Returns:
        ``CANDLE_COLUMNS``: amounts as decimal text, ``trade_count`` as integer; unique times. When a file was made is
        not known, so its running candle is refused.
    Raises:
        UnreadableFile: nothing in it can be used.
    """
    return _checked(file, now, *_rows(file.path))


def read_candle_parts(file: CandleFile, now: datetime) -> Iterator[tuple[pl.DataFrame, list[Reject]]]:
    """The same part by part, oldest first: memory is needed for a part only.

    Raises:
        NotInOrder: a later part holds a candle that is not later than all before.
    """
    newest = None
    parts = read_row_parts(file.path, REQUIRED, OPTIONAL) if file.path.suffix in {".csv", ".gz"} else [_rows(file.path)]
    for rows, unread in parts:
        candles, rejects = _checked(file, now, rows, unread)
        if candles.height:
            if newest is not None and candles["candle_time"].item(0) <= newest:
                raise NotInOrder
            newest = candles["candle_time"].item(-1)
        yield candles, rejects


def _checked(
    file: CandleFile, now: datetime, rows: pl.DataFrame, rejects: list[Reject]
) -> tuple[pl.DataFrame, list[Reject]]:
    checked = check_candles(rows, file.timeframe, now)
    rejects += [Reject(file.path.name, fault.line, fault.reason) for fault in checked.faults]
    rejects += [Reject(file.path.name, line, "the candle is not closed yet") for line in checked.running[LINE]]
    return checked.closed.select(CANDLE_COLUMNS), sorted(rejects, key=lambda reject: reject.line)


def _rows(path: Path) -> tuple[pl.DataFrame, list[Reject]]:
    """Rows as text, by the kind of the file."""
    if path.suffix == ".zip":
        return kline_archives.read_rows(path)
    if path.suffix == ".parquet":
        return parquet_files.read_rows(path, REQUIRED, OPTIONAL), []
    return read_rows(path, REQUIRED, OPTIONAL)
