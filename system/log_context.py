"""Which request, task, order, run or job the present work belongs to: these ids stand in every line of the log.

They go along where the work goes: in the headers of a task, in the row of an order, in the row of a job.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars, get_contextvars

REQUEST = "request_id"
LONGEST_REQUEST_ID = 64


@contextmanager
def working_on(**ids: str | int | None) -> Iterator[None]:
    """Lines of the log that are written in the block name these ids, beside those that stand already."""
    with bound_contextvars(**{name: value for name, value in ids.items() if value is not None}):
        yield


def request_in_hand() -> str | None:
    """The id of the request that the present work was asked for by; None when nobody asked."""
    found = get_contextvars().get(REQUEST)
    return None if found is None else str(found)[:LONGEST_REQUEST_ID]
