"""What can go wrong outside. No text ever holds a key."""

from datetime import datetime

from system.exceptions import DomainError, UnavailableError


class NoAnswer(UnavailableError):
    """The provider did not answer, or only said that it cannot: no address, timeout, reset, TLS, 5xx.

    ``status`` is that of the last attempt; None when there was no answer at all. ``was_sent`` says that the request
    may have arrived all the same: only the answer is missing.
    """

    def __init__(self, message: str, *, status: int | None = None, was_sent: bool = False) -> None:
        super().__init__(message, code="no_answer")
        self.status, self.was_sent = status, was_sent


class Banned(UnavailableError):
    """The provider told us to stay away until a moment; nobody of us calls it before.

    ``status`` is that of the answer that said so to this call; None when it was told to another one before, and nothing
    was sent.
    """

    def __init__(self, message: str, *, until: datetime, seconds: float, status: int | None = None) -> None:
        super().__init__(message, code="banned")
        self.until, self.seconds, self.status = until, seconds, status


class NoBudget(UnavailableError):
    """Our budget with the provider is used up for longer than the caller would wait, or cannot be known."""

    def __init__(self, message: str, *, seconds: float | None = None) -> None:
        super().__init__(message, code="no_budget")
        self.seconds = seconds


class Refused(DomainError):
    """The request as it is will never be answered: a 4xx, a redirect, an address that is not for us.

    ``status`` is None when nothing was sent; ``reason`` is what the provider said, shortened.
    """

    def __init__(self, message: str, *, status: int | None = None, reason: str = "") -> None:
        super().__init__(message, code="refused")
        self.status, self.reason = status, reason


class BadAnswer(DomainError):
    """There was an answer that cannot be taken: too large, broken, not the promised format.

    ``status`` is the answer's; None where only what it says was looked at.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message, code="bad_answer")
        self.status = status
