"""Values from outside as they stood at many moments of the past."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
OUTSIDE = ("fear_greed", "fear_greed_change", "vix", "vix_change", "dxy_change")
"""What models see of other markets and of the mood, the same for all assets of a moment."""


def standing_at(moments: Integers, observed: Integers, known: Integers, values: Floats, *, oldest: int) -> Floats:
    """At each moment the value observed last among those known by then, in its newest version; NaN without any, or
    where it is older than ``oldest``.

    Args:
        moments: shape (t,), rising; all times in seconds since 1970.
        observed, known: what each value describes, and from when on it was known, any order, shape (v,).
        values: shape (v,).
        oldest: age at which a value stands for nothing any more.
    """
    result = np.full(len(moments), np.nan)
    order = np.lexsort((observed, known))
    newest, place, standing = -1, 0, np.nan
    for row, now in enumerate(moments.tolist()):
        while place < len(order) and known[order[place]] <= now:
            if observed[order[place]] >= newest:
                newest, standing = int(observed[order[place]]), float(values[order[place]])
            place += 1
        if now - newest <= oldest:
            result[row] = standing
    return result
