"""Which pages may open a connection: a browser sends our cookie along wherever the page came from."""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import validate_host


class SameOrigin:
    """Refuses connections that a page of another site opened. A program says no origin; then a cookie does not count
    as its word either."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        is_program = b"origin" not in headers and b"cookie" not in headers
        accepted = is_encrypted(headers, scope) and (is_program or is_our_page(headers, scope.get("scheme", "ws")))
        await (self.inner if accepted else WebsocketDenier.as_asgi())(scope, receive, send)


def is_encrypted(headers: dict[bytes, bytes], scope: dict[str, Any]) -> bool:
    """Whether the connection came over TLS, to us or to the proxy before us, where the site is on https."""
    if not settings.SECURE_SSL_REDIRECT:
        return True
    return scope.get("scheme") == "wss" or headers.get(b"x-forwarded-proto") == b"https"


def is_our_page(headers: dict[bytes, bytes], scheme: str) -> bool:
    """Whether the page that asks was served by us, under the address by which we are asked or the public one."""
    origin, host = (headers.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    name = urlsplit(f"//{host}").hostname or ""
    own = f"{'https' if scheme == 'wss' else 'http'}://{host}"
    return origin == own and validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS)
