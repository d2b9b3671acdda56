"""Phases that the judges beside a training call on the same days: the naive rule, and the version that serves."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from aimodels.services.registry import trained_until, version_in_force
from assets.selectors.market import BARS
from macro.compute.phase_scores import naive_phases
from macro.compute.regime.combine import phases
from macro.compute.regime.phase import Panel, combined, market_breadth, part_phases
from macro.selectors.daily import DAY, History
from macro.services.versions import LEARNED, stored_parameters
from system.exceptions import NoData

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
LOOK_BACK = BARS["1d"]
"""Days that a run of the pipeline looks back on."""
LEAST_DAYS = 365
"""That a version in force has not seen, so that another can be compared with it."""


@dataclass(frozen=True)
class Calls:
    """What a judge calls.

    Attributes:
        who: its name.
        first: place of the first day that it is asked of.
        phases: 1 bull, 0 bear, -1 unknown, shape (t, n).
    """

    who: str
    first: int
    phases: Labels


def called(chances: Floats) -> Labels:
    """Phases of the bull probabilities of n coins, shape (t, n)."""
    return np.column_stack([phases(line) for line in chances.T])


def naive_calls(close: Floats, rule: str) -> Labels:
    """Phases that a naive rule calls of prices, shape (t, n); -1 where there is none."""
    found = np.full(close.shape, -1, dtype=np.int64)
    for column in range(close.shape[1]):
        rows = np.flatnonzero(np.isfinite(close[:, column]))
        found[rows, column] = naive_phases(close[rows, column])[rule]
    return found


def champion_calls(history: History, start: int, as_of: datetime) -> Calls | None:
    """What the version in force says of the days that it has not seen; None if none is in force, its file is broken, or
    it has seen all but a few.

    Args:
        start: place of the first day that can be asked of.
    """
    model = version_in_force(LEARNED, as_of)
    if model is None:
        return None
    first = max(start, int(np.searchsorted(history.days, trained_until(model).timestamp() // DAY)))
    if len(history.days) - first < LEAST_DAYS:
        return None
    try:
        parameters = stored_parameters(model.model_file_path or "")
    except NoData:
        return None
    back, panel = max(0, first - LOOK_BACK), history.panel
    seen = Panel(*(values[back:] for values in (panel.high, panel.low, panel.close)))
    parts = part_phases(parameters, seen, market_breadth(panel.close)[back:])
    found = np.full(panel.close.shape, -1, dtype=np.int64)
    found[first:] = called(combined(parameters, parts))[first - back :]
    return Calls(str(model), first, found)
