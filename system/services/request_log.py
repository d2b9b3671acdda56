"""Rows about requests to our API, written in batches off the path of the request."""

import threading
from collections import deque
from dataclasses import astuple, dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from system import figures

MOST_WAITING = 10_000
"""More wait only while the database is away; the oldest of them are then lost, and counted."""
BATCH = 1_000
# A person who was erased meanwhile leaves a row without a person.
INSERT = """
INSERT INTO api_request_logs (user_id, endpoint, http_method, response_status, response_time_ms, created_at)
SELECT u.id, r.endpoint, r.method, r.status, r.ms, r.at
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::numeric[], %s::timestamptz[])
    AS r (user_id, endpoint, method, status, ms, at)
LEFT JOIN users u ON u.id = r.user_id
"""


@dataclass(frozen=True)
class Answered:
    """One request and how it was answered."""

    user_id: int | None
    endpoint: str
    method: str
    status: int
    milliseconds: Decimal
    at: datetime


_waiting: deque[Answered] = deque()
_lock = threading.Lock()


def keep_request(one: Answered) -> None:
    """Have a row written soon."""
    with _lock:
        if len(_waiting) >= MOST_WAITING:
            _waiting.popleft()
            figures.count(figures.LOST_ROWS)
        _waiting.append(one)


def write_requests() -> int:
    """Write what waits.

    Returns:
        How many rows were written; what could not be written waits on.
    """
    written = 0
    while batch := _taken():
        try:
            _insert(batch)
        except BaseException:
            with _lock:
                _waiting.extendleft(reversed(batch))
            raise
        written += len(batch)
    return written


def _taken() -> list[Answered]:
    with _lock:
        return [_waiting.popleft() for _ in range(min(BATCH, len(_waiting)))]


def _insert(batch: list[Answered]) -> None:
    columns = [list(column) for column in zip(*(astuple(one) for one in batch), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, columns)
