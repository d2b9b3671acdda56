"""What the product claims of itself, with the command that measures it.

``docs/claims.toml`` lists the claims, ``docs/claims.json`` keeps what was measured last, ``docs/claims.md`` shows both.
A claim that missed its target stays in the table as missed.
"""

import json
import operator
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from cryptopredict.environment import BASE_DIR

DIRECTORY = BASE_DIR / "docs"
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
}
ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
"""Left out of a command's environment: it brings its own services, in a home of its own."""

INTRODUCTION = """\
# What the product claims

*Written by `make claims`, which runs every command below and reads its figure. Do not edit.*

Each command starts on embedded services in an empty home of its own. Claims that need the real market data beside the
checkout (`../shared`) are left as they were where it is absent. A target that was missed is shown as missed; a figure
without a target is reported as it is.

| claim | command | target | measured | verdict | date |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Claim:
    """One figure.

    Args:
        id: short name, for ``--only``.
        says: the claim in words.
        read: where the figure is: ``seconds`` of the command, ``$.key.key`` of the JSON in its last line, or a regular
            expression over its output whose first group is the figure (the last match counts).
        target: comparison and number (``<= 10``); empty when any value is fine.
        unit: unit of the figure.
    """

    id: str
    says: str
    read: str
    target: str = ""
    unit: str = ""

    def figure(self, output: str, seconds: float) -> float:
        """The figure in a command's output.

        Raises:
            ValueError: it is not there.
        """
        if self.read == "seconds":
            return seconds
        if self.read.startswith("$."):
            found: Any = json.loads((output.strip().splitlines() or [""])[-1])
            for key in self.read[2:].split("."):
                found = found[key]
            return float(found)
        matches = re.findall(self.read, output, re.MULTILINE)
        if not matches:
            raise ValueError(f"nothing in the output matches {self.read}")
        return float(str(matches[-1]).replace(",", ""))

    def verdict(self, value: float) -> str:
        if not self.target:
            return "reported"
        comparison, limit = self.target.split()
        return "met" if COMPARISONS[comparison](value, float(limit)) else "missed"


@dataclass(frozen=True)
class Run:
    """A command and the claims that its output proves.

    Args:
        command: one line for the shell, run in the checkout.
        home: runs that name the same home share it, in the order of the file.
        needs: path (from the checkout) without which the command has nothing to work on.
    """

    command: str
    home: str
    claims: tuple[Claim, ...]
    needs: str = ""


@dataclass
class Measured:
    """What was measured last: the figure as text, the verdict and the day."""

    value: str = "–"
    verdict: str = "not measured"
    date: str = "–"


@dataclass
class Book:
    """The claims and what was measured of them."""

    runs: list[Run]
    measured: dict[str, Measured] = field(default_factory=dict)
    directory: Path = DIRECTORY

    @classmethod
    def read(cls, directory: Path = DIRECTORY) -> "Book":
        listed = tomllib.loads((directory / "claims.toml").read_text(encoding="utf-8"))["run"]
        runs = [
            Run(
                entry["command"],
                entry["home"],
                tuple(Claim(**claim) for claim in entry["claim"]),
                entry.get("needs", ""),
            )
            for entry in listed
        ]
        results = directory / "claims.json"
        known = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
        return cls(runs, {name: Measured(**values) for name, values in known.items()}, directory)

    def write(self) -> None:
        known = {claim.id for run in self.runs for claim in run.claims}
        results = {name: asdict(self.measured[name]) for name in sorted(known & self.measured.keys())}
        (self.directory / "claims.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        (self.directory / "claims.md").write_text(self.page(), encoding="utf-8")

    def page(self) -> str:
        """The text of ``docs/claims.md``."""
        return INTRODUCTION + "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for run in self.runs:
            for claim in run.claims:
                last = self.measured.get(claim.id, Measured())
                target = f"{claim.target} {claim.unit}".strip() if claim.target else "–"
                cells = [last.value, last.verdict, last.date]
                first = f"**{claim.id}**: {_cell(claim.says)} | <code>{_cell(run.command)}</code>"
                yield f"| {first} | {' | '.join(map(_cell, [target, *cells]))} |\n"

    def measure(self, only: Iterable[str] = (), say: Callable[[str], None] = print) -> list[str]:
        """Run the commands, write down what they show after each.

        Runs that share a home build on each other, so the ones before a wanted one are run (and read) too.

        Returns:
            Ids of the claims that missed their target or could not be measured.
        """
        wanted, missed = set(only), []
        with ExitStack() as stack:
            homes: dict[str, Path] = {}
            for run in self._needed(wanted):
                names = ", ".join(claim.id for claim in run.claims)
                if run.needs and not (BASE_DIR / run.needs).exists():
                    say(f"{names}: skipped, there is no {run.needs}")
                    continue
                if run.home not in homes:
                    directory = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
                    homes[run.home] = Path(directory)
                    homes[run.home].chmod(0o711)  # root's servers run as somebody else and must pass through
                say(f"{names}: {run.command}")
                self.measured |= perform(run, homes[run.home])
                self.write()
                for claim in run.claims:
                    last = self.measured[claim.id]
                    say(f"  {claim.id}: {last.value} ({last.verdict})")
                    missed += [claim.id] if last.verdict == "missed" else []
        return missed

    def _needed(self, wanted: set[str]) -> list[Run]:
        if not wanted:
            return self.runs
        needed: list[Run] = []
        for run in reversed(self.runs):
            if any(claim.id in wanted for claim in run.claims) or run.home in {later.home for later in needed}:
                needed.append(run)
        return needed[::-1]


def _cell(text: str) -> str:
    return escape(text, quote=False).replace("|", "&#124;").replace("\n", " ")


def perform(run: Run, home: Path) -> dict[str, Measured]:
    """Run the command once and read its claims. A command that fails proves nothing: all its claims are missed."""
    today = datetime.now(UTC).date().isoformat()
    environment = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
    environment |= {
        "CRYPTOPREDICT_HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    started = time.monotonic()
    finished = subprocess.run(
        ["/bin/sh", "-c", run.command],
        cwd=BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    if finished.returncode:
        sys.stderr.write(finished.stdout[-2000:])
        return {claim.id: Measured(f"exit status {finished.returncode}", "missed", today) for claim in run.claims}
    return {claim.id: _measured(claim, finished.stdout, seconds, today) for claim in run.claims}


def _measured(claim: Claim, output: str, seconds: float, today: str) -> Measured:
    try:
        value = claim.figure(output, seconds)
    except (ValueError, KeyError, TypeError) as error:
        return Measured(f"not read: {error}", "missed", today)
    shown = f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"
    return Measured(f"{shown} {claim.unit}".rstrip(), claim.verdict(value), today)
