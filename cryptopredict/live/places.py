"""How many connections somebody has in all processes together. Counted in Redis; a place that nobody keeps, because its
process was killed, becomes free by itself."""

import logging
import socket
import time
from collections.abc import Iterable
from uuid import uuid4

import redis
from django.conf import settings

from system.rest.throttles import server

logger = logging.getLogger(__name__)
MOST_OF_ONE = 20
"""Connections of one person, or of one address of visitors."""
FREE_AFTER_SECONDS = 30
TAKE = """
local now, free_after = tonumber(redis.call('TIME')[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now + free_after, ARGV[1])
redis.call('EXPIRE', KEYS[1], free_after)
return 1
"""
KEEP = """
local now, free_after = tonumber(redis.call('TIME')[1]), tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], now + free_after, ARGV[1])
redis.call('EXPIRE', KEYS[1], free_after)
"""
COUNTS = "live-connections"
"""How many each process holds, and when it said so."""
PROCESS = f"{socket.gethostname()}:{uuid4().hex[:8]}"
Place = tuple[str, str]
"""Whose it is, and its name."""


def take_place(place: Place) -> bool:
    """Whether there was room for one more. While Redis does not answer there is: each process still counts its own."""
    owner, name = place
    try:
        found = server(settings.REDIS_URL).eval(TAKE, 1, key(owner), name, FREE_AFTER_SECONDS, MOST_OF_ONE)
    except redis.exceptions.RedisError as error:
        logger.warning("Live connections are not counted: %s", type(error).__name__)
        return True
    return bool(found)


def keep_places(places: Iterable[Place]) -> None:
    """Say that these connections are still there."""
    try:
        with server(settings.REDIS_URL).pipeline(transaction=False) as line:
            for owner, name in places:
                line.eval(KEEP, 1, key(owner), name, FREE_AFTER_SECONDS)
            line.execute()
    except redis.exceptions.RedisError as error:
        logger.warning("Live connections are not counted: %s", type(error).__name__)


def leave_place(place: Place) -> None:
    owner, name = place
    try:
        server(settings.REDIS_URL).zrem(key(owner), name)
    except redis.exceptions.RedisError as error:
        logger.warning("A place stays taken for a moment: %s", type(error).__name__)


def tell_count(connections: int) -> None:
    """Say how many connections this process holds."""
    try:
        server(settings.REDIS_URL).hset(COUNTS, PROCESS, f"{connections}:{time.time():.0f}")
    except redis.exceptions.RedisError as error:
        logger.warning("Live connections are not told: %s", type(error).__name__)


def connections_told() -> int:
    """How many connections all processes hold together, as they said within the last half minute.

    Raises:
        RedisError: it is down.
    """
    counts, now = server(settings.REDIS_URL).hgetall(COUNTS), time.time()
    told = {name: [float(part) for part in text.split(":")] for name, text in counts.items()}
    gone = [name for name, (_, at) in told.items() if now - at > FREE_AFTER_SECONDS]
    if gone:
        server(settings.REDIS_URL).hdel(COUNTS, *gone)
    return round(sum(count for name, (count, _) in told.items() if name not in gone))


def key(owner: str) -> str:
    return f"live:{owner}"
