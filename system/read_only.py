"""Requests that only read are held to it by the database: each of their statements runs in a read-only transaction.

What such a request has to write all the same is named here, and its writing stands in a block of that name. Everything
else is refused by PostgreSQL (25006), which is a fault of the program and answered and kept as one.
"""

from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from enum import StrEnum

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Requests that ask for nothing to be changed."""
SETTING = "SET LOCAL transaction_read_only = on; "


class Kept(StrEnum):
    """What a request that reads writes down."""

    SESSION = "session"
    """That a browser is still in use, what its session keeps for the next page, and that it has ended."""
    DAYS = "days"
    """Daily values of a portfolio, which are counted when somebody looks."""
    DEFAULTS = "defaults"
    """Rows that every installation has, when somebody needs the first: a group of settings, the dollar as an asset."""
    LIMITS = "limits"
    """The limits of a person: with their defaults at the first look, and with what the person is exposed to now."""
    TOKEN = "token"  # noqa: S105 - a name
    """When a token was used last."""


_is_reading: ContextVar[bool] = ContextVar("reading", default=False)


def is_reading() -> bool:
    """Whether the statement that is about to be sent may only read."""
    return _is_reading.get()


@contextmanager
def reading() -> Iterator[None]:
    """Only read in this block."""
    token = _is_reading.set(True)
    try:
        yield
    finally:
        _is_reading.reset(token)


class writing(ContextDecorator):  # noqa: N801 - it is used as a word
    """Write in a block or a function, also while a request is answered that only reads."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept

    def _recreate_cm(self) -> "writing":
        """One for each call: calls may overlap."""
        return writing(self.kept)

    def __enter__(self) -> None:
        self.token = _is_reading.set(False)

    def __exit__(self, *_fault: object) -> None:
        _is_reading.reset(self.token)
