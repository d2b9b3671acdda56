"""The database of a product that runs: tests make their rows in it, and empty it. Never that of somebody."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

ROOT = Path(__file__).resolve().parent.parent.parent
MARK = "made for tests, which empty it"
"""The comment of a database that may be emptied."""
ATTEMPTS = 5
AT_WORK = (psycopg.errors.DeadlockDetected, psycopg.errors.ForeignKeyViolation)
"""Who works on it meanwhile writes, too."""


def refuse_any_other() -> None:
    """End here, unless the database was made for tests."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        (comment,) = cursor.fetchone()
    if comment != MARK:
        pytest.exit(f"the database of --product has not the comment {MARK!r}: it would be emptied", returncode=3)


def patiently(empty: Any) -> Any:
    """The same again when somebody who works on the database came between."""

    def empty_at_last(self: Any) -> None:
        for attempt in range(ATTEMPTS):
            try:
                empty(self)
            except AT_WORK:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    return empty_at_last


def begin_anew() -> None:
    """What every installation has, as ``migrate`` of the compose file makes it. Admins need no second factor there, as
    in all tests but those about it."""
    from system.services.settings import merge_settings  # the script that starts everything reads no settings

    subprocess.run([sys.executable, str(ROOT / "manage.py"), "bootstrap"], cwd=ROOT, env=os.environ, check=True)
    merge_settings({"security": {"admins_need_second_factor": False}}, actor=None)
