"""In every Python process of a soak: what libfaketime breaks is mended, and what has a bare environment gets the clock.

Python finds this file by ``PYTHONPATH``; nothing else imports it.
"""

import os
import select
import subprocess
import time
from typing import Any

CLOCK = ("LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE", "FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC", "NO_FAKE_STAT")
_begin = subprocess.Popen.__init__


def sleep(seconds: Any, /) -> None:
    """As ``time.sleep``, whose call of ``clock_nanosleep`` until a monotonic moment libfaketime 0.9.10 refuses."""
    select.select([], [], [], seconds)


def begin_with_clock(self: Any, *arguments: Any, **options: Any) -> None:
    """The servers are begun with an environment of two variables; they need those of the clock too."""
    if options.get("env") is not None:
        options["env"] = {name: os.environ[name] for name in CLOCK if name in os.environ} | dict(options["env"])
    _begin(self, *arguments, **options)


if os.environ.get("FAKETIME_TIMESTAMP_FILE"):
    time.sleep = sleep
    subprocess.Popen.__init__ = begin_with_clock  # type: ignore[method-assign]
