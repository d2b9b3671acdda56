"""Events for browsers and integrators: a row now, sent by a sweep after the transaction."""

from typing import Any

from system.models import OutboxEvent


def publish(topic: str, payload: dict[str, Any], *, user: Any = None) -> OutboxEvent:
    """Say that something happened. Nothing leaves the database if the transaction fails.

    Args:
        topic: kind of event, e.g. ``pipeline.done``.
        payload: what happened, as the message shows it; JSON values only.
        user: its only recipient; None = everybody who may see the topic.
    """
    return OutboxEvent.objects.create(topic=topic, payload=payload, user=user)
