"""What every reader of an account offers, whatever the exchange."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from system.exceptions import DomainError
from trading.compute.trade_files.lines import Fault, Line

Cursor = Mapping[str, Any]
"""How far a kind of record has been read, as JSON holds it; empty = not at all."""


class KeyRefused(DomainError):
    """The exchange does not accept the key, or the key may do more than read."""


@dataclass(frozen=True)
class Page:
    """What one call told.

    Attributes:
        lines: what happened, with keys.
        faults: records that cannot be read; ``row`` is their place in the answer, from 1.
        cursor: where the next call goes on.
        is_last: nothing is left to ask for at present.
    """

    lines: Sequence[Line]
    faults: Sequence[Fault]
    cursor: Cursor
    is_last: bool


class AccountReader(Protocol):
    """An account at an exchange."""

    @property
    def kinds(self) -> Sequence[str]:
        """Kinds of records, in the order in which they are read."""

    def permissions(self) -> Sequence[str]:
        """What the key may do, in words of ``Permission``; empty where the exchange does not tell.

        Raises:
            KeyRefused: it is not accepted.
        """

    def page(self, kind: str, cursor: Cursor, now_ms: int) -> Page:
        """The next records of a kind.

        Raises:
            KeyRefused: the key is not accepted any more.
            DomainError: no answer, or one that cannot be read.
        """
