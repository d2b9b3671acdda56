"""A backup and its drill at size: how long each takes, whether everything is compared, whether a flipped byte is found.

Candles and forecasts with their ledger, in a database of its own; the drill restores them into an installation of its
own. Prints one JSON line, then one line for people; ends with status 1 if the drill failed, or did not see the byte.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

import django  # noqa: E402

django.setup()

from psycopg import sql  # noqa: E402

from assets.models import Asset  # noqa: E402
from assets.services.partitions import ensure_partitions  # noqa: E402
from benchmarks.ledger import ASSETS, MARKET, START, insert  # noqa: E402
from benchmarks.scratch import owner, scratch_database  # noqa: E402
from cryptopredict.backups.drilling import drill  # noqa: E402
from cryptopredict.backups.files import DUMP  # noqa: E402
from cryptopredict.backups.making import make_backup  # noqa: E402
from cryptopredict.bootstrap import bootstrap  # noqa: E402


def fill(candles: int, forecasts: int) -> None:
    """A market of hourly candles, and forecasts of it through the ledger's triggers."""
    bootstrap()
    until = START + timedelta(hours=max(1, candles // ASSETS) - 1)
    ensure_partitions("1h", START, until)
    Asset.objects.bulk_create(
        Asset(symbol=f"T{number}", name=f"Test coin {number}", asset_type="crypto") for number in range(1, ASSETS + 1)
    )
    owner(sql.SQL(MARKET).format(start=sql.Literal(START), until=sql.Literal(until)))
    for part in range(5):
        insert(f"part_{part}", forecasts // 5)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return round(time.perf_counter() - started, 2), found


def flip(path: Path) -> None:
    """Another bit in the middle of a file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


def measure(candles: int, forecasts: int, folder: Path) -> dict[str, Any]:
    """Every figure."""
    fill(candles, forecasts)
    found: dict[str, Any] = {
        "candles": owner("SELECT count(*) FROM price_data"),
        "forecasts": owner("SELECT count(*) FROM predictions"),
        "database_bytes": owner("SELECT pg_database_size(current_database())"),
    }
    found["backup_seconds"], backup = timed(lambda: make_backup(folder))
    found["drill_seconds"], tried = timed(lambda: drill(backup, passphrase_file=None, passphrase=None))
    found |= {"bytes": tried.bytes, "tables": tried.tables, "rows": tried.rows, "verified": tried.forecasts}
    found |= {"parts": tried.seconds, "fault": tried.fault}
    flip(backup / DUMP)
    found["seconds_to_find"], spoiled = timed(lambda: drill(backup, passphrase_file=None, passphrase=None))
    found["fault_of_flipped"] = spoiled.fault
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candles", type=int, default=10_000_000)
    parser.add_argument("--forecasts", type=int, default=1_000_000)
    options = parser.parse_args()
    with scratch_database("drill"), tempfile.TemporaryDirectory(dir=os.environ.get("BACKUP_DIRECTORY")) as place:
        result = measure(options.candles, options.forecasts, Path(place))
    print(json.dumps(result))
    print(
        f"drill: {result['candles']} candles and {result['forecasts']} forecasts "
        f"({result['database_bytes'] / 1e9:.2f} GB) backed up in {result['backup_seconds']:.1f} s "
        f"({result['bytes'] / 1e6:.0f} MB), tried out in {result['drill_seconds']:.1f} s: {result['rows']} rows of "
        f"{result['tables']} tables equal, {result['verified']} forecasts verified; a flipped byte found in "
        f"{result['seconds_to_find']:.1f} s"
    )
    sys.exit(bool(result["fault"]) or "not as it was written" not in result["fault_of_flipped"])
