"""Snapshots of the past, by the same function that takes those of the present."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone

from assets.choices import DEMO_SOURCE
from assets.compute import periods
from macro.models import MetricsSnapshot
from macro.services.snapshot import take_snapshot
from system.choices import RunTimeframe
from system.exceptions import InvalidInput, NoData


@dataclass
class Backfilled:
    """What a backfill did.

    Attributes:
        taken: moments whose snapshot was written, or written anew where it differed.
        stood: moments that had one already, by the same version.
        without: moments that no snapshot can be made of, with the reason.
    """

    taken: list[datetime] = field(default_factory=list)
    stood: list[datetime] = field(default_factory=list)
    without: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.taken) + len(self.stood) + len(self.without)


def backfill_snapshots(
    start: datetime,
    end: datetime,
    timeframe: str,
    *,
    again: bool = False,
    progress: Callable[[datetime, Backfilled], None],
) -> Backfilled:
    """Take the snapshot of every close of a timeframe from ``start`` to ``end``, both included.

    Each stands for itself at once, so what was interrupted goes on where it stopped.

    Args:
        start, end: with their zone, not in the future.
        timeframe: 1h, 4h, 1d or 1w.
        again: look anew at moments that have a snapshot of this version; one that comes out equal is not rewritten.
        progress: told each moment when it is done, with all that was done so far.
    Raises:
        InvalidInput: an interval or timeframe that makes no sense.
    """
    _check(start, end, timeframe)
    done = Backfilled()
    standing = set() if again else _standing(start, end, timeframe)
    for moment in closes(start, end, timeframe):
        if moment in standing:
            done.stood.append(moment)
        else:
            try:
                take_snapshot(timeframe, moment)
                done.taken.append(moment)
            except NoData as reason:
                done.without.append((moment, str(reason)))
        progress(moment, done)
    return done


def closes(start: datetime, end: datetime, timeframe: str) -> Iterator[datetime]:
    """Ends of the candles of a timeframe from ``start`` to ``end``, both included."""
    moment = periods.start(start, timeframe)
    if moment < start:
        moment = periods.end(moment, timeframe)
    while moment <= end:
        yield moment
        moment = periods.end(moment, timeframe)


def _standing(start: datetime, end: datetime, timeframe: str) -> set[datetime]:
    """Moments with a snapshot of this version; one of the demo market gives way to the real one."""
    rows = MetricsSnapshot.objects.filter(
        timeframe=timeframe, snapshot_time__range=(start, end), snapshot_version=settings.VERSION
    ).exclude(data_source=DEMO_SOURCE)
    return {moment.astimezone(UTC) for moment in rows.values_list("snapshot_time", flat=True)}


def _check(start: datetime, end: datetime, timeframe: str) -> None:
    if timeframe not in RunTimeframe.values:
        raise InvalidInput(f"timeframe must be one of: {', '.join(RunTimeframe.values)}.", field="timeframe")
    for name, moment in (("start", start), ("end", end)):
        if moment.tzinfo is None:
            raise InvalidInput(f"{name} needs a time zone, for example 2024-06-30T00:00:00Z.", field=name)
    if start > end:
        raise InvalidInput("start must not lie behind end.", field="start")
    if end > timezone.now():
        raise InvalidInput(f"end {end:%Y-%m-%d %H:%M} lies in the future.", field="end")
