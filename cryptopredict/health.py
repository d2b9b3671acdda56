"""Whether the product lives, and whether it can work. Both answer quickly, and say nothing that is secret."""

import shutil
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from system.stores.artefacts import bucket

DEADLINE_SECONDS = 1.8
CONNECT_SECONDS = 1
LEAST_ROOM = 16 << 20
"""Bytes: where a file of PostgreSQL's write-ahead log finds no place, the database ends."""
DJANGOS_OWN = {"context", "cursor_factory", "prepare_threshold"}


@csrf_exempt  # nothing is changed here; without it the refusal of a method would be one of a missing token
@never_cache
@require_safe
def healthz(_: HttpRequest) -> HttpResponse:
    """The process handles requests. Depends on nothing."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
@never_cache
@require_safe
def readyz(_: HttpRequest) -> HttpResponse:
    """The database answers and is migrated, Redis answers, the disk has room; else 503 with what is missing. A bucket
    of the files that is away is told, and no reason to send people elsewhere: the other machines have the same."""
    missing = what_is_missing()
    if missing.keys() - SPARED:
        return JsonResponse({"status": "unavailable", "missing": missing}, status=503)
    return JsonResponse({"status": "ok", "degraded": missing} if missing else {"status": "ok"})


def what_is_missing() -> dict[str, str]:
    """The parts that are not ready, with the reason. Never waits longer than the deadline, whatever hangs."""
    found: dict[str, str | None] = {}

    def note(name: str, check: Callable[[], str | None]) -> None:
        found[name] = check()

    threads = [threading.Thread(target=note, args=item, daemon=True) for item in CHECKS.items()]
    end = time.monotonic() + DEADLINE_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    reasons = {name: found.get(name, f"no answer within {DEADLINE_SECONDS} s") for name in CHECKS}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def database_fault() -> str | None:
    """Why the database is not ready, on a connection of its own: one that is held by a request may be busy."""
    try:
        with psycopg.connect(**database_arguments() | {"connect_timeout": CONNECT_SECONDS}, autocommit=True) as own:
            rows = own.execute("SELECT app, name FROM django_migrations").fetchall()
    except psycopg.errors.UndefinedTable:
        return "no migration has run"
    except psycopg.Error:
        return "cannot be reached"
    waiting = migrations_on_disk() - {(app, name) for app, name in rows}
    return f"{len(waiting)} migrations have not run" if waiting else None


def database_arguments() -> dict[str, Any]:
    """How the application connects, without what only concerns Django."""
    return {name: value for name, value in connection.get_connection_params().items() if name not in DJANGOS_OWN}


@cache
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    """Every migration of the program."""
    return frozenset(MigrationLoader(None).disk_migrations)


def redis_fault() -> str | None:
    """Why Redis is not ready."""
    timeouts = {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": CONNECT_SECONDS}
    client = redis.Redis.from_url(settings.REDIS_URL, **timeouts)
    try:
        client.ping()
    except redis.exceptions.ResponseError:  # it answers that it will not: its own file cannot be written, or is read
        return "takes nothing now"
    except redis.exceptions.RedisError:
        return "cannot be reached"
    finally:
        client.close()
    return None


def disk_fault() -> str | None:
    """Whether a disk of the installation is full: of its home, and of the embedded servers, which may be elsewhere."""
    home = settings.CRYPTOPREDICT_HOME
    free = [shutil.disk_usage(place).free for place in (home, home / "postgres", home / "valkey") if place.exists()]
    return "is full" if min(free, default=LEAST_ROOM) < LEAST_ROOM else None


def files_fault() -> str | None:
    """Why the bucket of the files is of no use; what it said is for ``doctor``."""
    there = bucket()
    return "cannot be reached (ARTEFACTS_URL)" if there is not None and there.fault() else None


CHECKS: dict[str, Callable[[], str | None]] = {
    "database": database_fault, "redis": redis_fault, "disk": disk_fault, "files": files_fault,
}  # fmt: skip
SPARED = frozenset({"files"})
"""Without these most of the product works."""
