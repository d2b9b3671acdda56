"""What is read from a file of trades: lines that make sense, and faults that name row and field."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

ZERO = Decimal(0)
LONGEST_ID = 60
"""Characters of a venue's own trade id that fit into a key as they are; a longer one is hashed."""


class BadValue(ValueError):
    """A field that cannot be taken. ``code`` is looked up in the words of imports; ``shown`` is what stood there."""

    def __init__(self, field: str, code: str, shown: str = "") -> None:
        super().__init__(f"{field}: {code} {shown!r}")
        self.field, self.code, self.shown = field, code, shown[:60]


@dataclass(frozen=True)
class Fault:
    """A row that cannot be taken, or with row 0 the file as a whole."""

    row: int
    field: str
    code: str
    shown: str = ""

    @classmethod
    def of(cls, row: int, error: BadValue) -> "Fault":
        """The fault that a value in a row is."""
        return cls(row, error.field, error.code, error.shown)


@dataclass(frozen=True)
class Line:
    """One thing that happened, in the words of the file.

    Attributes:
        row: line of the file where it stands, from 1.
        kind: as in the journal (buy, sell, deposit, income …).
        symbol: coin that was traded or moved, as the venue calls it, in upper case.
        quantity: coins, above 0 where the kind has any.
        at: when, UTC.
        quote: currency of ``price``; None where the kind has no price, or the file tells none.
        price: per coin, in ``quote``.
        fee: paid besides, in ``fee_symbol``.
        external_id: the venue's own id of the trade; empty where the file has none.
        venue: exchange or wallet.
        more: further columns of the own format, as text.
    """

    row: int
    kind: str
    symbol: str
    quantity: Decimal
    at: datetime
    quote: str | None = None
    price: Decimal | None = None
    fee: Decimal = ZERO
    fee_symbol: str | None = None
    external_id: str = ""
    venue: str = ""
    notes: str = ""
    key: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


def with_keys(lines: Iterable[Line]) -> list[Line]:
    """The lines, each with a key that is the same whenever the same trade is read again.

    The venue and its trade id make the key; several lines of one id are told apart by their kind and coin. Where a
    file has no ids, the content makes it, with a number for lines that are equal in all of it: two equal trades of one
    second are two, and reading them again are the same two.
    """
    seen: dict[str, int] = {}
    keyed = []
    for line in lines:
        if line.key:
            keyed.append(line)
            continue
        stem = f"{line.venue}:{_identity(line)}"
        seen[stem] = number = seen.get(stem, 0) + 1
        keyed.append(replace(line, key=stem if line.external_id and number == 1 else f"{stem}:{number}"))
    return keyed


def _identity(line: Line) -> str:
    if line.external_id:
        return line.external_id if len(line.external_id) <= LONGEST_ID else _digest(line.external_id)
    content = (
        line.kind, line.symbol, _plain(line.quantity), line.at.isoformat(), line.quote or "", _plain(line.price),
        _plain(line.fee), line.fee_symbol or "",
    )  # fmt: skip
    return _digest("|".join(content))


def _plain(number: Decimal | None) -> str:
    """A number as text that does not depend on idle zeros."""
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
