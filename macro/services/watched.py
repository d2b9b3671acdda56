"""What the learned parts of the regimes are given, day by day."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from macro.compute.regime.features import phase_features
from macro.compute.regime.hmm import observations
from macro.selectors.daily import daily_market

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def phase_inputs(as_of: datetime) -> tuple[Integers, Floats]:
    """Days since 1970 and figures, in the order of ``versions.INPUTS``, of every coin of the real market that regimes
    are learned from, as known at a moment; shapes (n,) and (n, k). The day is that on which its candle closed.

    Raises:
        NoData: too little daily history.
    """
    history = daily_market(as_of)
    times, rows = [], []
    for line in history.panel.close.T:
        days = np.flatnonzero(np.isfinite(line))
        close = line[days]
        seen = np.hstack([phase_features(close), observations(close)])
        known = np.isfinite(seen).all(axis=1)
        times.append(history.days[days[known]] + 1)
        rows.append(seen[known])
    return np.concatenate(times), np.concatenate(rows)
