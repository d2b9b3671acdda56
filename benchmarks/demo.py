"""The demo market: time to generate it, to load it into an empty database, and to continue it by an hour.

60 coins, three years of 1d and one year of 1h. No peer: the limit is absolute (30 s for generating and loading). It
makes a database of its own in a temporary home, and prints `name: figure` lines.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SITE_URL", "ALLOWED_HOSTS")
INSIDE = "--inside"


def main() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        home = Path(directory)
        home.chmod(0o711)  # root's servers run as somebody else and must pass through
        manage(home, "migrate", "--verbosity", "0")
        manage(home, "bootstrap")
        lines = manage(home, "with_services", "--", sys.executable, str(Path(__file__).resolve()), INSIDE).splitlines()
        found = json.loads(lines[-1])
    for name, figure in found.items():
        print(f"{name}: {figure}")
    whole = found["seconds to generate and load"]
    print(f"demo market: {found['candles']} candles in {whole:.1f} s, an hour more in {found['seconds to continue']} s")


def manage(home: Path, *arguments: str) -> str:
    """Run ``manage.py`` in that home; what it printed."""
    variables = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
    variables |= {"CRYPTOPREDICT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True).stdout


def inside() -> None:
    """With services: load, then continue."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    import django

    django.setup()
    from django.utils import timezone

    from assets.providers import demo
    from cryptopredict.demo import SPANS, ensure_demo_market

    now = timezone.now() - timedelta(hours=1)
    started = time.perf_counter()
    demo.hourly_candles(demo.simulate(now), now - SPANS["1d"])
    generated = time.perf_counter()
    loaded = ensure_demo_market(now)
    ended = time.perf_counter()
    if loaded is None:
        sys.exit("the database was not empty")
    continued = time.perf_counter()
    ensure_demo_market(now + timedelta(hours=1))
    print(
        json.dumps(
            {
                "candles": loaded.candles.new,
                "values": loaded.values.new,
                "seconds to generate": round(generated - started, 2),
                "seconds to generate and load": round(ended - generated, 2),
                "seconds to continue": round(time.perf_counter() - continued, 2),
            }
        )
    )


if __name__ == "__main__":
    if INSIDE in sys.argv:
        inside()
    else:
        main()
