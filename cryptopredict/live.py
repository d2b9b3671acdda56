"""Live updates over WebSockets: ``{type, ts, seq, data}``. ``seq`` is the id of the event in the outbox.

Delivery is at most once: after a gap in ``seq`` a client fetches anew.
"""

import json
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import orjson
from asgiref.sync import async_to_sync
from channels.auth import AuthMiddlewareStack, get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.http.request import validate_host
from django.urls import path, re_path
from django.utils import timezone

from accounts.api.notification_serializers import NotificationSerializer
from accounts.models import Notification, User
from accounts.services.notifications import DELIVERED
from cryptopredict.overview import iso, overview
from system.models import OutboxEvent

NOT_LOGGED_IN, FORBIDDEN, UNKNOWN, NOT_UNDERSTOOD = 4401, 4403, 4404, 1003
BATCH = 200
DASHBOARD_TOPICS = ("pipeline.done",)


def topic_group(topic: str) -> str:
    return f"topic.{topic}"


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


def send_events() -> int:
    """Send the waiting events of the outbox to their groups, oldest first. Safe to run twice and side by side.

    Returns:
        How many were sent.
    """
    sent = 0
    while batch := _send_batch():
        sent += batch
    return sent


@transaction.atomic
def _send_batch() -> int:
    waiting = OutboxEvent.objects.select_for_update(skip_locked=True).filter(sent_at__isnull=True).order_by("pk")
    events = list(waiting[:BATCH])
    if events:
        async_to_sync(_to_groups)(events)
        OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(sent_at=timezone.now())
    return len(events)


async def _to_groups(events: list[OutboxEvent]) -> None:
    layer = get_channel_layer()
    for event in events:
        group = topic_group(event.topic) if event.user_id is None else user_group(event.user_id)
        await layer.group_send(group, {"type": "outbox.event", "topic": event.topic, "seq": event.pk})


class Consumer(AsyncWebsocketConsumer):
    """A connection of somebody who is logged in."""

    async def connect(self) -> None:
        await self.accept()  # a code reaches the client only on an open connection
        if not self.scope["user"].is_authenticated:
            await self.close(NOT_LOGGED_IN)
            return
        await self.begin(self.scope["user"])

    async def begin(self, user: User) -> None:
        """Join groups, and say what is to be said at once."""
        raise NotImplementedError

    async def tell(self, event: dict[str, Any]) -> None:
        """Say what an event is about."""
        raise NotImplementedError

    async def join(self, *groups: str) -> None:
        self.groups = list(groups)
        for group in self.groups:
            await self.channel_layer.group_add(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        try:
            message = json.loads(text_data or "")
        except (ValueError, RecursionError):
            await self.close(NOT_UNDERSTOOD)
            return
        if isinstance(message, dict) and message.get("action") == "ping":
            await self.say("pong", await newest_event(), {})

    async def outbox_event(self, event: dict[str, Any]) -> None:
        """Somebody who has logged out in the meantime, or was locked out, gets nothing more."""
        if not await still_logged_in(self.scope):
            await self.close(NOT_LOGGED_IN)
            return
        await self.tell(event)

    async def say(self, kind: str, seq: int, data: dict[str, Any]) -> None:
        now = iso(timezone.now())
        await self.send(
            orjson.dumps({"type": kind, "ts": now, "seq": seq, "data": data}, option=orjson.OPT_UTC_Z).decode()
        )


class DashboardConsumer(Consumer):
    """The overview of a logged-in person: once at the beginning, and again whenever a run of the pipeline is done."""

    async def begin(self, user: User) -> None:
        asked_for = self.scope["url_route"]["kwargs"].get("user_id", user.pk)
        if asked_for != user.pk and not user.is_staff:
            await self.close(FORBIDDEN)
            return
        self.user_id = asked_for
        await self.join(user_group(asked_for), *map(topic_group, DASHBOARD_TOPICS))
        await self.send_overview(await newest_event())

    async def tell(self, event: dict[str, Any]) -> None:
        await self.send_overview(event["seq"])

    async def send_overview(self, seq: int) -> None:
        user = await User.objects.filter(pk=self.user_id).afirst()
        if user is None:
            await self.close(UNKNOWN)
            return
        await self.say("dashboard.update", seq, await database_sync_to_async(overview)(user))


class NotificationConsumer(Consumer):
    """The own messages, each when it becomes visible."""

    async def begin(self, user: User) -> None:
        await self.join(user_group(user.pk))

    async def tell(self, event: dict[str, Any]) -> None:
        if event["topic"] != DELIVERED:
            return
        message = await database_sync_to_async(told_message)(event["seq"], self.scope["user"])
        if message is not None:
            await self.say(DELIVERED, event["seq"], message)


def told_message(seq: int, user: User) -> dict[str, Any] | None:
    """The message of an event, as the API shows it; None when it is gone or somebody else's."""
    event = OutboxEvent.objects.filter(pk=seq, user=user).first()
    note = event and Notification.objects.filter(pk=event.payload["notification_id"], user=user).first()
    return dict(NotificationSerializer(note).data) if note else None


class UnknownConsumer(AsyncWebsocketConsumer):
    """Every other address."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(UNKNOWN)


@database_sync_to_async
def newest_event() -> int:
    """Number of the newest event that was sent; 0 before the first."""
    newest: int | None = OutboxEvent.objects.filter(sent_at__isnull=False).aggregate(Max("pk"))["pk__max"]
    return newest or 0


async def still_logged_in(scope: dict[str, Any]) -> bool:
    """Whether the session that opened the connection is still valid, read anew."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(scope["session"].session_key)
    user = await get_user({"session": session})
    return user.is_authenticated


class SameOrigin:
    """Refuses connections that a page of another site opened: the browser would send our cookie along."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        accepted = is_our_page(dict(scope["headers"]), scope.get("scheme", "ws"))
        await (self.inner if accepted else WebsocketDenier.as_asgi())(scope, receive, send)


def is_our_page(headers: dict[bytes, bytes], scheme: str) -> bool:
    """Whether the page that asks was served by us, under the address by which we are asked or the public one."""
    origin, host = (headers.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    name = urlsplit(f"//{host}").hostname or ""
    own = f"{'https' if scheme == 'wss' else 'http'}://{host}"
    return origin == own and validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS)


application = SameOrigin(
    AuthMiddlewareStack(
        URLRouter(
            [
                path("api/v1/ws/dashboard", DashboardConsumer.as_asgi()),
                path("api/v1/ws/dashboard/<int:user_id>", DashboardConsumer.as_asgi()),
                path("api/v1/ws/notifications", NotificationConsumer.as_asgi()),
                re_path("", UnknownConsumer.as_asgi()),
            ]
        )
    )
)
