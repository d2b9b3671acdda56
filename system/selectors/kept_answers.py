"""Answers that are kept for the next one who asks: in Redis for every process, and in the memory of this one.

Without Redis only the memory is left, and nobody notices.
"""

import logging
import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE_SECONDS = 0.25
PAUSE_SECONDS = 5.0
# A flood of different questions must not fill the memory that the queues need.
KEEP = """
local used = redis.call('INCRBY', KEYS[2], #ARGV[1])
if used == #ARGV[1] then redis.call('EXPIRE', KEYS[2], ARGV[2]) end
if used > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""
BUDGET = "kept"
logger = logging.getLogger(__name__)


class Memory:
    """Answers that were seen in this process, all of one version of the data. The next version empties it.

    Args:
        most: bytes that it may hold.
    """

    def __init__(self, most: int) -> None:
        self.most, self.size, self.version = most, 0, ""
        self.answers: dict[str, bytes] = {}

    def put(self, version: str, key: str, value: bytes) -> None:
        """Keep it; when there is no room, begin anew."""
        if version != self.version or self.size + len(value) > self.most:
            self.answers, self.size, self.version = {}, 0, version
        if key not in self.answers and len(value) <= self.most:
            self.answers[key] = value
            self.size += len(value)


class KeptAnswers:
    """Bytes by key, of a version of the data. Redis, when it does not answer at once, is left alone for a while.

    Args:
        address: of Redis.
        seconds: how long Redis keeps an answer; 0: nothing is kept anywhere.
        megabytes: how much may be put into Redis within that time, and how much this process holds.
        name: under which Redis counts that.
    """

    def __init__(self, address: str, *, seconds: int, megabytes: int, name: str = BUDGET) -> None:
        self.seconds, self.most, self.name = seconds, megabytes << 20, name
        self.memory = Memory(self.most)
        self.rests_until = 0.0
        self.client = redis.Redis.from_url(
            address,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self.keep = self.client.register_script(KEEP)

    @property
    def is_on(self) -> bool:
        """Whether anything is kept at all."""
        return self.seconds > 0

    def get(self, version: str, key: str) -> bytes | None:
        """What is kept under a key of this version."""
        key = f"kept:{version}:{key}"
        if found := self.memory.answers.get(key):
            return found
        kept: bytes | None = self.ask(self.client.get, key)
        if kept:
            self.memory.put(version, key, kept)
        return kept

    def remembered(self, version: str, key: str) -> bytes | None:
        """What this process has of this version, without asking Redis."""
        return self.memory.answers.get(f"kept:{version}:{key}")

    def remember(self, version: str, key: str, value: bytes) -> None:
        """Keep it in this process alone."""
        self.memory.put(version, f"kept:{version}:{key}", value)

    def put(self, version: str, key: str, value: bytes) -> None:
        """Keep it, where there is room."""
        key = f"kept:{version}:{key}"
        self.memory.put(version, key, value)
        self.ask(self.keep, keys=[key, self.name], args=[value, self.seconds, self.most])

    def ask(self, question: Any, *words: Any, **options: Any) -> Any:
        """What Redis says; None when it does not answer."""
        if time.monotonic() < self.rests_until:
            return None
        try:
            return question(*words, **options)
        except redis.RedisError as error:
            self.rests_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("Redis keeps no answers for %s s: %s", PAUSE_SECONDS, error)
            return None
