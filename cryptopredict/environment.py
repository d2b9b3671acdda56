"""Where the installation lives, what its ``.env`` says, and how a variable is read; also before Django's settings."""

import os
from collections.abc import Sequence
from pathlib import Path

import environ

from system.exceptions import InvalidInput

ON, OFF = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
REMEDY = "correct it or leave it out"
BASE_DIR = Path(__file__).resolve().parent.parent


def load() -> None:
    """Put the variables of ``.env`` into the environment; what is set already wins."""
    environ.Env.read_env(BASE_DIR / ".env")


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
