"""Spans that are recorded. Loads OpenTelemetry, so nothing loads this module but what switches it on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog.contextvars import get_contextvars

from system.spans import TRACE_PARENT, Kind, Span
from system.statement_words import Described, described

IDS = ("request_id", "task_id", "parent_id", "root_id", "order_id", "job_id", "run_id")
"""Ids of the log, under the same names."""
PROPAGATOR = TraceContextTextMapPropagator()


class SpanRecorder:
    """Makes the spans of a process.

    Args:
        tracer: of the library.
    """

    def __init__(self, tracer: trace.Tracer) -> None:
        self.tracer = tracer

    @contextmanager
    def span(self, made: Span, kind: Kind, parent: str | None) -> Iterator[Span]:
        """As ``spans.span``."""
        recorded = self.begun(made, kind, parent)
        token = context.attach(trace.set_span_in_context(recorded))
        try:
            yield made
        except BaseException as error:
            made.fault = made.fault or kind_of(error)
            raise
        finally:
            context.detach(token)
            told(recorded, made)
            recorded.end()

    def past(self, made: Span, kind: Kind, seconds: float, parent: str | None) -> None:
        """As ``spans.past``."""
        end = time.time_ns()
        recorded = self.begun(made, kind, parent, end - round(seconds * 1e9))
        told(recorded, made)
        recorded.end(end)

    def begun(self, made: Span, kind: Kind, parent: str | None, start_time: int | None = None) -> trace.Span:
        where, links = None, []
        if parent is not None:
            where = PROPAGATOR.extract({TRACE_PARENT: parent}, context.Context())
            present, remote = (trace.get_current_span(one).get_span_context() for one in (None, where))
            if not remote.is_valid:
                where = None
            elif present.is_valid and present.trace_id != remote.trace_id:
                links.append(trace.Link(present))
        return self.tracer.start_span(
            made.name, where, kind=trace.SpanKind[kind.upper()], links=links, start_time=start_time
        )

    @contextmanager
    def statement(self, text: str, connection: Any) -> Iterator[None]:
        """As ``spans.statement``. What belongs to nothing is not told: sweeps look into the database all the time."""
        words = described(text) if trace.get_current_span().is_recording() else None
        if words is None:
            yield
            return
        facts = attributes(words, connection.info.dbname)
        recorded = self.tracer.start_span(words.name, kind=trace.SpanKind.CLIENT, attributes=facts)
        try:
            yield
        except BaseException as error:
            if isinstance(error, psycopg.Error) and error.sqlstate:
                recorded.set_attribute("db.response.status_code", error.sqlstate)
            fail(recorded, kind_of(error))
            raise
        finally:
            recorded.end()

    def failed(self, error: BaseException) -> None:
        """As ``spans.failed``."""
        fail(trace.get_current_span(), kind_of(error))

    def carried(self) -> str | None:
        """As ``spans.carried``."""
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier)
        return carrier.get(TRACE_PARENT)

    def ids(self) -> dict[str, str]:
        """Of the present span; none outside of one."""
        here = trace.get_current_span().get_span_context()
        if not here.is_valid:
            return {}
        return {"trace_id": trace.format_trace_id(here.trace_id), "span_id": trace.format_span_id(here.span_id)}


def told(recorded: trace.Span, made: Span) -> None:
    """Put what is known at the end of the work into its span."""
    if not recorded.is_recording():
        return
    recorded.update_name(made.name)
    known = get_contextvars()
    facts = {name: known[name] for name in IDS if name in known} | made.facts
    recorded.set_attributes({name: value for name, value in facts.items() if value is not None})
    if made.fault:
        fail(recorded, made.fault)


def fail(recorded: trace.Span, fault: str) -> None:
    recorded.set_attribute("error.type", fault)
    recorded.set_status(trace.StatusCode.ERROR)


def kind_of(error: BaseException) -> str:
    """The class of an error, which says nothing of what it was about."""
    return type(error).__qualname__


def attributes(words: Described, database: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "db.system.name": "postgresql",
        "db.namespace": database,
        "db.operation.name": words.operation,
        "db.query.text": words.text,
    }
    return found | ({"db.collection.name": words.table} if words.table else {})
