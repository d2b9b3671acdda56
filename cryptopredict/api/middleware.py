"""What surrounds every request to the API. The request has its id from ``observing``."""

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cryptopredict.api.problems import MEDIA_TYPE, open_line, problem_response

API = "/api/"
FOR_PROGRAMS = "/api/v1/"
TRUSTWORTHY = re.compile(r"[A-Za-z0-9._-]{8,64}")
logger = logging.getLogger(__name__)


class ApiMiddleware:
    """Tells every answer's id; under ``/api`` answers both spellings of a path and no HTML errors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = request.path_info.startswith(API)
        if is_api and request.path_info != API:
            request.path_info = request.path_info.rstrip("/")
        if request.path_info.startswith(FOR_PROGRAMS) and settings.SECURE_SSL_REDIRECT and not request.is_secure():
            response = open_line(request)
        else:
            response = self.get_response(request)
        if is_api:
            response = without_html(request, response)
        response.headers["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


def request_id(given: str) -> str:
    """The id that the client gives to its request, if it looks like one; else a new one."""
    return given if TRUSTWORTHY.fullmatch(given) else uuid4().hex


def without_html(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The same refusal as a problem, with the headers that belong to it."""
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s %s failed, request id %s", request.method, request.path, request.request_id)  # type: ignore[attr-defined]
    if response.status_code < HTTPStatus.BAD_REQUEST or response.headers.get("Content-Type") == MEDIA_TYPE:
        return response
    answer = problem_response(request, response.status_code)
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer
