"""What is measured of a product at the end of a simulated day."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import redis
from django.db import connections
from django.db.models import Count

from assets.services.partitions import ARCHIVE, stored_partitions
from cryptopredict.celery import QUEUES
from system.choices import TaskStatus
from system.models import BackgroundTask, Fault, OutboxEvent, PipelineRun
from tests.chaos.product import VICTIMS, Product

MEGABYTE = 1 << 20
FOLDERS = ("postgres", "valkey", "backups", "logs", "wal", "models", "media")
TABLES = """
SELECT coalesce(pg_partition_root(c.oid), c.oid)::regclass::text AS name, sum(pg_total_relation_size(c.oid))::bigint
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
GROUP BY name ORDER BY 2 DESC LIMIT %s
"""
LARGEST = 60


def server_of(made: Product, name: str) -> list[psutil.Process]:
    """The processes of a part: for the database, those of its sessions too."""
    return made.here.processes("postgres") if name == "postgres" else made.alive(name)


def memory(made: Product) -> dict[str, float]:
    """Megabytes: resident for single processes; of PostgreSQL the sum of all, what they share counted once."""
    found = {}
    for name in VICTIMS:
        total = 0
        for process in server_of(made, name):
            try:
                total += process.memory_full_info().pss if name == "postgres" else process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        found[name] = round(total / MEGABYTE, 1)
    return found


def size_of(folder: Path) -> float:
    """Megabytes on the disk."""
    blocks = 0
    for place, _folders, files in os.walk(folder):
        for name in files:
            try:
                blocks += os.lstat(Path(place, name)).st_blocks
            except FileNotFoundError:
                continue
    return round(blocks * 512 / MEGABYTE, 2)


def disk(home: Path) -> dict[str, float]:
    return {name: size_of((home / name).resolve()) for name in FOLDERS if (home / name).exists()}


def asked(query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with connections["default"].cursor() as cursor:
        cursor.execute(query, arguments)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def tables() -> dict[str, float]:
    """Megabytes of the largest tables with their indexes, all partitions of one together."""
    return {name: round(size / MEGABYTE, 2) for name, size in asked(TABLES, LARGEST)}


@dataclass
class Sampler:
    """Takes a sample a day, and counts what has happened since the last one."""

    made: Product
    queue: redis.Redis
    pids: dict[str, list[int]] = field(default_factory=dict)
    last_task: int = 0
    tasks: Counter[str] = field(default_factory=Counter)
    restarts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pids = self.present()

    def present(self) -> dict[str, list[int]]:
        return {name: sorted(one.pid for one in self.made.alive(name)) for name in VICTIMS}

    def sample(self) -> dict[str, Any]:
        self.note_restarts()
        self.note_tasks()
        runs = PipelineRun.objects.values_list("timeframe").annotate(rows=Count("pk"))
        load = os.getloadavg()[0]
        return {
            "memory": memory(self.made),
            "disk": disk(self.made.home) | {"database": self.database()},
            "tables": tables(),
            "valkey_used": round(int(self.queue.info("memory")["used_memory"]) / MEGABYTE, 2),
            "queued": sum(int(self.queue.llen(name)) for name in QUEUES),
            "unsent": OutboxEvent.objects.filter(sent_at=None).count(),
            "sessions": int(asked("SELECT count(*) FROM django_session")[0][0]),
            "runs": dict(runs),
            "backups": len(list((self.made.home / "backups").glob("cryptopredict-*"))),
            "archived": sum(one.home == ARCHIVE for one in stored_partitions()),
            "faults": Fault.objects.count(),
            "restarts": len(self.restarts),
            "load": round(load, 2),
        }

    def database(self) -> float:
        return round(int(asked("SELECT pg_database_size(current_database())")[0][0]) / MEGABYTE, 2)

    def note_restarts(self) -> None:
        """Another number, or none, is a restart."""
        present = self.present()
        changed = [name for name in VICTIMS if present[name] != self.pids[name]]
        self.restarts += [f"{name}: {self.pids[name]} is {present[name]}" for name in changed]
        self.pids = present

    def note_tasks(self) -> None:
        """What has left a row, by name and how it ended. Old rows are swept, so they are counted day by day."""
        rows = BackgroundTask.objects.filter(pk__gt=self.last_task)
        rows = rows.exclude(status__in=(TaskStatus.PENDING, TaskStatus.RUNNING)).order_by("pk")
        for pk, name, status in rows.values_list("pk", "task_name", "status"):
            self.tasks[f"{name.rpartition('.')[2]} {status}"] += 1
            self.last_task = pk
