"""A server that plays the log back onto a copy of its cluster, up to a moment, and is stopped again."""

import re
import shutil
from datetime import datetime
from pathlib import Path

from cryptopredict.backups.alone import Alone
from cryptopredict.backups.copies import write_out
from cryptopredict.embedded.places import Places
from cryptopredict.embedded.wal import Archive
from system.exceptions import UnavailableError

TOO_FAR = "recovery ended before configured recovery target was reached"
LAST_CHANGE = re.compile(r"last completed transaction was at log time ([-0-9]+ [0-9:.]+\+00)")


class TooFar(UnavailableError):
    """The log ends before the moment that was asked for."""


class Recovering(Alone):
    """The cluster of a copy. Nobody gets in before it has come to the moment; what it does goes into no archive yet."""

    def __init__(self, here: Places, data: Path, archive: Archive, until: datetime | None, timeline: int) -> None:
        super().__init__(here, data)
        self.archive, self.until, self.timeline = archive, until, timeline
        self.begun = self.log.stat().st_size if self.log.exists() else 0

    def options(self) -> dict[str, str]:
        """Up to the moment and on from there. Without a command what is to be archived waits for the usual server."""
        target = {"recovery_target_time": f"{self.until:%Y-%m-%d %H:%M:%S.%f%z}"} if self.until else {}
        return super().options() | {
            "archive_command": "",
            "restore_command": self.archive.restore_command() if self.archive else "",
            "recovery_target_timeline": str(self.timeline),
            "recovery_target_action": "promote",
            "hot_standby": "off",
            **target,
        }

    def recover(self) -> None:
        """Play the log back, and serve.

        Raises:
            TooFar: the log ends before the moment.
            ServicesError: it cannot be played back.
        """
        (self.data / "recovery.signal").touch()
        self.own(self.data / "recovery.signal")
        self.serve()
        self.finish()

    def ended(self) -> Exception:
        if TOO_FAR in self.said(self.log_start):
            return TooFar("The log ends before that moment.")
        return self.failure("The log could not be played back")

    def last_change(self) -> datetime | None:
        """When the last transaction was completed that was played back; None: there was none."""
        found = LAST_CHANGE.findall(self.said(self.begun))
        return datetime.fromisoformat(f"{found[-1]}:00") if found else None

    def own(self, path: Path) -> None:
        """Give a file to the user of the server."""
        shutil.chown(path, self.here.account.uid, self.here.account.gid)


def unpack(base: Path, draft: Path, here: Places) -> None:
    """Write a base backup out, hold every file against its manifest, and give it to the user of the server.

    Raises:
        UnavailableError: it is not as it was made.
    """
    write_out(base, draft)
    for path in (draft, *draft.rglob("*")):
        shutil.chown(path, here.account.uid, here.account.gid)
        path.chmod(0o700 if path.is_dir() else 0o600)
