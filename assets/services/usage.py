"""How often assets are looked at: counted in Redis, landed in one statement for all assets.

A read costs no write of the database. What is counted moves to a batch with a name; the transaction that adds the batch
to the assets keeps the name, so that a batch is added once, whenever a process dies: before the commit it is still
there, and after it its name is known. What Redis loses is not counted, nor the last second of a process that is killed.
"""

import atexit
import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import redis
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from system.choices import TaskStatus
from system.exceptions import UnavailableError
from system.models import BackgroundTask

logger = logging.getLogger(__name__)
SECONDS = 0.2
"""How long Redis may take to count."""
GATHER_SECONDS = 1.0
"""How long a process gathers accesses before it brings them to Redis."""
TASK = "assets.services.flush_usage"
BATCH = "batch"
TAKE = """
if redis.call('EXISTS', KEYS[2]) == 0 then
    if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
    redis.call('RENAME', KEYS[1], KEYS[2])
    redis.call('HSET', KEYS[2], 'batch', ARGV[1])
end
return redis.call('HGETALL', KEYS[2])
"""
FORGET = "if redis.call('HGET', KEYS[1], 'batch') == ARGV[1] then redis.call('DEL', KEYS[1]) end"
ADD = """
UPDATE assets a SET
    access_count = least(a.access_count + s.accesses, 2147483647),
    last_accessed_at = greatest(a.last_accessed_at, s.accessed_at),
    timeframe_usage = coalesce(a.timeframe_usage, '{}') || (
        SELECT jsonb_object_agg(key, value::bigint + coalesce((a.timeframe_usage ->> key)::bigint, 0))
        FROM jsonb_each_text(s.usage))
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::jsonb[]) AS s(asset_id, accesses, accessed_at, usage)
WHERE a.id = s.asset_id
"""


@dataclass
class Usage:
    """Accesses of one asset."""

    accesses: int
    last: datetime
    timeframes: dict[str, int]


class Tally:
    """Accesses of this process on their way to Redis: gathered for a moment, because a way for each would cost a fast
    answer more than the answer itself."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.fields: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.last: dict[str, dict[str, str]] = defaultdict(dict)
        self.timer: threading.Timer | None = None

    def add(self, key: str, asset_id: int, timeframe: str) -> None:
        with self.lock:
            self.fields[key][f"{asset_id}:{timeframe}"] += 1
            self.last[key][str(asset_id)] = timezone.now().isoformat()
            if self.timer is None:
                self.timer = threading.Timer(GATHER_SECONDS, self.send)
                self.timer.daemon = True
                self.timer.start()

    def send(self) -> None:
        """Bring to Redis what was gathered; what Redis does not take is lost, and told."""
        with self.lock:
            fields, last = dict(self.fields), dict(self.last)
            self.fields.clear()
            self.last.clear()
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None
        for key, counts in fields.items():
            # All of it or nothing: a batch that takes counts without the times of their assets could not be added.
            commands = server(settings.REDIS_URL).pipeline(transaction=True)
            for field, count in counts.items():
                commands.hincrby(key, field, count)
            commands.hset(key, mapping=last[key])
            try:
                commands.execute()
            except redis.exceptions.RedisError as error:
                logger.warning("%s accesses were not counted: %s", sum(counts.values()), error)


tally = Tally()
atexit.register(tally.send)


def count_access(asset_id: int, timeframe: str) -> None:
    """Count that somebody looked at an asset in a timeframe. Never fails, and waits for nothing.

    Args:
        asset_id: what was looked at.
        timeframe: of the candles that were shown.
    """
    tally.add(_keys()[0], asset_id, timeframe)


def flush_usage() -> int:
    """Add what was counted since the last time to the assets. Safe to run side by side and after a crash.

    Returns:
        How many accesses were added.

    Raises:
        UnavailableError: Redis does not answer.
    """
    tally.send()
    counts, batch = _keys()
    added = 0
    try:
        for _ in range(2):  # what a process that died has left, then the present
            with transaction.atomic():
                _lock()
                taken = server(settings.REDIS_URL).eval(TAKE, 2, counts, batch, uuid.uuid4().hex)
                found = dict(zip(taken[::2], taken[1::2], strict=True))
                if not found:
                    break
                added += _add(found)
            server(settings.REDIS_URL).eval(FORGET, 1, batch, found[BATCH])
    except redis.exceptions.RedisError as error:
        raise UnavailableError(f"Redis does not answer: {error}") from error
    return added


@cache
def server(address: str) -> Any:
    """The Redis of that address. A connection that has gone is opened anew, once and at once."""
    return redis.Redis.from_url(
        address,
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )


def _keys() -> tuple[str, str]:
    """Names of what is being counted and of the batch on its way; of this database, because several may share Redis."""
    name = f"usage:{{{connection.settings_dict['NAME']}}}"
    return f"{name}:counts", f"{name}:batch"


def _lock() -> None:
    """One process at a time, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [TASK])


def _add(found: Mapping[str, str]) -> int:
    """Add a batch, unless that was done already: the background task names the last one."""
    task = BackgroundTask.objects.filter(task_name=TASK).order_by("pk").first()
    task = task or BackgroundTask(task_name=TASK, task_type="cleanup")
    if (task.result_data or {}).get(BATCH) == found[BATCH]:
        return 0
    usage = _by_asset(found)
    task.started_at = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            ADD,
            [
                list(usage),
                [one.accesses for one in usage.values()],
                [one.last for one in usage.values()],
                [orjson.dumps(one.timeframes).decode() for one in usage.values()],
            ],
        )
        assets = int(cursor.rowcount)
    accesses = sum(one.accesses for one in usage.values())
    task.result_data = {BATCH: found[BATCH], "accesses": accesses, "assets": assets}
    task.status, task.completed_at = TaskStatus.COMPLETED, timezone.now()
    task.execution_time_seconds = round((task.completed_at - task.started_at).total_seconds(), 3)
    task.save()
    return accesses


def _by_asset(found: Mapping[str, str]) -> dict[int, Usage]:
    """By asset, in the order of their ids: ``7:1h`` holds a count, ``7`` the time of the last access."""
    timeframes: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for name, value in found.items():
        asset_id, colon, timeframe = name.partition(":")
        if colon:
            timeframes[int(asset_id)][timeframe] = int(value)
    return {
        asset_id: Usage(sum(counts.values()), datetime.fromisoformat(found[str(asset_id)]), counts)
        for asset_id, counts in sorted(timeframes.items())
    }
