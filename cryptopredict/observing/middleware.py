"""What surrounds every request: its id, in all that is logged meanwhile, its line in the log, its figures, its row."""

import logging
import time
from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.acting import known_user
from cryptopredict.api.middleware import API, request_id
from system import figures, spans
from system.choices import HttpMethod
from system.log_context import REQUEST, working_on
from system.request_spans import describe
from system.services.request_log import Answered, keep_request

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
METHODS = frozenset(HttpMethod.values)
OTHER_METHOD = "other"
SLOW_SECONDS = 1.0
"""A request that takes as long is told, whatever it does."""
UNKNOWN_ROUTE = "unknown"
"""Addresses that there are not: were they told by name, everybody could make new ones."""
logger = logging.getLogger("cryptopredict.requests")


class Observed:
    """Comes first of all, so that nothing that happens to a request is missed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given: Any = request
        given.request_id = request_id(request.headers.get("X-Request-ID", ""))
        parent = request.headers.get(spans.TRACE_PARENT) if settings.TRACES_FROM_CALLERS else None
        with (
            working_on(**{REQUEST: given.request_id}),
            spans.span(method_of(request), "server", parent=parent) as span,
        ):
            begin = time.perf_counter()
            response = self.get_response(request)
            seconds = time.perf_counter() - begin
            describe(span, method_of(request), route_of(request), response.status_code)
            keep(request, response, seconds)
            if is_told(request, response, seconds):
                tell(request, response, seconds)
        return response


def keep(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Count it; of a request to the API there will be a row."""
    method, route = method_of(request), route_of(request)
    figures.count(figures.REQUESTS, method, route, str(response.status_code))
    figures.observe(figures.REQUEST_SECONDS, seconds, route)
    if request.path_info.startswith(API) and method != OTHER_METHOD:
        milliseconds = Decimal(str(round(1000 * seconds, 3)))
        keep_request(
            Answered(caller_of(request), route[:255], method, response.status_code, milliseconds, timezone.now())
        )


def caller_of(request: HttpRequest) -> int | None:
    """Who asked, as far as that was looked up: nobody is looked up for the log's sake."""
    pk: int | None = getattr(known_user(request), "pk", None)
    return pk


def is_told(request: HttpRequest, response: HttpResponse, seconds: float) -> bool:
    """Whether a request gets a line: reads that go well are too many, and their figures are counted."""
    if settings.LOG_REQUESTS != "writes":
        return bool(settings.LOG_REQUESTS == "all")
    is_broken = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return request.method in WRITES or is_broken or seconds >= SLOW_SECONDS


def tell(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """The line: the route, never the path, which may hold a token."""
    details = {
        "method": request.method,
        "route": route_of(request),
        "status": response.status_code,
        "seconds": round(seconds, 4),
    }
    logger.info("%s %s %s", request.method, details["route"], response.status_code, extra=details)


def method_of(request: HttpRequest) -> str:
    """One of those that there are: everybody can make up another."""
    method = request.method or ""
    return method if method in METHODS else OTHER_METHOD


def route_of(request: HttpRequest) -> str:
    """The address as the program writes it, with names in place of what stands in it."""
    if request.resolver_match is not None:
        return f"/{request.resolver_match.route}"
    is_file = request.path_info.startswith(settings.STATIC_URL)
    return settings.STATIC_URL if is_file else UNKNOWN_ROUTE
