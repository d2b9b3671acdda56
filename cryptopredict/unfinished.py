"""Work that a worker had taken and not ended when it died, or lost sight of Redis: it is given to who lives.

Celery's way with Redis keeps what a worker has taken in one place, where it lies for an hour before another gets it.
Here each worker keeps it under a name of its own and says every few seconds that it lives. What a silent one has left
goes back to the front of its queue; what one of the same machine has left, whose process is gone, at once. Every task
may run twice, so one too often does no harm.
"""

import logging
import os
import signal
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psutil
import redis
from celery import bootsteps
from celery.worker import state
from django.conf import settings
from kombu.utils.json import dumps, loads

from system.http.gate import server

logger = logging.getLogger(__name__)
HOLDERS = "unfinished:holders"
"""Names of the workers that live, or have died and left something."""
ALIVE_SECONDS, LOOK_SECONDS = 12, 2
"""A worker that was silent for so long is dead. It speaks in a thread, while it computes too."""
PAUSE_SECONDS = 1
"""Between two connections to a Redis that refuses what it is asked."""
STUCK_SECONDS = 20
"""So long a worker may have nothing to do beside a Redis that it has no connection to. Longer than it waits between two
attempts to connect."""
MOST_RETURNS = 3
"""Work that was given back so often has perhaps killed who took it: it is dropped, and said so."""
GIVE_BACK = """
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] ~= '' then redis.call('RPUSH', KEYS[3], ARGV[2]) end
return 1
"""
"""Out of the hands of the worker and to the front of the queue in one piece: of two who give it back, one does."""


def held(holder: str) -> tuple[str, str]:
    """Where a worker keeps what it has taken, and in which order it was taken."""
    return f"unfinished:{holder}", f"unfinished:{holder}:order"


def alive(holder: str) -> str:
    """What lasts only as long as a worker says again and again that it lives."""
    return f"unfinished:{holder}:alive"


def machine() -> str:
    """Where the numbers of processes are ours: two containers of one name are not the same."""
    numbers = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()}:{numbers.readlink().name if numbers.is_symlink() else ''}"


def is_gone(holder: str) -> bool:
    """Whether it surely does not live: a process of this machine that is not there any more."""
    place, _colon, rest = holder.rpartition("/")
    return place == machine() and not psutil.pid_exists(int(rest.partition(":")[0]))


def run_of(store: Any) -> str:
    """Which start of Redis answers."""
    return str(store.info("server")["run_id"])


def give_back(store: Any, holder: str, *, is_dead: bool = True) -> int:
    """Put what a worker held into its queues again, the oldest in front.

    Args:
        is_dead: the worker died, and perhaps of that; one that lives has lost its connection, which is not counted.
    Returns:
        How many messages.
    """
    messages, order = held(holder)
    given = 0
    for tag in store.zrevrange(order, 0, -1) or []:
        text = store.hget(messages, tag)
        if text is None:
            continue
        message, _exchange, queue = loads(text)
        headers = message.setdefault("headers", {})
        headers["returns"] = returns = int(headers.get("returns", 0)) + is_dead
        is_dropped = returns > MOST_RETURNS
        if store.eval(GIVE_BACK, 3, messages, order, queue, tag, "" if is_dropped else dumps(message)):
            given += not is_dropped
            if is_dropped:
                logger.error("%s was dropped: %d workers took it and did not end it", headers.get("task"), returns)
    return given


def give_back_of_dead(store: Any, *, also_silent: bool = True) -> int:
    """Put the work of dead workers into its queues again, and forget those workers.

    Args:
        also_silent: whether a worker that does not say that it lives counts as dead.
    Returns:
        How many messages.
    """
    given = 0
    for holder in store.smembers(HOLDERS):
        if not is_gone(holder) and (not also_silent or store.exists(alive(holder))):
            continue
        left = give_back(store, holder)
        store.srem(HOLDERS, holder)
        if left:
            logger.warning("A worker died (%s): %d tasks of it are done again", holder, left)
        given += left
    return given


class Keeper:
    """Of this worker: says that it lives, and looks whether the others do."""

    def __init__(self) -> None:
        self.holder = f"{machine()}/{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.thread: threading.Thread | None = None
        self.ended = threading.Event()
        self.heard_since: float | None = None
        self.last_word = 0.0
        self.connected_to: str | None = None
        self.lost_since: float | None = None

    @property
    def transport_options(self) -> dict[str, str]:
        """How Celery is told where to keep what is taken."""
        messages, order = held(self.holder)
        return {"unacked_key": messages, "unacked_index_key": order, "unacked_mutex_key": f"{messages}:mutex"}

    def begin(self) -> None:
        """Once a connection stands, the first or another: what was taken over the last one is done by nobody now."""
        store = server(settings.REDIS_URL)
        self.say_alive(store)
        self.connected_to, self.lost_since = run_of(store), None
        if left := give_back(store, self.holder, is_dead=False):
            logger.warning("The queue was out of sight: %d tasks are done again", left)
        give_back_of_dead(store, also_silent=False)
        if self.thread is None:
            self.thread = threading.Thread(target=self.keep, daemon=True, name="unfinished")
            self.thread.start()

    def keep(self) -> None:
        while not self.ended.wait(LOOK_SECONDS):
            try:
                self.look(server(settings.REDIS_URL), time.monotonic())
            except redis.exceptions.RedisError:
                self.heard_since = None

    def look(self, store: Any, now: float) -> None:
        """Say that we live. Others are called dead only by who has seen Redis all the time that they were silent."""
        self.say_alive(store)
        if self.is_stuck(run_of(store), now, is_working=bool(state.active_requests)):
            logger.critical(
                "Redis is another one since %d s, and this worker does not connect to it: it ends", STUCK_SECONDS
            )
            os.kill(os.getpid(), signal.SIGKILL)  # its main thread waits for ever; whoever watches it starts another
        if self.heard_since is None or now - self.last_word > ALIVE_SECONDS:
            self.heard_since = now
        self.last_word = now
        give_back_of_dead(store, also_silent=now - self.heard_since >= ALIVE_SECONDS)

    def is_stuck(self, run: str, now: float, *, is_working: bool) -> bool:
        """Whether the worker would never take anything again.

        Where Redis dies while a worker hands something back to it, Celery may log that and wait for ever for an answer,
        without another connection. A worker that connects says so in ``begin``; one that computes cannot yet.

        Args:
            run: of the Redis that answers now; each start of it has another.
            now: seconds of the monotonic clock.
        """
        if self.connected_to in {run, None} or is_working:
            self.lost_since = None
        elif self.lost_since is None:
            self.lost_since = now
        return self.lost_since is not None and now - self.lost_since >= STUCK_SECONDS

    def say_alive(self, store: Any) -> None:
        store.sadd(HOLDERS, self.holder)
        store.set(alive(self.holder), 1, ex=ALIVE_SECONDS)

    def end(self) -> None:
        """A worker that ends by itself puts back what it has not ended (Celery does), and is not missed."""
        self.ended.set()


class GiveBack(bootsteps.StartStopStep):
    """With every new connection of a worker, before it takes anything over it."""

    requires = ("celery.worker.consumer.connection:Connection",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.keeper: Keeper | None = getattr(consumer.app, "keeper", None)

    def start(self, consumer: Any) -> None:  # noqa: ARG002 - Celery's signature
        if self.keeper is not None:
            try:
                self.keeper.begin()
            except redis.exceptions.RedisError as fault:  # down again: the next connection does it
                logger.warning("What was taken cannot be given back now: %s", fault)
                time.sleep(PAUSE_SECONDS)
