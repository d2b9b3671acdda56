"""Whether every locked package has a wheel for every Python that the product names: ``python -m tests.wheels``.

uv resolves each lock anew for a Python that need not be installed, with the hashes of the lock, and may build nothing.
A package without a wheel, or whose wheel is not in the lock, is a fault. Asks the package index; the status is 3 if it
cannot be reached.
"""

import re
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sysconfig.get_path("scripts")) / "uv"
LOCKS = ("requirements.lock", "requirements-dev.lock")
PYTHONS = ("3.11", "3.12", "3.13")
"""Those that the product is meant for; newer ones may do."""
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")
"""What Debian 12 and its like run on; the second for who has such a machine."""
UNREACHED, INCOMPLETE = 3, 1
NOBODY = re.compile(r"error sending request|dns error|Could not connect|timed out|network connectivity is disabled")


@dataclass(frozen=True)
class Found:
    """A lock for one Python on one platform.

    Attributes:
        packages: how many would be installed, each from a wheel.
        fault: why not; empty: all have one.
    """

    packages: int
    fault: str = ""

    @property
    def is_unreached(self) -> bool:
        """Whether nothing was found out, because nobody could be asked."""
        return bool(NOBODY.search(self.fault))


def look(lock: Path, python: str, platform: str) -> Found:
    """What would be installed into an empty place."""
    with tempfile.TemporaryDirectory() as empty:
        command: list[str | Path] = [
            UV, "pip", "sync", "--dry-run", "--python", sys.executable, "--target", empty, "--only-binary", ":all:",
            "--require-hashes", "--python-version", python, "--python-platform", platform, lock,
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return Found(0, " ".join(done.stderr.split()))
    counted = re.search(r"Would install (\d+) packages", done.stderr)
    return Found(int(counted[1])) if counted else Found(0, f"nothing was said: {done.stderr}")


def main() -> int:
    worst = 0
    for lock in LOCKS:
        for platform in PLATFORMS:
            for python in PYTHONS:
                found = look(ROOT / lock, python, platform)
                told = found.fault or f"{found.packages} packages, a wheel for each"
                sys.stdout.write(f"{lock}, Python {python}, {platform}: {told}\n")
                if found.fault:
                    worst = max(worst, UNREACHED if found.is_unreached else INCOMPLETE)
    return worst


if __name__ == "__main__":
    sys.exit(main())
