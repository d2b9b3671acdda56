"""How long an import of trades takes: preview and booking of 15,000 trades in 60 assets over five years.

    python manage.py with_services -- python -m benchmarks.import_trades [--trades 15000]

Works in a database of its own. Seconds are of the clock and of this process's CPU.
"""

import argparse
import io
import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
FIRST = datetime(2019, 1, 1, tzinfo=UTC)
ASSETS = 60


def file_of(trades: int, seed: int) -> bytes:
    """Purchases, and sales of half of what was bought."""
    draw = random.Random(seed)  # noqa: S311
    rows = ["time,kind,symbol,quantity,price,fee,key"]
    span = timedelta(days=5 * 365) / trades
    for number in range(trades):
        at = FIRST + number * span
        kind, quantity = ("buy", 2) if number < ASSETS or number % 2 == 0 else ("sell", 1)
        symbol = f"BENCH{(number // 2 if number >= ASSETS else number) % ASSETS}"
        price = f"{draw.uniform(10, 90):.8f}"
        rows.append(f"{at.isoformat()},{kind},{symbol},{quantity},{price},0.01,bench-{number}")
    return "\n".join(rows).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trades", type=int, default=15_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()

    import django

    django.setup()
    from benchmarks.scratch import scratch_database

    with scratch_database("import_trades"):
        measure(file_of(options.trades, options.seed), options.trades)


def measure(body: bytes, trades: int) -> None:
    """Preview, booking, and the same file again."""
    from accounts.models import User
    from assets.choices import AssetType
    from assets.models import Asset
    from selection.models import Portfolio
    from trading.services import confirm_import, preview_import

    user = User.objects.create(email="benchmark@example.org")
    portfolio = Portfolio.objects.create(user=user, name="Benchmark")
    Asset.objects.bulk_create(
        Asset(symbol=f"BENCH{n}", name=f"Bench {n}", asset_type=AssetType.CRYPTO) for n in range(ASSETS)
    )
    print(f"{trades} trades in {ASSETS} assets, {len(body) / 2**20:.1f} MB")
    begun = time.perf_counter()
    row = timed("preview", lambda: preview_import(portfolio, io.BytesIO(body), actor=user, name="bench.csv"))
    print(f"  {row.new} new, {row.faulty} refused {row.errors[:2]}")
    timed("booking", lambda: confirm_import(row, actor=user))
    print(f"    in all: {time.perf_counter() - begun:6.2f} s")
    again = timed("same again", lambda: preview_import(portfolio, io.BytesIO(body), actor=user, name="bench.csv"))
    print(f"  {again.new} new, {again.known} known")


def timed(what: str, deed: Callable[[], Any]) -> Any:
    """Do something and say how long it took."""
    clock, cpu = time.perf_counter(), time.process_time()
    found = deed()
    print(f"{what:>10}: {time.perf_counter() - clock:6.2f} s, of these {time.process_time() - cpu:6.2f} s our own CPU")
    return found


if __name__ == "__main__":
    main()
