"""The sealer of the log among the servers of an installation: begun before PostgreSQL, ended after it."""

import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from cryptopredict.backups.passphrase import passphrase_file, passphrase_in
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.places import Account, Places
from cryptopredict.embedded.server import Server
from cryptopredict.embedded.wal import archive_root
from system.exceptions import InvalidInput

READY = ".ready"
"""Put by the sealer among the questions once it answers them."""


def is_wanted(here: Places) -> bool:
    """Whether the log is archived, and backups are sealed."""
    return archive_root(here.home) is not None and passphrase_file(None) is not None


def questions(here: Places) -> Path:
    """Where it is asked."""
    return here.run / "sealer"


class LogSealer(Server):
    """The process and how to run it. It becomes the user of the servers by itself, once it has the key."""

    name = "The sealer of the log"
    key = "sealer"
    process_name = Path(sys.executable).name
    stop_signals = (signal.SIGTERM,)
    death_signal = signal.SIGTERM

    def __init__(self, here: Places) -> None:
        self.here, self.data, self.log = here, here.run, here.logs / f"{self.key}.log"
        self.log_start, self.recovering = 0, False

    @property
    def account(self) -> Account | None:
        return None

    @property
    def environment(self) -> Mapping[str, str]:
        return os.environ

    @property
    def socket(self) -> None:
        return None

    def prepare(self, lock: FileLock) -> None:  # noqa: ARG002 - nothing is made that takes time
        """
        Raises:
            ServicesError: the passphrase cannot be used.
        """
        try:
            passphrase_in(None)
        except InvalidInput as error:
            raise ServicesError(str(error)) from None
        place, account = questions(self.here), self.here.account
        place.mkdir(mode=0o700, exist_ok=True)  # what is asked while it is started again is answered then
        os.chown(place, account.uid, account.gid)
        (place / READY).unlink(missing_ok=True)

    def command(self) -> list[str | Path]:
        account = self.here.account
        arguments = str(account.uid), str(account.gid), str(os.getpid())
        # -P: as root we load nothing from the directory that it works in, for that is another user's.
        return [sys.executable, "-P", "-m", "cryptopredict.embedded.sealer", questions(self.here), *arguments]

    def answers(self) -> bool:
        return (questions(self.here) / READY).exists()

    def finish(self) -> None:
        """Nothing: it has no state."""

    def variables(self) -> dict[str, str]:
        return {}

    def clear(self) -> None:
        shutil.rmtree(questions(self.here), ignore_errors=True)
