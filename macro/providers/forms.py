"""The forms in which the world publishes single values, each turned into rows of time and value, as text.

A document of another form raises ``ValueError``; a row that makes no sense stays, for the checks to name.
"""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from assets.providers.base import EPOCH, iso
from macro.providers.base import value_frame

DAY_SECONDS = 86_400


def columns_of_csv(text: str, time: str, value: str) -> pl.DataFrame:
    """Two columns of a CSV text, found by their names in any case.

    Raises:
        ValueError: it has no such columns.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    names = [name.strip().lower() for name in next(rows, [])]
    if time.lower() not in names or value.lower() not in names:
        raise ValueError(f"its columns are not {time} and {value}")
    places = names.index(time.lower()), names.index(value.lower())
    return value_frame([row[place] if place < len(row) else None for place in places] for row in rows if row)


def fred(text: str, key: str) -> pl.DataFrame:
    """FRED: CSV with a column of the series' name, or JSON with ``observations``. "." and nothing stand for no value.

    Raises:
        ValueError: it is neither.
    """
    if not text.lstrip().startswith("{"):
        return columns_of_csv(text, "observation_date", key)
    observations = _member(json.loads(text, parse_float=str, parse_int=str), "observations")
    return value_frame((_member(row, "date"), _member(row, "value")) for row in _rows(observations))


def stooq(text: str) -> pl.DataFrame:
    """Stooq: CSV ``Date,Open,High,Low,Close,Volume``; the close counts.

    Raises:
        ValueError: it is something else, e.g. a sentence about a limit.
    """
    return columns_of_csv(text, "Date", "Close")


def alternative_me(document: Any) -> pl.DataFrame:
    """alternative.me: value and time are text, newest first; days that it lacks stay away.

    Raises:
        ValueError: it is something else, or tells an error.
    """
    error = _member(_member(document, "metadata"), "error") if isinstance(document, Mapping) else None
    if error is not None:
        raise ValueError(f"it tells an error: {str(error)[:200]}")
    rows = [(_seconds(_member(row, "timestamp")), _member(row, "value")) for row in _rows(_member(document, "data"))]
    return value_frame(reversed(rows))


def coin_metrics(document: Any, metric: str) -> pl.DataFrame:
    """Coin Metrics: one row per day, dated by the day that it describes; nanoseconds in its times.

    Raises:
        ValueError: it is something else.
    """
    rows = _rows(_member(document, "data"))
    return value_frame((_without_nanoseconds(_member(row, "time")), _member(row, metric)) for row in rows)


def yahoo_chart(document: Any, step: timedelta) -> pl.DataFrame:
    """Yahoo: closes on the grid of ``step``. Its last point is the running candle, off the grid: it is left out.

    Raises:
        ValueError: it is something else, or tells an error.
    """
    chart = _member(document, "chart")
    if _member(chart, "error") is not None:
        raise ValueError(f"it tells an error: {str(_member(chart, 'error'))[:200]}")
    result = _rows(_member(chart, "result"))
    times = _member(result[0], "timestamp") if result else None
    quotes = _rows(_member(_member(result[0], "indicators"), "quote")) if result else []
    closes = _member(quotes[0], "close") if quotes else None
    if not isinstance(times, list) or not isinstance(closes, list) or len(times) != len(closes):
        raise ValueError("its times and closes do not fit together")
    seconds = int(step.total_seconds())
    last_is_running = bool(times) and isinstance(times[-1], int) and times[-1] % seconds != 0
    kept = len(times) - 1 if last_is_running else len(times)
    return value_frame((_seconds(time), close) for time, close in zip(times[:kept], closes[:kept], strict=True))


def _rows(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("it has no list of rows")  # noqa: TRY004 - a fault of the document, not of the program
    return value


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _seconds(value: Any) -> str | None:
    """Seconds since 1970, as number or text, as ISO 8601; anything else as it is."""
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 11:
        return None if value is None else text
    return iso(int(text) * 1000)


def _without_nanoseconds(value: Any) -> Any:
    """``2024-01-01T00:00:00.000000000Z`` to the microsecond."""
    if not isinstance(value, str) or not value.endswith("Z") or "." not in value:
        return value
    moment, _, fraction = value[:-1].partition(".")
    return f"{moment}.{fraction[:6]}Z"


def day_text(moment: datetime) -> str:
    """The day of a moment, as sources want it in a question."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def epoch_seconds(moment: datetime) -> int:
    """A moment as sources want it in a question that counts from 1970."""
    return (moment - EPOCH) // timedelta(seconds=1)
