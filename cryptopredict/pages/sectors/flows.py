"""What moved between the sectors, as bands from left to right and as a matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sectors.models import AICrossSectorAnalysis
from sectors.services.across import ARROW

HEIGHT, GAP, LEAST, ROOM = 300, 10, 2, 18
"""Pixels: of all bars of a side together, between two of them, of the thinnest bar, and for the name of one."""
LEFT, RIGHT = 32, 54
"""Where the bars end and the bands begin, in percent of the width."""


@dataclass(frozen=True)
class Bar:
    """A sector at one side: what left it or arrived in it."""

    name: str
    points: float
    y: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class Ribbon:
    """A flow from one sector to another, in percentage points, with its outline."""

    source: str
    target: str
    points: float
    outline: str


@dataclass(frozen=True)
class Row:
    """A row of the matrix: from where, to each sector, and their sum."""

    name: str
    cells: list[float | None]
    total: float


@dataclass(frozen=True)
class FlowCard:
    """All flows of one comparison.

    Attributes:
        basis: what was measured, ``market_cap`` or ``turnover``.
        hours: over how long.
        moved: percentage points of the whole.
        rows, columns, totals: the matrix; what left stands in rows, what arrived in columns.
        height: of the drawing, pixels.
        largest: the largest flow.
    """

    basis: str
    hours: float
    moved: float
    rows: list[Row]
    columns: list[str]
    totals: list[float]
    left: list[Bar]
    right: list[Bar]
    ribbons: list[Ribbon]
    height: float
    largest: Ribbon

    @property
    def whole_hours(self) -> int:
        return int(self.hours)


def flow_card(comparison: AICrossSectorAnalysis | None) -> FlowCard | None:
    """The flows of a comparison; None where none were measured, or nothing moved."""
    signals: Mapping[str, Any] = ((comparison and comparison.analysis_data) or {}).get("rotation_signals") or {}
    shares: Mapping[str, float] = (comparison and comparison.sector_rotation_flows) or {}
    moved = signals.get("moved_points") or 0.0
    if not shares or moved <= 0:
        return None
    points = {pair(key): moved * share for key, share in shares.items()}
    sources = totals_of(points, 0)
    targets = totals_of(points, 1)
    left, right = bars(sources), bars(targets)
    drawn = ribbons(points, left, right)
    return FlowCard(
        basis=signals.get("basis", ""),
        hours=signals.get("horizon_hours", 0.0),
        moved=sum(sources.values()),
        rows=[Row(name, [points.get((name, other)) for other in targets], total) for name, total in sources.items()],
        columns=list(targets),
        totals=list(targets.values()),
        left=left,
        right=right,
        ribbons=drawn,
        height=max(max(one.y + one.height, one.middle + ROOM / 2) for one in (left[-1], right[-1])),
        largest=max(drawn, key=lambda one: one.points),
    )


def pair(key: str) -> tuple[str, str]:
    """From which sector to which, as the comparison writes it."""
    source, _arrow, target = key.partition(ARROW)
    return source, target


def totals_of(points: Mapping[tuple[str, str], float], end: int) -> dict[str, float]:
    """What left each sector (end 0) or arrived in it (1), the most first."""
    found: dict[str, float] = {}
    for names, value in points.items():
        found[names[end]] = found.get(names[end], 0.0) + value
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def bars(totals: Mapping[str, float]) -> list[Bar]:
    """Bars below each other, in proportion to what moved."""
    whole, y, found = sum(totals.values()), 0.0, []
    for name, points in totals.items():
        height = max(LEAST, HEIGHT * points / whole)
        found.append(Bar(name, points, y, height))
        y += max(height + GAP, ROOM)
    return found


def ribbons(points: Mapping[tuple[str, str], float], left: list[Bar], right: list[Bar]) -> list[Ribbon]:
    """The flows between the bars, each as thick as its part of them, in the order of both sides."""
    used = {("left", one.name): one.y for one in left} | {("right", one.name): one.y for one in right}
    found = []
    for source in left:
        for target in right:
            value = points.get((source.name, target.name))
            if not value:
                continue
            begin, end = used["left", source.name], used["right", target.name]
            thick = source.height * value / source.points
            arriving = target.height * value / target.points
            used["left", source.name] += thick
            used["right", target.name] += arriving
            found.append(Ribbon(source.name, target.name, value, outline(begin, thick, end, arriving)))
    return found


def outline(begin: float, thick: float, end: float, arriving: float) -> str:
    """A band from the left bars to the right ones, level at both ends; across in percent, down in pixels."""
    middle = (LEFT + RIGHT) / 2
    return (
        f"M{LEFT} {begin:.2f}C{middle} {begin:.2f} {middle} {end:.2f} {RIGHT} {end:.2f}"
        f"V{end + arriving:.2f}C{middle} {end + arriving:.2f} {middle} {begin + thick:.2f} {LEFT} {begin + thick:.2f}Z"
    )
