"""Where the installation lives and what its ``.env`` says, for code that runs before Django's settings."""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent


def load() -> None:
    """Put the variables of ``.env`` into the environment; what is set already wins."""
    environ.Env.read_env(BASE_DIR / ".env")


def home() -> Path:
    """Directory of the installation's state: ``CRYPTOPREDICT_HOME``, else ``.data/`` beside the program."""
    return Path(os.environ.get("CRYPTOPREDICT_HOME") or BASE_DIR / ".data").expanduser().absolute()
