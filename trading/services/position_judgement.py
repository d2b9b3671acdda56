"""One open position, judged: its levels, its chances, what has turned against it, and what that advises."""

from math import isfinite

from selection.choices import PositionType
from selection.selectors.valued import Valued
from trading.choices import PositionAction, PositionStatus, Urgency
from trading.compute.position_state import Ways, walk_ways, with_chance
from trading.compute.sizing import Evidence
from trading.rules import horizon_candles
from trading.services.chances import Chance, worth
from trading.services.position_condition import condition, surrounded
from trading.services.position_facts import Columns, Facts, Reasons
from trading.services.position_surroundings import Surroundings

NEAR = 1.0
"""Within this many average true ranges of its stop a position is at risk; beyond it, critical."""
WORTH_MOVING = 0.5
"""A stop of a position in profit is moved by at least this many average true ranges."""
VERDICT = ("position_status", "recommended_action", "urgency_level", "suggested_exit_percentage")
SUGGESTED = ("suggested_sl_price", "suggested_tp_price")
CHANCES = ("exit_probability", "ai_confidence_score")
NO_STOP = "no stop is set"
EXITS = {PositionAction.FULL_EXIT: 100, PositionAction.PARTIAL_EXIT_50: 50}
ABSENT = (
    *VERDICT,
    *SUGGESTED,
    *CHANCES,
    "recommendation_reason",
    "optimal_position_size",
    "condition_deterioration_score",
    "ai_position_outlook",
    "current_signals",
    "risk_factors",
)
"""Columns that nothing can be said of without the facts of the market."""


def judge(
    one: Valued, found: Facts | str, chance: Chance | None, around: Surroundings
) -> tuple[Columns, Reasons, Columns]:
    """Columns of an analysis, why those that are missing are, and what stands behind them."""
    unrealized, cost = one.unrealized, abs(one.holding.cost)
    known: Columns = {}
    reasons: Reasons = {"current_pnl_pct": "no price at this moment"}
    if unrealized is not None:
        known["current_pnl_pct"] = 100 * unrealized / cost if cost else None
        reasons["current_pnl_pct"] = "it cost nothing"
    more, why = surrounded(one, around)
    known, reasons = known | more, reasons | why
    if isinstance(found, str):
        return known, reasons | dict.fromkeys(ABSENT, found), {}
    more, why = condition(one, found, around)
    known, reasons = known | more, reasons | why
    behind: Columns = {"price": found.price, "atr": found.atr, "levels": found.levels}
    for more, why, told in (
        _levels(one, found),
        _chances(one, found, chance, around),
        _size(found, chance, around),
    ):
        known, reasons, behind = known | more, reasons | why, behind | told
    return known, reasons, behind


def _levels(one: Valued, found: Facts) -> tuple[Columns, Reasons, Columns]:
    """The verdict by its own levels, and new ones. A suggested stop is never farther away than the one that is set."""
    side, price, atr = found.side, found.price, found.atr
    stop, target = one.position.stop_loss_price, one.position.take_profit_price
    own_stop = None if stop is None else float(stop)
    room = None if own_stop is None else side * (price - own_stop) / atr
    at_target = target is not None and side * (price - float(target)) >= 0
    known: Columns = {}
    moves = False
    if found.planned is not None:
        nearest = found.planned.stop
        if own_stop is not None and room is not None and room > 0:
            nearest = max(own_stop, nearest) if side > 0 else min(own_stop, nearest)
            gained = one.unrealized is not None and one.unrealized > 0
            moves = gained and side * (nearest - own_stop) >= WORTH_MOVING * atr
        known = {"suggested_sl_price": nearest, "suggested_tp_price": found.planned.target}
    verdict = _verdict(room, at_target, moves)
    reasons = dict.fromkeys(VERDICT, NO_STOP) | dict.fromkeys(SUGGESTED, "no stop and target fit")
    return known | verdict, reasons, {"room_to_stop_atr": room}


def _verdict(room: float | None, at_target: bool, moves: bool) -> Columns:
    """What the distance to one's own stop and target says. Without a stop nothing is known of the risk, so nothing is
    said but that."""
    if at_target:
        return _said("target reached", PositionStatus.TAKE_PROFIT_ZONE, PositionAction.PARTIAL_EXIT_50, Urgency.MEDIUM)
    if room is None:
        return {"recommendation_reason": NO_STOP}
    if room <= 0:
        return _said("the stop is passed", PositionStatus.CRITICAL, PositionAction.FULL_EXIT, Urgency.IMMEDIATE)
    reason = f"{room:.2f} average true ranges from the stop"
    if room <= NEAR:
        return _said(reason, PositionStatus.AT_RISK, PositionAction.PARTIAL_EXIT_50, Urgency.HIGH)
    action = PositionAction.TIGHTEN_SL if moves else PositionAction.HOLD
    return _said(reason, PositionStatus.HEALTHY, action, Urgency.LOW)


def _said(reason: str, status: PositionStatus, action: PositionAction, urgency: Urgency) -> Columns:
    values = (status, action, urgency, EXITS.get(action, 0))
    return {"recommendation_reason": reason, **dict(zip(VERDICT, values, strict=True))}


def _chances(
    one: Valued, found: Facts, chance: Chance | None, around: Surroundings
) -> tuple[Columns, Reasons, Columns]:
    """That its own target comes before its own stop in time, and the other way round."""
    stop, target = one.position.stop_loss_price, one.position.take_profit_price
    if stop is None:
        return {}, dict.fromkeys(CHANCES, NO_STOP), {}
    if found.side * (found.price - float(stop)) <= 0:
        return {"exit_probability": 1.0}, {"ai_confidence_score": "the stop is passed"}, {}
    if target is not None and found.side * (float(target) - found.price) <= 0:
        return {}, dict.fromkeys(CHANCES, "the target is reached"), {}
    horizon = horizon_candles(around.view.timeframe)
    ways = walk_ways(found.price, float(stop), None if target is None else float(target), found.close, horizon)
    if ways is None:
        return {}, dict.fromkeys(CHANCES, "too few candles, or a price that does not move"), {}
    told = with_chance(ways, chance.value) if chance is not None and chance.is_measured else ways
    behind = {
        "probability_is": chance.meaning if chance is not None and chance.is_measured else "that of a driftless walk",
        "record": chance.record if chance is not None else {},
        "chances": {"target_first": told.target, "stop_first": told.stop, "neither": _neither(told)},
    }
    return {"exit_probability": told.stop, "ai_confidence_score": told.target}, {
        "ai_confidence_score": "no target is set"
    }, behind  # fmt: skip


def _neither(ways: Ways) -> float | None:
    return 1 - ways.target - ways.stop if isfinite(ways.target) else None


def _size(found: Facts, chance: Chance | None, around: Surroundings) -> tuple[Columns, Reasons, Columns]:
    """Coins that the measured edge of its own plan would carry now; 0 without one."""
    column = "optimal_position_size"
    if found.own is None:
        return {}, {column: "no stop and target of its own lie around the price"}, {}
    if found.setup is None or chance is None:
        return {column: 0}, {}, {"size": "0: no measured edge, too few candles"}
    kind = PositionType.LONG if found.side > 0 else PositionType.SHORT
    record = around.records.get((chance.model.pk, kind), Evidence())
    value = worth(found.setup, chance, record, around.view.as_of)
    behind = {"expected_value_at_least_pct": value.least_expected_pct}
    if not value.is_actionable:
        return {column: 0}, {}, behind | {"size": "0: no measured edge"}
    if around.capital is None:
        return {}, {column: "the portfolio's worth is unknown"}, behind
    share = value.management["max_position_size_pct"] / 100
    return {column: share * float(around.capital) / found.price}, {}, behind | {"size": f"{share:.4f} of the portfolio"}
