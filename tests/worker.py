"""Each of several test processes has a numbered database of Redis to itself; loaded before the settings are read."""

import os

FIRST = 10
"""Below it: the product's own, and those that single tests take."""
worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
if worker and "REDIS_URL" in os.environ:
    address = os.environ["REDIS_URL"].partition("?")[0]
    number = FIRST + int(worker)
    if address.startswith("unix:"):
        os.environ["REDIS_URL"] = f"{address}?db={number}"
    else:
        os.environ["REDIS_URL"] = f"{address.rpartition('/')[0]}/{number}"
