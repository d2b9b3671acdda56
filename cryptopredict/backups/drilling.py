"""The drill: a backup is restored into an installation of its own, with its own servers, and asked whether it lives.

It goes the whole way that an operator would go after the loss of a machine: nothing of the installation in use is
touched, and nothing of it helps.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from cryptopredict import environment
from cryptopredict.backups.policy import DRILL, KIND
from cryptopredict.backups.restoring import check
from cryptopredict.environment import BASE_DIR
from system.exceptions import DomainError, UnavailableError
from system.services.background import IncompleteError, background_task

KEPT = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TERM|TZ|LANG|LANGUAGE|LC_[A-Z]+|TMPDIR|TEMP|TMP|XDG_RUNTIME_DIR|VIRTUAL_ENV"
    r"|(PYTHON|LD|MALLOC|FAKETIME|OMP|OPENBLAS)[A-Z0-9_]*"
    r"|DJANGO_SETTINGS_MODULE|CRYPTOPREDICT_SERVICE_USER|POSTGRES_PROGRAMS"
)
"""Variables that the scratch installation has too: what a program needs to run on this machine at all."""
SERVERS = ("postgres", "valkey")
Say = Callable[[str], object]


@dataclass
class Drill:
    """What a drill came to.

    Attributes:
        backup: its directory.
        made_at: the moment that it is of.
        tables, rows, files, bytes: that were compared with the manifest.
        migrated: migrations that it was behind.
        forecasts, chains: of the ledger, verified.
        audited: sealed entries of the audit, verified.
        requests: path and status of every request that was made.
        seconds: how long each part took.
        fault: why it failed; empty when all is well.
    """

    backup: str
    made_at: str = ""
    tables: int = 0
    rows: int = 0
    files: int = 0
    bytes: int = 0
    migrated: int = 0
    forecasts: int = 0
    chains: int = 0
    audited: int = 0
    requests: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    fault: str = ""


def drill(
    backup: Path,
    *,
    passphrase_file: Path | None,
    passphrase: str | None,
    called: str = "",
    say: Say = lambda _: None,
) -> Drill:
    """Try a backup out, and keep what came of it.

    Args:
        passphrase_file: what the scratch installation reads the passphrase from.
        passphrase: what stands in it.
        called: what the backup is called, if it only lies in this directory for now.
        say: is told what is being done.
    """
    found = Drill(called or str(backup))
    with background_task(DRILL, KIND, {"backup": found.backup}) as row:
        try:
            try_out(found, backup, passphrase_file, passphrase, say)
        except (DomainError, OSError) as error:
            found.fault = str(error).rstrip(".")
        row.result_data = asdict(found)
        if found.fault:
            raise IncompleteError(found.fault)
    return found


def try_out(found: Drill, backup: Path, passphrase_file: Path | None, passphrase: str | None, say: Say) -> None:
    """Check, restore, compare, verify, ask."""
    with timed(found, "files"):
        say("files")
        manifest, _key = check(backup, passphrase)
    found.made_at = manifest.made_at.isoformat()
    found.files, found.bytes = len(manifest.files), sum(one.bytes for one in manifest.files.values())
    with scratch() as home:
        phrase = ["--passphrase-file", str(passphrase_file)] if passphrase_file and passphrase else []
        with timed(found, "restore"):
            say("restore into an installation of its own")
            told = run(home, "restore", str(backup), "--json", *phrase)
        restored: dict[str, Any] = json.loads(told.splitlines()[-1])
        found.tables, found.rows = restored["tables"], restored["rows"]
        for name in ("migrated", "forecasts", "chains", "audited"):
            setattr(found, name, restored[name])
        with timed(found, "requests"):
            say("requests")
            found.requests = json.loads(run(home, "smoke", "--json").splitlines()[-1])
    wrong = [f"{path} answered {status}" for path, status in found.requests.items() if status != 200]
    if wrong or not found.requests:
        raise UnavailableError(f"What was restored does not serve: {'; '.join(wrong) or 'nothing was asked'}.")


@contextmanager
def timed(found: Drill, part: str) -> Iterator[None]:
    """Note how long a part takes."""
    started = time.perf_counter()
    try:
        yield
    finally:
        found.seconds[part] = round(time.perf_counter() - started, 2)


@contextmanager
def scratch() -> Iterator[Path]:
    """A home directory for the time of the drill, beside what the one in use keeps there."""
    home = Path(settings.CRYPTOPREDICT_HOME) / f"drill-{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(3)}"
    for left in home.parent.glob("drill-*"):
        clear(left)
    home.mkdir(mode=0o711)
    try:
        yield home
    finally:
        clear(home)


def clear(home: Path) -> None:
    """Remove an installation with the directories that its servers were moved to."""
    for server in SERVERS:
        link = home / server
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def run(home: Path, *arguments: str) -> str:
    """A command of ours in another installation.

    Returns:
        What it printed.
    Raises:
        UnavailableError: it failed; the text is its own.
    """
    done = subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), *arguments],
        env=environment_of(home, os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise UnavailableError(lines[-1])
    return done.stdout


def environment_of(home: Path, present: Mapping[str, str]) -> dict[str, str]:
    """Variables of the scratch installation: nothing leads to the one in use, and nobody outside is called. Everything
    but what is ``KEPT`` is empty, which wins over what ``.env`` says."""
    named = {*present, *environment.named_in_file()}
    emptied = {name: "" for name in named if not KEPT.fullmatch(name)}
    return {**present, **emptied, "CRYPTOPREDICT_HOME": str(home), "ALLOWED_HOSTS": "127.0.0.1"}
