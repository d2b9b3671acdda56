"""Columns about the past: which moments looked most like this one, and what followed them."""

from typing import Any

import numpy as np

from assets.selectors import moment
from macro.compute.regime.analogues import FEATURES, HORIZONS, LEAST_CANDIDATES, Analogue, features, nearest
from macro.services.regime_case import Case, Part


def analogues_part(case: Case) -> Part:
    """The past moment most like the present one; only those whose whole aftermath was known."""
    panel = case.long_panel
    present = np.isfinite(panel.close[:, 0])
    lines = (line[present, 0] for line in (panel.high, panel.low, panel.close, panel.volume))
    high, low, close, volume = lines
    ends = panel.times[present] + case.seconds
    looks = features(high, low, close, volume)
    found = nearest(looks, ends, close)
    columns = ("historical_analogue", "historical_similarity")
    if not found:
        few = f"fewer than {LEAST_CANDIDATES} past moments whose {max(HORIZONS)} days afterwards are known"
        return Part({}, dict.fromkeys(columns, few))
    told = [_told(case, one, ends[one.place]) for one in found]
    best = {"historical_analogue": told[0]["label"], "historical_similarity": found[0].similarity}
    return Part(
        best,
        data={
            "analogues": told,
            "looks": {
                name: float(value) for name, value in zip(FEATURES, looks[-1], strict=True) if np.isfinite(value)
            },
        },
    )


def _told(case: Case, one: Analogue, end: np.int64) -> dict[str, Any]:
    """The moment is the end of its candle, as the present one is."""
    at = moment(end)
    return {
        "label": f"{at:%Y-%m-%d}" if case.seconds % 86_400 == 0 else f"{at:%Y-%m-%d %H:%M}",
        "time": at.isoformat(),
        "distance": one.distance,
        "similarity": one.similarity,
        "followed_pct": {str(days): value for days, value in one.followed.items()},
    }
