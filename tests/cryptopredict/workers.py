"""A real worker of Celery beside a test, with a queue of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import redis
from django.db import connections

from cryptopredict.celery import QUEUES
from tests.cryptopredict.installation import ROOT
from tests.forking import Forked, Nursery

NUMBER = 9


@contextmanager
def queue_of_its_own() -> Iterator[tuple[str, str]]:
    """A numbered database of the embedded Valkey for one test alone: as REDIS_URL, and as Celery spells it."""
    path = os.environ["REDIS_URL"].removeprefix("unix://").partition("?")[0]
    client = redis.Redis(unix_socket_path=path, db=NUMBER)
    client.flushdb()
    yield f"unix://{path}?db={NUMBER}", f"redis+socket://{path}?virtual_host={NUMBER}"
    client.flushdb()
    client.close()


class Worker:
    """A worker, and what it has written, once it has ended."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.output = ""
        self.status: int | None = None


LOADED = ("cryptopredict.tasks",)
"""What a worker of a nursery has loaded."""
FORKED = """
import os, sys
os.environ["CELERY_SKIP_CHECKS"] = "1"  # a second of Django's, the same for each
from cryptopredict.celery import app
worker = app.Worker(pool_cls="solo", queues=sys.argv[1:], without_gossip=True, without_mingle=True)
worker.start()
raise SystemExit(worker.exitcode)
"""


def forked_worker(where: Nursery, *queues: str) -> Forked:
    """One that works on these queues, as the product forks its own."""
    return where.fork(FORKED, *queues)


@contextmanager
def worker(redis_url: str, **variables: str) -> Iterator[Worker]:
    """It works on all queues and on the test's database until the end of the block."""
    settings = connections["default"].settings_dict
    url = f"postgresql://{settings['USER']}:{quote(settings['PASSWORD'])}@/{quote(settings['NAME'])}"
    own = {"DATABASE_URL": f"{url}?host={settings['OPTIONS']['host']}", "REDIS_URL": redis_url} | variables
    command = [sys.executable, "-m", "celery", "-A", "cryptopredict.celery", "worker", "--pool", "solo"]
    process = subprocess.Popen(
        [*command, "-Q", ",".join(QUEUES), "--loglevel", "INFO"],
        cwd=ROOT,
        env=os.environ | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    found = Worker(process)
    try:
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        found.output, _ = process.communicate(timeout=30)
        found.status = process.returncode
