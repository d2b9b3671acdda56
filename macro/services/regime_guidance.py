"""Columns about what to do with it: exposure, size, strategy, sectors; and what would prove the judgement wrong."""

from datetime import timedelta
from typing import Any

import numpy as np

from macro.choices import PositionSizing, Strategy
from macro.compute.regime.guidance import (
    LEAST_IN_STATE,
    Impact,
    SectorReturns,
    exposure,
    risk_factor,
    sector_impact,
    sizing,
    strategy,
)
from macro.services.regime_case import Case, Part

RISING = ("Bull", "Accumulation")
FALLING = ("Bear", "Distribution")
NO_LEVEL = "no confirmed turn lies on that side of the price"


def guidance_part(case: Case, breakout: dict[str, Any] | None) -> Part:
    """What the state admits, by its probabilities and the present volatility."""
    known = case.volatility[np.isfinite(case.volatility)]
    typical = float(np.median(known[-365:])) if len(known) else float("nan")
    factor = risk_factor(float(case.volatility[-1]), typical, case.clarity)
    exposed = exposure(case.chances)
    is_upwards = breakout is not None and breakout["holds"] and breakout["direction"] == "up"
    suited = strategy(case.regime, has_breakout=is_upwards)
    size = PositionSizing(sizing(exposed, factor)) if np.isfinite(factor) else None
    return Part(
        {
            "recommended_exposure": exposed,
            "recommended_strategy": Strategy(suited),
            "risk_adjustment_factor": factor,
            "position_sizing_guidance": size,
        },
        dict.fromkeys(("risk_adjustment_factor", "position_sizing_guidance"), "the price has not moved for 20 candles"),
        {
            "strategic_implications": [
                {"code": "exposure", "share": exposed},
                {"code": "strategy", "name": suited},
                {"code": "risk", "factor": factor, "volatility": float(case.volatility[-1]), "typical": typical},
            ]
        },
    )


def sectors_part(case: Case, sectors: SectorReturns | None) -> Part:
    """What each sector did in the past after a candle in this state."""
    column = "sector_regime_impact"
    if sectors is None or not sectors.names:
        return Part({column: None}, {column: "no returns of sectors are known"})
    found = sector_impact(sectors, case.judgement.times, case.judgement.states, case.state)
    told = {name: _impact(one, case.seconds) for name, one in found.items()}
    if all(one["impact"] is None for one in told.values()):
        most = max(one["n"] for one in told.values())
        return Part(
            {column: None},
            {column: f"sectors have at most {most} candles after this state, {LEAST_IN_STATE} are needed"},
        )
    return Part({column: told})


def _impact(one: Impact | int, seconds: int) -> dict[str, Any]:
    if not isinstance(one, Impact):
        return {
            "impact": None, "strength": None, "mean_pct_per_day": None, "n": one, "t_value": None,
            "reason": f"fewer than {LEAST_IN_STATE} candles after this state, or none that moved",
        }  # fmt: skip
    return {
        "impact": one.word,
        "strength": one.strength,
        "mean_pct_per_day": 100 * one.mean * 86_400 / seconds,
        "n": one.count,
        "t_value": one.t_value,
    }


def invalidation(case: Case) -> dict[str, Any]:
    """The close that would prove the judgement wrong: beyond the last turn on the far side of the price."""
    found = case.structure
    low = found.last_low.price if found is not None and found.last_low.price < case.close else None
    high = found.last_high.price if found is not None and found.last_high.price > case.close else None
    if case.regime in RISING:
        wanted = {"close_below": low}
    elif case.regime in FALLING:
        wanted = {"close_above": high}
    else:
        wanted = {"close_below": low, "close_above": high}
    levels = {
        code: {"price": price, "distance_pct": 100 * (price / case.close - 1)}
        for code, price in wanted.items()
        if price is not None
    }
    return levels or {"reason": NO_LEVEL}


def next_review(case: Case) -> dict[str, Any]:
    """When to look again: at the next close, or before it when the price leaves these bounds."""
    found = case.structure
    bounds = {} if found is None else {"below": found.last_low.price, "above": found.last_high.price}
    following = case.view.closed_at + timedelta(seconds=case.seconds)
    return {"at": following.isoformat(), **bounds}
