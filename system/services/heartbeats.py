"""Processes say that they live."""

import redis
from django.conf import settings
from django.utils import timezone

from system.http.gate import server
from system.selectors.heartbeats import FORGOTTEN_SECONDS, heartbeat_key


def beat(kind: str, name: str) -> None:
    """Say that a process lives. What cannot be said is not: whoever reads it then finds it silent."""
    now = timezone.now().timestamp()
    try:
        with server(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            pipe.zadd(heartbeat_key(kind), {name: now})
            pipe.zremrangebyscore(heartbeat_key(kind), "-inf", now - FORGOTTEN_SECONDS)
            pipe.execute()
    except redis.exceptions.RedisError:
        return


def forget(kind: str, name: str) -> None:
    """Say that a process has ended by itself."""
    try:
        server(settings.REDIS_URL).zrem(heartbeat_key(kind), name)
    except redis.exceptions.RedisError:
        return
