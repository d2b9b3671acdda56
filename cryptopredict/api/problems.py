"""What a refused request answers: RFC 9457 problem+json, from one table of exceptions.

HTML is never answered under ``/api``: what REST framework does not handle (unknown paths, unknown errors, refused
hosts) is turned into a problem by ``ApiMiddleware``.
"""

import logging
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.exceptions import ValidationError as InvalidRow
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from cryptopredict.phrases import phrase
from system.exceptions import (
    ConflictError,
    DomainError,
    InvalidInput,
    KeyReused,
    LimitExceeded,
    LockedError,
    NoData,
    NotAllowed,
    NotAuthenticated,
    StaleError,
    TooLargeError,
    TooSoon,
    UnavailableError,
    UnreadError,
)
from system.rest.rendering import JSONRenderer
from trading.services.risk import RiskLimit

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
TABLE: dict[type[Exception], tuple[HTTPStatus, str]] = {
    InvalidInput: (HTTPStatus.BAD_REQUEST, "invalid"),
    ConflictError: (HTTPStatus.CONFLICT, "conflict"),
    NotAuthenticated: (HTTPStatus.UNAUTHORIZED, "not_authenticated"),
    LockedError: (HTTPStatus.LOCKED, "locked"),
    NotAllowed: (HTTPStatus.FORBIDDEN, "permission_denied"),
    StaleError: (HTTPStatus.PRECONDITION_FAILED, "stale"),
    UnreadError: (HTTPStatus.PRECONDITION_REQUIRED, "if_match_required"),
    KeyReused: (HTTPStatus.UNPROCESSABLE_ENTITY, "key_in_use"),
    RiskLimit: (HTTPStatus.UNPROCESSABLE_ENTITY, "risk_limit"),
    TooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"),
    LimitExceeded: (HTTPStatus.CONFLICT, "limit_exceeded"),
    TooSoon: (HTTPStatus.TOO_MANY_REQUESTS, "throttled"),
    NoData: (HTTPStatus.NOT_FOUND, "no_data"),
    UnavailableError: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    DomainError: (HTTPStatus.BAD_REQUEST, "refused"),
    InvalidRow: (HTTPStatus.BAD_REQUEST, "invalid"),
    Http404: (HTTPStatus.NOT_FOUND, "not_found"),
    PermissionDenied: (HTTPStatus.FORBIDDEN, "permission_denied"),
}
TITLES = {
    HTTPStatus.BAD_REQUEST: _("Bad Request"),
    HTTPStatus.UNAUTHORIZED: _("Unauthorized"),
    HTTPStatus.FORBIDDEN: _("Forbidden"),
    HTTPStatus.NOT_FOUND: _("Not Found"),
    HTTPStatus.METHOD_NOT_ALLOWED: _("Method Not Allowed"),
    HTTPStatus.NOT_ACCEPTABLE: _("Not Acceptable"),
    HTTPStatus.CONFLICT: _("Conflict"),
    HTTPStatus.PRECONDITION_FAILED: _("Precondition Failed"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("Request Entity Too Large"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _("Unsupported Media Type"),
    HTTPStatus.UNPROCESSABLE_ENTITY: _("Unprocessable Entity"),
    HTTPStatus.LOCKED: _("Locked"),
    HTTPStatus.PRECONDITION_REQUIRED: _("Precondition Required"),
    HTTPStatus.TOO_MANY_REQUESTS: _("Too Many Requests"),
    HTTPStatus.INTERNAL_SERVER_ERROR: _("Internal Server Error"),
    HTTPStatus.SERVICE_UNAVAILABLE: _("Service Unavailable"),
}
HEADERS = {
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "30"},
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="api"'},
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception of a view; None for an unknown one, which stays an error of the server."""
    request = context["request"]
    if isinstance(error, (OperationalError, InterfaceError)):
        error = passing(error)
    if isinstance(error, APIException):
        answer = of_framework(error, request)
    else:
        known = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), None)
        if known is None:
            return None
        answer = of_table(error, *known, request)
    set_rollback()
    return answer


def passing(error: Exception) -> UnavailableError:
    """What passes by itself: the database is away, its disk is full, it waits for a lock. No defect of ours."""
    logger.error("The database could not do it", exc_info=error)
    return UnavailableError(gettext("The database cannot do this at the moment. Try again in half a minute."))


def of_framework(error: APIException, request: Any) -> Response:
    """Errors of REST framework: authentication, permission, parsing, validation, throttling."""
    errors: Sequence[dict[str, Any]] = ()
    detail, code = str(error.detail), error.default_code
    if isinstance(error, ValidationError):
        detail, errors = gettext("Some of the input does not fit."), list(flattened(error.detail))
    else:
        code = getattr(error.detail, "code", code) or code
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    body = problem(request, error.status_code, code=code, detail=detail, errors=errors)
    return Response(body, status=error.status_code, headers=headers, content_type=MEDIA_TYPE)


def of_table(error: Exception, status: HTTPStatus, code: str, request: Any) -> Response:
    """Errors of the domain and of Django."""
    errors: list[dict[str, Any]] = []
    if isinstance(error, InvalidRow):
        detail, errors = gettext("Some of the input does not fit."), list(row_errors(error))
    elif isinstance(error, DomainError):
        kind, code = code, error.code or code
        detail = str(error) if len(error.faults) == 1 else gettext("Some of the input does not fit.")
        errors = [
            {"field": fault.field, "code": fault.code or kind, "detail": str(fault)}
            for fault in error.faults
            if fault.field
        ]
    else:
        detail = (
            gettext("There is nothing here.") if status == HTTPStatus.NOT_FOUND else gettext("You may not do this.")
        )
    body = problem(request, status, code=code, detail=detail, errors=errors)
    if isinstance(error, LockedError):
        body["lockout_expires"] = error.until
    headers = {"Retry-After": str(error.wait)} if isinstance(error, TooSoon) else HEADERS.get(status)
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def problem(
    request: Any, status: int, *, code: str, detail: str, errors: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """The body of a problem."""
    return {
        "type": f"urn:cryptopredict:problem:{code.replace('_', '-')}",
        "title": str(TITLES.get(HTTPStatus(status), phrase(status))),
        "status": int(status),
        "detail": detail,
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
        "errors": [{**error, "pointer": pointer(request, error["field"])} for error in errors],
    }


def pointer(request: Any, field: str | None) -> str | None:
    """Where in the body a field is (RFC 6901); None for a parameter of a read, a header, or the whole."""
    if field is None or "-" in field or request.method in SAFE_METHODS:
        return None
    steps = field.replace("~", "~0").replace("/", "~1").split(".")
    return "#/" + "/".join(steps)


def flattened(detail: Any, field: str | None = None) -> Iterable[dict[str, Any]]:
    """Each message of a validation, with the path of its input (``items.0.weight``)."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from flattened(inner, field if whole else ".".join(filter(None, (field, str(name)))))
    elif isinstance(detail, (list, tuple)):
        for number, inner in enumerate(detail):
            deeper = isinstance(inner, (dict, list, tuple))
            yield from flattened(inner, f"{field or ''}.{number}".lstrip(".") if deeper else field)
    else:
        yield {"field": field, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def row_errors(error: InvalidRow) -> Iterable[dict[str, Any]]:
    """Each message of a row that breaks a rule of its table."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    for name, messages in by_field.items():
        for message in messages:
            yield {"field": None if name == NON_FIELD_ERRORS else name, "code": "invalid", "detail": message}


def open_line(request: HttpRequest) -> HttpResponse:
    """The refusal of a request that anybody on the way could read. A redirect would hide that from who sent it."""
    detail = gettext("This address is asked over https only. A token that was sent openly may have been read: end it.")
    body = problem(request, HTTPStatus.FORBIDDEN, code="https_needed", detail=detail)
    return HttpResponse(JSONRenderer().render(body), status=HTTPStatus.FORBIDDEN, content_type=MEDIA_TYPE)


def problem_response(request: HttpRequest, status: int) -> HttpResponse:
    """A problem in place of what Django would have answered in HTML; nothing of the error's inside is told."""
    words = {
        HTTPStatus.BAD_REQUEST: ("bad_request", gettext("This request cannot be read.")),
        HTTPStatus.FORBIDDEN: ("permission_denied", gettext("You may not do this.")),
        HTTPStatus.NOT_FOUND: ("not_found", gettext("There is nothing here.")),
        HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", gettext("This address does not know this method.")),
    }
    known = HTTPStatus(status)
    if known >= HTTPStatus.INTERNAL_SERVER_ERROR:
        code, detail = "error", gettext("Something went wrong on our side. It has been logged under the request id.")
    else:
        other = (known.name.lower(), gettext("This request is refused: %(reason)s.") % {"reason": phrase(known)})
        code, detail = words.get(known, other)
    body = problem(request, status, code=code, detail=detail)
    return HttpResponse(JSONRenderer().render(body), status=status, content_type=MEDIA_TYPE)
