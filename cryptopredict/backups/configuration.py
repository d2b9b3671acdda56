"""What of the surroundings goes into a backup: variables that are no secret for everybody, the keys only sealed."""

import json
import os
import re
from typing import Any

from django.conf import settings

from cryptopredict.backups.manifest import SECRETS
from cryptopredict.keys import FORMER

SHOWN = re.compile(
    r"SITE_URL|ALLOWED_HOSTS|FORWARDED_ALLOW_IPS|TRACES_FROM_CALLERS|PORT|DEBUG|EMAIL_FROM|DATABASE_POOLED|DATABASE_REPLICA_MAX_LAG"
    r"|BACKUP_DIRECTORY|BACKUP_PASSPHRASE_FILE|AWS_REGION|AWS_ENDPOINT_URL|LIST_CACHE_SECONDS"
    r"|(ARTEFACTS|WEB|API|CANDLE_CACHE|LOG|PIPELINE|WAL)_[A-Z_]+|OTEL_(?!\w*HEADERS)[A-Z_]+|PROVIDER_[A-Z0-9_]+_URL"
)
"""How the installation behaves. What a variable of these holds can be read in every backup."""
HIDDEN = re.compile(
    r"EMAIL_URL|METRICS_TOKEN|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|OTEL_\w*HEADERS|PROVIDER_[A-Z0-9_]+_KEY"
)
"""Passwords of others, and ours with them."""
LEFT_OUT = re.compile(
    r"(DATABASE|DATABASE_OWNER|DATABASE_REPLICA|REDIS)_URL|POSTGRES_PROGRAMS|CRYPTOPREDICT_(HOME|SERVICE_USER|TOKEN)"
    r"|SECRET_KEY(_FORMER)?|TOKEN_PEPPER|SEALING_SECRET(_FORMER)?"
)
"""Addresses of our own servers and places are of this machine, and of no use on another; a token is of one assistant;
the keys of the installation go as such, wherever they come from."""


def variables() -> bytes:
    """The variables that are set and no secret, and the names of those that are."""
    shown = {name: os.environ[name] for name in sorted(os.environ) if SHOWN.fullmatch(name)}
    hidden = [name for name in sorted(os.environ) if HIDDEN.fullmatch(name)]
    return as_json({"variables": shown, "set_but_secret": hidden})


def keys() -> dict[str, str]:
    """The keys of this installation, wherever they come from; with those that an exchange under way has replaced, since
    rows may rest on them still."""
    present = {name: str(getattr(settings, name.upper())) for name in SECRETS}
    former = {"secret_key": settings.SECRET_KEY_FALLBACKS, "sealing_secret": settings.SEALING_FALLBACKS}
    return present | {f"{name}{FORMER}": str(found[0]) for name, found in former.items() if found}


def secrets() -> bytes:
    """The keys of this installation and the passwords among its variables. Only ever written sealed."""
    hidden = {name: os.environ[name] for name in sorted(os.environ) if HIDDEN.fullmatch(name)}
    return as_json({"keys": keys(), "variables": hidden})


def as_json(found: dict[str, Any]) -> bytes:
    return (json.dumps(found, indent=1, sort_keys=True) + "\n").encode()
