"""The files of a write-ahead log: how they are named, how they follow each other, which a base backup needs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

SIZE = 1 << 24
"""Bytes of a segment, as ``initdb`` makes them and as nothing of ours changes."""
PER_LOG = (1 << 32) // SIZE
NAMED = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})")
HISTORY = re.compile(r"([0-9A-F]{8})\.history")
LINE = re.compile(r"(\d+)\t([0-9A-F]+/[0-9A-F]+)", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Segment:
    """One file: the timeline that it was written on, and its place in the log."""

    timeline: int
    number: int

    @classmethod
    def of(cls, name: str) -> Self | None:
        """By its name; None: another kind of file."""
        found = NAMED.fullmatch(name)
        if found is None:
            return None
        timeline, log, place = (int(part, 16) for part in found.groups())
        return cls(timeline, log * PER_LOG + place) if place < PER_LOG else None

    @property
    def name(self) -> str:
        return f"{self.timeline:08X}{self.number // PER_LOG:08X}{self.number % PER_LOG:08X}"


def position(text: str) -> int:
    """A place in the log, as PostgreSQL writes it: ``0/3000028``."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


@dataclass(frozen=True)
class Stretch:
    """The part of the log that a timeline has in the past of another one; the last has no end."""

    timeline: int
    begin: int = 0
    end: int | None = None

    def has(self, number: int) -> bool:
        """Whether it has anything in that segment."""
        return self.begin // SIZE <= number and (self.end is None or number <= self.end // SIZE)


def past_of(timeline: int, history: str) -> list[Stretch]:
    """The way to a timeline, the oldest part first.

    Args:
        history: text of its ``.history`` file; empty for a timeline that came from no other.
    """
    found, begin = [], 0
    for parent, place in LINE.findall(history):
        end = position(place)
        found.append(Stretch(int(parent), begin, end))
        begin = end
    return [*found, Stretch(timeline, begin)]


@dataclass(frozen=True)
class Base:
    """A copy of the whole cluster.

    Attributes:
        name: of its directory.
        ended_at: it holds one moment from then on.
        begin, end: places in the log; from the one on it is needed, up to the other it has it itself.
        is_sealed: whether it takes a passphrase to read it.
    """

    name: str
    began_at: datetime
    ended_at: datetime
    timeline: int
    begin: int
    end: int
    is_sealed: bool = False

    @property
    def first(self) -> int:
        """Number of the first segment that it needs."""
        return self.begin // SIZE

    def is_on(self, way: Sequence[Stretch]) -> bool:
        """Whether it is of the past that a way leads through."""
        return any(one.timeline == self.timeline and (one.end is None or self.end <= one.end) for one in way)


@dataclass(frozen=True)
class Reach:
    """How far the log goes from a base backup without a gap.

    Attributes:
        until: when the last of its segments was written to; None: there is none at all.
        missing: the first that is not there.
        is_gap: others follow behind it.
        log: those that are gone through.
    """

    until: datetime | None
    missing: Segment
    is_gap: bool
    log: tuple[Segment, ...]


def reach(
    first: int, way: Sequence[Stretch], there: Mapping[Segment, datetime], until: datetime | None = None
) -> Reach:
    """Follow the log from a segment on.

    Args:
        there: segments that are kept, and when each was last written to.
        until: a moment that it need not be followed beyond.
    """
    log: list[Segment] = []
    while True:
        number = first + len(log)
        wanted = [Segment(one.timeline, number) for one in reversed(way) if one.has(number)]
        found = next((one for one in wanted if one in there), None)
        is_enough = until is not None and any(there[one] > until for one in log)
        if found is None or is_enough:
            break
        log.append(found)
    mine = {one.timeline for one in way}
    return Reach(
        max((there[one] for one in log), default=None),
        wanted[0],
        any(one.number > number and one.timeline in mine for one in there),
        tuple(log),
    )


def bases_to_keep(bases: Iterable[Base], days: int, now: datetime) -> set[str]:
    """Those that every moment of the last days can be restored from, and always the newest.

    Returns:
        Their names.
    """
    newest_first = sorted(bases, key=lambda one: one.ended_at, reverse=True)
    since = now - timedelta(days=days)
    young = [one for one in newest_first if one.ended_at > since]
    older = newest_first[len(young) : len(young) + 1]
    return {one.name for one in [*young, *older]}


def segments_to_drop(segments: Iterable[Segment], kept: Iterable[Base]) -> set[Segment]:
    """Segments from before every base backup that is kept, on whatever timeline; without a base all stay."""
    first = min((one.first for one in kept), default=0)
    return {one for one in segments if one.number < first}
