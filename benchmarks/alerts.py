"""How long it takes to look at 10,000 alerts after an ingest, while some of them fire. No peer: the target is a fixed
time.

The market is made (seeded): closed hourly candles of 1,000 assets with their indicators, in a database of its own. The
alerts are of every kind that watches candles, most of them on prices, of 500 people. A share of those on prices has its
level below the price, so that they fire; after each look they are armed again. The look before it was that of the hour
before, as between two ingests. Rounds without any that fires are told too, and rounds that are the first since the
alerts were armed, a day before: they judge the candles of the whole day. Prints ``name: figure`` lines, medians of the
rounds; the time is that of the service alone, all of its queries and writes included.

    .venv/bin/python manage.py with_services -- .venv/bin/python benchmarks/alerts.py [--alerts 10000] [--rounds 7]
"""

import argparse
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
BARS, ASSETS, PEOPLE = 120, 1000, 500
CANDLES = """
INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume,
                        technical_indicators, created_at, updated_at)
SELECT a.id, '1h', %(as_of)s - g * interval '1 hour', p.price, p.price * 1.01, p.price * 0.99, p.price,
       1000 * (1 + random()), jsonb_build_object('RSI', jsonb_build_object('14', 30 + 40 * random())), now(), now()
FROM assets a CROSS JOIN generate_series(1, %(bars)s) g
CROSS JOIN LATERAL (SELECT (100 * exp(0.1 * sin(g / 50.0 + a.id) + 0.01 * random()))::numeric(20, 8) AS price) p
"""
KINDS: tuple[tuple[str, str, int, dict[str, Any]], ...] = (
    ("price_target", "above", 1000, {}),
    ("price_target", "below", 1, {}),
    ("price_target", "above", 1000, {"cross": True}),
    ("price_target", "above", 1000, {"touch": True}),
    ("price_target", "equals", 1000, {}),
    ("price_target", "percentage_change", 500, {"window": 24}),
    ("volume_spike", "above", 1000, {"window": 48}),
    ("indicator_level", "above", 99, {"indicator": "RSI_14"}),
    ("price_target", "below", 1, {"cross": True}),
    ("price_target", "above", 1000, {}),
)
"""One alert in ten of each; none of them fires."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--firing", type=int, default=100, help="how many of them fire in each round")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    import django

    django.setup()
    from benchmarks.scratch import scratch_database
    from trading.services import check_alerts

    with scratch_database("alerts"):
        fill(options.alerts)
        check_alerts(AS_OF - timedelta(days=1), "1h")  # connects, and loads what is loaded at the first look
        before = AS_OF - timedelta(hours=1)
        idle = [looked_at(options.alerts, 0, before) for _round in range(options.rounds)]
        busy = [looked_at(options.alerts, options.firing, before) for _round in range(options.rounds)]
        late = [looked_at(options.alerts, options.firing, None) for _round in range(options.rounds)]
    print(f"alerts: {options.alerts}", f"assets: {ASSETS}", sep="\n")
    print(f"looked at, none fires: {median(idle):.3f} s, from {min(idle):.3f} to {max(idle):.3f}")
    print(f"looked at, {options.firing} fire: {median(busy):.3f} s, from {min(busy):.3f} to {max(busy):.3f}")
    print(
        f"looked at after a day, {options.firing} fire: {median(late):.3f} s, from {min(late):.3f} to {max(late):.3f}"
    )
    return 0


def fill(alerts: int) -> None:
    """Coins, their candles, people and what they watch."""
    from django.db import connection

    from accounts.models import User
    from assets.models import Asset
    from assets.services.partitions import ensure_partitions
    from benchmarks.scratch import owner
    from trading.models import SignalAlert
    from trading.services.alerts.kinds import kind_of

    ensure_partitions("1h", AS_OF - BARS * timedelta(hours=1), AS_OF)
    assets = Asset.objects.bulk_create(
        Asset(symbol=f"C{number}", name=f"Coin {number}", asset_type="crypto", current_price=1, data_source="binance")
        for number in range(ASSETS)
    )
    people = User.objects.bulk_create(User(email=f"person{number}@example.org") for number in range(PEOPLE))
    made = []
    for number in range(alerts):
        kind, condition, limit, words = KINDS[number % len(KINDS)]
        made.append(
            SignalAlert(
                user=people[number % PEOPLE],
                asset=assets[number // len(KINDS) % ASSETS],
                alert_type=kind,
                condition=condition,
                trigger_value=Decimal(limit),
                parameters=kind_of(kind, condition).complete(words),
                armed_at=AS_OF - timedelta(days=1),
            )
        )
    SignalAlert.objects.bulk_create(made)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(CANDLES, {"as_of": AS_OF, "bars": BARS})
    owner("ANALYZE")  # as autovacuum would; the application's role may not


def looked_at(alerts: int, firing: int, before: datetime | None) -> float:
    """Seconds of one look; ``firing`` of the plain price alerts have their level below every price.

    Args:
        before: when they were looked at last.
    """
    from django.db.models import F

    from trading.models import SignalAlert
    from trading.services import check_alerts

    plain = SignalAlert.objects.filter(alert_type="price_target", condition="above", parameters__cross=False)
    chosen = list(plain.filter(parameters__touch=False).order_by("pk").values_list("pk", flat=True)[:firing])
    SignalAlert.objects.filter(pk__in=chosen).update(
        trigger_value=1, is_triggered=False, arming=F("arming") + 1, triggered_at=None
    )
    SignalAlert.objects.update(last_checked=before)  # written at most every five minutes, here each time
    started = time.perf_counter()
    report = check_alerts(AS_OF, "1h")
    seconds = time.perf_counter() - started
    if (report.armed, report.fired, dict(report.unjudged)) != (alerts, firing, {}):
        raise SystemExit(f"expected {firing} of {alerts} to fire: {report}")
    return seconds


if __name__ == "__main__":
    raise SystemExit(main())
