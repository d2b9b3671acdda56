"""The directory of an operator: the compose file, its ``.env`` with secrets that were made for this run, and the
variables of the product beside it."""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.compose.building import ROOT
from tests.compose.making import free_port

SECRETS = (
    "SECRET_KEY", "TOKEN_PEPPER", "SEALING_SECRET", "OWNER_PASSWORD", "APPLICATION_PASSWORD", "SUPERUSER_PASSWORD",
    "REDIS_PASSWORD",
)  # fmt: skip
FILE = "docker-compose.yml"


@dataclass(frozen=True)
class Project:
    """Where Docker Compose would be called.

    Attributes:
        told: what stands in ``.env``.
        more: what stands in ``product.env``.
    """

    folder: Path
    told: Mapping[str, str]
    more: Mapping[str, str]
    profiles: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        return self.folder / FILE

    @property
    def hidden(self) -> dict[str, str]:
        """What nobody is to read, and what they read instead."""
        return {value: f"({name})" for name, value in {**self.told, **self.more}.items() if name in (*SECRETS, TOKEN)}


TOKEN = "METRICS_TOKEN"


def new_project(folder: Path, site: str, exchange: str, *, is_pooled: bool) -> Project:
    """Write it; nobody else may read it.

    Args:
        site: address that people use.
        exchange: name of this machine, as the program sees it: there answers what somebody asks Binance on the way (see
            ``exchange`` in tests/browser/conftest.py).
        is_pooled: PgBouncer stands before the web.
    """
    folder.mkdir(mode=0o700)
    shutil.copy2(ROOT / FILE, folder)
    told = {"SITE_URL": site, "ALLOWED_HOSTS": "127.0.0.1"}
    told |= {name: secrets.token_hex(24) for name in SECRETS}
    if is_pooled:
        told |= {"WEB_DATABASE": "pgbouncer:6432", "DATABASE_POOLED": "true"}
    more = {
        TOKEN: secrets.token_hex(24),
        "PROVIDER_BINANCE_URL": f"http://{exchange}:{free_port()}",
        "LOG_REQUESTS": "all",  # what hangs has no line, and is seen by that
    }
    for name, values in ((".env", told), ("product.env", more)):
        (folder / name).write_text("".join(f"{variable}={value}\n" for variable, value in values.items()))
    return Project(folder, told, more, ("pooled",) if is_pooled else ())
