"""The clock of a soak: one that all of its processes read, the database's too, and that jumps when all is calm.

A file stands between every program and the system's clock: ``+86400`` in it is a day later than it is. Only the time of
day is faked. What measures spans (``CLOCK_MONOTONIC``: pauses, timeouts, events) goes on in real seconds, so nothing
times out because of a jump alone. A clock that runs faster all the time cannot be had here: see ``docs/soak.md``.
"""

import os
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

INSIDE = Path(__file__).parent / "inside"
WAITS = "waits.so"
LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/faketime/libfaketime.so.1",
)
STAMPED = ("backups", "wal", "models", "media")
"""Where the product goes by the age of files, in its home."""


def library() -> Path | None:
    """The library of this machine; None: it is not installed."""
    return next((path for path in map(Path, LIBRARIES) if path.exists()), None)


def missing() -> str:
    """What has to be installed first; empty: nothing."""
    lacks = [name for name, found in (("libfaketime", library()), ("gcc", shutil.which("cc"))) if found is None]
    return f"not installed (Debian: apt-get install {' '.join(lacks)})" if lacks else ""


def waits(directory: Path) -> Path:
    """The waits of ``inside/waits.c`` as a library, in a directory that every process may read."""
    made = directory / WAITS
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", made, INSIDE / "waits.c"], check=True)
    made.chmod(0o755)
    return made


def variables(file: Path) -> dict[str, str]:
    """What a process that goes by the clock in ``file`` has in its environment.

    Raises:
        FileNotFoundError: there is no libfaketime, or no compiler.
    """
    if lack := missing():
        raise FileNotFoundError(lack)
    return {
        "LD_PRELOAD": f"{waits(file.parent)}:{library()}",  # the first one that has a function is asked for it
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",  # else a jump would come to each process at another moment, up to a second later
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",  # else a file would never become older: its time would jump with the clock
        "PYTHONPATH": str(INSIDE),
    }


class Clock:
    """Moves on. Who asks is under the clock too."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.offset = float(file.read_text()) if file.exists() else 0.0

    def begin(self) -> None:
        """As late as it is."""
        self._write(0)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def jump(self, moment: datetime) -> None:
        """Be so late from now on.

        Raises:
            ValueError: that would be back.
        """
        seconds = int((moment - self.now()).total_seconds())
        if seconds < 0:
            raise ValueError(f"{moment} is past")
        self._write(self.offset + seconds)

    def _write(self, offset: float) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text(f"+{offset:.0f}\n")
        draft.chmod(0o644)
        draft.replace(self.file)  # in one piece: a file that is half written is no time at all
        self.offset = offset

    def stamp(self, home: Path) -> int:
        """Give files that the product has written since the last jump the time of the clock: the kernel, which wrote
        the real one, knows nothing of it.

        Returns:
            How many files.
        """
        late, count = time.time(), 0
        for path in (path for name in STAMPED for path in (home / name).rglob("*")):
            try:
                if path.stat().st_mtime < late - self.offset + 1:
                    os.utime(path, (late, late))
                    count += 1
            except FileNotFoundError:
                continue  # it has just been moved into its place
        return count
