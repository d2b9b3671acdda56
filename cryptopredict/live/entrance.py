"""The doors of the channels: who comes in, by which address, and who is turned away with which code."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.urls import re_path

from accounts.models import User
from accounts.selectors.second_factor import lacks_second_factor
from accounts.services.live_access import TICKET_PREFIX, VISITOR, Access, browser_access, still_open, use_ticket
from assets.api.serializers import MOST_PRICES
from cryptopredict.live import channels
from cryptopredict.live.channels import Channel
from cryptopredict.live.connection import FORBIDDEN, NOT_LOGGED_IN, TOO_MANY, TRY_LATER, UNKNOWN
from cryptopredict.live.hub import hub
from cryptopredict.live.listeners import DashboardListener, Listener, PriceListener, StatusListener
from cryptopredict.live.origin import SameOrigin
from system.acting import for_everyone
from system.exceptions import UnavailableError
from system.rest.throttles import GUEST, READ, take

PROTOCOL = "cryptopredict"
LINE = "cryptopredict.line"
IDS = re.compile(r"[1-9]\d{0,17}(,[1-9]\d{0,17})*")


class TurnedAway(Exception):
    """A connection that is not kept."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Door:
    """The application of one address.

    Args:
        channel: that it leads to.
        listener: makes the connection.
    """

    channel: Channel
    listener: Callable[[Channel, Access, dict[str, Any], Any, Any], Listener]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()  # websocket.connect
        await send({"type": "websocket.accept", "subprotocol": protocol(scope)})  # a code needs an open connection
        try:
            await self.serve(scope, receive)
        except TurnedAway as refusal:
            await send({"type": "websocket.close", "code": refusal.code})

    async def serve(self, scope: dict[str, Any], receive: Any) -> None:
        """Let somebody in, and keep the connection until it ends.

        Raises:
            TurnedAway: he may not listen.
        """
        access = await access_of(scope)
        owner = f"ip:{(scope.get('client') or [''])[0]}" if access.user_id is None else f"user:{access.user_id}"
        rate = await asyncio.to_thread(take, GUEST if access.user_id is None else READ, owner)
        here = hub()
        if (rate is not None and not rate.passed) or not here.has_room(owner):
            raise TurnedAway(TOO_MANY)
        if self.channel.auth != channels.GUEST and access.user_id is None:
            raise TurnedAway(NOT_LOGGED_IN)
        if not self.channel.is_open_to(access):
            raise TurnedAway(FORBIDDEN)
        listener = self.listener(self.channel, access, scope["url_route"]["kwargs"], receive, scope[LINE])
        if not await here.is_ready():
            raise TurnedAway(TRY_LATER)
        if not await here.join(listener, owner):
            raise TurnedAway(TOO_MANY)
        try:
            await listener.begin()
            await listener.live()
        finally:
            await here.leave(listener)


def protocol(scope: dict[str, Any]) -> str | None:
    """One of those that the client offers, because browsers insist on an answer."""
    offered = scope.get("subprotocols") or []
    return PROTOCOL if PROTOCOL in offered else next(iter(offered), None)


async def access_of(scope: dict[str, Any]) -> Access:
    """What somebody comes in with: his ticket, else the session of his browser, else nothing.

    Raises:
        TurnedAway: the ticket opens nothing.
    """
    tickets = [word for word in scope.get("subprotocols") or [] if word.startswith(TICKET_PREFIX)]
    if tickets:
        return await database_sync_to_async(access_by_ticket)(tickets[0])
    user = scope["user"]
    return await database_sync_to_async(access_by_session)(user, scope) if user.is_authenticated else VISITOR


def access_by_ticket(ticket: str) -> Access:
    """
    Raises:
        TurnedAway: it was used, has ended, or was never made; or the login behind it has ended since; or that cannot
            be looked up at the moment.
    """
    try:
        access = use_ticket(ticket)
    except UnavailableError:
        raise TurnedAway(TRY_LATER) from None
    if access is None or not still_open([access]):
        raise TurnedAway(NOT_LOGGED_IN)
    return access


def access_by_session(user: User, scope: dict[str, Any]) -> Access:
    is_admin = user.is_staff and not lacks_second_factor(user)
    return browser_access(user, scope["session"].session_key, is_admin=is_admin)


def own(channel: Channel, access: Access, named: dict[str, Any], receive: Any, send: Any) -> Listener:
    """A connection about oneself; admins name somebody else.

    Raises:
        TurnedAway: somebody else is named, whether there is such a person or not.
    """
    about = int(named["user_id"]) if "user_id" in named else access.user_id
    if about != access.user_id and not channel.is_led_by(access):
        raise TurnedAway(FORBIDDEN)
    kind = DashboardListener if channel is channels.DASHBOARD else Listener
    return kind(channel, access, about, receive, send)


def plain(channel: Channel, access: Access, named: dict[str, Any], receive: Any, send: Any) -> Listener:  # noqa: ARG001
    kind = StatusListener if channel is channels.STATUS else Listener
    return kind(channel, access, access.user_id, receive, send)


def prices(channel: Channel, access: Access, named: dict[str, Any], receive: Any, send: Any) -> Listener:
    """
    Raises:
        TurnedAway: what stands in the address is no list of at most a hundred ids.
    """
    text = named["asset_ids"]
    ids = {int(word) for word in text.split(",")} if IDS.fullmatch(text) else set()
    if not 0 < len(ids) <= MOST_PRICES:
        raise TurnedAway(UNKNOWN)
    return PriceListener(channel, access, receive, send, ids)


async def nowhere(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Every other address."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": protocol(scope)})
    await send({"type": "websocket.close", "code": UNKNOWN})


DOORS: dict[str, Any] = {
    r"dashboard(?:/(?P<user_id>[0-9]{1,18}))?": Door(channels.DASHBOARD, own),
    r"signals(?:/(?P<user_id>[0-9]{1,18}))?": Door(channels.SIGNALS, own),
    r"prices/(?P<asset_ids>[^/]+)": Door(channels.PRICE, prices),
    r"(?:system/status|admin/system-status)": Door(channels.STATUS, plain),
    r"(?:suggestions|admin/suggestions)": Door(channels.SUGGESTIONS, plain),
    r"models/jobs": Door(channels.JOBS, plain),
    r"notifications": Door(channels.NOTIFICATIONS, plain),
}
"""Addresses below ``/api/v1/ws/``, with those of the older document."""

NOWHERE: Any = nowhere
ROUTES = [
    *(re_path(rf"^api/v1/ws/{pattern}/?$", door) for pattern, door in DOORS.items()),
    re_path("", NOWHERE),
]


class DirectLine:
    """Keeps the way to the server itself for what is told: the middleware of sessions looks at everything that passes
    it, which of thousands of messages a second takes a third of the time."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        with for_everyone():  # one look serves many listeners; to whom something is told, ``wants`` decides
            await self.inner({**scope, LINE: send}, receive, send)


application = SameOrigin(DirectLine(AuthMiddlewareStack(URLRouter(ROUTES))))
