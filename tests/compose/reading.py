"""``docker-compose.yml`` and ``Dockerfile`` as Docker reads them, as far as ours use them; what is new is refused."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

KEYS = frozenset(
    {
        "build",
        "cap_drop",
        "command",
        "depends_on",
        "entrypoint",
        "env_file",
        "environment",
        "healthcheck",
        "image",
        "init",
        "ports",
        "profiles",
        "restart",
        "security_opt",
        "stop_grace_period",
        "user",
        "volumes",
    }
)
"""Of a service. One that is not here would be passed over in silence."""
GRACE = "10s"
"""Docker's own patience with what was asked to end."""
INSTRUCTIONS = frozenset({"CMD", "COPY", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "RUN", "USER", "WORKDIR"})
VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Z_][A-Z0-9_]*)(?P<kind>:\?|:-)?(?P<rest>[^{}]*)\})?")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class NotUnderstood(Exception):
    """The file says something that is not carried out here, or a variable that it asks for is missing."""


@dataclass(frozen=True)
class Health:
    """How it is asked whether something is well.

    Attributes:
        command: that ends with status 0 if it is.
        interval: seconds between two questions, the first one included.
        timeout: seconds after which no answer is a bad one.
        start_period: seconds in which a bad answer does not count.
        retries: so many bad answers one after another are one too many.
    """

    command: tuple[str, ...]
    interval: float = 30.0
    timeout: float = 30.0
    start_period: float = 0.0
    retries: int = 3


@dataclass(frozen=True)
class Service:
    """A part of the compose file, with nothing left to be filled in.

    Attributes:
        image: its name; empty if it is built from ``build`` and has none.
        entrypoint: before its command; empty: that of its image.
        command: None: that of its image.
        environment: from its ``env_file`` and, before that, its ``environment``.
        volumes: what is mounted, by the place where it is.
        waits_for: by service, the condition.
        health: None: that of its image, unless ``is_unasked``.
        grace: seconds after which what was asked to end is killed.
    """

    name: str
    image: str
    build: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...] | None
    environment: Mapping[str, str]
    volumes: Mapping[str, str]
    waits_for: Mapping[str, str]
    health: Health | None
    is_unasked: bool
    profiles: frozenset[str]
    restart: str
    grace: float


@dataclass
class Image:
    """The last stage of a Dockerfile.

    Attributes:
        steps: commands that were run, each with the user who ran it.
    """

    environment: dict[str, str] = field(default_factory=dict)
    directory: str = "/"
    user: str = "root"
    steps: list[tuple[str, str]] = field(default_factory=list)
    command: tuple[str, ...] = ()
    health: Health | None = None


def filled_in(text: str, variables: Mapping[str, str]) -> str:
    """The text with its ``${VARIABLES}``.

    Raises:
        NotUnderstood: one that has to be set is not, or a way to write it is not known here.
    """

    def one(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        name, kind, rest = found["name"], found["kind"], found["rest"]
        if name is None or (rest and not kind):
            raise NotUnderstood(f"{text!r}: {found[0]!r}")
        value = variables.get(name, "")
        if kind == ":?" and not value:
            raise NotUnderstood(f"required variable {name} is missing a value")
        return value or (rest if kind == ":-" else "")

    return VARIABLE.sub(one, text)


def everywhere(found: Any, variables: Mapping[str, str]) -> Any:
    """The same in all values of what was read."""
    if isinstance(found, str):
        return filled_in(found, variables)
    if isinstance(found, list):
        return [everywhere(one, variables) for one in found]
    if isinstance(found, dict):
        return {name: everywhere(one, variables) for name, one in found.items()}
    return found


def seconds(text: str) -> float:
    """A length of time such as ``1m30s``."""
    parts = re.findall(r"(\d+)(ms|s|m|h)", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise NotUnderstood(f"{text!r} is no length of time")
    return sum(int(number) * UNITS[unit] for number, unit in parts)


def services(path: Path, variables: Mapping[str, str], *profiles: str) -> dict[str, Service]:
    """Services of a compose file that start with these profiles.

    Args:
        variables: what stands in the file ``.env`` beside it.
    Raises:
        NotUnderstood: see there.
    """
    read = everywhere(yaml.safe_load(path.read_text()), variables)
    unknown = {key for key in read if not key.startswith("x-")} - {"services", "volumes"}
    if unknown:
        raise NotUnderstood(f"{path.name}: {sorted(unknown)}")
    found = {name: service(name, part, path.parent) for name, part in read["services"].items()}
    mounted = {source for one in found.values() for source in one.volumes.values() if not source.startswith("./")}
    if nowhere := mounted - read.get("volumes", {}).keys():
        raise NotUnderstood(f"volumes that nobody makes: {sorted(nowhere)}")
    return {name: one for name, one in found.items() if not one.profiles or one.profiles & {*profiles}}


def service(name: str, part: dict[str, Any], folder: Path) -> Service:
    if unknown := part.keys() - KEYS:
        raise NotUnderstood(f"{name}: {sorted(unknown)}")
    asked = part.get("healthcheck") or {}
    return Service(
        name=name,
        image=part.get("image", ""),
        build=part.get("build", ""),
        entrypoint=tuple(part.get("entrypoint", [])),
        command=tuple(part["command"]) if "command" in part else None,
        environment=environment_of(part, folder),
        volumes={place: source for source, place in (one.split(":")[:2] for one in part.get("volumes", []))},
        waits_for={other: said["condition"] for other, said in (part.get("depends_on") or {}).items()},
        health=health(asked) if "test" in asked else None,
        is_unasked=bool(asked.get("disable")),
        profiles=frozenset(part.get("profiles", [])),
        restart=part.get("restart", "no"),
        grace=seconds(part.get("stop_grace_period", GRACE)),
    )


def environment_of(part: dict[str, Any], folder: Path) -> dict[str, str]:
    """Files first; what the compose file itself says wins."""
    found: dict[str, str] = {}
    for file in part.get("env_file", []):
        path = folder / file["path"]
        if path.exists():
            found |= variables_in(path)
        elif file["required"]:
            raise NotUnderstood(f"{path} is not there")
    return found | {name: str(value) for name, value in part.get("environment", {}).items()}


def variables_in(path: Path) -> dict[str, str]:
    """Of a file with lines ``NAME=value``, as it stands there."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _equals, value in pairs}


def health(asked: Mapping[str, Any]) -> Health:
    kind, *words = asked["test"]
    if kind not in {"CMD", "CMD-SHELL"}:
        raise NotUnderstood(f"a test of health that is {kind}")
    command = ("sh", "-c", *words) if kind == "CMD-SHELL" else tuple(words)
    readers: dict[str, Callable[[str], float]] = {
        "interval": seconds,
        "timeout": seconds,
        "start_period": seconds,
        "retries": int,
    }
    said: dict[str, Any] = {name: read(asked[name]) for name, read in readers.items() if name in asked}
    return Health(command, **said)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Of the last stage of a Dockerfile; lines that go on are joined."""
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    found = [(word, rest.strip()) for word, _space, rest in (line.partition(" ") for line in lines)]
    if unknown := {word for word, _rest in found} - INSTRUCTIONS:
        raise NotUnderstood(f"Dockerfile: {sorted(unknown)}")
    last = max(place for place, (word, _rest) in enumerate(found) if word == "FROM")
    yield from found[last:]


def image(path: Path) -> Image:
    """What a Dockerfile makes.

    Raises:
        NotUnderstood: see there.
    """
    made = Image()
    for word, rest in instructions(path.read_text()):
        if word == "ENV":
            made.environment |= dict(one.split("=", 1) for one in shlex.split(rest))
        elif word == "WORKDIR":
            made.directory = rest
        elif word == "USER":
            made.user = rest
        elif word == "RUN":
            made.steps.append((made.user, rest))
        elif word == "CMD":
            made.command = tuple(json.loads(rest))
        elif word == "HEALTHCHECK":
            made.health = health_of(rest)
    return made


def health_of(rest: str) -> Health:
    """``--interval=10s … CMD […]``."""
    options, _word, command = rest.partition(" CMD ")
    said = dict(one.removeprefix("--").split("=", 1) for one in options.split())
    return health(
        {name.replace("-", "_"): value for name, value in said.items()} | {"test": ["CMD", *json.loads(command)]}
    )
