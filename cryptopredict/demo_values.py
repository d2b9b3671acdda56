"""What the demo market tells besides candles: market caps, volumes, macro, sentiment, chain and futures series."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from assets.models import Asset
from assets.providers import demo
from macro.providers.demo import demo_series
from macro.selectors.series import DEMO_PREFIX
from macro.services.series_batches import SeriesValues

DAY_SECONDS = 86400
REPEATED = timedelta(days=4)
"""Values of so many days before the new ones are told again: over a weekend there are none."""


def market_series(blocks: Sequence[demo.DemoPaths], since: datetime) -> Iterator[SeriesValues]:
    """Series of the whole market that describe ``since`` or later."""
    level = np.concatenate([paths.level for paths in blocks])
    stress = np.concatenate([paths.stress for paths in blocks])
    first = (since - REPEATED).timestamp()
    for series in demo_series(demo.START, level, stress):
        new = series.observed >= first
        values = _values(series.observed[new], series.known[new], series.values[new])
        yield SeriesValues(f"{DEMO_PREFIX}{series.code}", series.name, series.kind, series.unit, values)


def caps_and_volumes(daily: demo.DemoCandles, assets: Mapping[str, Asset]) -> Iterator[SeriesValues]:
    """Market caps and volumes by day: a constant supply at the day's close; known when the day is over."""
    for symbol, asset in assets.items():
        place = demo.PLACES[symbol]
        traded = daily.traded[:, place]
        days = daily.times[traded]
        caps = demo.COINS[place].supply * daily.close[traded, place]
        for kind, figures in (("market_cap", caps), ("volume", daily.quote_volume[traded, place])):
            code = f"{DEMO_PREFIX}{kind.upper()}:{asset.symbol}"
            name = f"{kind.replace('_', ' ')} of {asset.name}".capitalize()
            yield SeriesValues(code, name, kind, "USD", _values(days, days + DAY_SECONDS, figures), asset.pk)


def _values(observed: np.ndarray, known: np.ndarray, figures: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "observed_at": pl.Series(observed * 1_000_000).cast(pl.Datetime("us", "UTC")),
            "known_at": pl.Series(known * 1_000_000).cast(pl.Datetime("us", "UTC")),
            "value": pl.Series(figures).round_sig_figs(12),
        }
    )
