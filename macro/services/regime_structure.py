"""Columns about the price itself: order of highs and lows, levels, breakouts, divergences."""

from typing import Any

import numpy as np

from assets.compute.series import rolling_mean
from assets.selectors import moment
from macro.choices import BreakoutType, StructureChange
from macro.compute.regime.breakouts import FRESH, LOUD, Breakout, expansion, newest_breakout, volume_ratio
from macro.compute.regime.divergences import Divergence, divergences
from macro.compute.regime.levels import Trendline, crossed, key_levels, nearest_round, roundness, trendlines
from macro.compute.regime.structure import Pivot, Structure
from macro.services.regime_case import Case, Part

NO_SWINGS = "fewer than two highs and two lows are confirmed"
STOOD_STILL = "the price has not moved for 14 candles"


def structure_part(case: Case) -> Part:
    """Swings: whether the primary trend holds, and whether the structure is broken."""
    found = case.structure
    columns = ("trend_intact", "structure_break", "structure_change_type", "structure_strength")
    if found is None:
        return Part({}, dict.fromkeys(columns, NO_SWINGS))
    trend = case.now["trend_long"]
    return Part(
        {
            "trend_intact": _intact(found, trend, case.close),
            "structure_break": found.is_broken,
            "structure_change_type": StructureChange(found.change),
            "structure_strength": found.strength,
        },
        {"trend_intact": "the price has no primary trend"},
        {
            "structure": {
                "trend": found.trend,
                "last_high": _pivot(case, found.last_high),
                "last_low": _pivot(case, found.last_low),
                "swings": [_pivot(case, swing.pivot) | {"label": swing.label} for swing in found.swings],
            }
        },
    )


def _intact(found: Structure, trend: float, close: float) -> bool | None:
    """The price keeps to the side of the last turn that a trend up (down) rests on; None without a trend."""
    if not np.isfinite(trend) or trend == 0:
        return None
    return close >= found.last_low.price if trend > 0 else close <= found.last_high.price


def _pivot(case: Case, pivot: Pivot) -> dict[str, Any]:
    return {"time": moment(case.lines.times[pivot.place]).isoformat(), "price": pivot.price}


def levels_part(case: Case) -> Part:
    """Key levels and trend lines, and how near a round number is."""
    if not case.atr > 0:
        return Part({}, dict.fromkeys(("key_levels", "psychological_level_score"), STOOD_STILL))
    lines = case.lines
    found = key_levels(lines.high, lines.low, lines.close, case.atr, volume=lines.volume)
    traded = float(lines.volume.sum())
    levels: list[dict[str, Any]] = [
        {
            "type": "support" if level.is_support else "resistance",
            "value": level.price,
            "strength": level.strength,
            "tests_count": level.tests,
            "last_test": moment(lines.times[level.last_test]).isoformat(),
            "distance_pct": 100 * (level.price / case.close - 1),
            "volume_at_level": level.volume,
            "volume_share": level.volume / traded if traded > 0 else None,
        }
        for level in found
    ]
    sloped = [_trendline(case, line) for line in trendlines(lines.high, lines.low, lines.close)]
    nearest = nearest_round(case.close)
    return Part(
        {"key_levels": levels + sloped, "psychological_level_score": roundness(case.close, case.atr)},
        data={
            "key_levels_to_watch": _nearest(levels),
            "round_number": {"price": nearest, "distance_pct": 100 * (nearest / case.close - 1)},
        },
    )


def _trendline(case: Case, line: Trendline) -> dict[str, Any]:
    """A line as its equation: price = intercept + slope · candles since its first turn."""
    since = line.turns[0].place
    ahead = len(case.lines.close) - 1 - since
    return {
        "type": "dynamic_trendline",
        "side": "support" if line.is_support else "resistance",
        "equation": {
            "intercept": line.value - line.slope * ahead,
            "slope": line.slope,
            "origin": moment(case.lines.times[since]).isoformat(),
            "unit": "USD per candle",
        },
        "points": [_pivot(case, turn) for turn in line.turns],
        "strength": line.held,
        "slope": line.slope,
        "value": line.value,
        "distance_pct": 100 * (line.value / case.close - 1),
    }


def _nearest(levels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The highest support and the lowest resistance."""
    supports = [level for level in levels if level["type"] == "support"]
    resistances = [level for level in levels if level["type"] == "resistance"]
    chosen = supports[-1:] + resistances[:1]
    return [{name: one[name] for name in ("type", "value", "distance_pct", "tests_count")} for one in chosen]


def breakout_part(case: Case) -> Part:
    """A breakout that is news, its volume, and whether its level was tested again."""
    lines = case.lines
    surge = volume_ratio(lines.volume, len(lines.volume) - 1)
    values: dict[str, Any] = {"volume_surge_ratio": surge, "volatility_expansion_score": expansion(lines.close)}
    reasons = {
        "volume_surge_ratio": "no volume in the 20 candles before",
        "volatility_expansion_score": "too little history, or no movement",
    }
    columns = ("breakout_type", "breakout_level", "volume_confirmation", "retest_confirmation")
    found = newest_breakout(lines.high, lines.low, lines.close, lines.volume, case.atr)
    if found is None and (line := _line_left(case)) is not None:
        return _line_part(case, *line, values, reasons)
    if found is None:
        values["breakout_signal"] = False
        return Part(values, reasons | dict.fromkeys(columns, f"no breakout began in the last {FRESH} candles"))
    loud = found.volume_ratio >= LOUD if np.isfinite(found.volume_ratio) else None
    values |= {
        "breakout_signal": found.holds,
        "breakout_type": _kind(found),
        "breakout_level": found.level,
        "volume_confirmation": loud,
        "retest_confirmation": found.is_retested,
    }
    return Part(
        values,
        reasons | {"volume_confirmation": "no volume in the 20 candles before the breakout"},
        {
            "breakout": {
                "direction": "up" if found.is_up else "down",
                "period": found.period,
                "level": found.level,
                "time": moment(lines.times[found.place]).isoformat(),
                "volume_ratio": found.volume_ratio,
                "holds": found.holds,
                "retested": found.is_retested,
            }
        },
    )


def _line_left(case: Case) -> tuple[Trendline, int] | None:
    """A rising line of lows, or a falling one of highs, that was crossed in the last candles; and when."""
    lines = case.lines
    for line in trendlines(lines.high, lines.low, lines.close):
        at = crossed(line, lines.close)
        if (line.slope > 0) == line.is_support and at is not None and at >= len(lines.close) - FRESH:
            return line, at
    return None


def _line_part(case: Case, line: Trendline, at: int, values: dict[str, Any], reasons: dict[str, str]) -> Part:
    """The same columns for a trend line: its level is where it stood when it was crossed."""
    level = line.value + line.slope * (at - len(case.lines.close) + 1)
    ratio = volume_ratio(case.lines.volume, at)
    reason = "a line that is crossed moves on: it is not tested again"
    return Part(
        values
        | {
            "breakout_signal": True,
            "breakout_type": BreakoutType.TRENDLINE,
            "breakout_level": level,
            "volume_confirmation": ratio >= LOUD if np.isfinite(ratio) else None,
        },
        reasons
        | {"volume_confirmation": "no volume in the 20 candles before the breakout", "retest_confirmation": reason},
        {
            "breakout": {
                "direction": "down" if line.is_support else "up",
                "period": None,
                "level": level,
                "time": moment(case.lines.times[at]).isoformat(),
                "volume_ratio": ratio,
                "holds": True,
                "retested": None,
            }
        },
    )


def _kind(found: Breakout) -> BreakoutType:
    """What was left: a narrow range, else the highs or the lows before."""
    if found.from_range:
        return BreakoutType.RANGE
    return BreakoutType.RESISTANCE if found.is_up else BreakoutType.SUPPORT


def divergence_signals(case: Case) -> list[dict[str, Any]]:
    """Extremes of the price that RSI, volume or breadth do not share, the newest ones."""
    lines = case.lines
    directed = {"rsi_14": case.indicators["RSI_14"], "breadth": lines.breadth_pct}
    efforts = {"volume": rolling_mean(lines.volume, 5)}
    return [_divergence(case, found) for found in divergences(lines.high, lines.low, directed, efforts)]


def _divergence(case: Case, found: Divergence) -> dict[str, Any]:
    return {
        "code": "bearish_divergence" if found.is_bearish else "bullish_divergence",
        "of": found.name,
        "from": _pivot(case, found.before) | {"value": found.value_before},
        "to": _pivot(case, found.after) | {"value": found.value_after},
    }


def structural_signals(case: Case, breakout: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What in the price itself announces a change: a broken structure, a failed breakout, a crossed trend line."""
    signals: list[dict[str, Any]] = []
    if (found := case.structure) is not None and found.is_broken:
        falls = case.close < found.last_low.price
        beyond = found.last_low if falls else found.last_high
        signals.append({"code": "broken_downwards" if falls else "broken_upwards", "level": beyond.price})
    if breakout is not None and not breakout["holds"]:
        signals.append({"code": "failed_breakout", "level": breakout["level"], "direction": breakout["direction"]})
    for line in trendlines(case.lines.high, case.lines.low, case.lines.close):
        side = 1 if line.is_support else -1
        if side * line.slope > 0 and side * (case.close - line.value) < 0:
            signals.append(
                {"code": "rising_line_lost" if line.is_support else "falling_line_left", "level": line.value}
            )
    return signals
