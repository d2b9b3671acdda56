"""What models of prices are trained on: every price at every moment, as it was known, and what came after.

Nothing on the pipeline's path imports this module: it knows the future of its labels.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.baseline import baseline, changes_ahead
from aimodels.compute.gates import Failed
from aimodels.compute.material import Material, Trades, Values
from aimodels.compute.panels import Features
from aimodels.compute.samples import Samples
from aimodels.services.price_models import MEMORIES, PriceModels, horizons
from aimodels.services.subjects import Subject
from assets.compute.periods import LENGTHS
from system.exceptions import NoData

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LONGEST = {"1h": 17_520, "4h": 8_760, "1d": 4_000, "1w": 700}
"""Candles that are read at most: two years of hours, four of four hours, as far as daily candles of any exchange go."""
EVERY = {"1h": 4, "4h": 1, "1d": 1, "1w": 1}
"""Of how many moments one is learned from: neighbouring hours tell the same."""
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class PastPrices:
    """Prices over years with their features, for the models of all horizons.

    Attributes:
        timeframe: of the candles.
        asset_ids: shape (m,).
        ends: when each candle closed, seconds since 1970, shape (t,).
        close: USD or levels, shape (t, m); NaN where there is none.
        features: of every moment.
        look_back: candles that a feature needs.
        proofs: what stands against them.
    """

    timeframe: str
    asset_ids: Integers
    ends: Integers
    close: Floats
    features: Features
    look_back: int
    proofs: list[Failed] = field(default_factory=list)

    @property
    def numbers(self) -> Integers:
        """Candles since 1970 that had closed at each moment, shape (t,)."""
        return np.asarray(self.ends // int(LENGTHS[self.timeframe].total_seconds()), dtype=np.int64)

    def seen(self, names: tuple[str, ...]) -> tuple[Integers, Floats]:
        """Moments and features of every price that is learned from, outcome or not: candles since 1970, shape (n,), and
        values, shape (n, k). A price of which nothing is known is left out."""
        moments = np.flatnonzero(self.numbers % EVERY[self.timeframe] == 0)
        columns = [self.features.names.index(name) for name in names]
        values = self.features.values[moments][:, :, columns]
        rows, places = np.nonzero(np.isfinite(values).any(axis=2) & np.isfinite(self.close[moments]))
        return self.numbers[moments[rows]], values[rows, places]


def price_subject(models: PriceModels, name: str, past: PastPrices) -> Subject:
    """What the model of one horizon is trained and judged on: every price that there was at a moment.

    Raises:
        InvalidInput: there is no such model.
        NoData: too few candles.
    """
    timeframe, hours = models.parsed(name)
    periods, close = horizons(timeframe)[hours], past.close
    simple, change = baseline(close, periods, MEMORIES[timeframe]), changes_ahead(close, periods)
    usable = np.isfinite(change) & np.isfinite(simple.unit)
    usable[: past.look_back - 1] = False
    usable[past.numbers % EVERY[timeframe] != 0] = False
    rows, columns = np.nonzero(usable)
    if not len(rows):
        raise NoData(f"Nothing has candles enough for {name}.")
    names, values = past.features.known(rows, columns)
    moves = change[rows, columns]
    return Subject(
        name=name,
        model_type=models.model_type,
        target="direction",
        timeframe=timeframe,
        hours=hours,
        rules=models.rules[timeframe],
        material=Material(
            samples=Samples(values, names, (moves > 0).astype(np.int64), past.numbers[rows], periods),
            asset_ids=past.asset_ids[columns],
            naive=simple.naive[rows],
            rules=simple.rules[rows],
            futures=_futures(close, timeframe, periods, rows, columns),
            values=Values(
                change=moves,
                scale=simple.scale[rows, columns],
                naive=simple.naive_quantiles[rows, columns],
                rules=simple.rules_quantiles[rows, columns],
            ),
            trades=_trades(close, timeframe, rows, columns),
            groups={group: [one for one in part if one in names] for group, part in past.features.groups.items()},
        ),
        since=datetime.fromtimestamp(int(past.ends[0]), UTC) - LENGTHS[timeframe],
        until=datetime.fromtimestamp(int(past.ends[-1]), UTC),
        proofs=past.proofs,
        generation=models.generation,
    )


def _futures(close: Floats, timeframe: str, periods: int, rows: Integers, columns: Integers) -> Floats:
    """Changes over this horizon and the shorter ones, shape (n, h)."""
    shorter = [number for number in horizons(timeframe).values() if number <= periods]
    return np.column_stack([changes_ahead(close, number)[rows, columns] for number in shorter])


def _trades(close: Floats, timeframe: str, rows: Integers, columns: Integers) -> Trades:
    """A decision is made when a candle has closed, and meets the return of the next one."""
    returns = np.full_like(close, np.nan)
    returns[1:] = close[1:] / close[:-1] - 1
    return Trades(returns, rows + 1, columns, YEAR / LENGTHS[timeframe])
