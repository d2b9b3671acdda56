"""The capital of a backtest and its limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Account:
    """What there is to trade with.

    A position's size counts from the equity at its entry: the start and all results until then, open ones not counted.

    Attributes:
        start: USD.
        share: of the equity that goes into a position, unless its order says how much.
        risk: of the equity that a stop may cost, before costs; None = the share alone counts. Needs a stop.
        max_share: most of the equity in one position.
        max_open: most positions at once.
        max_sector: most of the equity in the assets of one sector.
        leverage: most that all positions together may be worth, times the equity.
        least: USD; a smaller position is not taken.
        sectors: of each asset, by key: from when on (seconds since 1970 UTC) it belonged to which sector, oldest first;
            an empty name = to none. What belongs to none has no limit of that kind.

    Raises:
        ValueError: naming the field that is out of range.
    """

    start: float = 10_000.0
    share: float = 0.1
    risk: float | None = None
    max_share: float = 1.0
    max_open: int = 10
    max_sector: float = 1.0
    leverage: float = 1.0
    least: float = 10.0
    sectors: Mapping[str, Sequence[tuple[float, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        above = {"start": self.start, "share": self.share, "max_share": self.max_share, "max_sector": self.max_sector}
        above |= {"leverage": self.leverage, "risk": 1.0 if self.risk is None else self.risk}
        for name, value in above.items():
            if not 0 < value < float("inf"):
                raise ValueError(f"{name} must be above 0")
        if self.max_open < 1:
            raise ValueError("max_open must be at least 1")
        if not 0 <= self.least < float("inf"):
            raise ValueError("least must be at least 0")

    def sectors_at(self, key: str, times: NDArray[np.int64]) -> NDArray[np.object_]:
        """The sectors of an asset at times, seconds since 1970 UTC; empty = none."""
        spells = self.sectors.get(key, ())
        names = np.array(["", *(name for _since, name in spells)], dtype=object)
        return np.asarray(names[np.searchsorted([since for since, _name in spells], times, side="right")])
