"""What of the surroundings goes into a backup: variables that are no secret for everybody, the keys only sealed."""

import json
import os
import re
from typing import Any

from django.conf import settings

from cryptopredict.backups.manifest import SECRETS

SHOWN = re.compile(
    r"SITE_URL|ALLOWED_HOSTS|PORT|WEB_[A-Z_]+|API_[A-Z_]+|CANDLE_CACHE_[A-Z]+|LIST_CACHE_SECONDS|EMAIL_FROM|DEBUG"
    r"|LOG_LEVEL|PROVIDER_[A-Z0-9_]+_URL"
)
HIDDEN = re.compile(r"EMAIL_URL|PROVIDER_[A-Z0-9_]+_KEY")
"""Passwords of others. Addresses of our own servers are of this machine, and of no use on another."""


def variables() -> bytes:
    """The variables that are set and no secret, and the names of those that are."""
    shown = {name: os.environ[name] for name in sorted(os.environ) if SHOWN.fullmatch(name)}
    hidden = [name for name in sorted(os.environ) if HIDDEN.fullmatch(name)]
    return as_json({"variables": shown, "set_but_secret": hidden})


def keys() -> dict[str, str]:
    """The keys of this installation, wherever they come from."""
    return {name: str(getattr(settings, name.upper())) for name in SECRETS}


def secrets() -> bytes:
    """The keys of this installation and the passwords among its variables. Only ever written sealed."""
    hidden = {name: os.environ[name] for name in sorted(os.environ) if HIDDEN.fullmatch(name)}
    return as_json({"keys": keys(), "variables": hidden})


def as_json(found: dict[str, Any]) -> bytes:
    return (json.dumps(found, indent=1, sort_keys=True) + "\n").encode()
