"""What a line of the program's log looks like: readable, or JSON for a collector of logs.

Every library logs through ``logging``; what it logs goes through the same steps, so that all lines carry the ids of
``log_context`` and none carries a secret.
"""

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import indent
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

from system.masking import masked
from system.spans import with_trace

FIGURES = ("method", "route", "status", "seconds", "task", "queue", "outcome", "retries", "provider")
"""Details that our own lines may carry. Those of libraries stay out: they hold whole requests, with their cookies."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
OWN = ("timestamp", "level", "logger", "event", "exception", "stack")
Event = EventDict


def formatter(kind: str) -> logging.Formatter:
    """The formatter of the settings.

    Args:
        kind: ``text`` or ``json``.
    """
    before: Sequence[Processor] = (
        structlog.contextvars.merge_contextvars,
        with_trace,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=FIGURES),
        stamp,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_secrets,
            as_json if kind == "json" else as_text,
        ],
    )


def stamp(_logger: Any, _method: str, event: Event) -> Event:
    """When it happened, not when it was written."""
    record: logging.LogRecord = event["_record"]
    moment = datetime.fromtimestamp(record.created, UTC)
    event["timestamp"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return event


def hide_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """Before the line is made: what is escaped in JSON would not be found any more."""
    return {name: masked(value) if isinstance(value, str) else value for name, value in event.items()}


def as_json(_logger: Any, _method: str, event: Event) -> str:
    """One object a line, the same names everywhere first."""
    ordered = {name: event[name] for name in OWN if name in event}
    return orjson.dumps({**ordered, **event}, default=str).decode()


def as_text(_logger: Any, _method: str, event: Event) -> str:
    """Time, level, who and what; the ids and figures behind it, and a traceback below, set in.

    What was logged may come from outside: no line break of it may begin a line that looks like one of ours.
    """
    details = " ".join(f"{name}={value}" for name, value in sorted(event.items()) if name not in OWN)
    line = f"{event['timestamp']} {event['level'].upper()} {event['logger']}: {event['event']}"
    below = [indent(plain(event[name], but="\n"), "  ") for name in OWN[4:] if event.get(name)]
    return "\n".join([plain(f"{line} [{details}]" if details else line), *below])


def plain(text: str, but: str = "") -> str:
    """The text with its control characters spelled out: they break lines, or command the terminal of who reads it."""
    return CONTROL.sub(lambda found: found[0] if found[0] in but else repr(found[0])[1:-1], text)
