"""What is wrong with an installation, and how to mend it. Changes nothing, starts nothing."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptopredict import embedded, environment
from cryptopredict.embedded.locks import is_held
from cryptopredict.embedded.places import Places, places
from cryptopredict.embedded.postgres import other_version
from cryptopredict.running.address import listen
from system.exceptions import DomainError

OLDEST_PYTHON = (3, 11)
LEAST_FREE = 1 << 30
OK, WRONG = "ok", "WRONG"


@dataclass(frozen=True)
class Finding:
    """The result of one check; without a remedy all is well."""

    name: str
    text: str
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        return not self.remedy

    def __str__(self) -> str:
        line = f"{OK if self.is_well else WRONG:6}{self.name:13}{self.text}"
        return line if self.is_well else f"{line}; {self.remedy}"


def main() -> int:
    """Print one line per check.

    Returns:
        1 if anything is wrong.
    """
    environment.load()
    is_well = True
    for finding in examine():
        sys.stdout.write(f"{finding}\n")
        is_well = is_well and finding.is_well
    return 0 if is_well else 1


def examine() -> Iterator[Finding]:
    """Every check, those that need nothing first; what cannot be checked because of an earlier fault is left out."""
    yield python()
    home = environment.home()
    yield (home_finding := usable_home(home))
    if not home_finding.is_well:
        return
    here = Places(home)
    yield disk(home)
    yield port(here)
    if "postgres" in embedded.wanted() and (fault := other_version(home / "postgres")):
        yield Finding("cluster", *fault)
        return
    with embedded.joined(home, embedded.wanted()) as variables:
        os.environ.update(variables)
        if embedded.wanted():
            yield Finding("services", "are not running, so the database cannot be checked", "start them: make up")
            return
        yield Finding("services", "run" if variables else "are those of DATABASE_URL and REDIS_URL")
        yield from inside()


def inside() -> Iterator[Finding]:
    """The checks that need Django, whose settings may be what is wrong."""
    from cryptopredict import faults

    try:
        from cryptopredict.running.loading import load_models

        load_models()
        from cryptopredict import inspection
    except Exception as error:
        sentence = faults.explain(error)
        if sentence is None:
            raise
        fault = sentence.rstrip(".").removesuffix(f"; {environment.REMEDY}")
        yield Finding("settings", fault, "correct the variable, or .env")
        return
    yield Finding("settings", "are understood")
    yield from inspection.findings()


def python() -> Finding:
    text = f"Python {platform.python_version()} at {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        return Finding("python", text, "install Python 3.11 or newer and run: make clean setup")
    return Finding("python", text)


def usable_home(home: Path) -> Finding:
    try:
        places(home)
        (home / ".writable").touch()
        (home / ".writable").unlink()
    except DomainError as error:
        fault, _, remedy = str(error).rstrip(".").rpartition("; ")
        return Finding("home", fault, remedy)
    except OSError as error:
        return Finding("home", f"{home}: {error.strerror}", "free some space, or set CRYPTOPREDICT_HOME")
    return Finding("home", str(home))


def disk(home: Path) -> Finding:
    free = shutil.disk_usage(home).free
    text = f"{free / (1 << 30):.1f} GB free at {home}"
    return Finding("disk", text) if free >= LEAST_FREE else Finding("disk", text, "free some space: 1 GB is the least")


def port(here: Places) -> Finding:
    """The address is ours when the product runs; else it must be free."""
    if is_held(here.home / "up.lock"):
        return Finding("address", f"the product runs on {(here.home / 'up.lock').read_text()}")
    try:
        number = environment.port()
        listen("127.0.0.1", number).close()
    except DomainError as error:
        fault, _, remedy = str(error).rstrip(".").rpartition("; ")
        return Finding("address", fault, remedy)
    return Finding("address", f"127.0.0.1:{number} is free")
