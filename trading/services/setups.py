"""What plans are made of: candles of an asset and the words of the layers above, at the moment of a view. A live run
and the training take them from here alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.selectors import MarketView
from macro.choices import MarketRegime
from selection.services.standings import Standing
from system.choices import Outlook
from trading.compute.features import UNBROKEN, Around, Candles, Limits, Market, Setup, market_of, setup
from trading.compute.plan_faults import plan_fault

MOODS = {
    MarketRegime.BULL: 1.0,
    MarketRegime.ACCUMULATION: 0.5,
    MarketRegime.DISTRIBUTION: -0.5,
    MarketRegime.BEAR: -1.0,
}
"""What a regime says of the way up; the others say nothing either way."""
OUTLOOKS = {Outlook.BULLISH: 1.0, Outlook.BEARISH: -1.0, Outlook.NEUTRAL: 0.0}
UNKNOWN = float("nan")


@dataclass(frozen=True)
class Layers:
    """What the layers above say at a moment.

    Attributes:
        standing: the ranking.
        mood: of the regime, -1 to 1; NaN without one.
        outlooks: of the sector of each asset that has one, -1, 0 or 1.
    """

    standing: Standing
    mood: float
    outlooks: Mapping[int, float]

    def around(self, asset_id: int) -> Around:
        """What they say of an asset of the ranking."""
        month = self.standing.at(self.standing.raw.momentum_30d, asset_id)
        return Around(month, self.standing.place(asset_id), self.mood, self.outlooks.get(asset_id, UNKNOWN))


def mood_of(regime: str | None) -> float:
    """What a regime says of the way up, -1 to 1; NaN without one."""
    return UNKNOWN if regime is None else MOODS.get(MarketRegime(regime), 0.0)


def outlook_of(outlook: str | None) -> float:
    """What an outlook says of the way up, -1, 0 or 1; NaN without one."""
    return UNKNOWN if not outlook else OUTLOOKS[Outlook(outlook)]


def limits_of(configured: Mapping[str, Any]) -> Limits:
    """What a plan must offer, from the settings of signals."""
    return Limits(
        configured["min_risk_reward"],
        configured["min_confluence"],
        configured["min_stop_atr"],
        configured["max_stop_atr"],
    )


def candles_of(view: MarketView, asset_id: int) -> Candles | str:
    """The candles of an asset that a plan is made from, holes before the last stretch passed over, or why there is none
    to be made."""
    panel, column = view.panel, view.panel.column(asset_id)
    recent = panel.close[-UNBROKEN:, column]
    if not np.isfinite(recent[-1]):
        return "no newest candle"
    if len(recent) < UNBROKEN or not np.isfinite(recent).all():
        return "a hole in the last 60 candles"
    present = np.isfinite(panel.close[:, column])
    return Candles(*(line[present, column] for line in (panel.high, panel.low, panel.close, panel.volume)))


def setup_at(view: MarketView, layers: Layers, asset_id: int, limits: Limits) -> Setup | str:
    """The plan for an asset of the ranking, or the reason why there is none."""
    candles = candles_of(view, asset_id)
    if isinstance(candles, str):
        return candles
    found = setup(candles, layers.around(asset_id), limits)
    if isinstance(found, str):
        return found
    fault = plan_fault(found.direction, found.plan.entry, found.plan.stop, found.plan.target)
    return found if fault is None else f"{fault.field}: {fault.words}"


def invalidation(found: Setup) -> list[dict[str, Any]]:
    """What a close must not do, though it may still be short of the stop: fall back behind the level that carries the
    plan. A plan that leans on no level has its stop only."""
    if found.plan.level is None:
        return []
    side = "below" if found.direction > 0 else "above"
    return [{"condition": {"close": side, "price": found.plan.level}, "severity": "high", "rule": "carrying_level"}]


def market_at(view: MarketView) -> Market:
    """The market at the moment of a view, computed once for all who ask."""
    return view.figure("timing_market", lambda: _market(view))


def _market(view: MarketView) -> Market:
    panel, bitcoin = view.panel, view.universe.bitcoin
    line = panel.close[:, panel.column(bitcoin)] if bitcoin is not None else np.empty(0)
    free = [panel.column(asset_id) for asset_id in view.universe.free]
    return market_of(line[np.isfinite(line)], panel.close[:, free])
