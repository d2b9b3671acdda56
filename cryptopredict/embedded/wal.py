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

SCRIPT, SEALING = Path(__file__).with_name("archive.sh"), Path(__file__).with_name("seal.sh")
EVERY_SECONDS = 60
"""So much is lost at most when the disk of the database dies."""
PATIENCE_SECONDS = 60
"""So long the sealer may take for one of them."""
OWN = "wal"
OFF = "set WAL_ARCHIVE to a directory that can be used, or to off"


@dataclass(frozen=True)
class Archive:
    """What is kept of one cluster."""

    root: Path

    @property
    def segments(self) -> Path:
        """The files of the log, compressed, and sealed where backups are. The server's user writes them."""
        return self.root / "wal"

    @property
    def bases(self) -> Path:
        """Copies of the whole cluster that the log goes on from. We write them."""
        return self.root / "bases"

    def options(self, questions: Path | None = None) -> dict[str, str]:
        """What the server is started with.

        Args:
            questions: where the sealer is asked to keep a file; None: it is kept as it is.
        """
        script = SCRIPT if questions is None else SEALING
        asks = [] if questions is None else [quoted(questions), str(PATIENCE_SECONDS)]
        command = ["/bin/sh", quoted(self.root / script.name), "%p", "%f", quoted(self.segments), *asks]
        return {
            "archive_mode": "on",
            "archive_command": " ".join(command),
            "archive_timeout": f"{EVERY_SECONDS}s",
        }

    def restore_command(self, opened: Path | None = None) -> str:
        """How a server that recovers gets a file back.

        Args:
            opened: where those are that are sealed in the archive.
        """
        places = " ".join(f"{quoted(folder)}/%f.gz" for folder in (opened, self.segments) if folder is not None)
        return f'for place in {places}; do test -f "$place" && exec gzip -dc "$place" >"%p"; done; exit 1'


def quoted(path: Path) -> str:
    """A path in a command of PostgreSQL's, which a shell reads after it."""
    return shlex.quote(str(path)).replace("%", "%%")


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
        for script in (SCRIPT, SEALING):
            draft = archive.root / f".{script.name}"
            shutil.copyfile(script, draft)
            draft.chmod(0o644)
            draft.replace(archive.root / script.name)
        owner = archive.segments.stat().st_uid
    except OSError as error:
        raise ServicesError(f"The archive {archive.root} cannot be used ({error.strerror}); {OFF}.") from None
    if owner != here.account.uid or not reachable(archive.segments, here.account):
        raise ServicesError(f"The archive {archive.root} cannot be written by {here.account.name}; {OFF}.")
    return archive
