"""Positions from fills, exactly: lots, basis and profit by average cost, FIFO, LIFO and HIFO, in Decimals.

A long position grows by buys and shrinks by sells; a short one grows by shorts and shrinks by covers; no sale crosses
zero. The identity holds to the last digit after every fill: realised (net of fees) + unrealised = value + sum of cash
flows, where the value of a short position is negative and that of a leveraged one is its margin + unrealised.
"""

from selection.compute.lots.amounts import EXACT, PLACES, ZERO, exact
from selection.compute.lots.book import Terms
from selection.compute.lots.fills import MISSING, Disposal, Effect, Fill, Flow, Holding, Lot, OversoldError
from selection.compute.lots.ledger import Posted, post, shortages

__all__ = [
    "EXACT",
    "MISSING",
    "PLACES",
    "ZERO",
    "Disposal",
    "Effect",
    "Fill",
    "Flow",
    "Holding",
    "Lot",
    "OversoldError",
    "Posted",
    "Terms",
    "exact",
    "post",
    "shortages",
]
