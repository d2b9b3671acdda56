"""The first requests to a restored installation: does it serve what is in it?"""

import time

from django.conf import settings
from rest_framework.test import APIClient

from accounts.models import User
from assets.models import Asset
from cryptopredict.running import static_files

PATHS = (
    "/healthz", "/readyz", "/market", "/record", "/sectors", "/assets",
    "/api/v1/system/health", "/api/v1/assets", "/api/v1/predictions/record",
)  # fmt: skip
FORECASTS = "/api/v1/predictions"
"""Somebody has to be logged in for it."""
HOST = "127.0.0.1"
PAUSES = (0, 1, 3, 9, 27)
"""Seconds before each attempt."""


def ask() -> dict[str, int]:
    """Status of the answer to each request, by its path: of somebody who is not logged in, and the list of forecasts as
    the first person that there is. Nothing is changed: no login is made for it."""
    if static_files.are_stale():
        static_files.collect()
    guest = APIClient(raise_request_exception=False, headers={"host": HOST})
    found = {path: status(guest, path) for path in paths()}
    if (person := User.objects.filter(is_active=True).order_by("pk").first()) is not None:
        known = APIClient(raise_request_exception=False, headers={"host": HOST})
        known.force_authenticate(person)
        found[FORECASTS] = status(known, FORECASTS)
    return found


def status(client: APIClient, path: str) -> int:
    """Where everything is just beginning, the deadline of ``/readyz`` may be too short at first."""
    secure = bool(getattr(settings, "SECURE_SSL_REDIRECT", False))
    for pause in PAUSES:
        time.sleep(pause)
        answered = int(client.get(path, secure=secure).status_code)
        if answered != 503:
            break
    return answered


def paths() -> list[str]:
    """The same for everybody, and an asset with its candles if there is one."""
    asset = Asset.objects.filter(is_active=True).order_by("pk").first()
    api = f"/api/v1/assets/{asset.pk}" if asset else ""
    return [*PATHS, *([f"/assets/{asset.symbol}", api, f"{api}/candles?timeframe=1d&limit=10"] if asset else [])]
