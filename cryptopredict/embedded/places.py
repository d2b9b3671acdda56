"""Where the embedded services keep their files, and which user they run as."""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptopredict.embedded.errors import ServicesError

ROOTS_DIRECTORY = Path("/var/lib/cryptopredict")
"""As root, data and programs move here when their own directory is closed to the unprivileged service user."""


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
    run: Path
    account: Account

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
        return self.home / "leases.lock"

    @property
    def supervisor_lock(self) -> Path:
        return self.home / "supervisor.lock"

    def data(self, server: str) -> Path:
        """Data directory of a server. As root it may be a link to ``/var/lib/cryptopredict``."""
        return self.home / server


def service_account() -> Account:
    """Ourselves; as root an unprivileged user, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        uid = os.geteuid()
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            name = str(uid)
        return Account(name, uid, os.getegid())
    name = os.environ.get("CRYPTOPREDICT_SERVICE_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise ServicesError(
            f"There is no user {name!r} to run the database as; name one in CRYPTOPREDICT_SERVICE_USER."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def places(home: Path) -> Places:
    """The places of the installation in ``home``; directories are made, nothing of anybody else is changed.

    Raises:
        ServicesError: a directory cannot be made, or the run directory belongs to somebody else.
    """
    account = service_account()
    found = Places(home, _run_directory(home), account)
    # Others may pass through (root's servers do), not look: what is secret is closed by its own mode.
    for directory, mode in ((home, 0o711), (found.secrets, 0o700), (found.logs, 0o700)):
        try:
            directory.mkdir(mode=mode, parents=True, exist_ok=True)
        except OSError as error:
            raise ServicesError(
                f"{directory} cannot be written ({error.strerror}); set CRYPTOPREDICT_HOME to a directory of yours."
            ) from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise ServicesError(f"{home} cannot be written; set CRYPTOPREDICT_HOME to a directory of yours.")
    _claim(found.run, account)
    return found


def _run_directory(home: Path) -> Path:
    """A private directory for sockets: short, because a socket's path may have 107 bytes only."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    if not (runtime.is_absolute() and os.access(runtime, os.W_OK | os.X_OK) and len(str(runtime)) <= 50):
        runtime = Path(tempfile.gettempdir())
    if len(str(runtime)) > 50:
        runtime = Path("/tmp")  # noqa: S108 - the directory made in it is private and its owner is checked
    mark = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:10]
    return runtime / f"cryptopredict-{os.geteuid()}-{mark}"


def _claim(run: Path, account: Account) -> None:
    """Make the run directory ours, or make sure that it is: in a shared directory somebody may have been first."""
    try:
        run.mkdir(mode=0o700)
        os.chown(run, account.uid, account.gid)
    except FileExistsError:
        pass
    except OSError as error:
        raise ServicesError(f"{run} cannot be made ({error.strerror}); free space or set TMPDIR.") from None
    status = run.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid or stat.S_IMODE(status.st_mode) != 0o700:
        raise ServicesError(f"{run} is not a private directory of {account.name}; remove it or set TMPDIR.")


def server_directory(here: Places, server: str) -> Path:
    """Data directory of a server, made if need be, owned by the service user and reachable for it."""
    data = here.data(server)
    if not data.exists() and not reachable(here.home, here.account):
        mark = hashlib.sha256(os.fsencode(here.home)).hexdigest()[:10]
        elsewhere = ROOTS_DIRECTORY / f"{server}-{mark}"
        elsewhere.mkdir(mode=0o700, parents=True, exist_ok=True)
        data.symlink_to(elsewhere)
    try:
        data.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(data, here.account.uid, here.account.gid)
        status = data.stat()
    except OSError as error:
        raise ServicesError(
            f"{data} cannot be used ({error.strerror}); set CRYPTOPREDICT_HOME to a directory of yours."
        ) from None
    if status.st_uid != here.account.uid:
        owner = pwd.getpwuid(status.st_uid).pw_name
        raise ServicesError(
            f"{data} belongs to {owner}, not to {here.account.name}; run as {owner}, "
            "or set CRYPTOPREDICT_HOME to another directory."
        )
    return data


def program_tree(here: Places, root: Path, parts: tuple[str, ...], version: str) -> Path:
    """``root`` itself, or a copy of its ``parts`` where the service user can reach them.

    A virtual environment below root's home is closed to other users; its modes are not ours to change.
    """
    if here.account.is_self or reachable(root, here.account):
        return root
    copy = ROOTS_DIRECTORY / f"programs-{version}"
    if not (copy / ".complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        for part in parts:
            shutil.copytree(root / part, copy / part)
        (copy / ".complete").touch()
    return copy


def reachable(path: Path, account: Account) -> bool:
    """Whether the user may pass through every directory down to ``path``."""
    if account.is_self:
        return True
    for directory in (path, *path.parents):
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
