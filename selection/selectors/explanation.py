"""What an explanation of a figure says, whatever the figure is: see ``selection.selectors.explain``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from system.services import plain

Value = Decimal | float | Sequence[Any] | Mapping[str, Any] | None
"""An amount or a ratio; of some figures a list or shares by name."""


@dataclass(frozen=True)
class Input:
    """One value that a formula names.

    Attributes:
        name: as in the formula.
        value: that was used; None where it is unknown; a word where the formula chooses by one.
        unit: a currency, ``coins``, ``ratio``, ``percent``, or what it counts.
        key: the row that it comes from.
        day: day that it belongs to.
        of: what it is about: a symbol and a side.
    """

    name: str
    value: Decimal | float | str | None
    unit: str
    key: str
    day: date | None = None
    of: str = ""


@dataclass(frozen=True)
class Candle:
    """A close that was used. ``is_own`` is False where it is not one of the day: carried, stated or assumed."""

    asset_id: int
    symbol: str
    day: date
    close: Decimal
    is_own: bool


@dataclass(frozen=True)
class LotUsed:
    """An acquisition that what is held, or was sold, goes back to. ``cost`` is in USD."""

    position_id: int
    action_id: int
    acquired_at: datetime
    quantity: Decimal
    cost: Decimal
    assumptions: tuple[str, ...] = ()


class Grade(StrEnum):
    """How far a figure can be relied on."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    F = "F"


GRADES = {
    Grade.A: "all closes of the days themselves, nothing assumed",
    Grade.B: "a close of up to four days before stands in for one that is missing, or a coin counts as a dollar",
    Grade.C: "rests on what a person has stated or on an acquisition that is missing",
    Grade.D: "on some days of the period the value is unknown",
    Grade.F: "unknown",
}


@dataclass(frozen=True)
class Explanation:
    """How a figure came about.

    Attributes:
        figure: its name.
        value: the figure; None where it is unknown, and ``reason`` says why.
        unit: of the value: a currency, ``ratio`` (0.05 = 5 %), ``percent``, or what it counts.
        formula: in the names of the inputs.
        first, last: days that it is about.
        as_of: moment up to which prices are known.
        inputs: everything that the formula names.
        candles: closes that were used.
        lots: acquisitions that it rests on.
        assumptions: codes of what was assumed (◊).
        quality: see ``GRADES``.
    """

    figure: str
    value: Value
    unit: str
    formula: str
    first: date | None
    last: date | None
    as_of: datetime | None
    inputs: tuple[Input, ...] = ()
    candles: tuple[Candle, ...] = ()
    lots: tuple[LotUsed, ...] = ()
    assumptions: tuple[str, ...] = ()
    reason: str | None = None
    quality: Grade = Grade.A

    def as_json(self) -> dict[str, Any]:
        """As the API and the page take it: amounts as strings, to the last digit."""
        fields = asdict(self)
        for name in ("first", "last", "as_of"):
            fields[name] = fields[name].isoformat() if fields[name] else None
        found: dict[str, Any] = plain(fields)
        return found
