"""What sector models are trained on: the indexes of years as they stood, moment by moment, and what came after.

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
from aimodels.services.subjects import Subject
from assets.compute.periods import LENGTHS
from assets.selectors import moment
from sectors.compute.features import GENERATION, OUTSIDE, Features, Lines, Spans, features, levels
from sectors.rules import MEMORIES, SECTOR_FORECAST_RULES, SPANS, horizons, model_name
from sectors.selectors.lines import ends_of, lines_of, long_market
from sectors.services.index_assets import ensure_indexes
from system.exceptions import InvalidInput, NoData

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LONGEST = {"1h": 17_520, "4h": 8_760, "1d": 4_000, "1w": 700}
"""Candles that are read at most."""
EVERY = {"1h": 4, "4h": 1, "1d": 1, "1w": 1}
"""Of how many moments one is learned from: neighbouring hours tell the same."""
YEAR = timedelta(days=365)
MOST_UNKNOWN = 0.5
"""A feature that is unknown in a larger part of the rows is left out."""
PROOF_ROWS, PROOF_SECTORS, PROOF_ASSETS = 120, 2, 6


@dataclass(frozen=True)
class SubjectKey:
    """A model that can be trained: its name and its horizon."""

    name: str
    hours: int


@dataclass(frozen=True)
class Lifted:
    """The indexes over years with their features, for the models of all horizons.

    Attributes:
        asset_ids: of the indexes, the total market last, shape (k + 1,).
        ends: when each candle closed, seconds since 1970, shape (t,).
        level: shape (t, k + 1).
        features: of every moment.
        proofs: what stands against the features.
    """

    asset_ids: Integers
    ends: Integers
    level: Floats
    features: Features
    proofs: list[Failed] = field(default_factory=list)


def subjects(timeframe: str) -> list[SubjectKey]:
    """The models of a timeframe: one for each horizon that its candles resolve."""
    return [SubjectKey(model_name(timeframe, hours), hours) for hours in horizons(timeframe)]


def lift(timeframe: str, as_of: datetime) -> Lifted:
    """The indexes up to a moment, with their features and what their proofs found.

    Raises:
        NoData: no asset belongs to a sector, or too few candles.
    """
    spans, market = SPANS[timeframe], long_market(timeframe, as_of, LONGEST[timeframe])
    if market is None:
        raise NoData("No asset belongs to a sector; import sector memberships first (manage.py import_market).")
    if len(market.close) <= spans.look_back + PROOF_ROWS:
        raise NoData(
            f"Sector models look back over {spans.look_back} candles of {timeframe}; import more of them first."
        )
    lines = lines_of(market)
    ids = np.array([asset.pk for asset in ensure_indexes(market)], dtype=np.int64)
    return Lifted(ids, ends_of(market), levels(lines), features(lines, spans), proofs(lines, spans))


def material(name: str, as_of: datetime, *, lifted: Lifted | None = None) -> Subject:
    """What the model of a horizon is trained and judged on: every index at every moment.

    Args:
        name: as ``subjects`` gives it.
        as_of: nothing later is read.
        lifted: the indexes, if they have been lifted already.
    Raises:
        InvalidInput: there is no such model.
        NoData: too few candles, or no sectors.
    """
    timeframe, hours, candles = _parsed(name)
    held = lifted or lift(timeframe, as_of)
    simple = baseline(held.level, candles, MEMORIES[timeframe])
    change = changes_ahead(held.level, candles)
    numbers = held.ends // int(LENGTHS[timeframe].total_seconds())
    usable = np.isfinite(change) & np.isfinite(simple.unit)
    usable[: SPANS[timeframe].look_back - 1] = False
    usable[numbers % EVERY[timeframe] != 0] = False
    rows, columns = np.nonzero(usable)
    if not len(rows):
        raise NoData(f"No index has candles enough for {name}.")
    names, values = _known(held.features, rows, columns)
    moves = change[rows, columns]
    return Subject(
        name=name,
        model_type=ModelType.SECTOR,
        target="direction",
        timeframe=timeframe,
        hours=hours,
        rules=SECTOR_FORECAST_RULES[timeframe],
        material=Material(
            samples=Samples(values, names, (moves > 0).astype(np.int64), numbers[rows], candles),
            asset_ids=held.asset_ids[columns],
            naive=simple.naive[rows],
            rules=simple.rules[rows],
            futures=_futures(held.level, timeframe, candles, rows, columns),
            values=Values(
                change=moves,
                scale=simple.scale[rows, columns],
                naive=simple.naive_quantiles[rows, columns],
                rules=simple.rules_quantiles[rows, columns],
            ),
            trades=_trades(held.level, timeframe, rows, columns),
            groups={group: [one for one in part if one in names] for group, part in held.features.groups.items()},
        ),
        since=moment(int(held.ends[0])) - LENGTHS[timeframe],
        until=moment(int(held.ends[-1])),
        proofs=held.proofs,
        generation=GENERATION,
    )


def proofs(lines: Lines, spans: Spans) -> list[Failed]:
    """What is found against the features on the newest candles of a few assets: whether any knows the future, and
    whether the look-back that is declared suffices. What is unknown there is taken as known, so that every feature has
    a value.

    Raises:
        NoData: no assets with unbroken candles.
    """
    length = spans.look_back
    first = len(lines.close) - length - PROOF_ROWS
    panels = np.stack([lines.close[first:], lines.volume[first:]])
    member = lines.share[-1].any(axis=0)
    whole = np.flatnonzero(np.isfinite(panels).all(axis=(0, 1)) & (panels[1] > 0).all(axis=0) & lines.free & member)
    whole = whole[:PROOF_ASSETS]
    if len(whole) < 2:
        raise NoData("No members of sectors have candles without holes, on which features can be proven.")
    # Half of the assets in each of two sectors, whatever they belong to: a proof is about the formulas.
    share = np.zeros((len(panels[0]), PROOF_SECTORS, len(whole)))
    share[:, 0, ::2], share[:, 1, 1::2] = 1.0, 1.0
    close, volume = panels[0][:, whole], panels[1][:, whole]
    cap = np.where(
        np.isfinite(lines.cap[first:, whole]), lines.cap[first:, whole], close * np.arange(1, len(whole) + 1)
    )
    seen = np.hstack([close, volume, cap, np.nan_to_num(lines.outside[first:], nan=1.0)])
    names = features(_proven(seen, share), spans).names

    def compute(history: Floats) -> Floats:
        values = features(_proven(history, share), spans).values
        # What says nothing of one index is said of another: each feature by the first that has it.
        return np.where(np.isnan(values[:, 0]), values[:, -1], values[:, 0])

    return [*gates.look_ahead(compute, seen, names), *gates.warm_up(compute, seen, names, length=length)]


def _proven(seen: Floats, share: Floats) -> Lines:
    count = share.shape[2]
    close, volume, cap = (seen[:, place * count : (place + 1) * count] for place in range(3))
    free = np.ones(count, dtype=np.bool_)
    outside = seen[:, -len(OUTSIDE) :]
    return Lines(close, volume, cap, share[: len(seen)], free, 0, outside)


def _parsed(name: str) -> tuple[str, int, int]:
    """Timeframe, hours and candles of a model."""
    for timeframe in SPANS:
        for hours, candles in horizons(timeframe).items():
            if name == model_name(timeframe, hours):
                return timeframe, hours, candles
    raise InvalidInput(f"There is no sector model {name}.", field="name")


def _known(found: Features, rows: Integers, columns: Integers) -> tuple[tuple[str, ...], Floats]:
    values = found.values[rows, columns]
    kept = np.flatnonzero(np.isnan(values).mean(axis=0) <= MOST_UNKNOWN)
    return tuple(found.names[place] for place in kept), values[:, kept]


def _futures(level: Floats, timeframe: str, candles: int, rows: Integers, columns: Integers) -> Floats:
    """Changes over this horizon and the shorter ones, shape (n, m)."""
    shorter = [count for count in horizons(timeframe).values() if count <= candles]
    return np.column_stack([changes_ahead(level, count)[rows, columns] for count in shorter])


def _trades(level: Floats, timeframe: str, rows: Integers, columns: Integers) -> Trades:
    """A decision is made when a candle has closed, and meets the change of the next one."""
    returns = np.full_like(level, np.nan)
    returns[1:] = level[1:] / level[:-1] - 1
    return Trades(returns, rows + 1, columns, YEAR / LENGTHS[timeframe])
