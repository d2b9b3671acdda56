"""The market that ``pages.py`` shows: hundreds of assets with 500 days and two weeks of hours, analysed by the product
itself, and half a year of analyses and forecasts like the newest, moved back day by day, which its own scorer
has judged."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from django.db import models

from assets.models import Asset, CandleGap, IngestState
from assets.services import find_gaps, refresh_quotes, store_batch
from assets.services.indicators import cache_indicators
from assets.services.partitions import ensure_partitions
from benchmarks.pipeline import frame, values
from benchmarks.scratch import owner
from cryptopredict.bootstrap import bootstrap
from macro.models import AIRegimeAnalysis, MetricsSnapshot, NewsEvent
from macro.services.series_batches import SeriesValues, store_series
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, Sector, SectorMapping

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
TODAY = NOW.replace(hour=0)
DAYS, HOURS = 500, 14 * 24
ANALYSED, FORECAST = 180, 30
"""Days back for which there are analyses of market and sectors, and scored forecasts."""
HEADLINES, GAPS = 500, 200
SEED = 20240630
MARKET_SERIES = {"FEAR_GREED": ("sentiment", "points"), "DXY": ("macro", "points"), "US10Y": ("macro", "%")}


def fill(count: int) -> None:
    """An installation with so many assets, and a person who uses it."""
    from benchmarks.pages_person import add_person
    from cryptopredict.pipeline import run_pipeline

    bootstrap()
    ensure_partitions("1d", TODAY - DAYS * DAY, TODAY + DAY)
    ensure_partitions("1h", NOW - HOURS * HOUR, NOW + DAY)
    assets = add_assets(count)
    steps: dict[str, Callable[[], Any]] = {
        "candles": lambda: add_candles(assets),
        "news": lambda: add_news(assets),
        "statistics": lambda: owner("ANALYZE"),  # as autovacuum would after a bulk load
        "hourly indicators": lambda: cache_indicators("1h", NOW),
        "a run": lambda: run_pipeline(TODAY, "1d"),
        "days before it": go_back,
        "the run again, which scores them": lambda: run_pipeline(TODAY, "1d"),
        "quotes": lambda: refresh_quotes([asset.pk for asset in assets]),
        "a person": lambda: add_person(assets),
        "statistics of all": lambda: owner("ANALYZE"),
    }
    for name, step in steps.items():
        started = time.perf_counter()
        step()
        print(f"made: {name}, {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)


def add_assets(count: int) -> list[Asset]:
    """Coins in the sectors that every installation has, each fourth in two."""
    symbols = ["BTC", "ETH", *(f"GEN{place}" for place in range(count))][:count]
    assets = Asset.objects.bulk_create(
        Asset(
            symbol=symbol, name=f"Generated {symbol}", asset_type="crypto", quote_currency="USDT",
            data_source="binance", market_cap_rank=place + 1,
        )
        for place, symbol in enumerate(symbols)
    )  # fmt: skip
    sectors = list(Sector.objects.exclude(coingecko_id="stablecoins").order_by("name"))
    SectorMapping.objects.bulk_create(
        SectorMapping(asset=asset, sector=sectors[(place + extra * 5) % len(sectors)], is_primary_sector=extra == 0)
        for place, asset in enumerate(assets)
        for extra in range(1 + (place % 4 == 0))
    )
    return assets


def add_candles(assets: Sequence[Asset]) -> None:
    """Days and hours that agree with each other only roughly, market caps, and series of the whole market."""
    dice = np.random.default_rng(SEED)
    days = [TODAY - (DAYS - i) * DAY for i in range(DAYS)]
    hours = [NOW - (HOURS - i) * HOUR for i in range(HOURS)]
    moves = 0.02 * dice.standard_normal((DAYS, 1)) + 0.03 * dice.standard_normal((DAYS, len(assets)))
    daily = np.round(np.exp(np.cumsum(moves, axis=0)) * 50, 6) + 1e-6
    steps = 0.005 * dice.standard_normal((HOURS, len(assets)))
    hourly = np.round(daily[-1] * np.exp(np.cumsum(steps, axis=0)), 6) + 1e-6
    for timeframe, length, times, close in (("1d", DAY, days, daily), ("1h", HOUR, hours, hourly)):
        store_batch(timeframe, pl.concat(frame(one.pk, times, close[:, n]) for n, one in enumerate(assets)))
        IngestState.objects.bulk_create(
            IngestState(
                asset=asset, timeframe=timeframe, source="binance", status="done", asked_from=times[0],
                asked_until=times[-1] + length, expected=len(times), stored=len(times), started_at=NOW, finished_at=NOW,
                succeeded_at=NOW,
            )
            for asset in assets
        )  # fmt: skip
    series = [
        SeriesValues(f"MARKET_CAP:{asset.symbol}", f"Market cap of {asset.symbol}", "market_cap", "USD",
                     values(days, daily[:, n] * 1e9 / (1 + n)), asset.pk)
        for n, asset in enumerate(assets)
    ]  # fmt: skip
    series += [
        SeriesValues(code, code, kind, unit, values(days, 50 + 20 * np.sin(np.arange(DAYS) / (30 + n))))
        for n, (code, (kind, unit)) in enumerate(MARKET_SERIES.items())
    ]
    store_series(series, source="generated")
    CandleGap.objects.bulk_create(
        CandleGap(
            asset=assets[n % len(assets)], timeframe="1h", starts_at=NOW - (HOURS + 2 * n + 2) * HOUR,
            ends_at=NOW - (HOURS + 2 * n + 1) * HOUR, missing=1,
        )
        for n in range(GAPS)
    )  # fmt: skip
    find_gaps("1d", [asset.pk for asset in assets])


def add_news(assets: Sequence[Asset]) -> None:
    sectors = list(Sector.objects.values_list("pk", flat=True))
    NewsEvent.objects.bulk_create(
        NewsEvent(
            source="rss", title=f"Headline {n} of a market that was made", published_at=NOW - n * HOUR,
            asset_ids=[assets[n % len(assets)].pk, assets[0].pk], sector_ids=[sectors[n % len(sectors)]],
        )
        for n in range(HEADLINES)
    )  # fmt: skip


def go_back() -> None:
    """What the newest run said, said each day before it too."""
    from aimodels.models import Prediction
    from system.models import PipelineRun

    copied(PipelineRun, {}, "as_of", ANALYSED)
    copied(MetricsSnapshot, {}, "snapshot_time", ANALYSED)
    table = MetricsSnapshot._meta.db_table
    snapshot = {
        "metrics_snapshot_id": f"(SELECT m.id FROM {table} m JOIN {table} o ON o.id = s.metrics_snapshot_id "  # noqa: S608
        "WHERE m.timeframe = o.timeframe AND m.snapshot_time = o.snapshot_time - n * interval '1 day')"
    }
    regimes = {"current_regime": "(ARRAY['Bull', 'Sideways', 'Bear', 'Accumulation'])[1 + n / 20 % 4]"}
    copied(AIRegimeAnalysis, snapshot | regimes, "analysis_time", ANALYSED)
    for model in (AISectorAnalysis, AICrossSectorAnalysis):
        copied(model, snapshot, "analysis_time", ANALYSED)
    due = {"target_datetime": "s.target_datetime - n * interval '1 day'"}
    copied(Prediction, due, "as_of", FORECAST)


def copied(model: type[models.Model], changes: dict[str, str], moment: str, days: int) -> None:
    """Each live row of today's run again for each of so many days before it.

    Args:
        model: of what.
        changes: columns that are told otherwise than their moment and the time of writing.
        moment: column with the moment of the row.
        days: how many.
    """
    columns = [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]
    back = " - n * interval '1 day'"
    told: dict[str, Any] = {name: f"s.{name}{back}" for name in (moment, "created_at") if name in columns} | changes
    if "run_id" in columns:
        told["run_id"] = (
            "(SELECT r.id FROM pipeline_runs r JOIN pipeline_runs o ON o.id = s.run_id "  # noqa: S608
            f"WHERE r.series = o.series AND r.timeframe = o.timeframe AND r.as_of = o.as_of{back})"
        )
    listed = ", ".join(f'"{column}"' for column in columns)
    said = ", ".join(told.get(column, f's."{column}"') for column in columns)
    table = model._meta.db_table
    owner(
        f"INSERT INTO {table} ({listed}) SELECT {said} FROM {table} s CROSS JOIN generate_series(1, {days}) n"  # noqa: S608
        f" ORDER BY n DESC, s.id"
    )
