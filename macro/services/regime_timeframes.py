"""The other timeframes at the same moment, each judged with what was known of it then."""

from typing import Any

import numpy as np

from assets.selectors import MarketView, Universe, candle_panel
from assets.selectors.market import BARS
from assets.selectors.universe import MAX_MISSED
from macro.compute.regime.alignment import Alignment, alignment
from macro.compute.regime.combine import Judgement
from macro.compute.regime.scorecard import REGIMES
from macro.compute.snapshot import most_liquid
from macro.services.judging import judge_market
from macro.services.regime_case import Case, Part
from system.exceptions import NoData

TIMEFRAMES = ("1h", "4h", "1d", "1w")
WITNESSES = 20
"""Of the other timeframes only the most liquid assets are read: as many as a trained version looks at, and quick."""


def timeframes_part(case: Case) -> Part:
    """Which state each timeframe sees, and whether they agree. One without enough candles is named, not assumed."""
    judged: dict[str, Judgement] = {}
    absent: dict[str, str] = {}
    for timeframe in TIMEFRAMES:
        try:
            judged[timeframe] = case.judgement if timeframe == case.view.timeframe else _judged(case, timeframe)
        except NoData as reason:
            absent[timeframe] = str(reason)
    found = alignment(
        {timeframe: one.direction for timeframe, one in judged.items()},
        {timeframe: float(one.phase[-1]) for timeframe, one in judged.items()},
    )
    columns = ("multi_timeframe_agreement", "timeframe_consensus_score")
    return Part(
        {"timeframe_alignment": _told(judged, absent, found)}
        | ({} if found is None else dict(zip(columns, (found.agree, found.consensus), strict=True))),
        dict.fromkeys(columns, f"{len(judged)} of {len(TIMEFRAMES)} timeframes have enough candles"),
    )


def _told(judged: dict[str, Judgement], absent: dict[str, str], found: Alignment | None) -> dict[str, Any]:
    """By timeframe: state, how strongly it points, and the probability of the state."""
    told: dict[str, Any] = {
        timeframe: {
            "regime": REGIMES[one.states[-1]],
            "strength": abs(one.direction),
            "confidence": float(one.probabilities[-1, one.states[-1]]),
            "direction": one.direction,
            "bull_phase": float(one.phase[-1]),
        }
        for timeframe, one in judged.items()
    }
    return told | {
        "alignment_score": None if found is None else found.consensus,
        "direction": None if found is None else found.direction,
        "missing": absent,
    }


def _judged(case: Case, timeframe: str) -> Judgement:
    """The judgement of another timeframe.

    Raises:
        NoData: Bitcoin has no fresh candles of it, or too few.
    """
    view = case.view
    ids = _witnesses(view)
    panel = candle_panel(ids, timeframe, view.as_of, BARS[timeframe])
    fresh = np.asarray(np.isfinite(panel.close[-MAX_MISSED - 1 :]).any(axis=0))
    alive = set(panel.asset_ids[fresh].tolist())
    if case.bitcoin not in alive:
        raise NoData(f"Bitcoin has no {timeframe} candle near {view.as_of:%Y-%m-%d %H:%M} UTC.")
    members = tuple(member for member in view.universe.members if member.asset_id in alive)
    ether = view.universe.ether if view.universe.ether in alive else None
    universe = Universe(view.market, members, case.bitcoin, ether)
    return judge_market(MarketView(timeframe, view.as_of, universe, panel.take(universe.asset_ids)))


def _witnesses(view: MarketView) -> list[int]:
    """Bitcoin, Ether and the most liquid others, by id."""
    free = np.array(view.universe.free)
    columns = [view.panel.column(asset_id) for asset_id in view.universe.free]
    panel = view.panel
    top = most_liquid(panel.close[:, columns], panel.volume[:, columns], WITNESSES)
    benchmarks = {view.universe.bitcoin, view.universe.ether} - {None}
    return sorted({*free[top].tolist(), *benchmarks})
