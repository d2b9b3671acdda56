"""Training of the timing: plans of the past, and whether their target came before their stop."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from aimodels.choices import ModelType
from aimodels.compute.material import Material
from aimodels.compute.samples import Samples
from aimodels.services.subjects import Subject, SubjectKey
from assets.compute.periods import LENGTHS
from assets.selectors import moment
from assets.selectors.market import BARS
from system.choices import RunTimeframe
from system.exceptions import InvalidInput
from system.services import setting
from trading.compute.features import GENERATION, GROUPS, NAMES
from trading.rules import HORIZON_HOURS, TIMING_RULES, horizon_candles, timing_name
from trading.services.past_plans import Plans, past_plans
from trading.services.setups import limits_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
TARGET = "target_before_stop"


def subjects(timeframe: str) -> list[SubjectKey]:
    """The models of a timeframe: one, of whatever horizon its signals have."""
    return [SubjectKey(timing_name(timeframe), HORIZON_HOURS[timeframe])]


def material(name: str, as_of: datetime, *, history: int | None = None, stop: Callable[[], bool] = bool) -> Subject:
    """Everything that a version is trained on, as it was known at ``as_of``.

    Args:
        name: as ``subjects`` gives it.
        as_of: nothing later is read.
        history: candles that plans are looked for in.
        stop: asked at every moment.
    Raises:
        InvalidInput: there is no such model.
        NoData: no plan was made.
        Stopped: ``stop`` said so.
    """
    timeframe = next((one for one in RunTimeframe.values if timing_name(one) == name), None)
    if timeframe is None:
        raise InvalidInput(f"There is no timing model {name}.", field="name")
    limits = limits_of(setting("signals", as_of))
    found = past_plans(timeframe, as_of, limits, history=history, stop=stop)
    seconds = int(LENGTHS[timeframe].total_seconds())
    return Subject(
        name=name,
        model_type=ModelType.TIMING,
        target=TARGET,
        timeframe=timeframe,
        hours=HORIZON_HOURS[timeframe],
        rules=TIMING_RULES,
        material=_material(found, horizon_candles(timeframe), seconds),
        since=moment(found.panel.times[_first_seen(found, BARS[timeframe])]),
        until=moment(int(found.panel.times[-1]) + seconds),
        proofs=found.proofs,
        generation=GENERATION,
    )


def _first_seen(found: Plans, bars: int) -> int:
    """Place of the first candle that any plan was made from."""
    first = int(np.isfinite(found.panel.close).any(axis=1).argmax())
    return max(first, int(found.rows.min()) + 1 - bars)


def _material(found: Plans, horizon: int, seconds: int) -> Material:
    known = np.flatnonzero(found.endings.is_known)
    rows, columns, reached = found.rows[known], found.columns[known], found.endings.reached[known]
    close, sides = found.panel.close, found.directions[known]
    changes = [
        sides * np.log(close[rows + ahead, columns] / close[rows, columns])
        for ahead in sorted({horizon, max(1, horizon // 2), 1})
    ]
    return Material(
        samples=Samples(found.features[known], NAMES, reached, found.panel.times[rows] // seconds + 1, horizon),
        asset_ids=found.asset_ids[known],
        naive=base_rates(reached, rows, horizon),
        rules=found.ruled[known],
        futures=np.column_stack(changes),
        values=None,
        trades=None,
        groups={name: list(names) for name, names in GROUPS.items()},
    )


def base_rates(reached: Integers, times: Integers, horizon: int) -> Floats:
    """Share of plans that reached their target among those whose end was known at the moment of each, one of each kind
    more than were seen.

    Args:
        reached: 1 or 0, shape (n,).
        times: when each was made, in candles, rising, shape (n,).
        horizon: candles after which the end is known.
    """
    sums = np.concatenate([[0], np.cumsum(reached)])
    known = np.searchsorted(times, times - horizon, side="right")
    return np.asarray((sums[known] + 1) / (known + 2))
