"""Puts a version into force in a process of its own, when it is told to; says what came of it."""

import sys

from cryptopredict.running.loading import load_models

load_models()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from aimodels.services.activation import activate  # noqa: E402
from system.exceptions import ConflictError  # noqa: E402

if __name__ == "__main__":
    connection.ensure_connection()
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    try:
        activate(int(sys.argv[1]), at=timezone.now(), actor=None)
    except ConflictError as refusal:
        print(f"refused: {refusal}")  # noqa: T201
    else:
        print("in force")  # noqa: T201
