"""How likely plans are to win, by the trained version in force or else by the walk without drift, and what that makes
of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from aimodels.compute.explanations import top_contributions
from aimodels.compute.forecaster import answer
from aimodels.models import AIModel
from aimodels.services.serving import Inputs, forecaster_in_force
from assets.choices import Market
from assets.selectors import MarketView
from system.services import setting
from trading.compute.features import GENERATION, NAMES, Setup, features, rule_chance
from trading.compute.sizing import (
    Evidence,
    Sizing,
    is_proven,
    least_expected_value,
    measured_chance,
    position_share,
)
from trading.rules import horizon_candles, timing_name
from trading.services.setups import market_at

BY_WALK = "that of a walk without drift, of about the volatility of late, in the time that the plan has"
CALIBRATED = "calibrated: target before stop and in time, as often as it says on a block of time left untouched"
INPUTS = Inputs(GENERATION, frozenset(NAMES))
"""What a trained version is given."""
UNSIZED = {"max_position_size_pct": 0, "stop_loss_type": "level", "position_sizing_method": "none"}


@dataclass(frozen=True)
class Chance:
    """The probability that a plan's target comes before its stop.

    Attributes:
        model: that says so.
        value: 0-1.
        meaning: how it is to be read.
        record: what it was measured on; empty without a trained version.
        contributions: features that moved it most, in log odds before calibration, the strongest first.
    """

    model: AIModel
    value: float
    meaning: str
    record: dict[str, Any] = field(default_factory=dict)
    contributions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_measured(self) -> bool:
        """Whether forecasts of its model were held against what happened before it served."""
        return self.tested > 0

    @property
    def tested(self) -> int:
        """How many were."""
        return int(self.record.get("tested") or 0)


@dataclass(frozen=True)
class Worth:
    """What a plan is worth.

    Attributes:
        least_expected_pct: expected result after costs, percent of what is put in, at the worst: as if every plan that
            does not reach its target were stopped.
        measured: chance that it is sized by, 0-1: what is said, as far as there is a record to go by.
        is_actionable: that is above 0, the chance is measured and reaches the configured minimum.
        management: columns of a position; size 0 without an edge.
    """

    least_expected_pct: float
    measured: float
    is_actionable: bool
    management: dict[str, Any]


def chances(view: MarketView, setups: Mapping[int, Setup], rules: AIModel) -> dict[int, Chance]:
    """The chance of each plan, all at once. The demo market is made by other laws than those that were learned, so the
    rules serve it.

    Args:
        view: the market at the moment.
        setups: plans by asset, of this view.
        rules: what serves without a trained version.
    """
    name, is_real = timing_name(view.timeframe), view.market == Market.REAL
    serving = forecaster_in_force(name, view.as_of, INPUTS) if is_real else None
    if serving is None or not setups:
        horizon = horizon_candles(view.timeframe)
        return {asset_id: Chance(rules, rule_chance(one, horizon), BY_WALK) for asset_id, one in setups.items()}
    model, forecaster = serving
    names = forecaster.direction.names
    seen = setup_features(view, setups)[:, [NAMES.index(name) for name in names]]
    told = answer(forecaster, seen, np.ones(len(setups)))
    record = {"version": str(model), "tested": (model.training_data_range or {}).get("test_samples")}
    return {
        asset_id: Chance(
            model,
            float(told.chances[row]),
            CALIBRATED,
            record,
            [{"feature": name, "log_odds": value} for name, value in top_contributions(told.contributions, names, row)],
        )
        for row, asset_id in enumerate(setups)
    }


def setup_features(view: MarketView, setups: Mapping[int, Setup]) -> np.ndarray:
    """Features of plans of a view, a row each, shape (n, k)."""
    market, horizon = market_at(view), horizon_candles(view.timeframe)
    rows = [features(one, market, horizon) for one in setups.values()]
    return np.array(rows).reshape(-1, len(NAMES))


def worth(found: Setup, chance: Chance, record: Evidence, as_of: datetime) -> Worth:
    """What a plan is worth by its chance, what came of its kind and the settings of that moment."""
    limits = setting("signal_sizing", as_of)
    sizing = Sizing(
        limits["cost_pct"] / 100,
        limits["kelly_share"],
        limits["max_risk_pct"] / 100,
        limits["max_position_pct"] / 100,
    )
    measured = measured_chance(found.plan, chance.value, record, chance.tested, sizing.cost)
    expected = least_expected_value(found.plan, measured, sizing.cost)
    least = limits["min_probability_long" if found.direction > 0 else "min_probability_short"]
    share = position_share(found.plan, measured, sizing)
    is_measured = chance.is_measured or is_proven(record)
    if not (is_measured and expected > 0 and chance.value >= least and share > 0):
        return Worth(100 * expected, measured, is_actionable=False, management=dict(UNSIZED))
    management = {
        "max_position_size_pct": round(100 * share, 2),
        "stop_loss_type": "level",
        "position_sizing_method": "fractional_kelly",
    }
    return Worth(100 * expected, measured, is_actionable=True, management=management)
