"""What a regime row is made of: the judgement, Bitcoin's candles, and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.compute.indicators import indicators
from assets.compute.periods import LENGTHS
from assets.selectors import MarketView, candle_panel
from assets.selectors.panel import CandlePanel
from macro.compute.regime import scorecard
from macro.compute.regime.combine import Judgement
from macro.compute.regime.guidance import clarity
from macro.compute.regime.place import rolling_deviation
from macro.compute.regime.scorecard import REGIMES
from macro.compute.regime.structure import Structure, structure
from macro.compute.regime.widening import widened
from macro.models import MetricsSnapshot
from macro.services.judging import Bitcoin, bitcoin_evidence, bitcoin_lines

Floats = NDArray[np.float64]
HISTORY = {"1h": 8_760, "4h": 6_570, "1d": 4_380, "1w": 700}
"""Candles of Bitcoin that past moments are looked up in: a year of hours, three years of 4 hours, twelve of days."""
CONTEXT = {
    "sentiment": ("fear_greed_index",),
    "derivatives": ("funding_rate_btc", "open_interest_btc"),
    "outside_markets": ("sp500", "vix_index", "dxy", "gold", "us_10y_yield"),
}
"""Sources that confirm a judgement without entering it, and the columns of the snapshot that show them."""
CONTEXT_WEIGHT = 0.5
"""Weight of each of these sources beside the weights of the evidence itself."""


@dataclass
class Part:
    """Some columns of the row: their values, reasons for those without one, and entries of ``analysis_data``."""

    values: dict[str, Any]
    reasons: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """Everything that the parts of the row read."""

    view: MarketView
    snapshot: MetricsSnapshot
    judgement: Judgement

    @property
    def bitcoin(self) -> int:
        """Its asset."""
        return self.view.universe.bitcoin or 0

    @cached_property
    def lines(self) -> Bitcoin:
        return bitcoin_lines(self.view)

    @cached_property
    def evidence(self) -> scorecard.Evidence:
        return bitcoin_evidence(self.view)

    @cached_property
    def now(self) -> dict[str, float]:
        """Every piece of evidence of the last candle."""
        return scorecard.last(self.evidence)

    @property
    def state(self) -> int:
        return int(self.judgement.states[-1])

    @property
    def regime(self) -> str:
        return REGIMES[self.state]

    @cached_property
    def missing_sources(self) -> list[str]:
        """Pieces of evidence, and sources around them, that are not there."""
        pieces = [name for name in scorecard.WEIGHTS if not np.isfinite(self.now[name])]
        return pieces + [name for name, columns in CONTEXT.items() if not self._has_any(columns)]

    def _has_any(self, columns: tuple[str, ...]) -> bool:
        return any(getattr(self.snapshot, column) is not None for column in columns)

    @cached_property
    def completeness(self) -> float:
        """Weight of what is there over the weight of everything, 0-1."""
        weights = dict(scorecard.WEIGHTS) | dict.fromkeys(CONTEXT, CONTEXT_WEIGHT)
        return 1 - sum(weights[name] for name in self.missing_sources) / sum(weights.values())

    @cached_property
    def chances(self) -> dict[str, float]:
        """Probability of each state, wider the more is missing."""
        values = widened(self.judgement.probabilities[-1], self.completeness)
        return dict(zip(REGIMES, map(float, values), strict=True))

    @cached_property
    def clarity(self) -> float:
        return clarity(self.chances)

    @cached_property
    def indicators(self) -> Mapping[str, Floats]:
        return indicators(self.lines.high, self.lines.low, self.lines.close, self.lines.volume)

    @property
    def atr(self) -> float:
        """Average true range of 14 candles, USD; 0 when the price stood still."""
        return float(self.indicators["ATR_14"][-1])

    @property
    def close(self) -> float:
        return float(self.lines.close[-1])

    @cached_property
    def structure(self) -> Structure | None:
        return structure(self.lines.high, self.lines.low, self.lines.close)

    @cached_property
    def volatility(self) -> Floats:
        """Standard deviation of the log returns of 20 candles, scaled to a year, by candle."""
        returns = np.diff(np.log(self.lines.close), prepend=np.nan)
        return rolling_deviation(returns, 20) * np.sqrt(self.candles_per_year)

    @property
    def candles_per_year(self) -> float:
        return 365 * 86_400 / self.seconds

    @property
    def seconds(self) -> int:
        """Length of a candle."""
        return int(LENGTHS[self.view.timeframe].total_seconds())

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Place of each candle of ``lines`` in the judgement; -1 for one that was not judged."""
        times = self.judgement.times
        at = np.minimum(np.searchsorted(times, self.lines.times), len(times) - 1)
        return np.where(times[at] == self.lines.times, at, -1)

    @cached_property
    def states(self) -> NDArray[np.int64]:
        """State in force at each candle of ``lines``, as it was judged then; -1 where there was none."""
        return np.where(self.places >= 0, self.judgement.states[self.places], -1)

    @cached_property
    def long_panel(self) -> CandlePanel:
        """Bitcoin's candles as far back as past moments are looked up."""
        timeframe = self.view.timeframe
        return candle_panel([self.bitcoin], timeframe, self.view.as_of, HISTORY[timeframe])
