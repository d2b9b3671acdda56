"""What a product says while its database is gone: the last thing that a soak asks of it."""

import http.client
import time
from typing import Any

import psutil

from tests.chaos.product import Product, until
from tests.cryptopredict.installation import lives

ASKED = 5


def timed(port: int, path: str) -> tuple[int, float]:
    """Status and seconds of an answer."""
    begin = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    finally:
        connection.close()
    return status, round(time.monotonic() - begin, 3)


def database_gone(made: Product) -> dict[str, Any]:
    """Kill the database, keep it from coming back for a while, and ask.

    Returns:
        The statuses of ``/readyz`` and ``/healthz``, the slowest answer of each in seconds, seconds until the product
        was ready again, and whether web and worker are the same processes as before.
    """
    before = {name: [one.pid for one in made.alive(name)] for name in ("web", "worker")}
    (supervisor,) = made.here.supervisors()
    supervisor.suspend()  # else it would start a new server at once
    try:
        for server in made.here.processes("postgres"):
            try:
                server.kill()
            except psutil.NoSuchProcess:
                continue  # its postmaster took it along
        until(lambda: not any(map(lives, made.here.processes("postgres"))), 10, "database dead")
        ready = [timed(made.port, "/readyz") for _ in range(ASKED)]
        alive = [timed(made.port, "/healthz") for _ in range(ASKED)]
    finally:
        supervisor.resume()
    begin = time.monotonic()
    until(lambda: made.get("/readyz") == 200, 120, "ready again")
    return {
        "readyz": sorted({status for status, _seconds in ready}),
        "readyz_seconds": max(seconds for _status, seconds in ready),
        "healthz": sorted({status for status, _seconds in alive}),
        "healthz_seconds": max(seconds for _status, seconds in alive),
        "back_seconds": round(time.monotonic() - begin, 1),
        "same_processes": before == {name: [one.pid for one in made.alive(name)] for name in before},
    }
