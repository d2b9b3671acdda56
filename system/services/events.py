"""Events for browsers and integrators: a row now, sent by a sweep after the transaction."""

from collections.abc import Iterable
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


def publish_all(topic: str, payloads: Iterable[dict[str, Any]]) -> int:
    """Say that several things happened, to everybody who may see the topic, with one statement.

    Args:
        topic: kind of event.
        payloads: what happened, each.
    Returns:
        How many events were written.
    """
    rows = [OutboxEvent(topic=topic, payload=payload) for payload in payloads]
    return len(OutboxEvent.objects.bulk_create(rows))


def publish_each(topic: str, payloads: Iterable[tuple[int, dict[str, Any]]]) -> int:
    """Say that something happened to many people, with one statement.

    Args:
        topic: kind of event.
        payloads: for each its only recipient, and what happened.
    Returns:
        How many events were written.
    """
    rows = [OutboxEvent(topic=topic, user_id=user_id, payload=payload) for user_id, payload in payloads]
    return len(OutboxEvent.objects.bulk_create(rows))
