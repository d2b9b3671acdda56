"""What the files for servers say: units of systemd, the compose file, the image."""

import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cryptopredict.environment import BASE_DIR

UNITS = BASE_DIR / "deploy" / "systemd"
INTERPRETER = "/srv/cryptopredict/.venv/bin/python"
PLACE = "/etc/cryptopredict"
SECTION = re.compile(r"\[(\w+)\]")


@dataclass(frozen=True)
class Unit:
    """A unit of one instance, with its drop-ins.

    Attributes:
        settings: name and value, in their order; specifiers are filled in.
    """

    name: str
    settings: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        return [value for found, value in self.settings if found == name]

    def files(self) -> dict[str, bool]:
        """Files of variables: by their path, whether they may be missing."""
        return {value.removeprefix("-"): value.startswith("-") for value in self.values("EnvironmentFile")}

    def environment(self, files: Mapping[str, str]) -> dict[str, str]:
        """What the processes get, where these files are: content by path."""
        assert all(may_miss or path in files for path, may_miss in self.files().items()), self.files()
        lines = self.values("Environment")
        for path in self.files():
            lines += files.get(path, "").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def commands(self, environment: Mapping[str, str]) -> list[list[str]]:
        """What is started, as systemd splits it."""
        filled = [
            re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], line) for line in self.values("ExecStart")
        ]
        return [shlex.split(line) for line in filled]


def unit(name: str) -> Unit:
    """Of one instance (``cryptopredict-web@8000``), as systemd would read it."""
    template, at, instance = name.partition("@")
    folder = UNITS / f"{name}.service.d"
    paths = [UNITS / f"{template}{at}.service", *(sorted(folder.glob("*.conf")) if folder.is_dir() else [])]
    settings = [
        (key, value.replace("%i", instance).replace("%%", "%")) for path in paths for key, value in settings_of(path)
    ]
    return Unit(name, tuple(settings))


def settings_of(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text().splitlines():
        if line and not line.startswith("#") and not SECTION.fullmatch(line):
            key, _equals, value = line.partition("=")
            yield key, value


def every_unit(queues: Iterator[str] | Mapping[str, Any]) -> list[Unit]:
    """One of each part, and a worker of each queue."""
    names = ["web@8000", "beat", "migrate", *(f"worker@{queue}" for queue in queues), "worker@compute-2"]
    return [unit(f"cryptopredict-{name}") for name in names]


def here(command: list[str]) -> list[str]:
    """The same with the interpreter and the program of this checkout."""
    assert command[:2] == [INTERPRETER, "manage.py"]
    return [sys.executable, str(BASE_DIR / "manage.py"), *command[2:]]


def bare_environment(home: Path) -> dict[str, str]:
    """What systemd gives to every service, and what this machine needs besides to load the program."""
    given = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME": str(home), "LANG": "C.UTF-8"}
    return given | {name: os.environ[name] for name in ("TMPDIR", "XDG_RUNTIME_DIR") if name in os.environ}


@cache
def compose() -> dict[str, Any]:
    """The compose file, with what it merges in place."""
    found: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
    return found


def ours() -> dict[str, dict[str, Any]]:
    """The services of it that are the program."""
    return {name: part for name, part in compose()["services"].items() if part.get("image") == "cryptopredict"}


def image_command() -> list[str]:
    """What the image starts by itself."""
    text = (BASE_DIR / "Dockerfile").read_text()
    (found,) = re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)
    command: list[str] = yaml.safe_load(found)
    return command
