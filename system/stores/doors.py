"""What a page answers while files cannot be reached."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from system.stores.artefacts import FilesAway

Arguments = ParamSpec("Arguments")
WAIT_SECONDS = 30


def needs_files(
    view: Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]:
    """A view that cannot answer without its file says so (503), with a time to come back. Why stands in the log."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except FilesAway as error:
            answer = HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
            answer.headers["Retry-After"] = str(WAIT_SECONDS)
            answer.headers["Cache-Control"] = "no-store"
            return answer

    return guarded
