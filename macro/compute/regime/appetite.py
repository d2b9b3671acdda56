"""What other markets say of the will to take risks: stocks, fear, the dollar, yields and gold."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from assets.compute.series import log_returns
from macro.compute.regime.place import YEAR, place

Floats = NDArray[np.float64]
RISK = {"SP500": 1, "VIX": -1, "DXY": -1, "GOLD": -1}
"""Sign of a rise for the will to take risks: gold and the dollar are where money hides."""
ENVIRONMENT = {"SP500": 1, "VIX": -1, "DXY": -1, "US10Y": -1}
"""Sign of a rise for risky assets: a dearer dollar and higher yields weigh on them."""
LEVELS = ("VIX",)
"""Series whose level speaks, by its place in its own year; of the others it is the change."""
CHANGE_OVER = 20
LEAST_VALUES = 80
LEAST_SERIES = 2
CLEAR = 0.25
"""Beyond this a score counts as clear."""


@dataclass(frozen=True)
class Tide:
    """Attributes:
    score: mean of the parts, -1 (against risk) to 1 (for it).
    parts: by series, -1 to 1.
    """

    score: float
    parts: dict[str, float]

    @property
    def is_clear(self) -> bool:
        """Beyond ``CLEAR``, and no more than a quarter of the parts pull the other way."""
        against = sum(value * self.score < 0 for value in self.parts.values())
        return abs(self.score) >= CLEAR and against <= len(self.parts) / 4


def pull(name: str, values: Floats) -> float:
    """How far a series has risen, -1 to 1, NaN with fewer than ``LEAST_VALUES`` values.

    Of a level ``2 * place in its year - 1``. Of the others ``tanh(z)``, where z is the change over 20 values (of the
    logarithm; of a yield in percent itself) over the deviation that such a change has by the last year's daily ones.

    Args:
        name: code of the series.
        values: daily, oldest first, shape (t,), finite; above 0, but for yields.
    """
    if len(values) < LEAST_VALUES:
        return float("nan")
    if name in LEVELS:
        return 2 * place(values) - 1
    line = values if name.startswith("US") or (values <= 0).any() else np.log(values)
    spread = float(np.diff(line[-YEAR:]).std()) * float(np.sqrt(CHANGE_OVER))
    return float(np.tanh((line[-1] - line[-1 - CHANGE_OVER]) / spread)) if spread > 0 else 0.0


def tide(histories: Mapping[str, Floats], signs: Mapping[str, int], *, back: int = 0) -> Tide | None:
    """Mean of the series that are known, each with its sign; None with fewer than ``LEAST_SERIES``.

    Args:
        histories: daily values by code, oldest first.
        signs: which series count, and which way.
        back: how many of the newest values of each are left out: the tide as it was so many values ago.
    """
    parts = {
        name: sign * pull(name, histories[name][: len(histories[name]) - back])
        for name, sign in signs.items()
        if name in histories
    }
    known = {name: value for name, value in parts.items() if np.isfinite(value)}
    if len(known) < LEAST_SERIES:
        return None
    return Tide(sum(known.values()) / len(known), known)


def appetite(now: Tide, before: Tide | None) -> str:
    """``risk_on`` or ``risk_off`` when clear, ``transitioning`` when it was clearly the other way; else ``mixed``.

    Args:
        now: the present tide.
        before: that of 20 values ago, as far as it is known.
    """
    if abs(now.score) < CLEAR:
        return "mixed"
    if before is not None and before.score * now.score < 0 and abs(before.score) >= CLEAR:
        return "transitioning"
    return "risk_on" if now.score > 0 else "risk_off"


def stability(coin: Floats, other: Floats, *, window: int = 30, windows: int = 120) -> float:
    """How steady the correlation of two markets is: 1 less the deviation of the rolling correlation, 0-1.

    Args:
        coin, other: closes of the same days, oldest first, above 0, shape (t,).
        window: returns per correlation.
        windows: how many of the newest correlations are compared; NaN with fewer than half of them.
    """
    first, second = log_returns(coin)[1:][-windows - window + 1 :], log_returns(other)[1:][-windows - window + 1 :]
    if len(first) < window:
        return float("nan")
    one, two = (sliding_window_view(line, window) for line in (first, second))
    shared = (one * two).mean(axis=1) - one.mean(axis=1) * two.mean(axis=1)
    spread = one.std(axis=1) * two.std(axis=1)
    rolling = shared[spread > 0] / spread[spread > 0]
    if len(rolling) < windows / 2:
        return float("nan")
    return float(np.clip(1 - rolling.std(), 0, 1))
