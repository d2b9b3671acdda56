"""The rules by which Binance cuts its lists into pages."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.stubs.server import Reply, Request


def paged(rows: Sequence[Any], time_of: Callable[[Any], Any], default: int = 500) -> Callable[[Request], Reply]:
    """From ``startTime`` to ``endTime``, both included, the first ``limit`` rows."""

    def answer(request: Request) -> Reply:
        first, last = int(request.query.get("startTime", 0)), int(request.query.get("endTime", 10**14))
        inside = [row for row in rows if first <= int(time_of(row)) <= last]
        return Reply(body=inside[: int(request.query.get("limit", default))])

    return answer


def kline(moment: datetime, close: str = "1.5", **other: Any) -> list[Any]:
    """A candle as Binance sends it."""
    opened = int(moment.timestamp() * 1000)
    row = [opened, "1.0", "2.0", "0.5", close, "10.0", opened + 3_599_999, "15.0", 7, "4.0", "6.0", "0"]
    for place, value in other.items():
        row[int(place.removeprefix("at_"))] = value
    return row


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def text_of(rows: Any) -> str:
    return json.dumps(rows)
