"""``python -m pictures``: start the product in an empty home, look at every page, write the documentation."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
FOLDER = "screenshots"
ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SITE_URL", "ALLOWED_HOSTS")
PATIENCE = 900.0
READY = "CryptoPredict runs"


def main() -> None:
    parser = argparse.ArgumentParser("python -m pictures")
    parser.add_argument("--home", type=Path, help="keep the installation there, and use it again: to retake some")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a page; repeatable")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        home = (options.home or Path(scratch)).absolute()
        home.mkdir(exist_ok=True)
        home.chmod(0o711)  # root's servers run as somebody else and must pass through
        with installation(home) as address:
            sys.exit(look(home, address, options.only))


def look(home: Path, address: str, only: Sequence[str]) -> int:
    """Take the pictures and write the pages; 1 when a page is over a limit."""
    import django

    os.environ |= {"DJANGO_SETTINGS_MODULE": "cryptopredict.settings", "CRYPTOPREDICT_HOME": str(home)}
    django.setup()
    from pictures.pages import FRESH, PAGES, Page
    from pictures.taking import NOBODY, VISITS, Camera, Look, Measured, browser, log_in
    from pictures.writing import album, missed, table

    pages = [one for one in PAGES if not only or one.name in only]
    kept, made = home / "measured.json", home / "owner.json"
    measured = [Measured(**one) for one in json.loads(kept.read_text())] if only and kept.exists() else []
    measured = [one for one in measured if one.page not in only]

    def visit(looks: Sequence[Look], pages: Sequence[Page], logins: Mapping[str, Any], things: Any) -> list[Measured]:
        with browser() as opened:
            camera = Camera(opened, address, DOCS / FOLDER, logins, things)
            return told(camera.take(pages, looks))

    def both(pages: Sequence[Page], logins: Mapping[str, Any], things: Any) -> list[Measured]:
        with ThreadPoolExecutor(len(VISITS)) as threads:
            asked = [threads.submit(visit, looks, pages, logins, things) for looks in VISITS]
            return [one for answer in asked for one in answer.result()]

    if not made.exists():
        measured += both([one for one in pages if one.who == FRESH], NOBODY, {})
        printed = manage(home, "with_services", "--", sys.executable, "-m", "pictures.owner")
        made.write_text(printed.splitlines()[-1])
    things = json.loads(made.read_text())
    made.write_text(json.dumps(things | {"codes": things["codes"][1:]}))  # each works once
    with browser() as opened:
        logins = log_in(opened, address, things["codes"][0])
    measured += both([one for one in pages if one.who != FRESH], logins, things)
    kept.write_text(json.dumps([asdict(one) for one in measured]))
    taken = {file.name: file.stat().st_size for file in (DOCS / FOLDER).glob("*.webp")}
    (DOCS / "screenshots.md").write_text(album(PAGES, FOLDER, taken))
    busy = os.getloadavg()[2], os.cpu_count() or 1
    (DOCS / "browser.md").write_text(table(PAGES, measured, datetime.now(UTC).date(), *busy))
    say(f"{len(taken)} pictures, {sum(taken.values()) / 1e6:.1f} MB")
    over = missed(measured)
    for one in over:
        say(f"over a limit: {one}")
    return 1 if over else 0


def told(measured: Iterator[Any]) -> list[Any]:
    """All of them; each is told of as it comes."""
    found = []
    for one in measured:
        figures = f"{one.paint:.0f} ms, shift {one.shift:.3f}, {one.scripts / 1000:.1f} kB"
        say(f"{one.page} {one.look}: {figures}; {', '.join(one.hidden)}")
        found.append(one)
    return found


@contextmanager
def installation(home: Path) -> Iterator[str]:
    """The product as ``manage.py up`` serves it, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home / "up.log"
    with log.open("w") as output:
        program = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)], cwd=ROOT, env=surroundings(home), stdout=output
        )
        try:
            give_up = time.monotonic() + PATIENCE
            while READY not in log.read_text():
                if program.poll() is not None or time.monotonic() > give_up:
                    sys.exit(f"the product does not start:\n{log.read_text()}")
                time.sleep(0.5)
            yield f"http://127.0.0.1:{port}"
        finally:
            program.send_signal(signal.SIGINT)
            program.wait(timeout=PATIENCE)


def manage(home: Path, *arguments: str) -> str:
    """Run ``manage.py`` in that home; what it printed."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=surroundings(home), stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def surroundings(home: Path) -> dict[str, str]:
    """Variables of the environment, without those that lead to another installation."""
    variables = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
    return variables | {
        "CRYPTOPREDICT_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "cryptopredict.settings",
    }


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
