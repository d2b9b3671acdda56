"""Which format a file is in: told by the names in its header, never by its file name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from trading.compute.trade_files import binance, binance_history, coinbase, kraken, own
from trading.compute.trade_files.lines import BadValue, Fault, Line
from trading.compute.trade_files.reading import DELIMITERS, Row, Source, rows, split
from trading.compute.trade_files.records import Options, Record

MOST_PREAMBLE = 20
"""Lines before the header; Coinbase writes up to eight."""


@dataclass(frozen=True)
class Layout:
    """One version of an exchange's export.

    Attributes:
        source: whose: own, binance, coinbase, kraken.
        name: which of its exports.
        columns: names that the header must have, in lower case.
        without: names that it must not have, where another layout is told apart by them.
        read: lines and faults of all records.
    """

    source: str
    name: str
    columns: Sequence[str]
    read: Callable[[Iterator[Record], Options], Iterator[Line | Fault]]
    without: Sequence[str] = ()

    def fits(self, header: Sequence[str]) -> bool:
        return set(self.columns) <= set(header) and not set(self.without) & set(header)


LAYOUTS = (
    Layout("own", "journal", own.COLUMNS, own.read),
    Layout("binance", "trades with fee coin", binance.TRADES, binance.read_trades),
    Layout("binance", "trades with coin suffix", binance.EXECUTED, binance.read_executed),
    Layout("binance", "withdrawals", binance.WITHDRAWALS, binance.read_withdrawals),
    Layout("binance", "deposits", binance.DEPOSITS, binance.read_deposits, without=("fee",)),
    Layout("binance", "transaction history", binance_history.COLUMNS, binance_history.read),
    Layout("coinbase", "transactions 2023 on", coinbase.PRICE_CURRENCY, coinbase.read_spread),
    Layout("coinbase", "transactions 2022", coinbase.SPOT_AND_SPREAD, coinbase.read_spot_spread),
    Layout("coinbase", "transactions 2021", coinbase.SPOT_CURRENCY, coinbase.read_spot),
    Layout("coinbase", "transactions 2020", coinbase.IN_CURRENCY, coinbase.read_in_currency),
    Layout("coinbase", "fills", coinbase.FILLS, coinbase.read_fills),
    Layout("kraken", "ledgers", kraken.LEDGERS, kraken.read_ledgers),
    Layout("kraken", "trades", kraken.TRADES, kraken.read_trades),
)


@dataclass(frozen=True)
class Reading:
    """A file that was recognised; ``found`` is read while it is iterated."""

    layout: Layout
    header: Sequence[str]
    found: Iterator[Line | Fault]


def read(source: Source, options: Options) -> Reading:
    """Recognise a file and read it.

    Args:
        source: the file.
        options: what the person said about it, and the present moment.
    Raises:
        BadValue: not text, too large, empty, or in no format that is known.
    """
    lines = source.lines()
    opening: list[str] = []
    for line in lines:
        opening.append(line)
        for delimiter in DELIMITERS:
            names = [name.strip().lower() for name in split(line, delimiter)]
            layout = _layout(names)
            if layout is not None:
                found = _records(rows(lines, delimiter, len(opening) + 1), names)
                return Reading(layout, names, _read(layout, found, options))
        if len(opening) > MOST_PREAMBLE:
            break
    shown = next((text.strip() for text in opening if text.strip()), "")
    raise BadValue("file", "unknown_format" if shown else "empty", shown)


def _layout(names: Sequence[str]) -> Layout | None:
    normal = coinbase.normal_header(names)
    return next((layout for layout in LAYOUTS if layout.fits(names) or layout.fits(normal)), None)


def _records(found: Iterator[Row | BadValue], names: Sequence[str]) -> Iterator[Record | Fault]:
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise BadValue("file", "column_twice", twice)
    for row in found:
        if isinstance(row, BadValue):
            yield Fault(int(row.shown), "row", row.code)
        elif len(row.fields) > len(names) and any(extra.strip() for extra in row.fields[len(names) :]):
            yield Fault(row.line, "row", "too_many_fields", str(len(row.fields)))
        elif len(row.fields) < len(names) - 1:
            yield Fault(row.line, "row", "too_few_fields", str(len(row.fields)))
        else:
            yield Record(row.line, dict(zip(names, [*row.fields, ""], strict=False)))


def _read(layout: Layout, found: Iterator[Record | Fault], options: Options) -> Iterator[Line | Fault]:
    """Lines of the records; rows that were no records pass through."""
    faults: list[Fault] = []

    def records() -> Iterator[Record]:
        for one in found:
            if isinstance(one, Fault):
                faults.append(one)
            else:
                yield one

    yield from layout.read(records(), options)
    yield from faults
