"""Secrets that an installation makes for itself, once: files that only their owner can read."""

import os
import secrets
from pathlib import Path

from system.exceptions import UnavailableError


def installed_secret(home: Path, name: str) -> str:
    """The secret ``name`` of the installation in ``home``; made on first use.

    Written to a temporary file and linked into place, so that of two processes that start together both get the one
    secret that came first, and a crash leaves no half-written file.

    Raises:
        OSError: the directory cannot be written.
        UnavailableError: the file is there and empty.
    """
    path = home / "secrets" / name
    if not path.exists():
        _make(path)
    secret = path.read_text().strip()
    if not secret:  # an empty key would sign anything, and let anybody in
        raise UnavailableError(f"The secret in {path} is empty; put back the original, or remove the file.")
    return secret


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(descriptor)
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its secret counts
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        draft.unlink()
