"""The rotation graph: where each sector stands against the whole market, and on which way it came there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from cryptopredict.pages import words
from cryptopredict.pages.sectors.address import address_of
from sectors.compute.strength import DECLINING, IMPROVING, LEADING, WEAKENING
from sectors.selectors.table import RankedSector
from system import formats

QUADRANTS = (LEADING, IMPROVING, WEAKENING, DECLINING)
MARGIN = 8
"""Percent of the drawing that stay free at each side."""
LINE = 5.0
"""Percent of the drawing that a name is high."""
LETTER, LETTER_NARROW = 1.4, 2.3
"""Percent of the drawing that a letter is wide, on a large and on a small screen."""
AWAY = 1.5
STEPS = 5
"""So many lines away from its point a name is put where it covers others nearer by."""
PER_STEP = 2.0
"""Covered area, percent of the drawing by percent, that is accepted before a name goes a line further."""


@dataclass(frozen=True)
class Point:
    """A place of a sector on a day; ``x`` and ``y`` in percent of the drawing, from above to the left."""

    time: datetime
    strength: float
    momentum: float
    quadrant: str | None
    x: float
    y: float


@dataclass(frozen=True)
class Segment:
    """A stretch of the tail between two days."""

    start: Point
    end: Point


@dataclass(frozen=True)
class Label:
    """Where a name stands, in percent of the drawing, and which end of it stands there.

    Attributes:
        is_away: so far from its point that a line leads to it.
    """

    x: float
    y: float
    anchor: str
    is_away: bool = False


@dataclass(frozen=True)
class Tail:
    """A sector's way, oldest first, and where its name stands on a large and on a small screen."""

    row: RankedSector
    points: list[Point]
    wide: Label
    narrow: Label

    @property
    def name(self) -> str:
        return words.named(words.SECTORS, self.row.analysis.sector.name)

    @property
    def address(self) -> str:
        return address_of(self.row.analysis.sector)

    @property
    def now(self) -> Point:
        return self.points[-1]

    @property
    def told(self) -> str:
        """Where it stands, for who does not see the drawing."""
        return gettext("%(name)s: %(quadrant)s, strength %(strength)s, momentum %(momentum)s") % {
            "name": self.name,
            "quadrant": words.named(words.QUADRANTS, self.now.quadrant or ""),
            "strength": formats.number(self.now.strength, 2, signed=True),
            "momentum": formats.number(self.now.momentum, 2, signed=True),
        }

    @property
    def newest_first(self) -> list[Point]:
        return self.points[::-1]

    @property
    def segments(self) -> list[Segment]:
        return [Segment(a, b) for a, b in zip(self.points, self.points[1:], strict=False)]


@dataclass(frozen=True)
class RotationCard:
    """All tails, the days that they have points of, and which sectors stand in which quadrant."""

    tails: list[Tail]
    times: list[datetime]
    by_quadrant: dict[str, list[Tail]]

    @property
    def leading(self) -> list[str]:
        """Names of the leading sectors, the strongest first."""
        return [one.name for one in self.by_quadrant[LEADING]]

    @property
    def now(self) -> datetime:
        return self.times[-1]


def rotation_card(rows: Sequence[RankedSector]) -> RotationCard | None:
    """The graph of some sectors; None where the place of none is known."""
    known = [row for row in rows if row.tail]
    if not known:
        return None
    across = max(abs(one["strength"]) for row in known for one in row.tail) or 1.0
    down = max(abs(one["momentum"]) for row in known for one in row.tail) or 1.0
    ways = [(row, points(row, across, down)) for row in known]
    ways.sort(key=lambda one: -one[1][-1].strength)
    names = [words.named(words.SECTORS, row.analysis.sector.name) for row, _way in ways]
    newest = [way[-1] for _row, way in ways]
    wide, narrow = (labels(names, newest, letter) for letter in (LETTER, LETTER_NARROW))
    tails = [Tail(row, way, *places) for (row, way), *places in zip(ways, wide, narrow, strict=True)]
    return RotationCard(
        tails,
        sorted({point.time for tail in tails for point in tail.points}),
        {name: [tail for tail in tails if tail.now.quadrant == name] for name in QUADRANTS},
    )


def points(row: RankedSector, across: float, down: float) -> list[Point]:
    """The sector's points on a drawing that reaches so far to each side."""
    span = 50 - MARGIN
    return [
        Point(
            datetime.fromisoformat(one["time"]),
            one["strength"],
            one["momentum"],
            one["quadrant"],
            50 + span * one["strength"] / across,
            50 - span * one["momentum"] / down,
        )
        for one in row.tail
    ]


def labels(names: Sequence[str], newest: Sequence[Point], letter: float) -> list[Label]:
    """Each name where it covers the fewest other names and newest points: beside its point, above or below.

    Args:
        names: of the sectors.
        newest: where they stand now.
        letter: percent of the drawing that a letter is wide.
    """
    taken = [(now.x - 1, now.y - 1, now.x + 1, now.y + 1) for now in newest]
    found = []
    for name, now in zip(names, newest, strict=True):
        places = _places(now)
        boxes = [_box(one, letter * len(name)) for one, _step in places]
        costs = [_cost(box, taken) + PER_STEP * step for box, (_one, step) in zip(boxes, places, strict=True)]
        best = costs.index(min(costs))
        taken.append(boxes[best])
        found.append(places[best][0])
    return found


def _places(now: Point) -> list[tuple[Label, int]]:
    """Where the name of a point may stand, with how many lines that is away from it, the nearest first."""
    found = []
    for step in range(STEPS):
        is_away = step > 1
        for rise in sorted({step * LINE, -step * LINE}):
            found += [
                (Label(now.x + AWAY + step, now.y + rise, "start", is_away), step),
                (Label(now.x - AWAY - step, now.y + rise, "end", is_away), step),
            ]
        found += [(Label(now.x, now.y + side * (0.8 + step) * LINE, "middle", step > 0), step) for side in (-1, 1)]
    return found


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def _box(label: Label, width: float) -> Box:
    left = label.x - {"start": 0, "end": width, "middle": width / 2}[label.anchor]
    return left, label.y - LINE / 2, left + width, label.y + LINE / 2


def _cost(box: Box, taken: Sequence[Box]) -> float:
    """Area that is covered twice, or that lies outside the drawing."""
    left, top, right, bottom = box
    outside = max(0, -left) + max(0, right - 100) + max(0, -top) + max(0, bottom - 100)
    covered = sum(
        max(0.0, min(right, other[2]) - max(left, other[0])) * max(0.0, min(bottom, other[3]) - max(top, other[1]))
        for other in taken
    )
    return covered + 10 * outside
