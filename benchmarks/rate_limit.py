"""An hour at a provider's limits: how much of the budget two workers use together, and whether they are ever banned.

No peer: the limits are absolute (0 bans, at least 90 % used, no call while the server keeps us out). The server is a
real one on this machine; it counts weights in every window of 60 s, wherever it begins, against 6,000, and now and then
asks everybody to stay away for two seconds (Retry-After, by turns in seconds and as a date). Time is simulated: see
``tests/stubs/simulation.py``. The workers are processes, each with its own client; requests weigh 2 to 250.

Arguments: simulated minutes (60), workers (2). Prints `name: figure` lines, a JSON line, and a summary.
"""

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
django.setup()

from benchmarks.scratch import scratch_database  # noqa: E402 - Django is set up now
from system.models import ExternalApiLog  # noqa: E402
from tests.stubs.outgoing import say, workers_environment  # noqa: E402
from tests.stubs.simulation import simulate  # noqa: E402


def main(minutes: float = 60, workers: float = 2) -> None:
    begin = time.monotonic()
    with scratch_database("limits"):
        say()
        outcome = simulate(
            os.environ["REDIS_URL"], minutes=minutes, workers=int(workers), environment=workers_environment()
        )
        rows = ExternalApiLog.objects.count()
    print(f"simulated minutes: {outcome.minutes:g} (in {time.monotonic() - begin:.0f} s)")
    print(f"calls: {outcome.calls} ({rows} rows in the log)")
    print(f"budget used: {100 * outcome.used:.1f} %")
    print(f"heaviest window: {outcome.highest} of 6000")
    print(f"bans: {outcome.bans}")
    print(f"calls before the end of a Retry-After: {outcome.while_closed}")
    print(json.dumps(asdict(outcome)))
    print(
        f"{outcome.bans} bans, {100 * outcome.used:.1f} % of the budget used, Retry-After obeyed {outcome.obeyed} of "
        f"{outcome.pauses} times ({outcome.workers} workers, "
        f"{outcome.minutes:g} simulated minutes)"
    )


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
