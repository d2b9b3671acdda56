"""A server that plays the log back onto a copy of its cluster, up to a moment, and is stopped again."""

import re
import shutil
from datetime import datetime
from pathlib import Path

from cryptopredict.backups.alone import Alone
from cryptopredict.backups.copies import write_out, write_out_sealed
from cryptopredict.backups.copying import name_in
from cryptopredict.backups.planning import Plan
from cryptopredict.backups.sealed import Opener
from cryptopredict.embedded.places import Places
from system.exceptions import UnavailableError

TOO_FAR = "recovery ended before configured recovery target was reached"
LAST_CHANGE = re.compile(r"last completed transaction was at log time ([-0-9]+ [0-9:.]+\+00)")


class TooFar(UnavailableError):
    """The log ends before the moment that was asked for."""


class Recovering(Alone):
    """The cluster of a copy. Nobody gets in before it has come to the moment; what it does goes into no archive yet."""

    def __init__(self, here: Places, data: Path, plan: Plan, opened: Path) -> None:
        super().__init__(here, data)
        self.plan, self.opened, self.until = plan, opened, plan.until
        self.begun = self.log.stat().st_size if self.log.exists() else 0

    def options(self) -> dict[str, str]:
        """Up to the moment and on from there. Without a command what is to be archived waits for the usual server."""
        target = {"recovery_target_time": f"{self.until:%Y-%m-%d %H:%M:%S.%f%z}"} if self.until else {}
        return super().options() | {
            "archive_mode": "on",
            "archive_command": "",
            "restore_command": self.plan.archive.restore_command(self.opened),
            "recovery_target_timeline": str(self.plan.timeline),
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


def unpack(plan: Plan, draft: Path, here: Places, opener: Opener) -> None:
    """Write a base backup out, hold every file against its manifest, and give it to the user of the server.

    Raises:
        InvalidInput: it is sealed and cannot be opened.
        UnavailableError: it is not as it was made.
    """
    base, folder = plan.base, plan.archive.bases / plan.base.name
    if base.is_sealed:
        write_out_sealed(folder, draft, name_in(plan.archive), opener, base.begin)
    else:
        write_out(folder, draft)
    give(draft, here)


def give(draft: Path, here: Places) -> None:
    """Give a directory and all in it to the user of the server, and to nobody else."""
    for path in (draft, *draft.rglob("*")):
        shutil.chown(path, here.account.uid, here.account.gid)
        path.chmod(0o700 if path.is_dir() else 0o600)
