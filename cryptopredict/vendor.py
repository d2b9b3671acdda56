"""Front-end packages that are kept in ``static/vendor/``: pinned, verified, with their licences; no CDN. What a test
needs of npm is kept in ``tests/vendor/`` in the same way.

``static/vendor/packages.json`` lists them. An entry has ``name`` and ``version`` as on npm, ``directory`` below
``static/vendor/``, ``integrity`` (sha512 of the package as npm writes it), ``files`` to take (paths in the package) and
``licence`` (path of its licence text, kept as ``LICENSE``).
"""

import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from cryptopredict.environment import BASE_DIR
from system.exceptions import ConflictError, UnavailableError

VENDOR = BASE_DIR / "static" / "vendor"
OF_TESTS = BASE_DIR / "tests" / "vendor"
NPM_SECONDS = 120


@dataclass
class Package:
    """A pinned package and what of it is served."""

    name: str
    version: str
    directory: str
    integrity: str
    files: list[str]
    licence: str

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}"

    def kept(self) -> dict[str, str]:
        """Paths in the package by the name under which they are kept."""
        return {PurePosixPath(path).name: path for path in self.files} | {"LICENSE": self.licence}


def listed(vendor: Path = VENDOR) -> list[Package]:
    """The packages of ``packages.json``."""
    return [Package(**entry) for entry in json.loads((vendor / "packages.json").read_text(encoding="utf-8"))]


def refresh(vendor: Path = VENDOR, *, record: bool = False) -> list[str]:
    """Fetch every package anew and write what differs.

    Args:
        vendor: directory with ``packages.json``.
        record: write down the integrity of packages that have none yet (after a change of version).
    Returns:
        One line per package: what changed.
    Raises:
        UnavailableError: npm is missing or cannot fetch a package.
        ConflictError: a package is not the one that was recorded, or lacks a file.
    """
    packages = listed(vendor)
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        for package in packages:
            archive = fetch(package, Path(scratch))
            verify(package, archive, record=record)
            changed = unpack(package, archive, vendor / package.directory)
            lines.append(f"{package.label}: {', '.join(changed) or 'unchanged'}")
    if record:
        entries = json.dumps([asdict(package) for package in packages], indent=2, ensure_ascii=False)
        (vendor / "packages.json").write_text(entries + "\n", encoding="utf-8")
    return lines


def fetch(package: Package, scratch: Path) -> Path:
    """The package as npm publishes it."""
    command = ["npm", "pack", f"{package.name}@{package.version}", "--json", "--ignore-scripts"]
    try:
        finished = subprocess.run(
            [*command, "--loglevel=error", "--fetch-retries=1", "--pack-destination", scratch],
            cwd=scratch,
            capture_output=True,
            text=True,
            check=False,
            timeout=NPM_SECONDS,
        )
    except FileNotFoundError:
        raise UnavailableError("npm is not installed; install Node.js 20 or newer.") from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"npm did not answer within {NPM_SECONDS} s; check the network.") from None
    if finished.returncode:
        reasons = [line.removeprefix("npm error ") for line in finished.stderr.splitlines() if "error" in line]
        reason = next(iter(reasons), "no reason given")
        raise UnavailableError(f"npm could not fetch {package.label} ({reason}); check name, version and network.")
    return scratch / str(json.loads(finished.stdout)[0]["filename"])


def verify(package: Package, archive: Path, *, record: bool = False) -> None:
    """Make sure that the archive is the one that was looked at when the version was chosen."""
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    found = f"sha512-{digest}"
    if record and not package.integrity:
        package.integrity = found
    if package.integrity != found:
        raise ConflictError(
            f"{package.label} is not the package that packages.json records: its integrity is {found}. "
            "Find out why before you record another."
        )


def unpack(package: Package, archive: Path, directory: Path) -> list[str]:
    """Write the kept files, remove others; the names of those that changed."""
    with tarfile.open(archive) as members:
        contents = {name: _content(package, members, path) for name, path in package.kept().items()}
    return keep(contents, directory)


def keep(contents: Mapping[str, bytes], directory: Path) -> list[str]:
    """Make a directory hold these files and no others; what changed."""
    changed = []
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        path = directory / name
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            changed.append(f"{name} written")
    for path in sorted(directory.iterdir()):
        if path.name not in contents:
            path.unlink()
            changed.append(f"{path.name} removed")
    return changed


def _content(package: Package, members: tarfile.TarFile, path: str) -> bytes:
    # npm puts everything below one directory, whatever its name.
    for member in members:
        wanted = PurePosixPath(member.name).parts[1:] == PurePosixPath(path).parts
        if wanted and (file := members.extractfile(member)):
            return file.read()
    raise ConflictError(f"{package.label} has no file {path}; correct packages.json.")
