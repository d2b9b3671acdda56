"""Secrets that an installation makes for itself, once: files that only their owner can read."""

import os
import secrets
from pathlib import Path


def installed_secret(home: Path, name: str) -> str:
    """The secret ``name`` of the installation in ``home``; made on first use.

    Written to a temporary file and linked into place, so that of two processes that start together both get the one
    secret that came first, and a crash leaves no half-written file.

    Raises:
        OSError: the directory cannot be written.
    """
    path = home / "secrets" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
