"""The process that seals the log: ``python -m cryptopredict.embedded.sealer QUESTIONS USER GROUP PARENT``.

As root the servers run as a user who may neither read our Python nor the passphrase. So this process is begun as we
are, makes the key, and then becomes that user: what it writes into the archive is his, and the key is in no file.
``seal.sh`` puts questions into a directory, one at a time, and waits for the answers. Needs no settings of Django.
"""

import gzip
import os
import re
import signal
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from cryptopredict.backups.disk import settle
from cryptopredict.backups.passphrase import passphrase_in
from cryptopredict.backups.sealed import SEALED, Opener, Sealing
from cryptopredict.embedded.log_sealer import READY
from cryptopredict.embedded.process import die_with
from system.exceptions import ConflictError, DomainError, InvalidInput

POLL_SECONDS = 0.05
QUESTION = re.compile(r"((?:[0-9A-F]{24}(?:\.[0-9A-F]{8}\.backup|\.partial)?)|[0-9A-F]{8}\.history)\.\d+")
"""A file of the log, and the number of the process that asks."""
FASTEST = 1
"""Level of compression: what is written once a minute and read once in years may be larger."""


def name_in(segments: Path, name: str) -> str:
    """What a file of the log is sealed as: of this cluster, and of no other place in its log."""
    return f"{segments.parent.name}/{name}"


class Keeper:
    """Keeps files of the log, sealed."""

    def __init__(self, passphrase: str) -> None:
        self.sealing = Sealing(passphrase)
        self.opener = Opener(passphrase)
        self.opener.keys[self.sealing.head] = self.sealing.key

    def keep(self, source: Path, segments: Path) -> None:
        """Seal a file into the archive. Its name appears only when all of it is on the disk; what is there stays.

        Raises:
            ConflictError: it is there with another content.
            InvalidInput: what is there cannot be compared.
            OSError: it cannot be read or written.
        """
        content, place = source.read_bytes(), segments / f"{source.name}.gz{SEALED}"
        for there in (place, segments / f"{source.name}.gz"):
            if there.exists():
                self.compare(there, content)
                return
        draft = segments / f".{source.name}.{os.getpid()}"
        draft.unlink(missing_ok=True)
        try:
            self.write(draft, name_in(segments, f"{source.name}.gz"), content)
            written = source.stat()  # when it was last written to says up to when the archive reaches
            os.utime(draft, ns=(written.st_atime_ns, written.st_mtime_ns))
            put(draft, place)
        finally:
            draft.unlink(missing_ok=True)
        settle(segments)

    def compare(self, there: Path, content: bytes) -> None:
        """After a crash PostgreSQL asks again for what was kept: the same content is well, another one is a fault."""
        pieces = self.opened(there) if there.suffix == SEALED else [there.read_bytes()]
        if gzip.decompress(b"".join(pieces)) != content:
            raise ConflictError(f"{there} is there with another content; it stays, and nothing is archived")

    def opened(self, there: Path) -> Iterator[bytes]:
        return self.opener.open(name_in(there.parent, there.name.removesuffix(SEALED)), there)

    def write(self, draft: Path, name: str, content: bytes) -> None:
        packed = gzip.compress(content, FASTEST, mtime=0)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in self.sealing.seal(name, [packed]):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())


def put(draft: Path, place: Path) -> None:
    """Give a file its name, unless it is taken. A link fails then; where the file system has none we look before."""
    try:
        os.link(draft, place)
    except FileExistsError:
        raise ConflictError(f"{place} came from somebody else just now; it is compared at the next try") from None
    except OSError:
        if place.exists():
            raise
        draft.rename(place)


def asked(question: Path) -> tuple[Path, Path]:
    """Which file is to be kept, and where.

    Raises:
        InvalidInput: it is no question.
        FileNotFoundError: it was taken back.
    """
    lines = question.read_text().splitlines()
    if len(lines) != 2 or Path(lines[0]).name != question.name.rpartition(".")[0]:
        raise InvalidInput(f"{question} is no question")
    return Path(lines[0]), Path(lines[1])


def answer(keeper: Keeper, question: Path) -> None:
    """Do what is asked, and say how it went: nothing, or one line of what is wrong."""
    said = ""
    try:
        keeper.keep(*asked(question))
    except (DomainError, OSError, EOFError, zlib.error) as fault:
        said = f"{fault}\n"
    draft = question.with_suffix(".said")
    draft.write_text(said)
    draft.rename(question.with_name(f"{question.name}.answer"))
    question.unlink(missing_ok=True)  # who asked may have taken it back


def serve(keeper: Keeper, questions: Path) -> None:
    """Answer for ever."""
    (questions / READY).touch()
    while True:
        for question in sorted(questions.iterdir()):
            if QUESTION.fullmatch(question.name):
                answer(keeper, question)
        time.sleep(POLL_SECONDS)


def become(uid: int, gid: int) -> None:
    """Be another user from now on, if we are not yet."""
    if os.geteuid() != uid:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def main(arguments: list[str]) -> int:
    questions, uid, gid, parent = arguments
    passphrase = passphrase_in(None)
    if passphrase is None:
        print("error: BACKUP_PASSPHRASE_FILE is not set", file=sys.stderr)  # noqa: T201 - this is its log
        return 1
    keeper = Keeper(passphrase)
    os.umask(0o077)
    become(int(uid), int(gid))
    die_with(int(parent), signal.SIGTERM)  # the change of user has cleared it
    serve(keeper, Path(questions))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
