"""What the children do."""

import gc
import logging
import os
import socket

from cryptopredict.running.loading import load_pages

GRACEFUL_SECONDS = 5
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
        proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    uvicorn.Server(config).run([bound])


def settle_memory() -> None:
    """Leave what is loaded out of the collector's rounds, because it stays anyway, and have the rounds come often.

    Loading wants few rounds (see the settings). While serving, few rounds mean that tens of thousands of objects that
    requests leave behind lie about, and the process grows by them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*ROUNDS)


def work_queues() -> None:
    """Do the background work of every queue, one task after the other."""
    load_pages()
    keep_quiet("celery.worker.strategy", "celery.worker.request", "celery.app.trace")
    from cryptopredict.celery import QUEUES, app

    worker = app.Worker(
        pool_cls="solo",
        queues=list(QUEUES),
        loglevel="INFO",
        redirect_stdouts=False,
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()


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
