"""``Idempotency-Key``: a request that is sent again, because its answer was lost, does nothing a second time."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from system.exceptions import InvalidInput
from system.rest.rendering import JSONRenderer
from system.services.answers import Answer, Asked, answer_once

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST = 100
WORD = re.compile(rf"[\x21-\x7e]{{1,{LONGEST}}}")


def idempotency_key(request: Request) -> str | None:
    """The key that the client marks its request with, if it does.

    Raises:
        InvalidInput: it is none.
    """
    text = request.headers.get(HEADER)
    if text is None:
        return None
    if not WORD.fullmatch(text):
        raise InvalidInput(
            _("A key is 1 to %(longest)s visible ASCII characters.") % {"longest": LONGEST},
            field=HEADER,
            code="invalid_key",
        )
    return text


def answered_once(
    request: Request, key: str, operation: str, handler: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """The answer of ``handler``, or, if it was given before under this key, the same bytes again."""
    given: list[HttpResponseBase] = []

    def act() -> Answer:
        response = as_bytes(handler(), request)
        given.append(response)
        secret = "no-store" in response.headers.get("Cache-Control", "")
        kept = {name: value for name, value in response.headers.items() if name != "Content-Length"}
        return Answer(response.status_code, None if secret else response.content, kept)

    again = answer_once(asked(request, key, operation), act)
    if again is None:
        return given[0]
    return HttpResponse(again.body or b"", status=again.status, headers={**again.headers, REPLAYED: "true"})


def asked(request: Request, key: str, operation: str) -> Asked:
    """Whose request it is, and all that it asks for. Older spellings of a path ask for the same."""
    user_id = request.user.pk if request.user.is_authenticated else None
    owner = f"user:{user_id}" if user_id else f"address:{request.META.get('REMOTE_ADDR', '')}"
    text = f"{operation}\n{request.META.get('QUERY_STRING', '')}\n".encode() + request.body
    return Asked(owner, user_id, key, salted_hmac(HEADER, text, algorithm="sha256").hexdigest())


def as_bytes(response: HttpResponseBase, request: Request) -> HttpResponse:
    """A response as it goes out.

    Raises:
        TypeError: it is a stream, which has no end that could be kept.
    """
    if isinstance(response, Response):
        body = JSONRenderer().render(response.data, renderer_context={"request": request})
        headers: Mapping[str, Any] = {**response.headers, "Content-Type": JSONRenderer.media_type}
        return HttpResponse(body, status=response.status_code, headers=dict(headers))
    if not isinstance(response, HttpResponse):
        raise TypeError("a stream cannot be kept")
    return response
