"""A collector of traces on this machine, and a process that tells it of its work."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from cryptopredict.observing import tracing
from tests.cryptopredict.installation import wait_for
from tests.stubs.server import StubServer

PATH = "/v1/traces"
KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
NEVER = "600000"
"""Milliseconds between two batches: nothing is sent before the process ends."""
PATIENT = {"OTEL_BSP_SCHEDULE_DELAY": NEVER, "OTEL_EXPORTER_OTLP_TIMEOUT": "5"}
"""Longer than a process waits at its end."""


@dataclass(frozen=True)
class Told:
    """A span as it came."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    facts: Mapping[str, Any]
    resource: Mapping[str, Any]
    has_failed: bool
    words: str
    """What its status says besides."""
    events: int


class Collector(StubServer):
    """Takes every batch, unless a test says otherwise."""

    def begin(self) -> None:
        super().begin()
        self.answer(PATH, headers={"Content-Type": "application/x-protobuf"})

    @property
    def raw(self) -> bytes:
        """Every byte that came, with the headers."""
        return b"".join(repr(call.headers).encode() + call.path.encode() + call.body for call in self.calls)

    def told(self) -> list[Told]:
        """All spans, those that ended first before the others."""
        found = []
        for call in self.calls_to(PATH):
            for part in ExportTraceServiceRequest.FromString(call.body).resource_spans:
                resource = values(part.resource.attributes)
                found += [span_of(one, resource) for scope in part.scope_spans for one in scope.spans]
        return found

    def named(self, name: str) -> list[Told]:
        return [one for one in self.told() if one.name == name]


def values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


def span_of(one: Any, resource: Mapping[str, Any]) -> Told:
    return Told(
        name=one.name,
        kind=KINDS[one.kind],
        trace=one.trace_id.hex(),
        id=one.span_id.hex(),
        parent=one.parent_span_id.hex(),
        links=tuple(link.trace_id.hex() for link in one.links),
        facts=values(one.attributes),
        resource=resource,
        has_failed=one.status.code == one.status.STATUS_CODE_ERROR,
        words=one.status.message,
        events=len(one.events),
    )


@contextmanager
def told_to(url: str, part: str = "web", **variables: str) -> Iterator[None]:
    """This process tells of its work until the block ends, and has told everything then, or given it up."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"OTEL_EXPORTER_OTLP_ENDPOINT": url, **PATIENT, **variables}.items():
            patch.setenv(name, value)
        patch.setattr(settings, "TRACES_TO", url)
        with tracing.traced(part):
            yield
    wait_for(lambda: all(thread.name != tracing.LAST for thread in threading.enumerate()), 60)
