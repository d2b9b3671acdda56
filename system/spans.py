"""What took how long, as a part of what: spans of OpenTelemetry, for a collector of the operator's own.

Off unless the operator names one: then nothing of OpenTelemetry is loaded, and a span is a block that leaves nothing
behind. A process that tells of its work hands over a recorder (``cryptopredict.observing.tracing``).

A span holds names that the program gives, numbers, and the ids of the log, of which a client may choose that of its
request. It never holds anything else that came from outside or belongs to somebody: no path, no query, no body, no
value of a statement, and no text of an error, which may repeat any of these; what went wrong is named by its kind, and
told by the log, whose lines carry the ids of the trace.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from system.span_recorder import SpanRecorder

Kind = Literal["internal", "server", "client", "producer", "consumer"]
TRACE_PARENT = "traceparent"
"""Header in which a span goes along with a task, as the W3C has named it."""
LONGEST_TRACE_PARENT = 55
NO_FACTS: Mapping[str, Any] = {}
NOTHING = nullcontext()


class Span:
    """What is to be told of a piece of work when it ends. Where nothing is told, it is thrown away.

    Attributes:
        name: what was done, out of few that there are.
        facts: more about it, by the names of the semantic conventions where there is one; None is left out.
        fault: kind of what went wrong; empty = nothing.
    """

    __slots__ = ("facts", "fault", "name")

    def __init__(self, name: str, facts: Mapping[str, Any] = NO_FACTS, fault: str = "") -> None:
        self.name, self.facts, self.fault = name, dict(facts), fault


_recorder: "SpanRecorder | None" = None


def switch(recorder: "SpanRecorder | None") -> None:
    """From here on this process tells of its work; None: no more."""
    global _recorder  # noqa: PLW0603 - one for the whole process, and asked for with every statement
    _recorder = recorder


def is_on() -> bool:
    """Whether this process tells of its work."""
    return _recorder is not None


def span(
    name: str, kind: Kind = "internal", *, parent: str | None = None, facts: Mapping[str, Any] = NO_FACTS
) -> AbstractContextManager[Span]:
    """The work in the block. An error that leaves the block is its fault.

    Args:
        name: what is done.
        kind: server and client: the two ends of a call; producer and consumer: of a message.
        parent: what it is a part of, as ``carried`` gave it; None = of the present span. Where both are there and of
            different traces, it is a part of this one and points at the present one.
        facts: see ``Span``.
    """
    made = Span(name, facts)
    return nullcontext(made) if _recorder is None else _recorder.span(made, kind, parent)


def past(made: Span, kind: Kind, seconds: float, *, parent: str | None = None) -> None:
    """Work that has ended just now, where a block around it would cost more than the work.

    Args:
        seconds: how long it took.
    """
    if _recorder is not None:
        _recorder.past(made, kind, seconds, parent)


def statement(text: str, connection: Any) -> AbstractContextManager[Any]:
    """A statement of the database in the block, where it is a part of something; its values are not told.

    Args:
        connection: of psycopg, on which it goes.
    """
    return NOTHING if _recorder is None else _recorder.statement(text, connection)


def failed(error: BaseException) -> None:
    """The present span's work has gone wrong, though the error does not leave its block."""
    if _recorder is not None:
        _recorder.failed(error)


def carried() -> str | None:
    """The present span, for who goes on with the work elsewhere; None where there is none."""
    return None if _recorder is None else _recorder.carried()


def with_trace(_logger: Any, _method: str, event: Any) -> Any:
    """A step of the log: a line names the trace and the span that it was written in."""
    if _recorder is not None:
        event.update(_recorder.ids())
    return event
