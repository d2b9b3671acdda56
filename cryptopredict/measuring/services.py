"""Checks of what the product runs on: database, Redis, workers, schedule, the machine."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import redis
from django.conf import settings
from django.db import connection
from django.db.models import Max
from django_celery_beat.models import PeriodicTask

from cryptopredict.measuring.words import State, by_age
from system.http.gate import server
from system.replica import standing_now
from system.selectors.heartbeats import heartbeats
from system.stores.artefacts import Artefacts

QUEUES = ("ingest", "compute", "models", "notify")
LONG_QUEUE = 1000
BEAT_FRESH, BEAT_STALE = timedelta(minutes=5), timedelta(minutes=15)
"""The schedule writes down every three minutes at the latest what it has begun."""
WORKER_FRESH, WORKER_STALE = timedelta(minutes=2), timedelta(minutes=15)
SLOW_MS, CROWDED, LEAST_FREE = 250.0, 0.9, 1 << 30
DATABASE = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
    current_setting('max_connections')::int, pg_database_size(current_database()),
    (SELECT extract(epoch FROM now() - min(xact_start)) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend')
"""


def database() -> tuple[State, dict[str, Any]]:
    """Connections, latency and size. That it answers at all is needed to write it down."""
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        latency = 1000 * (time.perf_counter() - started)
        cursor.execute(DATABASE)
        used, most, size, oldest = cursor.fetchone()
    found = {
        "latency_ms": round(latency, 3),
        "connections": used,
        "max_connections": most,
        "size_bytes": size,
        "oldest_transaction_seconds": None if oldest is None else round(float(oldest), 1),
    }
    is_strained = latency > SLOW_MS or used > CROWDED * most
    return State.WARNING if is_strained else State.HEALTHY, found


def replica_state() -> tuple[State, dict[str, Any]]:
    """Whether the copy of the database is near enough to be asked; where it is not, the database answers instead."""
    seen = standing_now()
    found: dict[str, Any] = {"lag_seconds": None if seen.lag is None else round(seen.lag, 3)}
    return (State.WARNING, found | {"fault": seen.fault}) if seen.fault else (State.HEALTHY, found)


def files_state(there: Artefacts) -> tuple[State, dict[str, Any]]:
    """Whether the bucket of the files answers, as seen from where the check runs."""
    fault = there.fault()
    return State.ERROR if fault else State.HEALTHY, {"place": str(there), "fault": fault}


def redis_state() -> tuple[State, dict[str, Any]]:
    """Latency, memory and what waits in the queues."""
    client = server(settings.REDIS_URL)
    started = time.perf_counter()
    try:
        client.ping()
        latency = 1000 * (time.perf_counter() - started)
        memory = client.info("memory")["used_memory"]
        waiting = {name: client.llen(name) for name in QUEUES}
    except redis.exceptions.RedisError as error:
        return State.ERROR, {"error": type(error).__name__}
    found = {"latency_ms": round(latency, 3), "memory_bytes": memory, "queues": waiting}
    is_strained = latency > SLOW_MS or max(waiting.values()) > LONG_QUEUE
    return State.WARNING if is_strained else State.HEALTHY, found


def workers(now: datetime) -> tuple[State, dict[str, Any]]:
    """When each worker was last heard of; one that falls silent is a warning until it is forgotten."""
    heard: Mapping[str, datetime] | None = heartbeats("worker")
    if heard is None:
        return State.UNKNOWN, {}
    states = [by_age(last, now, WORKER_FRESH, WORKER_STALE) for last in heard.values()]
    ages = {name: round((now - last).total_seconds(), 1) for name, last in heard.items()}
    if State.HEALTHY not in states:
        return (State.ERROR if states else State.UNKNOWN), ages
    return (State.HEALTHY if set(states) == {State.HEALTHY} else State.WARNING), ages


def schedule(now: datetime) -> tuple[State, dict[str, Any]]:
    """When the schedule last began something."""
    last = PeriodicTask.objects.aggregate(last=Max("last_run_at"))["last"]
    return by_age(last, now, BEAT_FRESH, BEAT_STALE), {"last_run_at": last and last.astimezone(UTC).isoformat()}


def machine() -> tuple[State, dict[str, Any]]:
    """Load, memory and disk of where the check runs."""
    memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(settings.CRYPTOPREDICT_HOME))
    found = {
        "load_1m": round(os.getloadavg()[0], 2),
        "cpus": psutil.cpu_count() or 1,
        "memory_used_pct": round(memory.percent, 1),
        "disk_free_bytes": disk.free,
    }
    is_strained = memory.percent > 100 * CROWDED or disk.free < LEAST_FREE
    return State.WARNING if is_strained else State.HEALTHY, found
