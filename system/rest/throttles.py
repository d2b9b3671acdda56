"""How often somebody may call: counted in Redis in one step, so that no crowd gets through.

Every call that is let through is kept for a minute; a call is let through while fewer than the limit are kept. So no
minute, wherever it begins, holds more than the limit.
"""

import logging
import math
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.exceptions import Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

logger = logging.getLogger(__name__)
WINDOW = 60
"""Seconds over which calls are counted."""
GUEST, READ, WRITE, LOGIN = "guest", "read", "write", "login"
TAKE = """
local t = redis.call('TIME')
local now, window, limit = t[1] * 1000000 + t[2], tonumber(ARGV[1]) * 1000000, tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
local used = redis.call('ZCARD', KEYS[1])
local taken = 0
if used < limit then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
  redis.call('EXPIRE', KEYS[1], ARGV[1])
  used, taken = used + 1, 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {taken, limit - used, string.format('%.0f', tonumber(oldest[2]) + window - now)}
"""


@dataclass(frozen=True)
class Rate:
    """Where a caller stands.

    Args:
        scope: what is counted.
        limit: calls a minute.
        left: how many are left now.
        seconds: until one more becomes free.
        passed: whether this call was let through.
    """

    scope: str
    limit: int
    left: int
    seconds: int
    passed: bool

    def headers(self) -> dict[str, str]:
        """As the IETF's draft of rate limit headers has them."""
        return {
            "RateLimit-Policy": f'"{self.scope}";q={self.limit};w={WINDOW}',
            "RateLimit": f'"{self.scope}";r={self.left};t={self.seconds}',
        }


@cache
def server(address: str) -> Any:
    """The Redis of that address; a call does not wait long for it."""
    return redis.Redis.from_url(
        address, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0), decode_responses=True
    )


def take(scope: str, who: str) -> Rate | None:
    """Count a call. None where calls of this scope are not limited, or Redis does not answer: who may not call then
    could not be told from who may, and an API that is shut is worse than one that is not counted for a moment."""
    limit = settings.API_RATES.get(scope)
    if not limit:
        return None
    try:
        taken, left, micros = server(settings.REDIS_URL).eval(
            TAKE, 1, f"rate:{scope}:{who}", WINDOW, limit, uuid4().hex
        )
    except redis.exceptions.RedisError as error:
        logger.warning("Calls are not counted: %s", type(error).__name__)
        return None
    return Rate(scope, limit, int(left), max(1, math.ceil(int(micros) / 1_000_000)), bool(taken))


def spend(scope: str, who: str) -> None:
    """Count what is limited beside the caller himself, such as logins to one address.

    Raises:
        Throttled: it came too often.
    """
    rate = take(scope, who)
    if rate is not None and not rate.passed:
        raise Throttled(wait=rate.seconds)


def caller_of(request: Request) -> str:
    """Whose calls are counted together: those of an account, else those of an address."""
    user = request.user
    return f"user:{user.pk}" if user and user.is_authenticated else f"ip:{request.META.get('REMOTE_ADDR', '')}"


class CallRate(BaseThrottle):
    """Calls of a person or an address a minute; reads and writes are counted apart. ``rate_scope`` of a view is a scope
    of its own."""

    rate: Rate | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        scope = getattr(view, "rate_scope", None) or default_scope(request)
        self.rate = take(scope, caller_of(request))
        request.rate = self.rate  # type: ignore[attr-defined]
        return self.rate is None or self.rate.passed

    def wait(self) -> float | None:
        return None if self.rate is None else float(self.rate.seconds)


def default_scope(request: Request) -> str:
    if not (request.user and request.user.is_authenticated):
        return GUEST
    return READ if request.method in SAFE_METHODS else WRITE
