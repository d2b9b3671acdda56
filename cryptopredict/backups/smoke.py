"""The first requests to a restored installation: does it serve what is in it?"""

import time

from django.conf import settings
from django.test import Client

from assets.models import Asset
from cryptopredict.running import static_files

PATHS = (
    "/healthz", "/readyz", "/market", "/record", "/sectors", "/assets",
    "/api/v1/system/health", "/api/v1/assets", "/api/v1/predictions/record",
)  # fmt: skip
HOST = "127.0.0.1"
PAUSES = (0, 1, 3, 9, 27)
"""Seconds before each attempt."""


def ask() -> dict[str, int]:
    """Status of the answer to each request of somebody who is not logged in, by its path."""
    if static_files.are_stale():
        static_files.collect()
    client = Client(raise_request_exception=False, headers={"host": HOST})
    secure = bool(getattr(settings, "SECURE_SSL_REDIRECT", False))
    found = {}
    for path in paths():
        for pause in PAUSES:  # where everything is just beginning, the deadline of /readyz may be too short at first
            time.sleep(pause)
            found[path] = client.get(path, secure=secure).status_code
            if found[path] != 503:
                break
    return found


def paths() -> list[str]:
    """The same for everybody, and an asset if there is one."""
    asset = Asset.objects.filter(is_active=True).order_by("pk").first()
    return [*PATHS, *([f"/assets/{asset.symbol}", f"/api/v1/assets/{asset.pk}"] if asset else [])]
