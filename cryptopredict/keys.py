"""Secrets that an installation makes for itself, once: files that only their owner can read."""

import os
import secrets
from pathlib import Path

from system.exceptions import UnavailableError

FORMER = ".former"
"""Behind the name of a file: the secret that it held before."""


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


def former_secret(home: Path, name: str) -> list[str]:
    """The secret that the present one has replaced, while something may rest on it still; else none."""
    path = home / "secrets" / f"{name}{FORMER}"
    text = path.read_text().strip() if path.exists() else ""
    return [text] if text else []


def replace_secret(path: Path, secret: str, *, keep_former: bool) -> None:
    """Put another secret into a file. The former one is beside it before that, so that at no moment it is nowhere."""
    if keep_former:
        os.link(path, path.with_name(f"{path.name}{FORMER}"))
    draft = _draft(path, secret)
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _draft(path: Path, secret: str) -> Path:
    """The secret in a file of another name."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(descriptor)
    return draft


def _make(path: Path) -> None:
    draft = _draft(path, secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its secret counts
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        draft.unlink()
