"""How long 100,000 open signals take to be judged on one new candle: lifted, followed, their progress and their ends
written. No peer: the target is a fixed time.

The market is made: 1,000 coins whose prices are as rough as a random walk (Weierstrass's function), on four-hour
candles, 100 signals of each made at 17 moments, each with its own levels, in a database of its own. Every round adds
one candle and judges all of them; the shorter candles are there for every coin. Prints ``name: figure`` lines, medians
of the rounds.

    .venv/bin/python manage.py with_services -- .venv/bin/python benchmarks/tracking.py [--signals 100000] [--rounds 5]
"""

import argparse
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

import django  # noqa: E402

django.setup()

from django.db import connections  # noqa: E402

from aimodels.models import AIModel  # noqa: E402
from assets.models import Asset  # noqa: E402
from assets.services.partitions import ensure_partitions  # noqa: E402
from benchmarks.scratch import scratch_database  # noqa: E402
from macro.models import MetricsSnapshot  # noqa: E402
from trading.models import SignalOutcome, SignalTrack  # noqa: E402
from trading.services import track_signals  # noqa: E402

START = datetime(2024, 6, 1, tzinfo=UTC)
STEP = timedelta(hours=4)
ASSETS = 1000
MOMENTS = 17
"""Of the 18 candles that a signal lives."""
CANDLES = """
INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume)
SELECT a.id, %(timeframe)s, t, p, p * 1.01, p * 0.99, p, 1000
FROM assets a CROSS JOIN generate_series(%(start)s, %(until)s, %(length)s::interval) t
CROSS JOIN LATERAL (
    SELECT (100 + 4 * sum(power(2, -k / 2.0) * sin(power(2, k) * date_part('epoch', t) / 200000 + 1.7 * a.id * (k + 1)))
        )::numeric(38, 18) AS p FROM generate_series(0, 8) k) c
"""
RUNS = """
INSERT INTO pipeline_runs (series, timeframe, as_of, status, created_at, updated_at)
SELECT 'live', '4h', %(start)s + n * interval '4 hours', 'done', now(), now() FROM generate_series(0, %(moments)s - 1) n
"""
# Stops 5 to 12 percent below: few end with a candle, most go on. One of a kind may be active.
SIGNALS = """
INSERT INTO ai_trading_signals (asset_id, ai_model_id, metrics_snapshot_id, run_id, series, signal_type, signal_origin,
    signal_quality, confidence_score, entry_price, target_price, stop_loss, risk_reward_ratio, invalidation_criteria,
    time_horizon_hours, status, expires_at, created_at, updated_at)
SELECT a.id, %(model)s, %(snapshot)s, r.id, 'live', 'long', 'watchlist_screening', 'low', 0.4, 100,
       100 + 2 * way, 100 - way, 2, jsonb_build_array(jsonb_build_object('condition',
       jsonb_build_object('close', 'below', 'price', 100 - way * 0.9))), 1000 + n, 'active',
       r.as_of + interval '120 hours', now(), now()
FROM generate_series(0, %(count)s - 1) n
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM assets) a ON a.place = n %% %(assets)s
JOIN (SELECT id, as_of, row_number() OVER (ORDER BY as_of) - 1 AS place FROM pipeline_runs) r
    ON r.place = (n / %(assets)s) %% %(moments)s
CROSS JOIN LATERAL (SELECT 5 + 7 * (n %% 99991) / 99991.0 AS way) w
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signals", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with scratch_database("tracking"):
        fill(options.signals)
        now = START + MOMENTS * STEP
        started = time.perf_counter()
        track_signals(now, timeframe="4h")
        print(f"first judging, all candles at once: {time.perf_counter() - started:.2f} s")
        took, ended, judged, written = [], [], [], []
        for _ in range(options.rounds):
            add_candles(now, now)
            now += STEP
            before = SignalOutcome.objects.count()
            started = time.perf_counter()
            found = track_signals(now, timeframe="4h")
            took.append(time.perf_counter() - started)
            judged.append(found.judged)
            written.append(SignalTrack.objects.filter(known_at=now).count())
            ended.append(SignalOutcome.objects.count() - before)
        print(f"signals judged: {median(judged):.0f}", f"of them ended with the candle: {median(ended):.0f}", sep="\n")
        print(f"of them came to another best or worst price, or ended: {median(written):.0f}")
        print(f"progress kept: {SignalTrack.objects.count()}")
        print(f"one new candle: {median(took):.2f} s, from {min(took):.2f} to {max(took):.2f}")
        started = time.perf_counter()
        track_signals(now, timeframe="4h")
        print(f"the same again: {time.perf_counter() - started:.2f} s")
    return 0


def fill(signals: int) -> None:
    """Coins, their candles up to the last moment, and the signals."""
    last = START + (MOMENTS + 20) * STEP
    for timeframe in ("4h", "15m"):
        ensure_partitions(timeframe, START, last)
    Asset.objects.bulk_create(
        Asset(symbol=f"MADE{place}", name=f"Made {place}", asset_type="crypto", market_cap_rank=place + 1)
        for place in range(ASSETS)
    )
    add_candles(START, START + (MOMENTS - 1) * STEP)
    model = AIModel.objects.create(
        name="made", version="1", architecture="rules", model_type="timing", training_data_timeframe="4h",
        target_variable="target_before_stop",
    )  # fmt: skip
    snapshot = MetricsSnapshot.objects.create(snapshot_time=START, timeframe="4h", btc_price_usd=1)
    words: dict[str, Any] = {
        "start": START,
        "moments": MOMENTS,
        "model": model.pk,
        "snapshot": snapshot.pk,
        "count": signals,
    }
    with connections["owner"].cursor() as cursor:
        cursor.execute(RUNS, words)
        cursor.execute(SIGNALS, words | {"assets": ASSETS})
        cursor.execute("ANALYZE")


def add_candles(first: datetime, last: datetime) -> None:
    """Candles of four hours that start from ``first`` to ``last``, and the quarters of an hour inside them."""
    with connections["owner"].cursor() as cursor:
        for timeframe, length in (("4h", "4 hours"), ("15m", "15 minutes")):
            until = last if timeframe == "4h" else last + STEP - timedelta(minutes=15)
            cursor.execute(CANDLES, {"timeframe": timeframe, "start": first, "until": until, "length": length})


if __name__ == "__main__":
    sys.exit(main())
