"""A real web server for a test, on a free port, in a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from cryptopredict import live
from cryptopredict.bridge import Bridge
from cryptopredict.running.address import listen
from tests.cryptopredict.installation import wait_for


def product() -> Bridge:
    """The whole application, as ``up`` serves it."""
    return Bridge(
        get_wsgi_application(),
        websocket=live.application,
        asgi=get_asgi_application(),
        streaming_paths=settings.WEB_STREAMING_PATHS,
        threads=4,
        largest_body=settings.WEB_LARGEST_BODY,
    )


@contextmanager
def served(application: Any, **options: Any) -> Iterator[int]:
    """The port on which the application is served until the block ends."""
    bound = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        application,
        http="httptools",
        ws="websockets-sansio",
        lifespan="on",
        log_config=None,
        timeout_graceful_shutdown=2,
        **options,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    try:
        wait_for(lambda: server.started, 10)
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()
