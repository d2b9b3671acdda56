"""Where the installation lives, what its ``.env`` says, and how a variable is read; also before Django's settings."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import environ

from system.exceptions import InvalidInput
from system.stores.bucket import Bucket

ON, OFF = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
PROVIDER = re.compile(r"PROVIDER_([A-Z][A-Z0-9_]*)_(URL|KEY)")
SET_IN_FILE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=", re.MULTILINE | re.ASCII)
REMEDY = "correct it or leave it out"
ENGINE = "system.postgres"
"""Django's backend whose statements say for whom they are."""
BASE_DIR = Path(__file__).resolve().parent.parent


def load() -> None:
    """Put the variables of ``.env`` into the environment; what is set already wins."""
    environ.Env.read_env(BASE_DIR / ".env")


def named_in_file() -> set[str]:
    """The variables that ``.env`` sets, as it is now."""
    path = BASE_DIR / ".env"
    return set(SET_IN_FILE.findall(path.read_text())) if path.is_file() else set()


def home() -> Path:
    """Directory of the installation's state: ``CRYPTOPREDICT_HOME``, else ``.data/`` beside the program."""
    return Path(os.environ.get("CRYPTOPREDICT_HOME") or BASE_DIR / ".data").expanduser().absolute()


def whole_number(variable: str, default: int, *, least: int = 1, most: int | None = None) -> int:
    """A number from the environment.

    Raises:
        InvalidInput: it is none, or outside the limits; the text names the variable.
    """
    text = os.environ.get(variable) or str(default)
    limits = f"from {least} to {most}" if most is not None else f"of at least {least}"
    if not text.isascii() or not text.isdigit() or int(text) < least or (most is not None and int(text) > most):
        raise InvalidInput(f"{variable} must be a whole number {limits}, not {text!r}; {REMEDY}.", field=variable)
    return int(text)


def one_of(variable: str, choices: Sequence[str], default: str) -> str:
    """A word from the environment, in lower case.

    Raises:
        InvalidInput: it is none of the choices; the text names the variable.
    """
    text = (os.environ.get(variable) or default).lower()
    if text not in choices:
        raise InvalidInput(f"{variable} must be one of {', '.join(choices)}, not {text!r}; {REMEDY}.", field=variable)
    return text


def switch(variable: str) -> bool:
    """Whether something is switched on in the environment; off unless said otherwise.

    Raises:
        InvalidInput: it says neither; the text names the variable.
    """
    return one_of(variable, (*ON, *OFF), OFF[0]) in ON


def port() -> int:
    """The port of ``PORT``, else 8000.

    Raises:
        InvalidInput: there is no such port.
    """
    return whole_number("PORT", 8000, most=65535)


def wal_archive(home: Path, name: str) -> Path | None:
    """Where the write-ahead log of the embedded PostgreSQL is kept: ``WAL_ARCHIVE``, off unless said otherwise.

    Args:
        name: of the directory in the home directory, if it only says on.
    Raises:
        InvalidInput: it is neither on, nor off, nor the whole path of a directory.
    """
    text = os.environ.get("WAL_ARCHIVE") or OFF[0]
    if text.lower() in (*ON, *OFF):
        return home / name if text.lower() in ON else None
    path = Path(text).expanduser()
    if not path.is_absolute() or not text.isprintable():
        raise InvalidInput(
            f"WAL_ARCHIVE must be on, off or a directory such as /mnt/disk/wal, not {text!r}; {REMEDY}.",
            field="WAL_ARCHIVE",
        )
    return path


def wal_days() -> int:
    """How many days back every moment can be restored: ``WAL_KEEP_DAYS``.

    Raises:
        InvalidInput: it is no number of days.
    """
    return whole_number("WAL_KEEP_DAYS", 7, most=3650)


def artefacts() -> str:
    """The bucket where trained models, media and reports of backtests lie: ``ARTEFACTS_URL``; empty: in the home
    directory.

    Raises:
        InvalidInput: it is no such address; what it says may be secret, so it is not repeated.
    """
    text = os.environ.get("ARTEFACTS_URL") or ""
    try:
        return str(Bucket(text)) if text else ""
    except InvalidInput:
        raise InvalidInput(
            f"ARTEFACTS_URL must be an s3:// address such as s3://bucket/prefix; {REMEDY}.", field="ARTEFACTS_URL"
        ) from None


def site_address() -> str:
    """Where people reach us: ``SITE_URL``, without a slash at its end.

    Raises:
        InvalidInput: it is no address of a site.
    """
    text = os.environ.get("SITE_URL") or "http://127.0.0.1:8000"
    try:
        site = urlsplit(text)
        understood = site.scheme in {"http", "https"} and bool(site.hostname) and site.port != 0
    except ValueError:  # brackets or a port that mean nothing
        understood = False
    if not understood:
        raise InvalidInput(
            f"SITE_URL must be an http or https address such as https://crypto.example, not {text!r}; {REMEDY}.",
            field="SITE_URL",
        )
    return text.rstrip("/")


def database(*variables: str) -> dict[str, Any]:
    """Django's settings of the database that the first of these variables names that is set.

    Raises:
        InvalidInput: it is no address of a PostgreSQL database; what it says may be secret, so it is not repeated.
    """
    variable = next(filter(os.environ.get, variables), variables[0])
    text = os.environ.get(variable) or "postgresql:///cryptopredict"
    try:
        if text.partition("://")[0].lower() in {"postgres", "postgresql"}:
            return dict(environ.Env.db_url_config(text)) | {"ENGINE": ENGINE}
    except ValueError:
        pass  # a host or port that means nothing is refused like any other address
    example = "postgresql://user:password@host:5432/name"
    raise InvalidInput(f"{variable} must be a postgresql:// address such as {example}; {REMEDY}.", field=variable)


def replica() -> dict[str, dict[str, Any]]:
    """Django's settings of the copy of the database, by its alias; none where ``DATABASE_REPLICA_URL`` is not set.

    Raises:
        InvalidInput: it is no address of a PostgreSQL database.
    """
    if not os.environ.get("DATABASE_REPLICA_URL"):
        return {}
    found = database("DATABASE_REPLICA_URL")
    return {"replica": found | {"OPTIONS": {"connect_timeout": 2, **found.get("OPTIONS", {})}}}


def redis_address() -> str:
    """Where the queue, the cache and the live channels are: ``REDIS_URL``.

    Raises:
        InvalidInput: it is no address of a Redis server; what it says may be secret, so it is not repeated.
    """
    text = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"
    try:
        server = urlsplit(text)
        numbers = parse_qs(server.query).get("db", [])
        if server.scheme != "unix":
            numbers.append(server.path.strip("/") or "0")
        kinds = {"redis", "rediss", "unix"}
        understood = server.scheme in kinds and server.port != 0 and all(map(str.isdecimal, numbers))
    except ValueError:  # brackets or a port that mean nothing
        understood = False
    if not understood:
        raise InvalidInput(
            f"REDIS_URL must be a redis://, rediss:// or unix:// address such as redis://host:6379/0; {REMEDY}.",
            field="REDIS_URL",
        )
    return text


def mail_server() -> dict[str, Any]:
    """Django's settings of the mail server of ``EMAIL_URL``; an empty ``EMAIL_HOST`` says that there is none.

    Raises:
        InvalidInput: it is no address of a mail server; what it says may be secret, so it is not repeated.
    """
    text = os.environ.get("EMAIL_URL") or ""
    if not text:
        return {"EMAIL_HOST": "", "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    try:
        server = urlsplit(text)
        if server.scheme in {"smtp", "smtp+tls", "smtp+ssl"} and server.hostname and server.port != 0:
            return dict(environ.Env.email_url_config(text))
    except ValueError:
        pass  # a host or port that means nothing is refused like any other address
    example = "smtp+tls://user:password@mail.example:587"
    raise InvalidInput(f"EMAIL_URL must be a mail server such as {example}; {REMEDY}.", field="EMAIL_URL")


def providers() -> dict[str, dict[str, str]]:
    """Where providers of market data are, and our keys with them: ``PROVIDER_<NAME>_URL`` and ``PROVIDER_<NAME>_KEY``.

    Returns:
        By name in lower case: ``url`` and ``key``, as far as they are set.
    Raises:
        InvalidInput: an address is none, or a key cannot stand in a header; a key is not repeated.
    """
    found: dict[str, dict[str, str]] = {}
    for variable, text in os.environ.items():
        if text and (named := PROVIDER.fullmatch(variable)):
            name, part = named.group(1).lower(), named.group(2).lower()
            found.setdefault(name, {})[part] = (
                provider_address(variable, text) if part == "url" else key(variable, text)
            )
    return found


def provider_address(variable: str, text: str) -> str:
    """An http or https address of a variable, without a slash at its end."""
    try:
        parts = urlsplit(text)
        plain = not (parts.username or parts.password or parts.query or parts.fragment) and parts.port != 0
        understood = parts.scheme in {"http", "https"} and bool(parts.hostname) and plain and text.isprintable()
    except ValueError:  # brackets or a port that mean nothing
        understood = False
    if not understood:
        example = "https://api.provider.example"
        raise InvalidInput(
            f"{variable} must be an http or https address such as {example}, without user or query; {REMEDY}.",
            field=variable,
        )
    return text.rstrip("/")


def key(variable: str, text: str) -> str:
    """A key of a variable: one word of plain characters."""
    if len(text) < 6 or not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidInput(
            f"{variable} must be a key of at least 6 plain characters without spaces; {REMEDY}.", field=variable
        )
    return text


def secret(variable: str) -> str:
    """A secret word of the environment; empty if there is none.

    Raises:
        InvalidInput: it could be guessed, or cannot stand in a header; it is not repeated.
    """
    text = os.environ.get(variable) or ""
    if text and (len(text) < 20 or not text.isascii() or not text.isprintable() or " " in text):
        raise InvalidInput(f"{variable} must be at least 20 plain characters without spaces; {REMEDY}.", field=variable)
    return text


COLLECTORS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SAMPLERS = (
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
    "always_on",
    "always_off",
    "traceidratio",
)
"""Which traces are made, in the words of OpenTelemetry."""


def collector() -> str:
    """Where traces go: ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` or ``OTEL_EXPORTER_OTLP_ENDPOINT``; empty for nowhere,
    unless one of them is set. The library reads these variables, and some more, by itself; what would only make it
    write a line into the log is refused here.

    Raises:
        InvalidInput: it is no address, or is to be spoken to in another protocol, or the choice of traces is none.
    """
    found = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if not found or switch("OTEL_SDK_DISABLED"):
        return ""
    variable = next(name for name in COLLECTORS if os.environ.get(name) == found)
    one_of("OTEL_EXPORTER_OTLP_PROTOCOL", ("http/protobuf",), "http/protobuf")
    one_of("OTEL_TRACES_SAMPLER", SAMPLERS, SAMPLERS[0])
    share("OTEL_TRACES_SAMPLER_ARG", os.environ.get("OTEL_TRACES_SAMPLER_ARG") or "1")
    return provider_address(variable, found)


def share(variable: str, text: str) -> float:
    """A number from 0 to 1.

    Raises:
        InvalidInput: it is none.
    """
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise InvalidInput(f"{variable} must be a number from 0 to 1, not {text!r}; {REMEDY}.", field=variable)
    return found


def redis_database(address: str) -> str:
    """Number of the database that an address of ``redis_address`` names; ``db`` in its query goes before its path."""
    server = urlsplit(address)
    path = "" if server.scheme == "unix" else server.path.strip("/")
    return parse_qs(server.query).get("db", [path or "0"])[0]
