"""What asset models are trained on: the market of years as it was known, moment by moment, and what came after.

Nothing on the pipeline's path imports this module: it knows the future of its labels.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from aimodels.choices import ModelType
from aimodels.compute import gates
from aimodels.compute.baseline import baseline, changes_ahead
from aimodels.compute.gates import Failed
from aimodels.compute.material import Material, Trades, Values
from aimodels.compute.samples import Samples
from aimodels.services.training_runs import Subject
from assets.choices import Market as MarketKind
from assets.compute.periods import LENGTHS
from assets.selectors import moment, universe
from selection.compute.features import GENERATION, Features, Market, Spans, features
from selection.rules import FORECAST_RULES, MEMORIES, SPANS, horizons, model_name
from selection.selectors.history import AssetHistory, asset_history
from system.exceptions import InvalidInput, NoData

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LONGEST = {"1h": 17_520, "4h": 8_760, "1d": 4_000, "1w": 700}
"""Candles that are read at most: two years of hours, four of four hours, as far as daily candles of any exchange go."""
EVERY = {"1h": 4, "4h": 1, "1d": 1, "1w": 1}
"""Of how many moments one is learned from: neighbouring hours tell the same."""
YEAR = timedelta(days=365)
MOST_UNKNOWN = 0.5
"""A feature that is unknown in a larger part of the rows is left out."""
PROOF_ROWS, PROOF_ASSETS = 200, 4
"""Rows behind the first whole window, and assets, on which the features are proven."""


@dataclass(frozen=True)
class SubjectKey:
    """A model that can be trained: its name and its horizon."""

    name: str
    hours: int


@dataclass(frozen=True)
class Lifted:
    """A market over years with its features, for the models of all horizons.

    Attributes:
        history: the market.
        features: of every moment.
        proofs: what stands against the features.
    """

    history: AssetHistory
    features: Features
    proofs: list[Failed] = field(default_factory=list)


def subjects(timeframe: str) -> list[SubjectKey]:
    """The models of a timeframe: one for each horizon that its candles resolve."""
    return [SubjectKey(model_name(timeframe, hours), hours) for hours in horizons(timeframe)]


def lift(timeframe: str, as_of: datetime) -> Lifted:
    """The market up to a moment, with its features and what their proofs found.

    Raises:
        NoData: too few candles for the features, or of the demo market alone.
    """
    spans = SPANS[timeframe]
    if universe(timeframe, as_of).market != MarketKind.REAL:
        raise NoData("Asset models are learned from real candles, and serve them alone; import some first.")
    history = asset_history(timeframe, as_of, MarketKind.REAL, LONGEST[timeframe])
    if len(history.ends) <= spans.look_back + PROOF_ROWS:
        raise NoData(
            f"Asset models look back over {spans.look_back} candles of {timeframe}; import more of them first."
        )
    return Lifted(history, features(history.market, spans), proofs(history.market, spans))


def material(name: str, as_of: datetime, *, lifted: Lifted | None = None) -> Subject:
    """What the model of a horizon is trained and judged on: every asset that traded at a moment, dead ones too.

    Args:
        name: as ``subjects`` gives it.
        as_of: nothing later is read.
        lifted: the market, if it has been lifted already.
    Raises:
        InvalidInput: there is no such model.
        NoData: too few candles.
    """
    timeframe, hours, number = _parsed(name)
    held = lifted or lift(timeframe, as_of)
    history, spans = held.history, SPANS[timeframe]
    close = history.market.close
    simple = baseline(close, number, MEMORIES[timeframe])
    change = changes_ahead(close, number)
    usable = np.isfinite(change) & np.isfinite(simple.unit)
    usable[: spans.look_back - 1] = False
    usable[history.numbers % EVERY[timeframe] != 0] = False
    rows, columns = np.nonzero(usable)
    if not len(rows):
        raise NoData(f"No asset has candles enough for {name}.")
    names, values = _known(held.features, rows, columns)
    moves = change[rows, columns]
    return Subject(
        name=name,
        model_type=ModelType.ASSET,
        target="direction",
        timeframe=timeframe,
        hours=hours,
        rules=FORECAST_RULES[timeframe],
        material=Material(
            samples=Samples(values, names, (moves > 0).astype(np.int64), history.numbers[rows], number),
            asset_ids=history.asset_ids[columns],
            naive=simple.naive[rows],
            rules=simple.rules[rows],
            futures=_futures(close, timeframe, number, rows, columns),
            values=Values(
                change=moves,
                scale=simple.scale[rows, columns],
                naive=simple.naive_quantiles[rows, columns],
                rules=simple.rules_quantiles[rows, columns],
            ),
            trades=_trades(close, timeframe, rows, columns),
            groups={group: [one for one in part if one in names] for group, part in held.features.groups.items()},
        ),
        since=moment(history.ends[0]) - LENGTHS[timeframe],
        until=moment(history.ends[-1]),
        proofs=held.proofs,
        generation=GENERATION,
    )


def proofs(market: Market, spans: Spans) -> list[Failed]:
    """What is found against the features on the newest candles: whether any knows the future, and whether the look-back
    that is declared suffices. What is unknown there is taken as known, so that every feature has a value.

    Raises:
        NoData: no assets with unbroken candles.
    """
    length = spans.look_back
    rows = market.rows(len(market.close) - length - PROOF_ROWS, len(market.close))
    panels = np.stack([rows.high, rows.low, rows.close, rows.volume, np.maximum(rows.sector, 0)], axis=1)
    whole = np.flatnonzero(np.isfinite(panels).all(axis=(0, 1)) & (rows.volume > 0).all(axis=0))[:PROOF_ASSETS]
    if not len(whole):
        raise NoData("No asset has candles without holes, on which features can be proven.")
    shape = (len(panels), -1)
    seen = np.hstack([panels[:, :, whole].reshape(shape), np.nan_to_num(rows.outside, nan=1.0)])
    names = features(_market(seen, len(whole)), spans).names

    def compute(history: Floats) -> Floats:
        return features(_market(history, len(whole)), spans).values[:, 0]

    ahead = gates.look_ahead(compute, seen, names)
    return [*ahead, *gates.warm_up(compute, seen, names, length=length)]


def _market(seen: Floats, count: int) -> Market:
    high, low, close, volume, sector = (seen[:, place * count : (place + 1) * count] for place in range(5))
    return Market(high, low, close, volume, np.rint(sector).astype(np.int64), 0, seen[:, 5 * count :])


def _parsed(name: str) -> tuple[str, int, int]:
    """Timeframe, hours and candles of a model."""
    for timeframe in SPANS:
        for hours, number in horizons(timeframe).items():
            if name == model_name(timeframe, hours):
                return timeframe, hours, number
    raise InvalidInput(f"There is no asset model {name}.", field="name")


def _known(found: Features, rows: Integers, columns: Integers) -> tuple[tuple[str, ...], Floats]:
    values = found.values[rows, columns]
    kept = np.flatnonzero(np.isnan(values).mean(axis=0) <= MOST_UNKNOWN)
    return tuple(found.names[place] for place in kept), values[:, kept]


def _futures(close: Floats, timeframe: str, number: int, rows: Integers, columns: Integers) -> Floats:
    """Changes over this horizon and the shorter ones, shape (n, m)."""
    shorter = [periods for periods in horizons(timeframe).values() if periods <= number]
    return np.column_stack([changes_ahead(close, periods)[rows, columns] for periods in shorter])


def _trades(close: Floats, timeframe: str, rows: Integers, columns: Integers) -> Trades:
    """A decision is made when a candle has closed, and meets the return of the next one."""
    returns = np.full_like(close, np.nan)
    returns[1:] = close[1:] / close[:-1] - 1
    return Trades(returns, rows + 1, columns, YEAR / LENGTHS[timeframe])
