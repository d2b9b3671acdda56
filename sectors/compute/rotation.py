"""Where capital went from one sector to another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NOTHING = 1e-10
"""Percentage points: a sum below this is rounding, no flow."""


@dataclass(frozen=True)
class Flows:
    """What left sectors and where it arrived, in percentage points of their common size.

    Attributes:
        matrix: from each sector (row) to each (column), at least 0, shape (k, k).
        left: sums of the rows, shape (k,).
        arrived: sums of the columns, shape (k,).
    """

    matrix: Floats
    left: Floats
    arrived: Floats

    @property
    def moved(self) -> float:
        """All that left, which is all that arrived."""
        return float(self.left.sum())


def net_changes(before: Floats, after: Floats, growth: Floats, share: Floats) -> Floats | None:
    """Change of each sector's share in the size of all sectors, net of what its own prices did.

    An asset whose units stay the same ends at ``before * growth``; the share that its sector would have then is
    subtracted from the one that it has: ``100 * (S(after) - S(before * growth))`` with S the sector's part of the sum.
    Only assets known at both ends count, with the memberships of the end, so that neither a new listing nor a coin that
    died nor a change of membership is taken for a flow. The idea is that of fund flows: assets at the end less assets
    at the beginning grown by the return (Sirri & Tufano 1998, Journal of Finance 53, 1589-1622).

    Args:
        before, after: size of each asset at both ends, USD, at least 0 or NaN, shape (n,).
        growth: price at the end over price at the beginning, shape (n,).
        share: part of each asset that counts in each sector, at the end, shape (k, n).
    Returns:
        Percentage points, sum 0, shape (k,); None where the sizes of fewer than two sectors are known.
    """
    known = np.isfinite(before) & np.isfinite(after) & np.isfinite(growth) & (before >= 0) & (after >= 0) & (growth > 0)
    drifted = share @ np.where(known, before * np.where(known, growth, 1.0), 0.0)
    arrived = share @ np.where(known, after, 0.0)
    sized = (drifted > 0) | (arrived > 0)
    if sized.sum() < 2 or drifted.sum() <= 0 or arrived.sum() <= 0:
        return None
    return np.asarray(100 * (arrived / arrived.sum() - drifted / drifted.sum()))


def match(net: Floats) -> Flows:
    """Flows from the sectors that lost to those that gained, each in proportion to what all others lost or gained.

    ``matrix[a, b] = left[a] * arrived[b] / sum(arrived)``: rows sum to what left, columns to what arrived. Who sold to
    whom is not known; this is the matrix that assumes nothing about it (the one of largest entropy for these sums).

    Args:
        net: gain (+) or loss (-) of each sector, sum 0, shape (k,).
    """
    left, arrived = np.maximum(-net, 0.0), np.maximum(net, 0.0)
    total = arrived.sum()
    if total < NOTHING or left.sum() < NOTHING:
        empty = np.zeros(len(net))
        return Flows(np.zeros((len(net), len(net))), empty, empty)
    arrived = arrived * (left.sum() / total)
    return Flows(np.outer(left, arrived) / arrived.sum(), left, arrived)


def mean_known(values: Floats) -> Floats:
    """Mean of each column over the rows that have a value; NaN without any, shape (n,)."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
