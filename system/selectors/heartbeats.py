"""Signs of life of processes, kept in Redis: who was heard of lately, and when."""

from datetime import UTC, datetime

import redis
from django.conf import settings
from django.utils import timezone

from system.http.gate import server

FORGOTTEN_SECONDS = 3600


def heartbeats(kind: str) -> dict[str, datetime] | None:
    """When each process of a kind was last heard of, within the last hour; None if Redis is down."""
    oldest = timezone.now().timestamp() - FORGOTTEN_SECONDS
    try:
        kept = server(settings.REDIS_URL).zrangebyscore(heartbeat_key(kind), oldest, "+inf", withscores=True)
    except redis.exceptions.RedisError:
        return None
    return {name: datetime.fromtimestamp(float(seconds), UTC) for name, seconds in kept}


def heartbeat_key(kind: str) -> str:
    """Where they are kept: times by name."""
    return f"heartbeats:{kind}"
