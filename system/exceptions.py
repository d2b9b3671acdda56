"""What can go wrong in the domain. Doors translate it: the API to problem+json, admin and commands to a sentence."""

from collections.abc import Sequence


class DomainError(Exception):
    """A rule of the product refused what was asked. The text is a sentence for the person who asked.

    Args:
        message: what was refused and why, naming the thing.
        field: name of the input that is at fault, if there is one.
        code: word for programs, where the kind of the error does not say enough (``watchlist_full``).
    """

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.field, self.code = field, code

    @property
    def faults(self) -> "tuple[DomainError, ...]":
        """The single faults, each with its field."""
        return (self,)


class InvalidInput(DomainError):
    """A value does not make sense, whatever the state of the database."""


class InvalidRows(InvalidInput):
    """Several values do not make sense: all of them are told, and nothing was done.

    Args:
        faults: each with its row and field (``items.2.weight``), at least one.
    """

    def __init__(self, faults: Sequence[InvalidInput]) -> None:
        only = faults[0] if len(faults) == 1 else InvalidInput("")
        super().__init__(" ".join(map(str, faults)), field=only.field, code=only.code)
        self._faults = tuple(faults)

    @property
    def faults(self) -> tuple[DomainError, ...]:
        return self._faults


class ConflictError(DomainError):
    """The request made sense, but not in the present state (decided already, list full, exists already)."""


class NotAuthenticated(DomainError):
    """Who asks could not be recognised: a wrong password, an unknown or ended token."""


class LockedError(DomainError):
    """Too many wrong attempts: nothing is looked at before ``until``.

    Args:
        until: when it may be tried again, ISO 8601 in UTC.
    """

    def __init__(self, message: str, *, until: str) -> None:
        super().__init__(message, code="locked")
        self.until = until


class NotAllowed(DomainError):
    """This person may not do this."""


class StaleError(DomainError):
    """The row has changed since the caller read it."""


class UnreadError(DomainError):
    """The caller does not say which version of the row the change is meant for."""


class KeyReused(DomainError):
    """A key that marks one request came with another one."""


class LimitExceeded(DomainError):
    """A configured limit would be exceeded."""


class TooLargeError(LimitExceeded):
    """What was sent is larger than the settings allow."""


class TooSoon(DomainError):
    """The same was asked for a moment ago, or too often of late.

    Args:
        wait: seconds until it may be asked for again.
    """

    def __init__(self, message: str, *, wait: int, code: str = "throttled") -> None:
        super().__init__(message, code=code)
        self.wait = wait


class NoData(DomainError):
    """What the computation needs is not there at ``as_of``."""


class UnavailableError(DomainError):
    """Something outside did not answer; trying again later may help."""
