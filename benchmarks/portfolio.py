"""A journal at size: import, first look, and an entry dated far back, for 1,000, 15,000 and 50,000 trades in 60 assets
over five years.

Times are wall time and CPU time, of this process and of its database session, so that they say something on a busy
machine too. One run in a database of its own; prints one JSON line, then lines for people.
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

import django  # noqa: E402

django.setup()

import psutil  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.models import User  # noqa: E402
from assets.models import Asset  # noqa: E402
from assets.services.partitions import ensure_partitions  # noqa: E402
from benchmarks.scratch import owner, scratch_database  # noqa: E402
from selection.models import Portfolio, PositionFlow  # noqa: E402
from selection.selectors.gains import gains_of  # noqa: E402
from selection.selectors.performance import performance  # noqa: E402
from selection.selectors.valuation import latest_values  # noqa: E402
from selection.services import count_days  # noqa: E402
from trading.services import NewEntry, record_trade, record_trades, us_dollar  # noqa: E402

DAYS, COINS = 5 * 365, 60
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
START = TODAY - timedelta(days=DAYS)
"""The five years that end now: an import of that many entries counts the daily values up to yesterday."""
MARKET = """
INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume)
SELECT a.id, '1d', t, p, p * 1.01, p * 0.99, p, 1000
FROM assets a CROSS JOIN generate_series(%s::timestamptz, %s::timestamptz, interval '1 day') t
CROSS JOIN LATERAL (SELECT (100 + 10 * sin(a.id + extract(epoch FROM t) / 2000000))::numeric(38, 18) AS p) c
WHERE a.asset_type = 'crypto';
ANALYZE price_data;
"""
Timing = dict[str, float]


def timed(work: Callable[[], Any]) -> tuple[Any, Timing]:
    """What the work gives; seconds of wall time, and of CPU time of this process and of its database session."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        session = psutil.Process(cursor.fetchone()[0])
    before, started, own = session.cpu_times(), time.perf_counter(), time.process_time()
    result = work()
    python, wall, after = time.process_time() - own, time.perf_counter() - started, session.cpu_times()
    database = after.user + after.system - before.user - before.system
    return result, {"wall": round(wall, 3), "python": round(python, 3), "database": round(database, 3)}


def ledger(coins: list[Asset], count: int, dice: random.Random) -> list[NewEntry]:
    """Trades as a busy person makes them: three purchases to two smaller sales, some with fees."""
    held = dict.fromkeys((coin.pk for coin in coins), Decimal(0))
    step, found = timedelta(days=DAYS) / count, []
    for row in range(count):
        coin = dice.choice(coins)
        sells = held[coin.pk] > 0 and dice.random() < 0.4
        quantity = held[coin.pk] * dice.randrange(1, 100) / 100 if sells else Decimal(dice.randrange(1, 10**9)) / 10**8
        quantity = quantity.quantize(Decimal("1e-8")) or Decimal("1e-8")
        held[coin.pk] += -quantity if sells else quantity
        found.append(
            NewEntry(
                coin, "sell" if sells else "buy", START + row * step, quantity=quantity,
                price=Decimal(dice.randrange(9000, 11000)) / 100, fee=Decimal(dice.randrange(200)) / 100,
                client_key=f"trade-{row}", venue="binance",
            )
        )  # fmt: skip
    return found


def measured(user: User, coins: list[Asset], count: int, method: str, *, cash: Asset | None) -> dict[str, Any]:
    portfolio = Portfolio.objects.create(
        user=user, name=f"{count} {method} {bool(cash)}", lot_method=method, cash_asset=cash
    )
    entries = ledger(coins, count, random.Random(count))  # noqa: S311
    if cash is not None:
        entries.insert(0, NewEntry(cash, "deposit", START, quantity=Decimal(10) ** 9))

    def look() -> None:
        count_days(portfolio)
        latest_values([portfolio.pk])
        performance(portfolio)
        gains_of(portfolio, TODAY.year - 1)

    def backdate() -> None:
        record_trade(
            portfolio, coins[0], actor=user, action_type="buy", quantity=Decimal(1), price=Decimal(100),
            executed_at=START + timedelta(days=1),
        )  # fmt: skip

    found: dict[str, Any] = {"trades": count, "method": method, "cash": cash is not None}
    _done, found["import"] = timed(lambda: record_trades(portfolio, entries, actor=user))
    _done, found["first_look"] = timed(look)
    _done, found["backdated_entry"] = timed(backdate)
    _done, found["look_after_it"] = timed(look)
    again, found["import_again"] = timed(lambda: record_trades(portfolio, entries, actor=user))
    flows = PositionFlow.objects.filter(position__portfolio=portfolio).count()
    return found | {"flows": flows, "new_on_repeat": again.new}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--trades", type=int, nargs="*", default=[1_000, 15_000, 50_000])
    arguments.add_argument("--methods", nargs="*", default=["fifo", "average"])
    options = arguments.parse_args()
    with scratch_database("portfolio"):
        ensure_partitions("1d", START - timedelta(days=31), START + timedelta(days=DAYS + 31))
        user = User.objects.create_user("bench@example.org", None)
        coins = [
            Asset.objects.create(symbol=f"C{n}", name=f"C{n}", asset_type="crypto", current_price=100)
            for n in range(COINS)
        ]
        owner(MARKET, START - timedelta(days=5), START + timedelta(days=DAYS))
        measured(user, coins, 100, "fifo", cash=None)  # warm
        rows = [
            measured(user, coins, count, method, cash=cash)
            for count in options.trades
            for method, cash in [*((method, None) for method in options.methods), ("fifo", us_dollar())]
        ]
    print(json.dumps({"benchmark": "portfolio", "assets": COINS, "days": DAYS, "rows": rows}))
    for row in rows:
        parts = (f"{name} {row[name]['wall']:.2f} s (CPU {row[name]['python'] + row[name]['database']:.2f} s)"
                 for name in ("import", "first_look", "backdated_entry", "look_after_it", "import_again"))  # fmt: skip
        edit = row["backdated_entry"]["wall"] + row["look_after_it"]["wall"]
        name = f"{row['trades']} trades, {row['method']}{', cash' if row['cash'] else ''}"
        print(f"{name}: {', '.join(parts)}, edit_and_look {edit:.2f} s")


if __name__ == "__main__":
    main()
