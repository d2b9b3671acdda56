"""What the trained versions of the timing are given, plan by plan."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from assets.compute.periods import LENGTHS
from system.services import setting
from trading.services.past_plans import past_plans
from trading.services.setups import limits_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def plan_inputs(timeframe: str, as_of: datetime) -> tuple[Integers, Floats]:
    """Moments and features, in the order of ``NAMES``, of the plans of the past whose time was up at a moment: candles
    since 1970, shape (n,), and shape (n, k).

    Raises:
        NoData: no plan was made, or only the demo market has candles.
    """
    found = past_plans(timeframe, as_of, limits_of(setting("signals", as_of)))
    seconds = int(LENGTHS[timeframe].total_seconds())
    return found.panel.times[found.rows] // seconds + 1, found.features
