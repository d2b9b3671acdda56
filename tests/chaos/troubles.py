"""What else befalls a product at work: servers that die in a row, a full disk, a clock that is set, a way that is cut.

Each begins, lasts a while and ends; the product has to be back by itself after it.
"""

import errno
import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.chaos.outside import Outside
from tests.chaos.product import Product, until
from tests.cryptopredict.installation import kill, lives
from tests.soak import clock

TIMES = 5
CLOCK = {"clock-forth": "+300", "clock-back": "-300"}
WAYS = ("refused", "reset", "hang", "half")
TROUBLES = ("redis-5", "disk", *CLOCK, *WAYS)
SIZE, SPARE = "3g", 64 << 20


class Trouble:
    """Something that lasts."""

    def __init__(self, made: Product, outside: Outside, chance: random.Random) -> None:
        self.product, self.outside, self.chance = made, outside, chance

    def prepare(self) -> None:
        """What takes its time and has no effect yet."""

    def begin(self) -> None:
        raise NotImplementedError

    def last(self) -> None:
        """Until it has had its effect."""
        time.sleep(self.chance.uniform(4, 8))

    def end(self) -> None:
        """Also if it has not begun."""


class Restarts(Trouble):
    """Redis dies as soon as it is there again, five times."""

    def begin(self) -> None:
        for _time in range(TIMES):
            (process,) = until(lambda: self.product.alive("redis"), meaning="Redis, to be killed again")
            until(self.product.redis_answers, meaning="Redis answers before it is killed again")
            kill(process)
            assert not lives(process)

    def last(self) -> None:
        """Not at all: it was the last time."""


class FullDisk(Trouble):
    """Nothing of the disk of the home is left: database, queue, logs and backups are on it."""

    def prepare(self) -> None:
        self.fill(SPARE)

    def begin(self) -> None:
        self.fill(0)

    def fill(self, spare: int) -> None:
        """Leave so many bytes, in the midst of others who write."""
        with self.ballast.open("ab") as ballast:
            while (wanted := free(self.product.home) - spare) > 0:
                size = ballast.seek(0, os.SEEK_END)
                while wanted > 0 and not grown(ballast.fileno(), size, wanted):
                    wanted //= 2

    @property
    def ballast(self) -> Path:
        return self.product.home / "ballast"

    def last(self) -> None:
        """It is said, and a backup is refused with a sentence, without leaving anything."""
        until(lambda: self.product.get("/readyz") == 503, 10, "/readyz says that the disk is full")
        assert self.product.get("/healthz") == 200
        before = self.backups()
        done = self.product.here.manage("backup", seconds=300)
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stderr, done.stderr
        assert done.stderr.strip(), "nothing was said"
        assert self.backups() == before
        super().last()

    def backups(self) -> list[str]:
        return sorted(str(path) for path in (self.product.home / "backups").rglob("*"))

    def end(self) -> None:
        self.ballast.unlink(missing_ok=True)


class OtherClock(Trouble):
    """The clock of the whole product is set by five minutes, and back again; what measures spans goes on."""

    def __init__(self, made: Product, outside: Outside, chance: random.Random, offset: str) -> None:
        super().__init__(made, outside, chance)
        self.offset = offset

    def begin(self) -> None:
        set_clock(self.product.home, self.offset)

    def end(self) -> None:
        set_clock(self.product.home, "+0")


class BrokenWay(Trouble):
    """The exchange, and the program that is told, cannot be reached, or break off."""

    def __init__(self, made: Product, outside: Outside, chance: random.Random, mode: str) -> None:
        super().__init__(made, outside, chance)
        self.mode = mode

    def begin(self) -> None:
        self.outside.mode = self.mode
        if self.mode == "refused":
            self.outside.stub.refuse()

    def end(self) -> None:
        was, self.outside.mode = self.outside.mode, "well"
        if was == "refused":
            self.outside.stub.take_again()


def free(directory: Path) -> int:
    """Bytes."""
    space = os.statvfs(directory)
    return space.f_bavail * space.f_frsize


def grown(descriptor: int, size: int, more: int) -> bool:
    """Whether a file could be made longer; False where the disk has not so much."""
    try:
        os.posix_fallocate(descriptor, size, more)
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            raise
        return False
    return True


def trouble(name: str, made: Product, outside: Outside, chance: random.Random) -> Trouble:
    """By its name."""
    if name in CLOCK:
        return OtherClock(made, outside, chance, CLOCK[name])
    if name in WAYS:
        return BrokenWay(made, outside, chance, name)
    return {"redis-5": Restarts, "disk": FullDisk}[name](made, outside, chance)


def clock_file(home: Path) -> Path:
    return home.parent / "clock"


def set_clock(home: Path, offset: str) -> None:
    """How far the product's clock is off, in one piece: who reads it sees the old word or the new one."""
    draft = clock_file(home).with_suffix(".draft")
    draft.write_text(f"{offset}\n")
    draft.chmod(0o644)  # the servers have a user of their own
    draft.replace(clock_file(home))


def with_own_clock(home: Path) -> dict[str, str]:
    """Variables with which every process of the product, its servers too, has the clock of a file.

    Raises:
        FileNotFoundError: there is no libfaketime, or no compiler.
    """
    set_clock(home, "+0")
    return clock.variables(clock_file(home))


@contextmanager
def small_disk(home: Path) -> Iterator[None]:
    """A file system of its own for the home."""
    home.mkdir(mode=0o711)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=711", "tmpfs", str(home)], check=True)
    try:
        yield
    finally:
        with suppress(subprocess.CalledProcessError):
            subprocess.run(["umount", "-l", str(home)], check=True)
