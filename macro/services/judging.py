"""In which state the market is: the judgement that the regime row is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from aimodels.models import AIModel
from aimodels.services import model_in_force
from assets.selectors import MarketView
from macro.compute.regime import combine, scorecard
from macro.compute.regime.combine import Judgement
from macro.compute.regime.features import UNIT
from macro.compute.regime.phase import LEAST_CANDLES, Panel, Parameters, combined, market_breadth, part_phases
from macro.compute.snapshot import TOP, most_liquid
from macro.rules import REGIME_RULES
from macro.services.versions import learned_in_force
from system.exceptions import NoData

Floats = NDArray[np.float64]
JUDGED = 20
"""So many assets, the most liquid ones, make the market that a phase is drawn towards."""


@dataclass(frozen=True)
class Bitcoin:
    """Bitcoin's candles without holes, and the market's breadth beside them. Every array has shape (t,).

    Attributes:
        times: starts of the candles, seconds since 1970.
        high, low, close: USD. ``volume`` in USD.
        breadth_pct: share of the most liquid assets above their 50-period average, percent, NaN where fewer than five
            have one.
    """

    times: NDArray[np.int64]
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    breadth_pct: Floats


def judge_market(view: MarketView) -> Judgement:
    """Judge the state of the market at every candle of a view; the last one is the present.

    The rules judge, or a trained version where one with proven skill was in force at the view's moment.

    Raises:
        NoData: Bitcoin's history is too short for half of the evidence or does not move, or no version was in force.
    """
    lines = bitcoin_lines(view)
    model, parameters = _version(view)
    found = bitcoin_evidence(view)
    rules = scorecard.probabilities(found)
    panel, place = _panel(view, JUDGED)
    present = np.isfinite(panel.close[:, place])
    parts = part_phases(parameters, panel, _spread(lines.breadth_pct / 100, present), {place: found})
    phase = combined(parameters, parts)[present, place]
    probabilities = combine.refined(phase, rules)
    states = combine.states(probabilities)
    if not len(states) or states[-1] < 0:
        raise NoData(_why_none(view, lines, found))
    last = {name: float(values[present, place][-1]) for name, values in parts.items()}
    return Judgement(
        times=lines.times,
        probabilities=probabilities,
        states=states,
        phase=phase,
        components={name: combine.refined(values[present, place], rules) for name, values in parts.items()},
        contributions=_contributions(parameters.weights, last, found, float(phase[-1])),
        direction=2 * float(phase[-1]) - 1,
        model=model,
    )


def _why_none(view: MarketView, lines: Bitcoin, found: scorecard.Evidence) -> str:
    """Why there is no regime: too few candles, a price that stands still, or evidence that is missing."""
    count, until = len(lines.close), f"{view.as_of:%Y-%m-%d %H:%M} UTC"
    if count < LEAST_CANDLES:
        return f"A regime needs {LEAST_CANDLES} {view.timeframe} candles of Bitcoin before {until}; there are {count}."
    if np.ptp(lines.close[-UNIT:]) == 0:
        return (
            f"Bitcoin's close did not move in the last {UNIT} {view.timeframe} candles before {until}: "
            "a price that stands still has no regime."
        )
    last = scorecard.last(found)
    missing = ", ".join(name for name in scorecard.WEIGHTS if not np.isfinite(last[name]))
    return (
        f"Too little is known for a regime from {count} {view.timeframe} candles of Bitcoin before {until}; "
        f"without a figure: {missing or 'the phase'}."
    )


def bitcoin_lines(view: MarketView) -> Bitcoin:
    """Bitcoin's candles of a view, computed once for all who ask.

    Raises:
        NoData: Bitcoin has no candle in it.
    """
    return view.figure("bitcoin_lines", lambda: _lines(view))


def bitcoin_evidence(view: MarketView) -> scorecard.Evidence:
    """The scorecard's evidence on Bitcoin's candles of a view, computed once for all who ask.

    Raises:
        NoData: Bitcoin has no candle in it.
    """
    lines = bitcoin_lines(view)
    return view.figure(
        "bitcoin_evidence", lambda: scorecard.evidence(lines.high, lines.low, lines.close, lines.breadth_pct)
    )


def _lines(view: MarketView) -> Bitcoin:
    if view.universe.bitcoin is None:
        raise NoData(f"Bitcoin has no {view.timeframe} candle near {view.as_of:%Y-%m-%d %H:%M} UTC.")
    panel = view.panel
    column = panel.column(view.universe.bitcoin)
    share = 100 * market_breadth(panel.close[:, _columns(view, TOP)])
    present = np.isfinite(panel.close[:, column])
    return Bitcoin(
        times=panel.times[present],
        high=panel.high[present, column],
        low=panel.low[present, column],
        close=panel.close[present, column],
        volume=panel.volume[present, column],
        breadth_pct=share[present],
    )


def _version(view: MarketView) -> tuple[AIModel, Parameters]:
    """What serves at the view's moment: a trained version of its market, else the rules."""
    found = learned_in_force(view.market, view.as_of)
    return found or (model_in_force(REGIME_RULES, view.as_of), Parameters())


def _columns(view: MarketView, count: int) -> list[int]:
    """Places of the most liquid assets of a view that follow no other price."""
    free = [view.panel.column(asset_id) for asset_id in view.universe.free]
    bars = view.bars(timedelta(days=30))
    top = most_liquid(view.panel.close[:, free], view.panel.volume[:, free], count, days=bars)
    return [free[place] for place in top]


def _panel(view: MarketView, count: int) -> tuple[Panel, int]:
    """Bitcoin and the most liquid assets, ``count`` together, and Bitcoin's place among them."""
    own = view.panel.column(view.universe.bitcoin or 0)
    others = [place for place in _columns(view, count) if place != own][: count - 1]
    columns = sorted([own, *others])
    panel = view.panel
    return Panel(panel.high[:, columns], panel.low[:, columns], panel.close[:, columns]), columns.index(own)


def _spread(values: Floats, present: NDArray[np.bool_]) -> Floats:
    """Figures of Bitcoin's candles on the candles of the panel."""
    found = np.full(len(present), np.nan)
    found[present] = values
    return found


def _contributions(
    weights: Mapping[str, float], last: Mapping[str, float], found: scorecard.Evidence, phase: float
) -> dict[str, float]:
    """What moved the shown direction: the scorecard's evidence one by one, each trained part, and what the market and
    the days before add to them (``persistence``). They add up to the direction."""
    known = {name: weight for name, weight in weights.items() if np.isfinite(last[name]) and weight > 0}
    total = sum(known.values())
    moved: dict[str, float] = {}
    for name, weight in known.items():
        if name == "scorecard":
            moved |= {piece: weight / total * share for piece, share in scorecard.contributions(found).items()}
        else:
            moved[name] = weight / total * (2 * last[name] - 1)
    return moved | {"persistence": 2 * phase - 1 - sum(moved.values())}
