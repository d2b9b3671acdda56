"""Static files are collected when they, or the packages that bring some, have changed."""

import hashlib
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from cryptopredict.embedded.locks import FileLock
from system.exceptions import UnavailableError

OTHERS_SECONDS = 120
"""So long one process waits for another of the same machine that collects."""


def stamp_file() -> Path:
    return Path(settings.STATIC_ROOT).with_suffix(".stamp")


def fingerprint() -> str:
    """What the collected files depend on: ours, the locked packages for this interpreter, how they are kept."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {settings.STORAGES['staticfiles']}".encode())
    for path in [*_sources(), settings.BASE_DIR / "requirements.lock"]:
        digest.update(f"{path.relative_to(settings.BASE_DIR)} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> list[Path]:
    return sorted(path for root in settings.STATICFILES_DIRS for path in Path(root).rglob("*") if path.is_file())


def are_stale() -> bool:
    stamp = stamp_file()
    return not stamp.exists() or stamp.read_text() != fingerprint()


def collect(*, clear: bool = True) -> None:
    """Collect them anew. A run that is interrupted leaves them stale.

    Args:
        clear: those of before go. Where a process of the former version may still serve them, they stay.
    """
    wanted = fingerprint()
    stamp_file().unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=clear, verbosity=0)
    stamp_file().write_text(wanted)


def ensure() -> None:
    """Collect them if they are stale. Of several processes that begin on one machine one does it.

    Raises:
        UnavailableError: another one has been collecting for minutes.
    """
    if not are_stale():
        return
    stamp_file().parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(stamp_file().with_suffix(".lock"))
    try:
        if not lock.alone_within(OTHERS_SECONDS):
            raise UnavailableError(
                f"Another process has been collecting static files for {OTHERS_SECONDS} s; see whether the disk of "
                f"{settings.CRYPTOPREDICT_HOME} answers."
            )
        if are_stale():
            collect(clear=False)
    finally:
        lock.close()
