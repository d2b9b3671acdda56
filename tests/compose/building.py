"""The image of the program without Docker: what the Dockerfile copies, installs and runs, in a directory of its own."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from cryptopredict.embedded import process
from cryptopredict.embedded.places import Account, reachable
from tests.compose import reading

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
NUMBER = 10_001
"""Of the program's user in its containers, as in the Dockerfile; he is nobody on this machine."""
HOME = "srv/cryptopredict"
OLDEST = (3, 11)
CHANGES_THE_MACHINE = re.compile(r"\b(?:apt-get|useradd)\b")
"""Steps of the Dockerfile that would do so here: no container holds them."""


@dataclass(frozen=True)
class Built:
    """An image on the disk of this machine.

    Attributes:
        root: what would be its root directory.
        image: what its Dockerfile says.
        account: who runs what is in it.
        version: of its Python.
        passed_over: steps that were not carried out.
    """

    root: Path
    image: reading.Image
    account: Account
    version: str
    passed_over: list[str]

    @property
    def app(self) -> Path:
        return self.root / "app"

    @property
    def home(self) -> Path:
        return self.root / HOME

    def package(self, name: str) -> Path:
        """Where a package of Python is installed in it."""
        (found,) = self.root.glob(f"venv/lib/python3*/site-packages/{name}")
        return found

    def environment(self) -> dict[str, str]:
        """What the Dockerfile sets, and where that is here."""
        return self.image.environment | {
            "PATH": f"{self.root}/venv/bin:{SYSTEM_PATH}",
            "CRYPTOPREDICT_HOME": str(self.home),
            "HOME": str(self.home),
        }


def who_runs_it() -> Account:
    """As root somebody without rights, whom no other process of this machine belongs to; else ourselves."""
    if os.geteuid() == 0:
        return Account("cryptopredict", NUMBER, NUMBER)
    return Account("ourselves", os.geteuid(), os.getegid())


def build(root: Path, account: Account) -> Built:
    """Carry out the Dockerfile. The packages are those of the lock file and no others, none of development.

    Raises:
        CalledProcessError: a step fails; what it said was printed.
    """
    image = reading.image(ROOT / "Dockerfile")
    root.mkdir(mode=0o755)
    python = interpreter(account)
    made = Built(root, image, account, version_of(python), [])
    copy_program(made.app)
    install(python, root / "venv")
    for place in (made.home, *(made.home / name for name in ("backtests", "backups", "media", "models"))):
        place.mkdir(parents=True)
        os.chown(place, account.uid, account.gid)
    for user, step in image.steps:
        if user == "root" and CHANGES_THE_MACHINE.search(step):  # its directories were made above
            made.passed_over.append(step)
        else:
            run(["sh", "-c", step], made.environment(), made.app, account if user != "root" else None)
    return made


def run(
    command: Sequence[str | Path], environment: Mapping[str, str], directory: Path, account: Account | None = None
) -> None:
    subprocess.run(command, env=environment, cwd=directory, check=True, **process.as_user(account))


def interpreter(account: Account) -> Path:
    """A Python that this user can run, if possible the one that runs us."""
    for candidate in (Path(sys.executable).resolve(), Path("/usr/bin/python3").resolve()):
        if candidate.exists() and reachable(candidate.parent, account) and numbers(version_of(candidate)) >= OLDEST:
            return candidate
    raise reading.NotUnderstood(f"there is no Python here that user {account.uid} can run")


def version_of(python: Path) -> str:
    script = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    return subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def install(python: Path, place: Path) -> None:
    """The stage of the Dockerfile that installs, with uv in the place of pip."""
    uv = Path(sys.executable).with_name("uv")
    options = ("--no-deps", "--require-hashes", "--requirement", str(ROOT / "requirements.lock"))
    run([uv, "venv", "--quiet", "--python", python, place], os.environ, ROOT)
    run([uv, "pip", "install", "--quiet", "--python", place / "bin" / "python", *options], os.environ, ROOT)


def copy_program(place: Path) -> None:
    """``COPY . .``: what ``.dockerignore`` leaves of the checkout."""
    patterns = (ROOT / ".dockerignore").read_text().split()
    for path in kept(ROOT, patterns):
        target = place / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


def kept(folder: Path, patterns: Sequence[str]) -> Iterator[Path]:
    """Files below a folder that no pattern leaves out."""
    for path in sorted(folder.iterdir()):
        if is_left_out(path.relative_to(ROOT).as_posix(), patterns):
            continue
        if path.is_dir():
            yield from kept(path, patterns)
        else:
            yield path


def is_left_out(path: str, patterns: Sequence[str]) -> bool:
    """As Docker reads ``.dockerignore``: a pattern counts from the root, ``**/`` in every depth."""
    for pattern in patterns:
        anywhere = pattern.removeprefix("**/")
        if anywhere != pattern and fnmatch(path.rpartition("/")[2], anywhere):
            return True
        if path.count("/") == pattern.count("/") and fnmatch(path, pattern):
            return True
    return False
