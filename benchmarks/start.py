"""Time from `manage.py up` to the first page: in an empty home, and again; and what Ctrl-C leaves running.

No peer: the limits are absolute (120 s and 10 s). Prints `name: figure` lines.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 300.0
ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SITE_URL", "ALLOWED_HOSTS")


def main() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        home = Path(directory)
        home.chmod(0o711)  # root's servers run as somebody else and must pass through
        print(f"cold start: {seconds_to_first_page(home):.1f} s")
        print(f"second start: {seconds_to_first_page(home):.1f} s")
        print(f"left running: {len(left_running(home))}")


def seconds_to_first_page(home: Path) -> float:
    """Start, wait for the start page, stop as Ctrl-C does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
    started = time.monotonic()
    program = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", str(port)],
        cwd=ROOT,
        env=variables | {"CRYPTOPREDICT_HOME": str(home)},
        stdout=sys.stderr,
    )
    try:
        while not answers(f"http://127.0.0.1:{port}/"):
            if program.poll() is not None or time.monotonic() - started > PATIENCE:
                sys.exit(f"no page after {time.monotonic() - started:.0f} s (status {program.poll()})")
            time.sleep(0.05)
        return time.monotonic() - started
    finally:
        program.send_signal(signal.SIGINT)
        program.wait(timeout=PATIENCE)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=30) as response:  # noqa: S310 - our own address
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def left_running(home: Path) -> list[psutil.Process]:
    """Processes that have to do with the home directory."""
    found = []
    for process in psutil.process_iter():
        try:
            traces = [*process.cmdline(), process.cwd(), process.environ().get("CRYPTOPREDICT_HOME", "")]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(home) in trace for trace in traces):
            found.append(process)
    return found


if __name__ == "__main__":
    main()
