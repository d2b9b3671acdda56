"""Every service of ``docker-compose.yml``, and people's ways through them: ``make compose-journey``.

Where there is a Docker engine, it starts them (``engine``). Else each is a process of this machine with the command and
the environment that the file gives it, begun in the order of its conditions and asked after its health as the file says
(``running``); the program is what the Dockerfile makes. Names and ports become ports of the loopback interface, volumes
become directories; what containers add (namespaces, capabilities, restarts) is not there. Then the tests of the browser
go their ways through each web process. What comes out says which of the two it was.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.compose import engine, journey, reading
from tests.compose.building import build, who_runs_it
from tests.compose.making import Yard, free_port
from tests.compose.project import new_project
from tests.compose.running import Stack
from tests.compose.speaking import Speaker
from tests.compose.ways import Broken, Way

SCALE = {"web": 2, "beat": 2}
JOURNEYS = "tests/browser/test_journeys.py"
HERE = "127.0.0.1"


@contextmanager
def directory(kept: Path | None) -> Iterator[Path]:
    """Of the run; others may pass through it."""
    root = kept or Path(tempfile.mkdtemp(prefix="compose-"))
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o711)
    try:
        yield root
    finally:
        if kept is None:
            shutil.rmtree(root, ignore_errors=True)


def containers(root: Path, say: Speaker, *, is_pooled: bool) -> Way:
    """By the engine of this machine."""
    say("Way: Docker. Its engine builds and starts the services.")
    project = new_project(root / "project", f"http://{HERE}:8000", engine.OUTSIDE, is_pooled=is_pooled)
    say.hide(project.hidden)
    home = root / "home"
    home.mkdir(mode=0o700)
    return engine.Engine(project, SCALE, home)


def processes(root: Path, say: Speaker, reason: str, *, is_pooled: bool) -> Way:
    """By ourselves."""
    say(f"Way: processes of this machine, begun by a script, not by Docker ({reason}).")
    begun, account = time.monotonic(), who_runs_it()
    built = build(root / "image", account)
    say(f"The program as the Dockerfile makes it, on Python {built.version}: {time.monotonic() - begun:.0f} s.")
    web_ports = [free_port() for _ in range(SCALE["web"])]
    project = new_project(root / "project", f"http://{HERE}:{web_ports[0]}", HERE, is_pooled=is_pooled)
    say.hide(project.hidden)
    services = reading.services(project.file, reading.variables_in(project.folder / ".env"), *project.profiles)
    return Stack(Yard(root, built, web_ports), services, SCALE, say.container)


def carry_out(root: Path, tests: list[str], *, is_pooled: bool, by_processes: bool) -> int:
    """All of it; the exit status."""
    say = Speaker({str(root): "…"})
    reason = "so asked" if by_processes else engine.why_not()
    if reason and is_pooled and not shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"):
        say("PgBouncer is not installed (Debian: apt-get install pgbouncer).")
        return 2
    way = processes(root, say, reason, is_pooled=is_pooled) if reason else containers(root, say, is_pooled=is_pooled)
    is_whole = False
    try:
        is_whole = journey.go(way, tests, say)
    except Broken as fault:
        say(f"Broken: {fault}")
    finally:
        is_ended = journey.end(way, say)
    return 0 if is_whole and is_ended else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.compose", description=__doc__)
    parser.add_argument("--pooled", action="store_true", help="with PgBouncer before the web (the profile pooled)")
    parser.add_argument("--processes", action="store_true", help="no containers, even where there is a Docker engine")
    parser.add_argument("--directory", type=Path, help="of the run, which stays then: an empty one")
    parser.add_argument("tests", nargs="*", default=[JOURNEYS], help="what goes through the product")
    options = parser.parse_args()
    with directory(options.directory) as root:
        return carry_out(root, options.tests, is_pooled=options.pooled, by_processes=options.processes)


if __name__ == "__main__":
    sys.exit(main())
