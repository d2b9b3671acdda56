"""Doors of admins."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

Door = Callable[..., HttpResponseBase]


def for_admins(door: Door) -> Door:
    """Who is no admin finds nothing here."""

    def checked(request: HttpRequest, *given: Any, **more: Any) -> HttpResponseBase:
        if not request.user.is_staff:
            raise Http404
        return door(request, *given, **more)

    return never_cache(login_required(checked))
