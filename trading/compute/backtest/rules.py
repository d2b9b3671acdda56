"""Entries by a small set of declared rules: what a person may write down as data and test.

{"entry": {"rule": "sma_cross", "fast": 20, "slow": 50}, "sides": ["long"], "stop": {"percent": 2},
 "targets": [{"r": 1, "share": 0.5}, {"r": 3, "share": 0.5}], "trail_percent": 3, "to_entry": true,
 "time_limit": 48, "leave": "opposite"}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENTRIES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "sma_cross": {"fast": (1, 1000), "slow": (2, 2000)},
    "ema_cross": {"fast": (1, 1000), "slow": (2, 2000)},
    "rsi": {"length": (2, 500), "below": (1, 99), "above": (1, 99)},
    "breakout": {"bars": (1, 2000)},
}
"""Rules of entry, their settings and the range of each."""
WHOLE = frozenset({"fast", "slow", "length", "bars"})
STOPS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "percent": {"percent": (0.01, 90)},
    "atr": {"atr": (0.01, 100), "length": (1, 500)},
}
FIELDS = frozenset(
    {"name", "entry", "sides", "stop", "targets", "trail_percent", "to_entry", "time_limit", "leave", "size_percent"}
)


class RuleError(ValueError):
    """A rule that cannot be followed. ``field`` names what is at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclass(frozen=True)
class Rules:
    """A strategy by rules.

    Attributes:
        entry: name of the rule. ``settings``: its numbers.
        sides: 1 long, -1 short.
        stop: "percent" or "atr"; None = none. ``stop_size``: percent of the price, or average true ranges.
        atr_length: candles of the average true range.
        targets: multiple of the risk and share of the position of each, the nearest first.
        trail: share of the best close that the stop stays behind it; 0 = it does not move.
        to_entry: the stop moves to the price of entry once a target is reached.
        time_limit: candles that a position lives at most; None = no limit.
        leaves: an opposite signal ends it at the next open.
        size: share of the equity; None = as the account says.
    """

    entry: str
    settings: Mapping[str, float]
    sides: tuple[int, ...] = (1,)
    stop: str | None = None
    stop_size: float = 0.0
    atr_length: int = 14
    targets: tuple[tuple[float, float], ...] = ()
    trail: float = 0.0
    to_entry: bool = False
    time_limit: int | None = None
    leaves: bool = True
    size: float | None = None


def rules_of(declared: Any) -> Rules:
    """The strategy that somebody wrote down.

    Raises:
        RuleError: naming the field that is unknown, missing or out of range.
    """
    given = _mapping(declared, "rules")
    _no_others(given, FIELDS, "rules")
    entry = _mapping(given.get("entry"), "entry")
    name, settings = _entry(entry)
    stop, stop_size, atr_length = _stop(given.get("stop"))
    targets = _targets(given.get("targets", []))
    if targets and stop is None:
        raise RuleError("targets", "a target is a multiple of the way to the stop, and there is no stop")
    limit = given.get("time_limit")
    leave = given.get("leave", "opposite")
    if leave not in ("opposite", "never"):
        raise RuleError("leave", f"{leave!r} is neither opposite nor never")
    size = given.get("size_percent")
    found = Rules(
        entry=name,
        settings=settings,
        sides=_sides(given.get("sides", ["long"])),
        stop=stop,
        stop_size=stop_size,
        atr_length=atr_length,
        targets=targets,
        trail=_number(given.get("trail_percent", 0), "trail_percent", 0, 90) / 100,
        to_entry=_flag(given.get("to_entry", False), "to_entry"),
        time_limit=None if limit is None else int(_number(limit, "time_limit", 1, 1_000_000, whole=True)),
        leaves=leave == "opposite",
        size=None if size is None else _number(size, "size_percent", 0.01, 1000) / 100,
    )
    if not (found.leaves or found.stop or found.trail or found.time_limit):
        raise RuleError("leave", "nothing ever ends a position: it needs a stop, a time limit or the opposite signal")
    return found


def _entry(given: Mapping[str, Any]) -> tuple[str, dict[str, float]]:
    name = given.get("rule")
    if not isinstance(name, str) or name not in ENTRIES:
        raise RuleError("entry.rule", f"{name!r} is none of {', '.join(sorted(ENTRIES))}")
    ranges = ENTRIES[name]
    _no_others(given, {"rule", *ranges}, "entry")
    settings = {
        one: _number(given.get(one), f"entry.{one}", *limits, whole=one in WHOLE) for one, limits in ranges.items()
    }
    if name.endswith("cross") and settings["fast"] >= settings["slow"]:
        raise RuleError("entry.fast", "must be shorter than slow")
    if name == "rsi" and settings["below"] >= settings["above"]:
        raise RuleError("entry.below", "must lie below above")
    return name, settings


def _stop(given: Any) -> tuple[str | None, float, int]:
    if given is None:
        return None, 0.0, 14
    stop = _mapping(given, "stop")
    kind = "atr" if "atr" in stop else "percent"
    _no_others(stop, STOPS[kind], "stop")
    size = _number(stop.get(kind), f"stop.{kind}", *STOPS[kind][kind])
    length = _number(stop.get("length", 14), "stop.length", *STOPS["atr"]["length"], whole=True)
    return kind, size, int(length)


def _targets(given: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(given, list) or len(given) > 10:
        raise RuleError("targets", "must be a list of at most 10")
    found: list[tuple[float, float]] = []
    for place, one in enumerate(given):
        where = f"targets[{place}]"
        target = _mapping(one, where)
        _no_others(target, {"r", "share"}, where)
        multiple = _number(target.get("r"), f"{where}.r", 0.01, 1000)
        found.append((multiple, _number(target.get("share", 1 / len(given)), f"{where}.share", 0.001, 1)))
        if place and multiple <= found[-2][0]:
            raise RuleError(f"{where}.r", "must lie beyond the target before it")
    if sum(share for _multiple, share in found) > 1 + 1e-12:
        raise RuleError("targets", "their shares add up to more than 1")
    return tuple(found)


def _sides(given: Any) -> tuple[int, ...]:
    if not isinstance(given, list) or not given or not set(map(str, given)) <= {"long", "short"}:
        raise RuleError("sides", "must be a list of long, short or both")
    return tuple(side for side, name in ((1, "long"), (-1, "short")) if name in given)


def _mapping(given: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise RuleError(field, "must be an object with named fields")
    return given


def _no_others(given: Mapping[str, Any], known: Any, field: str) -> None:
    others = sorted(set(map(str, given)) - set(known))
    if others:
        name = others[0] if field == "rules" else f"{field}.{others[0]}"
        raise RuleError(name, f"there is no such field; there are {', '.join(sorted(known))}")


def _number(given: Any, field: str, least: float, most: float, *, whole: bool = False) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or (whole and given % 1 != 0):
        raise RuleError(field, f"{given!r} is no {'whole ' if whole else ''}number")
    if not least <= given <= most:
        raise RuleError(field, f"{given!r} does not lie from {least:g} to {most:g}")
    return float(given)


def _flag(given: Any, field: str) -> bool:
    if not isinstance(given, bool):
        raise RuleError(field, f"{given!r} is neither true nor false")
    return given
