"""Where the embedded services keep their files, and which user they run as."""

import hashlib
import os
import pwd
import re
import secrets
import stat
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptopredict.embedded.errors import ServicesError

ROOTS_DIRECTORY = Path("/var/lib/cryptopredict")
"""As root, data and programs move here when their own directory is closed to the unprivileged service user."""
LONGEST_RUNTIME = 50
"""Bytes that the parent of the run directory may have: a socket's whole path is limited to 107."""
PLAIN_PATH = re.compile(r"/[A-Za-z0-9_./+-]*")
"""The path is part of addresses in which commas, spaces and signs mean something."""


@dataclass(frozen=True)
class Account:
    """The operating-system user of the servers."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        return self.uid == os.geteuid()


@dataclass(frozen=True)
class Places:
    """Files of one installation."""

    home: Path

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def state(self) -> Path:
        return self.home / "services.json"

    @property
    def lease_lock(self) -> Path:
        """Shared by everybody who uses the services, held alone by a supervisor that stops them."""
        return self.home / "leases.lock"

    @property
    def leaving_lock(self) -> Path:
        """Held by the one who looks whether his was the last lease."""
        return self.home / "leaving.lock"

    @property
    def supervisor_lock(self) -> Path:
        return self.home / "supervisor.lock"

    def server_lock(self, server: str) -> Path:
        """Held by a server and by every process that it forks: free means that none of them lives."""
        return self.home / f"{server}.lock"

    @cached_property
    def account(self) -> Account:
        return service_account()

    @cached_property
    def run(self) -> Path:
        """Private directory of the sockets, named by the installation."""
        mark = hashlib.sha256(os.fsencode(self.home.resolve())).hexdigest()[:10]
        return _runtime_directory(self.account) / f"cryptopredict-{os.geteuid()}-{mark}"


def name_of(uid: int) -> str:
    """Name of a user, else his number: containers run as numbers that no file lists."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def service_account() -> Account:
    """Ourselves; as root an unprivileged user, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return Account(name_of(os.geteuid()), os.geteuid(), os.getegid())
    name = os.environ.get("CRYPTOPREDICT_SERVICE_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise ServicesError(
            f"There is no user {name!r} to run the database as; name one in CRYPTOPREDICT_SERVICE_USER."
        ) from None
    if entry.pw_uid == 0:
        raise ServicesError("PostgreSQL refuses to run as root; name another user in CRYPTOPREDICT_SERVICE_USER.")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def places(home: Path) -> Places:
    """The places of the installation in ``home``; its own directories are made, nothing of anybody else is changed.

    Raises:
        ServicesError: the directory cannot be used, or the installation belongs to somebody else.
    """
    found = Places(home)
    # Others may pass through (root's servers do), not look: what is secret is closed by its own mode.
    for directory, mode in ((home, 0o711), (found.secrets, 0o700), (found.logs, 0o700)):
        try:
            directory.mkdir(mode=mode, parents=True, exist_ok=True)
            status = directory.stat()
        except OSError as error:
            raise ServicesError(
                f"{directory} cannot be used ({error.strerror}); set CRYPTOPREDICT_HOME to a directory of yours."
            ) from None
        if directory != home and status.st_uid != os.geteuid():
            owner = name_of(status.st_uid)
            raise ServicesError(
                f"{home} belongs to {owner}; run as {owner}, or set CRYPTOPREDICT_HOME to a directory of yours."
            )
    if not os.access(home, os.W_OK | os.X_OK):
        raise ServicesError(f"{home} cannot be written; set CRYPTOPREDICT_HOME to a directory of yours.")
    return found


def _runtime_directory(account: Account) -> Path:
    """A directory that we may write and the servers may reach, with a path short enough for sockets."""
    try:
        temporary = tempfile.gettempdir()
    except FileNotFoundError as error:
        raise ServicesError(f"{error.strerror}; free some space there, or set TMPDIR.") from None
    for name in (os.environ.get("XDG_RUNTIME_DIR", ""), temporary, "/tmp"):  # noqa: S108 - ours is private in it
        directory = Path(name)
        plain = PLAIN_PATH.fullmatch(name) and len(name) <= LONGEST_RUNTIME
        if plain and os.access(directory, os.W_OK | os.X_OK) and reachable(directory, account):
            return directory
    raise ServicesError(f"{temporary} cannot hold sockets for {account.name}; set TMPDIR to a short, writable path.")


def claim_run_directory(here: Places) -> Path:
    """Make the run directory ours, or make sure that it is: in a shared directory somebody may have been first.

    Raises:
        ServicesError: it cannot be made, or belongs to somebody else.
    """
    run, account = here.run, here.account
    try:
        run.mkdir(mode=0o700, exist_ok=True)
        status = run.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
            os.chown(run, account.uid, account.gid)
            run.chmod(0o700)
            status = run.lstat()
    except OSError as error:
        raise ServicesError(f"{run} cannot be made ({error.strerror}); free space or set TMPDIR.") from None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid or stat.S_IMODE(status.st_mode) != 0o700:
        raise ServicesError(f"{run} is not a private directory of {account.name}; remove it or set TMPDIR.")
    return run


def server_directory(here: Places, server: str) -> Path:
    """Data directory of a server, made if need be, owned by the service user and reachable for it.

    Raises:
        ServicesError: it cannot be used, or belongs to somebody else.
    """
    link = here.home / server
    try:
        if not os.path.lexists(link) and not reachable(here.home, here.account):
            # A name never used before: a database must not outlive the secrets of its home and meet new ones.
            link.symlink_to(ROOTS_DIRECTORY / f"{server}-{secrets.token_hex(5)}")
        data = link.resolve()
        if data.parent == ROOTS_DIRECTORY.resolve():
            roots_directory()
        data.mkdir(mode=0o700, exist_ok=True)
        if data.stat().st_uid == os.geteuid() and not any(data.iterdir()):
            os.chown(data, here.account.uid, here.account.gid)
        status = data.stat()
    except OSError as error:
        raise ServicesError(
            f"{link} cannot be used ({error.strerror}); set CRYPTOPREDICT_HOME to a directory of yours."
        ) from None
    if status.st_uid != here.account.uid:
        owner = name_of(status.st_uid)
        way = f"run as {owner}" if here.account.is_self else f"set CRYPTOPREDICT_SERVICE_USER={owner}"
        raise ServicesError(
            f"{link} belongs to {owner}, not to {here.account.name}; {way}, "
            "or set CRYPTOPREDICT_HOME to another directory."
        )
    return data


def roots_directory() -> Path:
    """The directory below ``/var/lib``: everybody may pass through, whatever the umask."""
    ROOTS_DIRECTORY.mkdir(parents=True, exist_ok=True)
    if ROOTS_DIRECTORY.stat().st_uid == os.geteuid():
        ROOTS_DIRECTORY.chmod(0o755)
    return ROOTS_DIRECTORY


def reachable(path: Path, account: Account) -> bool:
    """Whether the user may pass through every directory down to ``path``."""
    if account.is_self:
        return True
    for directory in (path.resolve(), *path.resolve().parents):
        status = directory.stat()
        if status.st_uid == account.uid:
            bit = stat.S_IXUSR
        elif status.st_gid == account.gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not status.st_mode & bit:
            return False
    return True
