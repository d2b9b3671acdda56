"""What goes to a service outside, and what came of it. No text of either ever holds a secret of the channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SHORTEST_SECRET = 6
"""What is shorter would be masked inside ordinary words."""
MASK = "•••"


@dataclass(frozen=True)
class Parcel:
    """A message as every service can be told it.

    Args:
        message_id: the same in every attempt.
        kind: of the notification; ``digest`` or ``test`` else.
        title: one line.
        text: plain text.
        priority: a ``Priority``.
        at: when it was written.
        data: ids and links that it is about.
    """

    message_id: str
    kind: str
    title: str
    text: str
    priority: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Post:
    """A request to a service.

    Args:
        provider: as the log and the budgets call it.
        base_url: scheme and host.
        path: after it; may be secret.
        endpoint: how the log names the path.
    """

    provider: str
    base_url: str
    path: str
    endpoint: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What an attempt came to.

    Args:
        error: why it was not taken; empty = it was.
        is_final: trying again is of no use.
        wait_seconds: not again before so long, as the service or our budget says.
        may_have_arrived: it was sent, but whether it was taken is not known.
        was_let_out: an attempt was made; else it waits for its turn.
        status: of the answer over HTTP; None = there was none.
    """

    error: str = ""
    is_final: bool = False
    wait_seconds: float | None = None
    may_have_arrived: bool = False
    was_let_out: bool = True
    status: int | None = None

    @property
    def is_sent(self) -> bool:
        return not self.error


def without(text: str, secrets: Mapping[str, str]) -> str:
    """A text in which none of these values stands, nor the beginning of one at its end, where it was cut."""
    for value in sorted((value.strip("/") for value in secrets.values()), key=len, reverse=True):
        text = text.replace(value, MASK) if len(value) >= SHORTEST_SECRET else text
        for length in range(len(value) - 1, SHORTEST_SECRET - 1, -1):
            if text.rstrip(".").endswith(value[:length]):
                text = text.rstrip(".")[:-length] + MASK
    return text
