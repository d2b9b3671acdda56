"""Channels of every service, and messages on them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Notification, NotificationChannel, NotificationDelivery, User
from accounts.services import connect_channel, deliver_notifications, deliver_outside
from tests.factories import NotificationFactory
from tests.stubs.server import Request, StubServer

NOON = datetime(2024, 6, 3, 12, tzinfo=UTC)
"""A Monday; messages of tests are due since then and never too old."""
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))
TIMES: dict[str, Any] = {"scheduled_for": NOON, "expires_at": None}
BOT = "123456789:" + "Abc-def_12" * 4
HOOK = "wh00k" * 10
FIELDS: dict[str, dict[str, str]] = {
    "email": {},
    "telegram": {"token": BOT, "chat_id": "-1001234"},
    "discord": {"webhook_id": "123456789012345678", "token": HOOK},
    "slack": {"workspace": "T0123ABCD", "hook": "B0123ABCD", "token": "x9Y8z7" * 4},
    "ntfy": {"server": "https://ntfy.sh", "topic": "my-secret-topic", "token": "tk_abcdefgh123456"},
}
EVERYTHING = {kind: {"now_from": "low", "below": "never"} for kind in ("signal", "alert", "system", "educational")}
PATHS = {
    "telegram": f"/bot{BOT}/sendMessage",
    "discord": f"/api/webhooks/123456789012345678/{HOOK}",
    "slack": f"/services/T0123ABCD/B0123ABCD/{'x9Y8z7' * 4}",
    "ntfy": "/",
}


def channel_of(user: User, kind: str = "telegram", **options: Any) -> NotificationChannel:
    options = {"label": kind, "fields": FIELDS.get(kind, {}), "wants": EVERYTHING} | options
    return connect_channel(user, kind=kind, **options)[0]


def webhook_of(user: User, stub: StubServer, path: str = "/hook/5ecret-path") -> tuple[NotificationChannel, str]:
    """A webhook at the stub, and its secret."""
    fields = {"scheme": "http", "host": f"127.0.0.1:{stub.port}", "path": path}
    return connect_channel(user, kind="webhook", label="hook", fields=fields, wants=EVERYTHING)


def tell(user: User, *titles: str, **columns: Any) -> list[Notification]:
    """Messages that are due."""
    words = [{"title": title, "message": f"About {title}."} for title in titles]
    return [NotificationFactory(**{"user": user} | word | columns) for word in words]


def sweep(now: datetime) -> tuple[int, int]:
    """What the schedule does every few seconds."""
    deliver_notifications(now)
    return deliver_outside(now)


def sweep_for(start: datetime, length: timedelta, step: timedelta) -> datetime:
    """Sweeps from a moment on; the moment after the last."""
    now = start
    while now < start + length:
        sweep(now)
        now += step
    return now


def ids(calls: list[Request]) -> list[str]:
    return [call.headers["x-message-id"] for call in calls]


def ledger(channel: NotificationChannel) -> list[NotificationDelivery]:
    return list(NotificationDelivery.objects.filter(channel=channel).order_by("pk"))
