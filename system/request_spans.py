"""What a trace tells of a request: the address as the program writes it, never the one that was asked."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings

from system import spans
from system.log_context import REQUEST


def describe(span: spans.Span, method: str, route: str, status: int) -> None:
    """Put into a span what was asked and what was answered."""
    span.name = f"{method} {route}"
    span.facts |= {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.fault = span.fault or str(status)


def tell_answered(method: str, route: str, status: int, seconds: float, words: Mapping[str, Any], asked: str) -> None:
    """Tell of a request that was answered before Django had it.

    Args:
        words: of WSGI.
        asked: the request's id.
    """
    if not spans.is_on():
        return
    span = spans.Span(method, {REQUEST: asked})
    describe(span, method, route, status)
    parent = words.get("HTTP_TRACEPARENT") if settings.TRACES_FROM_CALLERS else None
    spans.past(span, "server", seconds, parent=parent)
