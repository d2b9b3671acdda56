"""Charts of figures over time: what the script of the page draws, and what is said beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Line:
    """One figure over time.

    Attributes:
        name: for people.
        values: one for each moment of its graph; None where it is not known: nothing is drawn there.
        hue: a token of ``tokens.css``.
        kind: ``line``; ``step``: it holds until it changes; ``bars``; ``stack``: areas on top of each other.
    """

    name: Text
    values: Sequence[float | None]
    hue: str = "accent"
    kind: Literal["line", "step", "bars", "stack"] = "line"


@dataclass(frozen=True)
class Band:
    """A stretch of time behind the lines, such as the state of the market."""

    start: datetime
    end: datetime
    label: Text
    hue: str


@dataclass(frozen=True)
class Graph:
    """A chart with its title, its table and its file.

    Attributes:
        key: names it in the page and in its files.
        finding: the title: what it shows, in words, where that can be computed.
        times: moments of all lines, rising, UTC.
        unit: of all values; empty = none.
        decimals: that are shown.
        bands: behind the lines.
        level: a value with a line of its own across the chart, such as 0, and its name.
        low, high: ends of the scale; None = by the values.
        note: how it comes about, in a sentence.
    """

    key: str
    finding: Text
    times: Sequence[datetime]
    lines: Sequence[Line]
    unit: Text = ""
    decimals: int = 2
    bands: Sequence[Band] = field(default=())
    level: tuple[float, Text] | None = None
    low: float | None = None
    high: float | None = None
    note: Text = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: a single point is no line."""
        return all(sum(value is not None for value in line.values) < 2 for line in self.lines)

    @property
    def settings(self) -> dict[str, Any]:
        """All of it for the script; moments in milliseconds since 1970 UTC."""
        return {
            "key": self.key,
            "title": str(self.finding),
            "unit": str(self.unit),
            "decimals": self.decimals,
            "low": self.low,
            "high": self.high,
            "level": self.level and {"value": self.level[0], "name": str(self.level[1])},
            "times": [_milliseconds(time) for time in self.times],
            "lines": [
                {"name": str(line.name), "hue": line.hue, "kind": line.kind, "values": list(line.values)}
                for line in self.lines
            ],
            "bands": [
                {"from": _milliseconds(band.start), "to": _milliseconds(band.end), "name": str(band.label),
                 "hue": band.hue}
                for band in self.bands
            ],
        }  # fmt: skip


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
