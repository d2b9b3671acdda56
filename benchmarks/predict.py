"""How long 1,000 assets take to be forecast over 4 horizons: features, trees with what each feature adds, quantiles,
and the write into the ledger with its hash chain. No peer: the target is a fixed time.

The market is made (seeded): 1,100 hourly candles of each asset, in a database of its own. The trees are of the size
that training gives, so many that each horizon has a model of the direction and five of quantiles. Prints ``name:
figure`` lines, medians of the rounds.

    .venv/bin/python manage.py with_services -- .venv/bin/python benchmarks/predict.py [--assets 1000] [--rounds 5]
"""

import argparse
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
BARS = 1100
ROWS = 20_000
"""Made rows that the trees learn from."""
CANDLES = """
INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume,
                        created_at, updated_at)
SELECT a.id, '1h', %(as_of)s - g * interval '1 hour', p.price, p.price * 1.01, p.price * 0.99, p.price,
       1000 * (1 + random()), now(), now()
FROM assets a CROSS JOIN generate_series(1, %(bars)s) g
CROSS JOIN LATERAL (SELECT (100 * exp(0.1 * sin(g / 50.0 + a.id) + 0.01 * random()))::numeric(20, 8) AS price) p
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    import django

    django.setup()
    from assets.selectors import market_view, remembered_views
    from benchmarks.scratch import scratch_database
    from macro.models import MetricsSnapshot
    from selection.services import forecast_assets

    with scratch_database("predict"):
        fill(options.assets)
        serve()
        lifts, forecasts, processor, written = [], [], [], 0
        snapshot = MetricsSnapshot.objects.create(snapshot_time=AS_OF, timeframe="1h", btc_price_usd=1)
        for number in range(options.rounds):
            with remembered_views():
                started = time.perf_counter()
                market_view("1h", AS_OF)
                lifts.append(time.perf_counter() - started)
                started, worked = time.perf_counter(), time.process_time()
                landed = forecast_assets(snapshot, None, series=f"bench-{number}")
                forecasts.append(time.perf_counter() - started)
                processor.append(time.process_time() - worked)
            written = landed.created
    print(f"assets: {options.assets}", f"forecasts written: {written}", f"models: {len(set(landed.models))}", sep="\n")
    print(f"candles lifted for all stages: {median(lifts):.2f} s")
    print(f"processor time of this process: {median(processor):.2f} s")
    print(f"forecasts: {median(forecasts):.2f} s, from {min(forecasts):.2f} to {max(forecasts):.2f}")
    return 0


def fill(assets: int) -> None:
    """Coins and their candles."""
    from django.db import connections

    from assets.models import Asset
    from assets.services.partitions import ensure_partitions
    from cryptopredict.bootstrap import bootstrap

    bootstrap()
    ensure_partitions("1h", AS_OF - timedelta(hours=BARS), AS_OF)
    Asset.objects.bulk_create(
        Asset(symbol="BTC" if place == 0 else f"MADE{place}", name=f"Made {place}", asset_type="crypto",
              market_cap_rank=place + 1)
        for place in range(assets)
    )  # fmt: skip
    with connections["owner"].cursor() as cursor:
        cursor.execute(CANDLES, {"as_of": AS_OF, "bars": BARS})
        cursor.execute("ANALYZE")


def serve() -> None:
    """A version for each horizon, in force."""
    from aimodels.compute import forecaster, learners
    from aimodels.compute.baseline import LEVELS
    from aimodels.compute.calibration import Calibration
    from aimodels.models import AIModel, ModelActivation
    from aimodels.services.artefacts import keep_artefact
    from aimodels.services.price_models import horizons
    from assets.choices import Market
    from selection.compute.features import features
    from selection.rules import ASSET_PRICES, SPANS
    from selection.selectors.history import asset_history

    history = asset_history("1h", AS_OF, Market.REAL, SPANS["1h"].look_back)
    names = features(history.market, SPANS["1h"], last=1).names
    generator = np.random.default_rng(1)
    for hours in horizons("1h"):
        seen, change = generator.standard_normal((ROWS, len(names))), generator.standard_normal(ROWS)
        by = learners.engine()
        version = forecaster.Forecaster(
            direction=learners.train(by, seen, names, (change > 0).astype(np.int64)),
            calibration=Calibration("none", np.empty(0), np.empty(0)),
            levels=LEVELS,
            quantiles=learners.train_quantiles(by, seen, names, change, LEVELS),
            offsets=np.zeros(len(LEVELS)),
            reference=seen[:1000],
        )
        model = AIModel.objects.create(
            name=ASSET_PRICES.name("1h", hours), version="1", architecture=by, model_type="asset", status="active",
            training_data_timeframe="1h", target_variable="direction", is_active=True,
            model_file_path=keep_artefact(*forecaster.to_artefact(version)),
            training_data_range={"end_date": (AS_OF - timedelta(days=30)).isoformat()},
        )  # fmt: skip
        ModelActivation.objects.create(model=model, valid_from=AS_OF - timedelta(days=1))


if __name__ == "__main__":
    sys.exit(main())
