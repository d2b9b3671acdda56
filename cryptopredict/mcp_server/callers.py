"""Who asks through an assistant, and how it is answered: by the API itself, so that permissions, limits and the log are
those of the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.utils import timezone
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from accounts.models import ApiToken, ChangeDraft
from accounts.services import authenticate_token
from cryptopredict import drafting
from system.acting import acting_as
from system.exceptions import DomainError

UNKNOWN = "This token is unknown, ended, or not valid from here."


@dataclass(frozen=True)
class Caller:
    """A program with a personal token.

    Args:
        secret: the token.
        address: where it calls from.
    """

    secret: str
    address: str

    def get(self, path: str, **query: Any) -> Any:
        """What the API answers to this caller, below ``/api/v1/``.

        Raises:
            ToolError: it refuses; the text is the refusal's.
        """
        wanted = {name: value for name, value in query.items() if value is not None}
        transport = httpx.WSGITransport(app=handler(), remote_addr=self.address)
        headers = {"Authorization": f"Bearer {self.secret}", "Accept": "application/json"}
        with own_connections(), httpx.Client(transport=transport, base_url=site(), headers=headers) as client:
            answer = client.get(f"/api/v1/{path}", params=wanted)
        body = answer.json()
        if answer.status_code != 200:
            raise ToolError(f"{answer.status_code}: {body.get('detail') or body.get('title')}")
        return body

    def propose(self, kind: str, **content: Any) -> dict[str, Any]:
        """Keep a draft for the person behind the token.

        Raises:
            ToolError: the token may not do this, or it could not be confirmed.
        """
        given = {name: value for name, value in content.items() if value is not None}
        with refusals_told(), own_connections():
            token = self.token()
            with acting_as(token.user_id):
                return told(drafting.propose(token, kind, given, now=timezone.now()))

    def token(self) -> ApiToken:
        """The token, looked at anew with every call.

        Raises:
            ToolError: it opens nothing.
        """
        found = authenticate_token(self.secret, address=self.address)
        if found is None:
            raise ToolError(UNKNOWN)
        return found


def told(draft: ChangeDraft) -> dict[str, Any]:
    """A draft as an assistant is told of it."""
    return {
        "draft_id": draft.pk,
        "summary": draft.summary,
        "expires_at": draft.expires_at.isoformat(),
        "confirm_at": f"{settings.SITE_URL}/account/drafts",
        "note": "Nothing has changed. The person confirms or discards this on that page.",
    }


def caller_of(context: Context[Any, Any], alone: Caller | None) -> Caller:
    """Who calls a tool.

    Args:
        context: of the call; over HTTP it has the headers.
        alone: the one caller of a server that talks to one program.
    """
    if alone is not None:
        return alone
    request: Any = context.request_context.request
    return Caller(bearer(request.headers.get("authorization", "")), request.client.host if request.client else "")


def bearer(header: str) -> str:
    """The secret of an Authorization header; empty when it has none."""
    kind, _space, secret = header.partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


@cache
def handler() -> WSGIHandler:
    """Django, asked without a network."""
    return WSGIHandler()


def site() -> str:
    """An address by which this installation knows itself."""
    parts = urlsplit(settings.SITE_URL)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def refusals_told() -> Iterator[None]:
    """What a service refuses is told to the assistant."""
    try:
        yield
    except DomainError as refusal:
        raise ToolError(str(refusal)) from None


@contextmanager
def own_connections() -> Iterator[None]:
    """Connections to the database end with the piece of work that needed them: its thread may never work again."""
    try:
        yield
    finally:
        connections.close_all()
