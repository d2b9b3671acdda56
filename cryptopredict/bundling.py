"""Front-end files that are built rather than taken: a package of which the pages need a part.

A directory of ``frontend/`` describes one: ``package.json`` and ``package-lock.json`` (versions and integrity of
everything that goes in, without addresses), and one script for each file that comes out. npm verifies what it fetches,
esbuild puts it together; the same input gives the same bytes.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from cryptopredict.environment import BASE_DIR
from cryptopredict.vendor import VENDOR, keep
from system.exceptions import ConflictError, UnavailableError

FRONTEND = BASE_DIR / "frontend"
BUNDLES: dict[str, tuple[str, ...]] = {"echarts": ("charts",)}
"""Directories, with the scripts of which a file is made; the others are parts of them."""
NPM_SECONDS = 300
BUILD_SECONDS = 120
OPTIONS = ("--bundle", "--minify", "--format=iife", "--global-name=echarts", "--target=es2022", "--legal-comments=none")


def build(frontend: Path = FRONTEND, vendor: Path = VENDOR) -> list[str]:
    """Build every bundle anew and write what differs.

    Returns:
        One line per directory: what changed.
    Raises:
        UnavailableError: npm is missing or cannot fetch a package.
        ConflictError: what was fetched is not what the lock records, or a script does not build.
    """
    return [f"{name}: {', '.join(_build(frontend / name, vendor / name)) or 'unchanged'}" for name in BUNDLES]


def _build(source: Path, target: Path) -> list[str]:
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(shutil.copytree(source, Path(scratch) / source.name))
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], here, NPM_SECONDS)
        kept = {"LICENSE": _licences(here)}
        for name in BUNDLES[source.name]:
            _run(["node_modules/.bin/esbuild", f"{name}.js", *OPTIONS, f"--outfile={name}.min.js"], here, BUILD_SECONDS)
            kept[f"{name}.min.js"] = (here / f"{name}.min.js").read_bytes()
    return keep(kept, target)


def _run(command: list[str], where: Path, seconds: int) -> None:
    try:
        done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False, timeout=seconds)
    except FileNotFoundError:
        raise UnavailableError("npm is not installed; install Node.js 20 or newer.") from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{command[0]} did not end within {seconds} s; check the network.") from None
    if done.returncode:
        raise ConflictError(f"{' '.join(command[:2])} failed in {where.name}: {done.stderr.strip()[-500:]}")


def _licences(here: Path) -> bytes:
    """Licences and notices of all that goes into the files, one after the other."""
    packages = json.loads((here / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    texts = []
    for place, entry in packages.items():
        if place and not entry.get("dev"):
            texts.append(f"== {place.removeprefix('node_modules/')} {entry['version']} ({entry['license']})\n")
            found = [here / place / name for name in ("LICENSE", "LICENSE.txt", "NOTICE")]
            texts += [path.read_text(encoding="utf-8") for path in found if path.exists()]
    return "\n".join(texts).encode()
