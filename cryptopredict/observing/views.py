"""The address that Prometheus asks."""

import hmac
import ipaddress
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from cryptopredict.observing.exposition import registry
from system.acting import for_everyone

PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


@for_everyone()
@csrf_exempt
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for who has the token; without a token set, for this machine alone, where nobody else reaches us."""
    if settings.METRICS_TOKEN:
        if not has_token(request):
            refusal = HttpResponse("The token of METRICS_TOKEN is needed.\n", "text/plain", HTTPStatus.UNAUTHORIZED)
            refusal.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
            return refusal
    elif not is_from_here(request):
        raise Http404
    return HttpResponse(generate_latest(registry()), CONTENT_TYPE_LATEST)


def has_token(request: HttpRequest) -> bool:
    """Compared in the same time whatever is sent."""
    kind, _, sent = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), settings.METRICS_TOKEN.encode())


def is_from_here(request: HttpRequest) -> bool:
    """Whether a program on this machine asks. Behind a proxy everybody seems to: so only an installation that people
    reach on this machine alone believes it, and of no request that says that it was passed on."""
    if not is_loopback(urlsplit(settings.SITE_URL).hostname or ""):
        return False
    if any(name in request.headers for name in PASSED_ON):
        return False
    return is_loopback(request.META.get("REMOTE_ADDR", ""))


def is_loopback(host: str) -> bool:
    """Whether a name or address is of this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
