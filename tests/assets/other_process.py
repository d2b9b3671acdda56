"""Programs that work on the test's database from a process of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from django.db import connections

from tests.cryptopredict.installation import ROOT

SET_UP = """
import os, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "cryptopredict.settings"
django.setup()
"""


def addresses() -> dict[str, str]:
    """The test's database as environment variables, for both roles."""
    found = {}
    for name, alias in (("DATABASE_URL", "default"), ("DATABASE_OWNER_URL", "owner")):
        settings = connections[alias].settings_dict
        options = {"host": settings["HOST"] or settings["OPTIONS"].get("host"), "port": settings["PORT"]}
        query = urlencode({key: value for key, value in options.items() if value})
        person = f"{quote(settings['USER'])}:{quote(settings['PASSWORD'])}"
        found[name] = f"postgresql://{person}@/{quote(settings['NAME'])}?{query}"
    return found


@contextmanager
def other_process(program: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Python that has set Django up; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", SET_UP + program, *arguments],
        cwd=ROOT,
        env=os.environ | addresses(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
