"""The words of a check."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """How a part is; unknown = there is nothing yet to tell it from."""

    HEALTHY = "healthy"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"


WORTH = {State.HEALTHY: 1.0, State.WARNING: 0.5, State.ERROR: 0.0}


def score(parts: Iterable[tuple[State, int]]) -> float | None:
    """0-100 from states and their weights; parts of which nothing is known yet do not count. None if none is known."""
    known = [(WORTH[state], weight) for state, weight in parts if state in WORTH]
    if not known:
        return None
    return 100 * sum(worth * weight for worth, weight in known) / sum(weight for _worth, weight in known)


def by_age(last: datetime | None, now: datetime, fresh: timedelta, stale: timedelta) -> State:
    """State of something that has to happen again and again, by when it last did."""
    if last is None:
        return State.UNKNOWN
    age = now - last
    if age <= fresh:
        return State.HEALTHY
    return State.WARNING if age <= stale else State.ERROR
