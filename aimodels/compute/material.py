"""What a model is trained and judged on: rows of a panel, and beside each what simpler forecasts said at that time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.samples import Samples, check_samples

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Values:
    """What quantiles are learned from.

    Attributes:
        change: log return over the horizon, finite, shape (n,).
        scale: its unit: half the width of the rules' 90 % interval at that moment, log return, above 0, shape (n,).
        naive: quantiles that the naive forecast gave then, log returns, at ``baseline.LEVELS``, shape (n, 5).
        rules: quantiles that the rules gave then, shape (n, 5).
    """

    change: Floats
    scale: Floats
    naive: Floats
    rules: Floats


@dataclass(frozen=True)
class Trades:
    """What following forecasts would have met.

    Attributes:
        returns: simple return of each asset over each candle that follows, shape (t, m); NaN where it did not trade.
        rows, columns: place of each sample in ``returns``: the first return that a decision of it meets; shape (n,).
        per_year: candles in a year.
    """

    returns: Floats
    rows: Integers
    columns: Integers
    per_year: float


@dataclass(frozen=True)
class Material:
    """Rows whose outcome is known, any order.

    Attributes:
        samples: features, outcomes and times; times are numbers of candles, the horizon is in candles.
        asset_ids: shape (n,).
        naive: chance that the naive forecast gave at that moment (the base rate known then), 0-1, shape (n,).
        rules: chance that the rules gave, which serve where no model has skill, 0-1, shape (n,).
        futures: what no feature may know: the change, and changes over shorter horizons, shape (n, m).
        values: for a model that gives quantiles too; None for one of a probability alone.
        trades: None where a forecast is not a position.
        groups: features by the kind of data they come from, for the registry.
    """

    samples: Samples
    asset_ids: Integers
    naive: Floats
    rules: Floats
    futures: Floats
    values: Values | None
    trades: Trades | None
    groups: dict[str, list[str]]

    def rows(self, places: Integers) -> "Material":
        """Some of them."""
        values, trades = self.values, self.trades
        return replace(
            self,
            samples=self.samples.rows(places),
            asset_ids=self.asset_ids[places],
            naive=self.naive[places],
            rules=self.rules[places],
            futures=self.futures[places],
            values=values
            and Values(values.change[places], values.scale[places], values.naive[places], values.rules[places]),
            trades=trades and replace(trades, rows=trades.rows[places], columns=trades.columns[places]),
        )

    def columns(self, names: Sequence[str]) -> "Material":
        """The same with some of the features, in this order.

        Raises:
            ValueError: a feature that it does not have.
        """
        groups = {group: [name for name in held if name in names] for group, held in self.groups.items()}
        return replace(self, samples=self.samples.columns(names), groups=groups)

    def digest(self) -> str:
        """SHA-256 of all that a version is learned from and judged by: equal = the same data."""
        held, values = self.samples, self.values
        arrays = [held.features, held.outcomes, held.times, self.asset_ids, self.naive, self.rules]
        if values is not None:
            arrays += [values.change, values.scale, values.naive, values.rules]
        found = hashlib.sha256("\n".join(held.names).encode())
        for array in arrays:
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()


def check_material(material: Material) -> None:
    """Refuse what no version can be learned from.

    Raises:
        ValueError: with the reason.
    """
    samples = material.samples
    count = len(samples.outcomes)
    columns = {"times": samples.times, "asset_ids": material.asset_ids, "futures": material.futures}
    chances = {"naive": material.naive, "rules": material.rules}
    for name, column in (columns | chances).items():
        if len(column) != count:
            raise ValueError(f"{name} has {len(column)} rows, there are {count} outcomes")
    for name, column in chances.items():
        if not (np.isfinite(column).all() and (column >= 0).all() and (column <= 1).all()):
            raise ValueError(f"{name} must be chances between 0 and 1")
    check_samples(samples.features, samples.names, samples.outcomes)
    values = material.values
    if values is not None and not (np.isfinite(values.change).all() and np.isfinite(values.scale).all()):
        raise ValueError("changes and their scales must be finite")
    if values is not None and (values.scale <= 0).any():
        raise ValueError("scales must be above 0")
