"""Walking through a long span in calls of bounded size, without ever going in circles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from assets.providers.base import EPOCH, epoch_ms
from system.exceptions import DomainError
from system.http import BadAnswer


@dataclass
class Walk:
    """What a walk brought home.

    Attributes:
        rows: rows of the span, oldest first; those without a readable time come where they were met.
        pages: calls that were answered.
        error: why it ended before the span did; None when it is through.
    """

    rows: list[Any] = field(default_factory=list)
    pages: int = 0
    error: DomainError | None = None


def walk(
    ask: Callable[[int], Sequence[Any]],
    time_of: Callable[[Any], object],
    *,
    first: int,
    end: int,
    following: Callable[[int], int],
    most: int,
    beyond: Callable[[int], int] | None = None,
) -> Walk:
    """All rows of ``[first, end)``, asked for page by page until one is empty or the span is through.

    A server that sends only rows from outside of what it was asked for repeats itself or goes backwards: the walk ends
    with an error. Single strays are left out, and make the walk incomplete.

    Args:
        ask: rows from a time on.
        time_of: a row's time as the source sent it.
        first: start of the span, milliseconds since 1970.
        end: its end.
        following: where the next call begins, after the newest row's time.
        most: calls that are made at most.
        beyond: where to go on behind an empty page that was asked for from a time on; None: nothing comes behind it.
    """
    found, cursor, strays = Walk(), first, 0
    while cursor < end:
        if found.pages == most:
            found.error = BadAnswer(f"stopped after {most} calls, at {_shown(cursor)}")
            return found
        try:
            page = ask(cursor)
        except DomainError as error:
            found.error = error
            return found
        found.pages += 1
        if not page and beyond is not None:
            cursor = beyond(cursor)
            continue
        if not page:
            break
        timed = [(epoch_ms(time_of(row)), row) for row in page]
        inside = sorted(((time, row) for time, row in timed if time and cursor <= time < end), key=lambda pair: pair[0])
        unreadable = [row for time, row in timed if time is None]
        if not inside:
            found.rows += unreadable
            found.error = BadAnswer(f"asked for rows from {_shown(cursor)} on, it sent {len(page)} from elsewhere")
            return found
        strays += len(page) - len(inside) - len(unreadable)
        found.rows += [row for _time, row in inside] + unreadable
        cursor = following(inside[-1][0])
    if strays:
        found.error = BadAnswer(f"{strays} rows lie outside of the span that was asked for")
    return found


def _shown(milliseconds: int) -> str:
    return (EPOCH + timedelta(milliseconds=milliseconds)).isoformat()
