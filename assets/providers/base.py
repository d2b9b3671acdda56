"""What every source of candles offers, whoever it is.

A source hands over rows as it sent them: text, unjudged. Judging them (prices in order, on the grid, not in the future)
is one code path for files, providers and uploads, so no source may mend, fill or drop a row that lies in the span that
was asked for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

import polars as pl

from assets.compute.checks import LINE, OPTIONAL, REQUIRED
from system.exceptions import DomainError, UnavailableError

TAKER = ("taker_base_volume", "taker_quote_volume")
"""Of the volume, what takers bought: in coins and in the quote currency. Only some exchanges tell."""
COLUMNS = (*REQUIRED, *OPTIONAL, *TAKER)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RAW_SCHEMA = {LINE: pl.UInt32} | dict.fromkeys(COLUMNS, pl.String)


class Kind(StrEnum):
    """What a source can be asked for."""

    CANDLES = "candles"
    TAKER_VOLUME = "taker_volume"
    FUNDING = "funding"
    OPEN_INTEREST = "open_interest"
    LISTINGS = "listings"
    UNIVERSE = "universe"
    CAPS = "caps"


@dataclass(frozen=True)
class Capabilities:
    """What a source has.

    Attributes:
        kinds: what it can be asked for.
        timeframes: candle lengths of its own; others are aggregated from these.
        oldest: no candle of it is older; None: not known.
        has_open_candle: its answer may end with the candle that is still running.
    """

    kinds: frozenset[Kind]
    timeframes: tuple[str, ...] = ()
    oldest: datetime | None = None
    has_open_candle: bool = True


@dataclass(frozen=True)
class Limits:
    """What may be asked of a source at once.

    Attributes:
        rows_per_call: candles that one call gives at most.
        weight: share of the provider's budget that one such call takes.
        pages: calls that one fetch makes at most; a longer span ends as incomplete and is taken up again later.
    """

    rows_per_call: int
    weight: int = 1
    pages: int = 1000


@dataclass(frozen=True)
class Fetched:
    """What a source answered.

    Attributes:
        rows: columns of ``RAW_SCHEMA``: the number of the row, and text as sent (null: not sent); ``candle_time`` is
            ISO 8601 in UTC, oldest first.
        complete: the source gave all that it has in the span. False: what came before the fault is in ``rows``.
        error: why it is not complete; None when it is.
        pages: calls that were answered.
        may_recover: trying again later may help.
    """

    rows: pl.DataFrame
    complete: bool
    error: str | None = None
    pages: int = 0
    may_recover: bool = False


class CandleSource(Protocol):
    """A source of candles."""

    @property
    def name(self) -> str:
        """Its name in ``assets.data_source``, ``ingest_states.source`` and as key of ``assets.external_ids``."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def limits(self) -> Limits: ...

    def fetch_candles(self, pair: str, timeframe: str, first: datetime, end: datetime, *, now: datetime) -> Fetched:
        """Candles of a pair that start in ``[first, end)``, in as many calls as it takes.

        Never raises for what the source did: that is told in the answer.

        Args:
            pair: the source's own name of the pair (``BTCUSDT``).
            timeframe: one of ``capabilities.timeframes``.
            first: start of the first candle.
            end: candles from here on are not wanted.
            now: the present; nothing later is asked for.
        Raises:
            InvalidInput: a timeframe that the source does not have.
        """


VALUE_SCHEMA = {LINE: pl.UInt32, "time": pl.String, "value": pl.String}
"""Rows of a ``Fetched`` that holds single values instead of candles."""


@dataclass(frozen=True)
class Listing:
    """A pair that a source trades or traded.

    Attributes:
        pair: the source's name of it.
        base, quote: the coin and what it is priced in.
        is_perpetual: a perpetual future, not spot.
        is_trading: it is traded now.
        listed_at: first moment of trade; None: the source does not say.
        delisted_at: end of trade; None: still traded, or the source does not say.
    """

    pair: str
    base: str
    quote: str
    is_perpetual: bool
    is_trading: bool
    listed_at: datetime | None = None
    delisted_at: datetime | None = None


@dataclass(frozen=True)
class Listings:
    """All pairs of a source, and the entries that could not be used, with reasons."""

    listings: tuple[Listing, ...]
    rejects: tuple[tuple[str, str], ...] = ()


def raw_frame(rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Rows in the order of ``COLUMNS`` as text, numbered from 1; short rows are filled up with nulls."""
    width = len(COLUMNS)
    texts = [[plain(value) for value in (*row, *([None] * (width - len(row))))] for row in rows]
    columns = list(zip(*texts, strict=True)) if texts else [()] * width
    numbers = pl.Series(LINE, range(1, len(rows) + 1), dtype=pl.UInt32)
    return pl.DataFrame([numbers, *(pl.Series(n, c, dtype=pl.String) for n, c in zip(COLUMNS, columns, strict=True))])


def complete(rows: pl.DataFrame, pages: int) -> Fetched:
    """All that the source has."""
    return Fetched(rows, complete=True, pages=pages)


def broken_off(rows: pl.DataFrame, pages: int, error: DomainError) -> Fetched:
    """What had come when the source failed."""
    return Fetched(rows, False, str(error), pages, isinstance(error, UnavailableError))


def iso(moment: object) -> str | None:
    """Milliseconds since 1970, as number or text, as ISO 8601; anything else as it is, for the checks to refuse."""
    milliseconds = epoch_ms(moment)
    if milliseconds is None:
        return plain(moment)
    return (EPOCH + timedelta(milliseconds=milliseconds)).isoformat()


def epoch_ms(moment: object) -> int | None:
    """Milliseconds since 1970 that a source sent as number or text; None when it sent no time of our calendar."""
    if isinstance(moment, bool) or not isinstance(moment, int | str | Decimal):
        return None
    text = str(moment)
    if not text.isascii() or not text.isdigit() or len(text) > 14:
        return None
    return int(text)


def plain(value: object) -> str | None:
    """What a source sent as text; numbers without powers of ten, which have no exact form in the checks."""
    if value is None:
        return None
    if isinstance(value, float | Decimal) and math.isfinite(value):
        return format(Decimal(str(value)), "f")
    text = str(value)
    return text if text.isascii() else text.encode(errors="replace").decode()  # half a character is none


def shown(value: object, length: int) -> str:
    """What a source sent as a message bears it: short, and printable, so that it can be stored anywhere."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value)[:length])
