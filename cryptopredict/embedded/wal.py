"""The archive of the embedded PostgreSQL: each file of its write-ahead log, kept as soon as it is full or a minute old.

One directory for each cluster, named by the identifier that ``initdb`` gave it: the logs of two never meet, and what is
restored from an archive goes on in it.
"""

import os
import shlex
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

from cryptopredict import environment
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.places import Places, reachable, server_directory

SCRIPT = Path(__file__).with_name("archive.sh")
EVERY_SECONDS = 60
"""So much is lost at most when the disk of the database dies."""
OWN = "wal"
OFF = "set WAL_ARCHIVE to a directory that can be used, or to off"


@dataclass(frozen=True)
class Archive:
    """What is kept of one cluster."""

    root: Path

    @property
    def segments(self) -> Path:
        """The files of the log, compressed. The server's user writes them."""
        return self.root / "wal"

    @property
    def bases(self) -> Path:
        """Copies of the whole cluster that the log goes on from. We write them."""
        return self.root / "bases"

    def options(self) -> dict[str, str]:
        """What the server is started with."""
        command = f"/bin/sh {shlex.quote(str(self.root / SCRIPT.name))}", "%p", "%f", shlex.quote(str(self.segments))
        return {
            "archive_mode": "on",
            "archive_command": " ".join(part if part in {"%p", "%f"} else part.replace("%", "%%") for part in command),
            "archive_timeout": f"{EVERY_SECONDS}s",
        }

    def restore_command(self) -> str:
        """How a server that recovers gets a file back."""
        folder = str(self.segments).replace("%", "%%")
        place = f"{shlex.quote(folder)}/%f.gz"
        return f'test -f {place} && gzip -dc {place} >"%p"'


def archive_root(home: Path) -> Path | None:
    """Where archives are kept: ``WAL_ARCHIVE``; None: it is switched off.

    Raises:
        InvalidInput: the variable is no directory.
    """
    return environment.wal_archive(home, OWN)


def identifier(data: Path) -> str:
    """What ``initdb`` has named a cluster by: the first eight bytes of its control file, in every version.

    Raises:
        OSError: there is no cluster.
    """
    with (data / "global" / "pg_control").open("rb") as file:
        (number,) = struct.unpack("=Q", file.read(8))
    return str(number)


def archive_of(root: Path, data: Path) -> Archive:
    """The archive of the cluster in a data directory, whether there is one or not."""
    return Archive(root / identifier(data))


def prepared(here: Places, data: Path) -> Archive | None:
    """The archive of a cluster, ready to be written; None: archiving is switched off.

    Raises:
        ServicesError: its directory cannot be used.
    """
    root = archive_root(here.home)
    if root is None:
        return None
    if root == here.home / OWN:
        root = server_directory(here, OWN)
    archive = archive_of(root, data)
    try:
        archive.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        archive.bases.mkdir(mode=0o700, exist_ok=True)
        archive.segments.mkdir(mode=0o700, exist_ok=True)
        if archive.segments.stat().st_uid == os.geteuid():
            os.chown(archive.segments, here.account.uid, here.account.gid)
        draft = archive.root / f".{SCRIPT.name}"
        shutil.copyfile(SCRIPT, draft)
        draft.chmod(0o644)
        draft.replace(archive.root / SCRIPT.name)
        owner = archive.segments.stat().st_uid
    except OSError as error:
        raise ServicesError(f"The archive {archive.root} cannot be used ({error.strerror}); {OFF}.") from None
    if owner != here.account.uid or not reachable(archive.segments, here.account):
        raise ServicesError(f"The archive {archive.root} cannot be written by {here.account.name}; {OFF}.")
    return archive
