"""An installation of its own for a test: its home, its commands, its processes."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from cryptopredict.embedded.places import Places
from cryptopredict.keys import former_secret, installed_secret

ROOT = Path(__file__).resolve().parent.parent.parent
CONNECT = """
import os, psycopg, redis
said = {"autocommit": True, "options": "-c app.user_id=command"}
owner = psycopg.connect(os.environ["DATABASE_OWNER_URL"], **said)
application = psycopg.connect(os.environ["DATABASE_URL"], **said)
queue = redis.Redis.from_url(os.environ["REDIS_URL"])
"""
WRITE = """
owner.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
owner.execute("INSERT INTO kept VALUES (1)")
queue.incr("kept")
"""
READ = """
print(owner.execute("SELECT count(*) FROM kept").fetchone()[0], queue.get("kept").decode())
"""
WAITING = "print('up', flush=True); import time; time.sleep(300)"
OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CRYPTOPREDICT_HOME", "XDG_RUNTIME_DIR", "TMPDIR")


def interpreter_for_others() -> str:
    """A Python of our version, down to the patch, that any user may run; empty when there is none."""
    script = "import sys; print(sys.version_info[:3])"
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        places = (Path(candidate), Path(candidate).resolve())
        if all(path.stat().st_mode & 0o001 for place in places if place.exists() for path in (place, *place.parents)):
            found = subprocess.run([candidate, "-c", script], capture_output=True, text=True, check=False)
            if found.stdout.strip() == str(sys.version_info[:3]):
                return candidate
    return ""


@dataclass
class Installation:
    """Commands run with their state in ``home``, on request as another user."""

    home: Path
    uid: int | None = None
    python: str = sys.executable
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        site = [path for path in sys.path if path.endswith("site-packages")]
        found = kept | {"CRYPTOPREDICT_HOME": str(self.home)} | self.variables
        return found | {"PYTHONPATH": os.pathsep.join([self.variables.get("PYTHONPATH", ""), *site]).strip(os.pathsep)}

    def popen(self, *arguments: str, **options: object) -> "subprocess.Popen[str]":
        """``manage.py`` with these arguments."""
        user = {} if self.uid is None else {"user": self.uid, "group": self.uid, "extra_groups": []}
        return subprocess.Popen(  # type: ignore[call-overload]
            [self.python, str(ROOT / "manage.py"), *arguments],
            **{
                "env": self.environment(),
                "cwd": "/",
                "text": True,
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
            }
            | user
            | options,
        )

    def manage(self, *arguments: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """Run ``manage.py`` to its end."""
        process = self.popen(*arguments)
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def python_with_services(self, *code: str) -> "subprocess.CompletedProcess[str]":
        """Run pieces of Python code with the services in their environment."""
        return self.manage("with_services", "--", self.python, "-c", "\n".join(code))

    @contextmanager
    def holding(self, *code: str) -> Iterator["subprocess.Popen[str]"]:
        """A command that holds the services until the block ends; it has said its first line when the block begins."""
        process = self.popen("with_services", "--", self.python, "-c", "\n".join(code or [WAITING]))
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            first = process.stdout.readline()
            assert first, process.stderr.read()
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)

    def processes(self, name: str = "") -> list[psutil.Process]:
        """Every live process of this installation: works in its home, names it, or has it in its environment."""
        found = []
        for process in psutil.process_iter(["name", "status"]):
            if process.info["status"] == psutil.STATUS_ZOMBIE or name not in process.info["name"]:
                continue
            with suppress(psutil.Error, OSError):
                home = str(self.home.resolve())
                if (
                    process.cwd().startswith(
                        (
                            home,
                            str(self.data_directory("postgres")),
                            str(self.data_directory("valkey")),
                            str(self.run_directory()),
                        )
                    )
                    or any(home in part for part in process.cmdline())
                    or process.environ().get("CRYPTOPREDICT_HOME") in {home, str(self.home)}
                ):
                    found.append(process)
        return found

    def run_directory(self) -> Path:
        """Where its sockets are, while it runs."""
        return Places(self.home).run

    def data_directory(self, server: str) -> Path:
        return (self.home / server).resolve()

    def postmasters(self) -> list[psutil.Process]:
        """The PostgreSQL server itself, not its children."""
        return [process for process in self.processes("postgres") if "-D" in command_of(process)]

    def supervisors(self) -> list[psutil.Process]:
        return [process for process in self.processes() if "cryptopredict.embedded.supervisor" in command_of(process)]

    def assert_nothing_left(self, seconds: float = 0) -> None:
        """No process and no socket of it is there any more."""
        wait_for(lambda: not self.processes(), seconds, lambda: f"left: {[*map(command_of, self.processes())]}")

    def remove(self) -> None:
        """Take everything away, whatever state the test left it in."""
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
        for server in ("postgres", "valkey"):
            if (self.home / server).is_symlink():
                shutil.rmtree(self.data_directory(server), ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)


@contextmanager
def installation(uid: int | None = None, python: str = sys.executable) -> Iterator[Installation]:
    """A new, empty home that the user of the services can reach."""
    parent = Path(tempfile.mkdtemp(prefix="cp-test-"))
    parent.chmod(0o711)
    if uid is not None:
        os.chown(parent, uid, uid)
    made = Installation(parent / "home", uid, python)
    try:
        yield made
    finally:
        made.remove()
        shutil.rmtree(parent, ignore_errors=True)


def started(home: Path, settings: Any) -> None:
    """The keys of a home as every process reads them when it starts."""
    settings.SECRET_KEY = installed_secret(home, "secret_key")
    settings.SECRET_KEY_FALLBACKS = former_secret(home, "secret_key")
    settings.TOKEN_PEPPER = installed_secret(home, "token_pepper")
    settings.SEALING_SECRET = installed_secret(home, "sealing_secret")
    settings.SEALING_FALLBACKS = former_secret(home, "sealing_secret")


def command_of(process: psutil.Process) -> list[str]:
    """Its command line; empty when it has just ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def lives(process: psutil.Process) -> bool:
    """It may end between any two questions about it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(process: psutil.Process) -> None:
    """With signal 9, and see it dead."""
    with suppress(psutil.NoSuchProcess):
        process.kill()
    wait_for(lambda: not lives(process), 5)


def wait_for(condition: Callable[[], object], seconds: float, complaint: Callable[[], str] = lambda: "") -> None:
    """Until the condition holds; fails the test when it does not within that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() <= deadline, complaint()
        time.sleep(0.05)


def assert_one_sentence(result: "subprocess.CompletedProcess[str]", *parts: str) -> None:
    """The command failed with one line that names the thing and the remedy."""
    lines = result.stderr.strip().splitlines()
    assert result.returncode == 2, (result.returncode, result.stdout, result.stderr)
    assert len(lines) == 1, result.stderr
    assert lines[0].endswith("."), lines
    for part in parts:
        assert part in lines[0], lines
