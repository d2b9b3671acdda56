"""Traces of a process: on where the environment names a collector, off else, and then nothing of this is loaded.

The collector is the operator's own and nobody else is told anything. What it does never holds up the work: spans wait
in memory, a thread sends them, what does not fit or cannot be sent is dropped, and the log says so once.
"""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

from system import spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

logger = logging.getLogger(__name__)
STOP_SECONDS = 3.0
"""A process that ends waits no longer for the collector to take the last spans."""
KNOWN_TO_BE_DOWN_SECONDS = 0.5
"""The same for one that took none before: it may be back."""
EXPORTER_LOG = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
QUEUE_LOG = "opentelemetry.sdk._shared_internal"
LONGEST_REASON = 200
LAST = "last spans"


class _Present:
    """What this process tells its spans with."""

    provider: "TracerProvider | None" = None
    sender: "Sender | None" = None


class Sender:
    """Hands batches to the library's exporter, and says once that the collector takes none, and once that it does
    again; the library would say it with every batch.

    Args:
        exporter: sends a batch.
        where: the collector, for the log.
    """

    def __init__(self, exporter: "SpanExporter", where: str) -> None:
        self.exporter, self.where = exporter, where
        self.lost = 0
        self.reason = ""
        self.is_given_up = False
        logging.getLogger(EXPORTER_LOG).addFilter(self.keep_reason)
        self.queue_filter = Once()
        logging.getLogger(QUEUE_LOG).addFilter(self.queue_filter)

    def keep_reason(self, record: logging.LogRecord) -> bool:
        """A line of the library about one attempt: what the first one says is kept for ours."""
        self.reason = self.reason or record.getMessage()
        return False

    def export(self, batch: "Sequence[ReadableSpan]") -> "SpanExportResult":
        """Called by the thread that sends."""
        self.reason = ""
        result = self.exporter.export(batch)
        if result.name != "SUCCESS":
            self.lost += len(batch)
            if self.lost == len(batch) and not self.is_given_up:
                reason = self.reason[:LONGEST_REASON] or "no reason is known"
                logger.warning("Traces do not reach %s and are dropped until they do: %s", self.where, reason)
        elif self.lost:
            logger.warning("Traces reach %s again; %s spans were lost", self.where, self.lost)
            self.lost = 0
        return result

    def shutdown(self) -> None:
        """Nothing more comes."""
        self.exporter.shutdown()
        logging.getLogger(EXPORTER_LOG).removeFilter(self.keep_reason)
        logging.getLogger(QUEUE_LOG).removeFilter(self.queue_filter)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return self.exporter.force_flush(timeout_millis)


class Once(logging.Filter):
    """Lets each sentence pass once."""

    def __init__(self) -> None:
        super().__init__()
        self.said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        is_new = record.msg not in self.said
        self.said.add(record.msg)
        return is_new


def begin(part: str) -> None:
    """From here on the spans of this process go to the collector; nothing happens where none is named. Twice is once.

    Args:
        part: what the process is: web, worker, beat, models, command.
    """
    if not settings.TRACES_TO or spans.is_on():
        return
    for name in [name for name, value in os.environ.items() if name.startswith("OTEL_") and not value]:
        del os.environ[name]  # the library takes an empty one for a wrong one, and says so
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from system.span_recorder import SpanRecorder

    where = urlsplit(settings.TRACES_TO).netloc
    provider = TracerProvider(resource=resource(part), shutdown_on_exit=False)
    sender: Any = Sender(exporter(), where)
    provider.add_span_processor(BatchSpanProcessor(sender))
    spans.switch(SpanRecorder(provider.get_tracer("cryptopredict", settings.VERSION)))
    _Present.provider, _Present.sender = provider, sender
    logger.info("Traces of this process (%s) go to %s", part, where)


def exporter() -> "SpanExporter":
    """The library's, which knows its variables. A redirect is no answer to it: the spans would be lost unseen."""
    import requests
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    session = requests.Session()
    session.hooks["response"].append(refuse_redirect)
    return OTLPSpanExporter(session=session)


def refuse_redirect(response: Any, **_rest: Any) -> None:
    """Raises:
    ConnectionRefusedError: the collector sends us elsewhere.
    """
    if response.is_redirect:
        response.close()
        raise ConnectionRefusedError(f"{response.status_code}: it sends us elsewhere, where we do not go")


def resource(part: str) -> Any:
    """What all spans of a process say; the operator's own words (``OTEL_RESOURCE_ATTRIBUTES``) win."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource

    ours = {"service.name": "cryptopredict", "service.version": settings.VERSION, "cryptopredict.part": part}
    theirs = dict(OTELResourceDetector().detect().attributes)
    if name := os.environ.get("OTEL_SERVICE_NAME"):
        theirs["service.name"] = name
    return Resource.create({**ours, **theirs})


def end() -> None:
    """Send what waits, for a few seconds at most, and tell of nothing from here on."""
    provider, sender = _Present.provider, _Present.sender
    _Present.provider = _Present.sender = None
    spans.switch(None)
    if provider is None or sender is None:
        return
    last = threading.Thread(target=provider.shutdown, daemon=True, name=LAST)
    last.start()
    last.join(STOP_SECONDS if not sender.lost else KNOWN_TO_BE_DOWN_SECONDS)
    if last.is_alive():
        sender.is_given_up = True
        if not sender.lost:
            logger.warning("The last spans did not reach %s within %s s", sender.where, STOP_SECONDS)


@contextmanager
def traced(part: str) -> Iterator[None]:
    """A command whose spans are told."""
    begin(part)
    try:
        yield
    finally:
        end()
