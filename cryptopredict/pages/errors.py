"""Error pages in the frame of the product."""

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template import loader

logger = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke. The page needs neither the database nor a session: one of them may be what broke."""
    number = getattr(request, "request_id", "")
    logger.error("%s %s failed, request id %s", request.method, request.path, number)
    return HttpResponseServerError(loader.render_to_string("500.html", {"request_id": number}))
