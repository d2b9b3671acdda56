"""A row by the names of its columns, and what all formats read from one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from trading.compute.trade_files import values
from trading.compute.trade_files.lines import BadValue, Fault, Line

SYMBOL_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_$")
LONGEST_SYMBOL = 20


@dataclass(frozen=True)
class Options:
    """What a file is read with.

    Attributes:
        now: nothing later is taken.
        decimal_comma: numbers are written 1.234,56.
    """

    now: datetime
    decimal_comma: bool = False


@dataclass(frozen=True)
class Record:
    """A row. Columns are named in lower case."""

    line: int
    columns: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A column without surrounding blanks; empty if the file lacks it."""
        return self.columns.get(name, "").strip()

    def number(self, name: str, options: Options, *, grouped: bool = False, empty: Decimal | None = None) -> Decimal:
        """A column as a number; ``empty`` stands for an empty one, if given."""
        text = self.text(name)
        if not text and empty is not None:
            return empty
        return values.number(text, name, decimal_comma=options.decimal_comma, grouped=grouped)

    def amount(self, name: str, options: Options, *, grouped: bool = False) -> Decimal:
        """A column as a number above 0."""
        return values.above_zero(self.number(name, options, grouped=grouped), name)

    def fee(self, name: str, options: Options, *, grouped: bool = False) -> Decimal:
        """A column as a number that may be 0 or missing, not negative."""
        return values.not_negative(self.number(name, options, grouped=grouped, empty=Decimal(0)), name)

    def moment(self, name: str, options: Options, *, zone: str | None = None) -> datetime:
        """A column as a moment."""
        return values.moment(self.text(name), name, now=options.now, zone=zone)

    def symbol(self, name: str) -> str:
        """A column as a coin's symbol, in upper case."""
        return symbol(self.text(name), name)

    def word(self, name: str) -> str:
        """A column as a word in lower case, blanks closed up."""
        return " ".join(self.text(name).lower().split())


def symbol(text: str, name: str) -> str:
    """A coin's symbol in upper case.

    Raises:
        BadValue: empty, a formula, or no symbol.
    """
    upper = text.strip().upper()
    if not upper:
        raise BadValue(name, "missing")
    if upper.startswith(values.FORMULA):
        raise BadValue(name, "formula", text)
    if len(upper) > LONGEST_SYMBOL or not set(upper) <= SYMBOL_CHARACTERS:
        raise BadValue(name, "no_symbol", text)
    return upper


def each(
    records: Iterator[Record], options: Options, take: Callable[[Record, Options], Sequence[Line]]
) -> Iterator[Line | Fault]:
    """The lines of each record, or its fault; none where the row is of no concern to a journal."""
    for record in records:
        try:
            lines = take(record, options)
        except BadValue as error:
            yield Fault.of(record.line, error)
        else:
            yield from lines
