"""Whatever is logged with a traceback is a fault of the program: gathered here by its place, in memory, and written as
a row by who does so every few seconds (``system.services.faults``).

It needs neither the database nor Django: one of them may be what is at fault.
"""

import hashlib
import logging
import threading
import traceback
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from structlog.contextvars import get_contextvars

from system import figures
from system.masking import masked

OURS = Path(__file__).resolve().parent.parent
LIBRARIES = "site-packages"
MOST_WAITING = 200
"""Different ones. More at once come from one cause, and the log has them all."""
LONGEST_MESSAGE, LONGEST_TRACEBACK = 1_000, 20_000


@dataclass(frozen=True)
class Seen:
    """One fault, or several of one place."""

    fingerprint: str
    kind: str
    error: str
    place: str
    message: str
    during: str
    traceback: str
    request_id: str | None
    times: int
    first_at: datetime
    last_at: datetime


class FaultHandler(logging.Handler):
    """Takes what is logged as an error with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        if not record.exc_info or record.exc_info[1] is None:
            return
        try:
            note(seen(record, record.exc_info[1]))
        except Exception:  # noqa: BLE001 - what logs must never fail; ``logging`` says so on standard error
            self.handleError(record)


_waiting: dict[str, Seen] = {}
_lock = threading.Lock()


def seen(record: logging.LogRecord, error: BaseException) -> Seen:
    """What is kept of a line of the log."""
    ids = get_contextvars()
    name, place = type(error).__name__, place_of(error.__traceback__)
    at = datetime.fromtimestamp(record.created, UTC)
    text = "".join(traceback.format_exception(error))
    return Seen(
        fingerprint=hashlib.sha256(f"{name}\n{place}".encode()).hexdigest(),
        kind=kind_of(ids),
        error=name[:100],
        place=place[:255],
        message=clean(str(error))[:LONGEST_MESSAGE],
        during=during(record, ids)[:255],
        traceback=clean(text)[-LONGEST_TRACEBACK:],
        request_id=ids.get("request_id"),
        times=1,
        first_at=at,
        last_at=at,
    )


def clean(text: str) -> str:
    """Without secrets, and without what no column of text can hold."""
    return masked(text).replace("\0", "")


def place_of(trace: TracebackType | None) -> str:
    """The last function of ours on the way to the error, else the last at all; lines change with every version."""
    frames = traceback.extract_tb(trace)
    ours = [one for one in frames if is_ours(one.filename)]
    found = (ours or frames)[-1:]
    if not found:
        return "unknown"
    file = Path(found[0].filename)
    shown = file.relative_to(OURS) if file.is_relative_to(OURS) else Path(*file.parts[-2:])
    return f"{shown}: {found[0].name}"


def is_ours(file: str) -> bool:
    """Whether a file belongs to the program."""
    return LIBRARIES not in file and Path(file).is_relative_to(OURS)


def kind_of(ids: dict[str, object]) -> str:
    """What was worked on: the innermost counts."""
    for name, kind in (("job_id", "job"), ("task_id", "task"), ("request_id", "request")):
        if name in ids:
            return kind
    return "other"


def during(record: logging.LogRecord, ids: dict[str, object]) -> str:
    """Where it came up, in words that say nothing about who asked."""
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    if match is not None:
        return f"{record.__dict__['request'].method} /{match.route}"
    return str(ids.get("task") or record.name)


def note(one: Seen) -> None:
    """Keep it until it is written."""
    figures.count(figures.ERRORS, one.kind)
    with _lock:
        before = _waiting.get(one.fingerprint)
        if before is not None:
            _waiting[one.fingerprint] = replace(one, times=before.times + one.times, first_at=before.first_at)
        elif len(_waiting) < MOST_WAITING:
            _waiting[one.fingerprint] = one


def take() -> list[Seen]:
    """What waits to be written; it is forgotten here."""
    with _lock:
        found = list(_waiting.values())
        _waiting.clear()
    return found


def give_back(found: list[Seen]) -> None:
    """What could not be written waits on."""
    with _lock:
        for one in found:
            newer = _waiting.get(one.fingerprint)
            times = one.times + (newer.times if newer else 0)
            _waiting[one.fingerprint] = replace(newer or one, times=times, first_at=one.first_at)
