"""For whom a request asks the database, and whether it may change anything there."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.functional import LazyObject

from system.acting import GUEST, Everyone, acting, done_by
from system.choices import Door
from system.history import note_write
from system.read_only import METHODS, reading


class Acting:
    """Each request asks for whoever has sent it, from the moment that this is known: nobody is looked up for it. One
    that asks for no change can make none (``system.read_only``)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        scope = partial(scope_of, request)
        reads = request.method in METHODS
        who = done_by(partial(actor_of, request), door_of(request.path_info))
        with acting(scope), who, reading() if reads else nullcontext():
            response = self.get_response(request)
        if not reads:
            note_write(actor_of(request))
        is_made_later = isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse)
        if is_made_later and not response.is_async:  # type: ignore[attr-defined]
            response.streaming_content = asking(response.streaming_content, scope, reads=reads)  # type: ignore[attr-defined]
        return response


def scope_of(request: HttpRequest) -> str:
    """What statements say for a request: admins see everything, as in the admin."""
    user = known_user(request)
    if user is None or user.pk is None:
        return GUEST
    return Everyone.ADMIN.value if user.is_staff else str(user.pk)


def actor_of(request: HttpRequest) -> str:
    """Who changes what a request changes, whatever it sees."""
    user = known_user(request)
    return GUEST if user is None or user.pk is None else f"user:{user.pk}"


def door_of(path: str) -> str:
    """By which way a request comes."""
    if path.startswith("/api/"):
        return Door.API.value
    return Door.ADMIN.value if path.startswith("/admin/") else Door.WEB.value


def known_user(request: HttpRequest) -> Any:
    """Who has sent a request, as far as that was looked up."""
    user = request.__dict__.get("user")
    return request.__dict__.get("_cached_user") if isinstance(user, LazyObject) else user


def asking(parts: Any, scope: Callable[[], str], *, reads: bool) -> Iterator[Any]:
    """Parts of an answer that are made while it is sent."""
    rest = iter(parts)
    while True:
        with acting(scope), reading() if reads else nullcontext():
            try:
                part = next(rest)
            except StopIteration:
                return
        yield part
