"""Programs that subscribed, and events for them."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from accounts.models import User, WebhookDelivery, WebhookSubscription
from accounts.services import create_webhook, deliver_webhooks
from system.models import OutboxEvent
from system.services import publish
from tests.accounts.channels import NOON
from tests.stubs.server import Request, StubServer

HOOK = "/hook/5ecret-path"
DONE = "pipeline.done"


def subscribed(user: User, stub: StubServer, *events: str, path: str = HOOK) -> tuple[WebhookSubscription, str]:
    """A program at the stub, and its secret."""
    return create_webhook(user, url=f"{stub.url}{path}", events=events or (DONE,))


def happened(*numbers: int, topic: str = DONE, user: User | None = None, at: datetime = NOON) -> list[OutboxEvent]:
    """Events that browsers have been told of."""
    events = [publish(topic, {"run_id": number}, user=user) for number in numbers]
    OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(sent_at=at)
    return events


def sweep(now: datetime) -> tuple[int, int]:
    return deliver_webhooks(now)


def ledger(way: WebhookSubscription) -> list[WebhookDelivery]:
    return list(WebhookDelivery.objects.filter(subscription=way).order_by("pk"))


def bodies(calls: list[Request]) -> list[Any]:
    return [json.loads(call.body) for call in calls]


def runs(calls: list[Request]) -> list[int]:
    """Which events arrived, in order."""
    return [body["data"]["run_id"] for body in bodies(calls)]


def is_signed(secret: str, call: Request) -> bool:
    """As docs/notifications.md tells programs to look."""
    headers = call.headers
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + call.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
    return hmac.compare_digest(expected, headers["webhook-signature"])
