"""What each part of the product does: as a child of ``up``, or alone (commands ``serve``, ``work`` and ``beat``)."""

import gc
import logging
import os
import signal
import socket
import threading
from collections.abc import Sequence

from cryptopredict.running.loading import begin_loading_late, load_pages
from system.exceptions import InvalidInput

GRACEFUL_SECONDS = 5
RECORDING_SECONDS = 3
"""For what was counted and not yet written when the server ends; a database that is away does not hold it up longer."""
KEEP_ALIVE_SECONDS = 75
"""A connection on which nothing is asked for so long is closed: later than proxies close theirs, which would else send
a request on one that has just ended."""
LARGEST_MESSAGE = 1 << 16
ROUNDS = (2_000, 5, 5)
"""Of the garbage collector while serving: new objects before a round, rounds before a longer one."""


def serve_web(bound: socket.socket, gate: int | None) -> None:
    """Serve HTTP and WebSockets on the bound socket.

    Args:
        bound: where.
        gate: a descriptor that says when the database is prepared; pages and endpoints are loaded in the meantime.
    """
    import uvicorn

    load_pages()
    from cryptopredict import urls  # noqa: F401 - loads every page and endpoint

    if gate is not None and not os.read(gate, 1):
        return  # there is nothing to serve: the product has ended
    from cryptopredict.asgi import application
    from cryptopredict.live.sweeping import keep_sending

    # The server ends in order at these, and then sends itself the same again: that must not end what comes after it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    keep_sending()
    settle_memory()
    config = uvicorn.Config(
        application,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Whose word on the client's address counts: nobody's, unless the operator names his proxy.
        proxy_headers=bool(os.environ.get("FORWARDED_ALLOW_IPS")),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    begin_loading_late()
    uvicorn.Server(config).run([bound])
    record_the_rest()


def record_the_rest() -> None:
    """Write what was counted since the last time. Its thread is not waited for when it takes too long."""
    from cryptopredict.observing.keeping import record

    last = threading.Thread(target=record, daemon=True, name="last record")
    last.start()
    last.join(RECORDING_SECONDS)


def settle_memory() -> None:
    """Leave what is loaded out of the collector's rounds, because it stays anyway, and have the rounds come often.

    Loading wants few rounds (see the settings). While serving, few rounds mean that tens of thousands of objects that
    requests leave behind lie about, and the process grows by them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*ROUNDS)


def work_queues(queues: Sequence[str] = (), name: str = "") -> None:
    """Do the background work of some queues, one task after the other.

    One process does it, no child of it: when the system ends it for its memory, its keeper is gone with it, and what it
    had taken is given back and counted (see ``unfinished``).

    Args:
        queues: their names; none: every queue.
        name: what this worker is called beside the name of the machine.
    Raises:
        InvalidInput: there is no such queue.
        SystemExit: it has ended; the status is not 0 where it did so by a fault.
    """
    from cryptopredict.celery import QUEUES, app

    if unknown := [queue for queue in queues if queue not in QUEUES]:
        raise InvalidInput(f"There is no queue {unknown[0]!r}; choose from {', '.join(QUEUES)}.", field="queues")
    load_pages()
    keep_quiet("celery.worker.strategy", "celery.worker.request", "celery.app.trace")
    worker = app.Worker(
        pool_cls="solo",
        hostname=f"{name}@" if name else None,
        queues=list(queues or QUEUES),
        loglevel="INFO",
        redirect_stdouts=False,
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    raise SystemExit(worker.exitcode or 0)


def keep_schedule() -> None:
    """Put tasks into the queues when their time comes."""
    keep_quiet("celery.beat")
    from cryptopredict.celery import app

    app.conf.imports = ()  # it sends names, and need not load what does the work
    app.Beat(loglevel="INFO", redirect_stdouts=False).run()


def keep_quiet(*loggers: str) -> None:
    """Sweeps that run every few seconds are not worth a line each; what goes wrong is."""
    for name in loggers:
        logging.getLogger(name).setLevel(logging.WARNING)
