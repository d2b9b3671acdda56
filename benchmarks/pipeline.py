"""Snapshot, regime and sectors of one run over 100, 500 and 2,000 assets, and where the seconds go.

Assets, 810 daily candles each, market caps and memberships in sectors are generated into a database of its own
that is dropped at the end. A round is one new day: the three stages with their writing, from a cold view of the market;
the first round of a size is not counted, and of the others the median is. No peer: the limits are absolute (3 s for
500 assets) and relative (2,000 assets cost at most four times as much as 500).

Arguments: ``--assets`` (several), ``--rounds``, ``--profile`` (where the functions spend it). Prints a table and lines
``name: figure``.
"""

import argparse
import cProfile
import os
import pstats
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

DAYS = 810
"""A few more than the analyses look back."""
NEWEST = datetime(2024, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SEED = 20240630
STAGES = ("candles", "snapshot", "sector indexes", "regime", "sectors")
SUMS = ("after load", "all")
"""Without and with reading the candles of all assets, which the stages share."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--assets", type=int, nargs="+", default=[100, 500, 2000])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--profile", action="store_true")
    chosen = arguments.parse_args()
    import django

    django.setup()
    from benchmarks.scratch import scratch_database

    found: dict[int, dict[str, float]] = {}
    with scratch_database("pipeline"):
        prepare()
        for count in sorted(chosen.assets):
            grow(count)
            found[count] = measure(chosen.rounds, profile=chosen.profile)
            print(f"{count:>6} assets: " + ", ".join(f"{name} {found[count][name]:.2f} s" for name in (*STAGES, *SUMS)))
    if 500 in found:
        print(f"500 assets: {found[500]['after load']:.2f} s after load (limit 3 s), {found[500]['all']:.2f} s in all")
    if {500, 2000} <= found.keys():
        ratios = [found[2000][name] / found[500][name] for name in SUMS]
        print(f"2,000 assets cost {ratios[0]:.2f} times as much as 500 after load (limit 4), {ratios[1]:.2f} in all")


def prepare() -> None:
    """An installation without assets, with room for the candles."""
    from assets.services.partitions import ensure_partitions
    from cryptopredict.bootstrap import bootstrap

    bootstrap()
    ensure_partitions("1d", NEWEST - DAYS * DAY, NEWEST + DAY)


def grow(count: int) -> None:
    """Assets until there are so many: candles, caps, memberships."""
    from assets.models import Asset
    from assets.services import store_batch
    from macro.services.series_batches import SeriesValues, store_series
    from sectors.models import Sector, SectorMapping

    before = Asset.objects.count()
    symbols = ["BTC", "ETH", *(f"GEN{place}" for place in range(count))][before:count]
    assets = Asset.objects.bulk_create(
        Asset(symbol=symbol, name=symbol, asset_type="crypto", quote_currency="USDT", data_source="binance")
        for symbol in symbols
    )
    sectors = list(Sector.objects.exclude(coingecko_id="stablecoins").order_by("name"))
    SectorMapping.objects.bulk_create(
        SectorMapping(asset=asset, sector=sectors[(place + extra * 5) % len(sectors)], is_primary_sector=extra == 0)
        for place, asset in enumerate(assets, before)
        for extra in range(1 + (place % 4 == 0))
    )
    generator = np.random.default_rng(SEED)
    market = 0.02 * generator.standard_normal(DAYS)
    own = np.random.default_rng(SEED + before).standard_normal((DAYS, len(assets)))
    close = np.round(np.exp(np.cumsum(market[:, None] + 0.03 * own, axis=0)) * 50, 6) + 1e-6
    times = [NEWEST - (DAYS - i) * DAY for i in range(DAYS)]
    candles = pl.concat(frame(asset.pk, times, close[:, column]) for column, asset in enumerate(assets))
    store_batch("1d", candles)
    store_series(
        [
            SeriesValues(f"MARKET_CAP:{asset.symbol}", f"Market cap of {asset.symbol}", "market_cap", "USD",
                         values(times, close[:, column] * 1e7 / (1 + column + before)), asset.pk)
            for column, asset in enumerate(assets)
        ],
        source="generated",
    )  # fmt: skip
    analyse_tables()


def frame(asset_id: int, times: list[datetime], close: np.ndarray) -> pl.DataFrame:
    before = np.append(close[:1], close[:-1])
    high, low = np.maximum(before, close) * 1.01, np.minimum(before, close) * 0.99
    return pl.DataFrame(
        {
            "candle_time": pl.Series(times).cast(pl.Datetime("us", "UTC")),
            "open": before,
            "high": high,
            "low": low,
            "close": close,
            "volume": 1e4,
            "trade_count": 1000,
            "quote_volume": close * 1e4,
        }
    ).with_columns(asset_id=pl.lit(asset_id, pl.Int64))


def values(times: list[datetime], figures: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {"observed_at": times, "known_at": [time + DAY for time in times], "value": np.round(figures, 2)}
    ).with_columns(pl.col("observed_at", "known_at").cast(pl.Datetime("us", "UTC")))


def analyse_tables() -> None:
    """What the planner knows after a night: a fresh bulk load would be measured with no knowledge of it."""
    from benchmarks.scratch import owner

    owner("ANALYZE")


def measure(rounds: int, *, profile: bool) -> dict[str, float]:
    """Median seconds of each stage, and of all together."""
    taken: list[dict[str, float]] = []
    for number in range(rounds + 1):
        as_of = NEWEST - (rounds - number) * DAY
        profiler = cProfile.Profile() if profile and number == rounds else None
        taken.append(one_round(as_of, profiler))
        if profiler is not None:
            pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
    counted = taken[1:] or taken
    return {name: statistics.median(one[name] for one in counted) for name in counted[0]}


def one_round(as_of: datetime, profiler: cProfile.Profile | None) -> dict[str, float]:
    from django.db import transaction

    from assets.selectors import market_view, remembered_views
    from macro.services import detect_regime, take_snapshot
    from sectors.selectors import sector_returns
    from sectors.services import analyse_sectors

    marks = [time.perf_counter()]
    if profiler is not None:
        profiler.enable()
    with remembered_views(), transaction.atomic():
        market_view("1d", as_of)
        marks.append(time.perf_counter())
        snapshot = take_snapshot("1d", as_of)
        marks.append(time.perf_counter())
        returns = sector_returns(snapshot)
        marks.append(time.perf_counter())
        detect_regime(snapshot, sectors=returns)
        marks.append(time.perf_counter())
        analyse_sectors(snapshot)
    marks.append(time.perf_counter())
    if profiler is not None:
        profiler.disable()
    spans = [end - start for start, end in pairwise(marks)]
    return dict(zip(STAGES, spans, strict=True)) | {"after load": marks[-1] - marks[1], "all": marks[-1] - marks[0]}


if __name__ == "__main__":
    main()
