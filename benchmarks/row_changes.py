"""What the audit by the database costs: an update of many rows, an insert and a single change, with its triggers and
without them.

The peer is the same table in a copy of the same database whose triggers of the audit are switched off; both work in
turns within one run, so that they meet the same machine. Every change is rolled back, so that each round meets the same
table. Then: how fast entries are sealed, and how fast the chain is verified.

Arguments: rows (20000), rounds (9). Prints `name: figure` lines, a JSON line, and a summary.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
django.setup()

from django.db import connections, transaction  # noqa: E402 - Django is set up now

from accounts.models import User  # noqa: E402
from assets.models import Asset  # noqa: E402
from benchmarks.scratch import owner, scratch_database  # noqa: E402
from selection.models import Portfolio, PortfolioAsset  # noqa: E402
from system.selectors.trail import verify_trail  # noqa: E402
from system.services.trail import seal_changes  # noqa: E402

TABLE = "portfolio_assets"
TRIGGERS = ("note_insert", "note_update", "note_delete")
COLUMNS = (
    "portfolio_id, asset_id, asset_type, quantity, trade_status, sort_order, is_active, added_by, last_modified_by, "
    "created_at, updated_at"
)
STATEMENTS = {
    "one column of all rows": "UPDATE portfolio_assets SET notes = 'checked'",
    "three columns of all rows": "UPDATE portfolio_assets SET notes = 'checked', quantity = 7, entry_price = 3",
    "all rows added again": f"INSERT INTO portfolio_assets ({COLUMNS}) SELECT {COLUMNS} FROM portfolio_assets",  # noqa: S608
    "all rows deleted": "DELETE FROM portfolio_assets",
    "one row": "UPDATE portfolio_assets SET notes = 'checked' WHERE id = (SELECT min(id) FROM portfolio_assets)",
}


def fill(rows: int) -> None:
    user = User.objects.create(email="person@example.com", password="")
    asset = Asset.objects.create(symbol="C1", name="Coin", asset_type="crypto")
    portfolio = Portfolio.objects.create(user=user, name="Coins")
    PortfolioAsset.objects.bulk_create(
        (
            PortfolioAsset(
                portfolio=portfolio, asset=asset, asset_type="Crypto Asset", added_by=user, last_modified_by=user
            )
            for _ in range(rows)
        ),
        batch_size=5000,
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def switch(how: str) -> None:
    for name in TRIGGERS:
        owner(f"ALTER TABLE {TABLE} {how} TRIGGER trg_{TABLE}_{name}")


def timed(statement: str) -> float:
    """Milliseconds of a statement, which is undone again."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        begin = time.perf_counter()
        cursor.execute(statement)
        spent = 1000 * (time.perf_counter() - begin)
        transaction.set_rollback(True, using="owner")
    return spent


def compared(statement: str, rounds: int) -> dict[str, float]:
    """Medians with the triggers and without them, taken in turns."""
    times: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    for number in range(rounds + 1):
        for how in ("ENABLE", "DISABLE") if number % 2 else ("DISABLE", "ENABLE"):
            switch(how)
            spent = timed(statement)
            if number:
                times[how].append(spent)
        owner(f"VACUUM {TABLE}, row_changes")
    switch("ENABLE")
    audited, plain = statistics.median(times["ENABLE"]), statistics.median(times["DISABLE"])
    return {"audited_ms": audited, "plain_ms": plain, "ratio": audited / plain}


def rate(work: Callable[[], int]) -> float:
    begin = time.perf_counter()
    return work() / (time.perf_counter() - begin)


def main(rows: int = 20_000, rounds: int = 9) -> None:
    figures: dict[str, Any] = {}
    with scratch_database("changes"):
        fill(rows)
        for name, statement in STATEMENTS.items():
            figures[name] = compared(statement, rounds if name != "one row" else 20 * rounds)
            told = figures[name]
            print(f"{name}: {told['audited_ms']:.2f} ms audited, {told['plain_ms']:.2f} ms not, {told['ratio']:.2f} x")
        figures["sealed_a_second"] = rate(seal_changes)
        figures["verified_a_second"] = rate(lambda: verify_trail().length)
        print(f"sealed: {figures['sealed_a_second']:,.0f} entries a second")
        print(f"verified: {figures['verified_a_second']:,.0f} entries a second")
    print(json.dumps(figures))
    ratio = figures["one column of all rows"]["ratio"]
    print(f"an update of {rows:,} rows takes {ratio:.2f} x as long with the audit")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
