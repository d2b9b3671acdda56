"""What speaks for a plan and against it, and what would make it wrong, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cryptopredict.pages import words
from system import formats
from trading.compute.signals import FACTOR_WEIGHTS
from trading.models import AITradingSignal

SHOWN = 8
"""Features of a trained version that are told."""

FEATURES = {
    "is_long": _("a long plan"),
    "risk_reward": _("reward to risk"),
    "stop_in_atr": _("way to the stop, in average ranges"),
    "target_in_atr": _("way to the target, in average ranges"),
    "atr_share": _("average range, of the price"),
    "walk_log_odds": _("chance of a walk without drift, in time"),
    "endless_walk_log_odds": _("chance of a walk without drift, without end"),
    "confluence": _("share of all that speaks for it"),
    "level_behind": _("distance of the level behind"),
    "level_ahead": _("distance of the level ahead"),
    "levels_between": _("levels on the way to the target"),
    "momentum_5": _("return of 5 candles"),
    "momentum_20": _("return of 20 candles"),
    "momentum_60": _("return of 60 candles"),
    "stretch": _("distance from the average price"),
    "volatility_change": _("change of volatility"),
    "drawdown": _("distance from the high"),
    "volume_surge": _("rise of volume"),
    "market_momentum": _("return of Bitcoin"),
    "market_volatility_change": _("change of Bitcoin's volatility"),
    "market_breadth": _("share of assets that rise"),
}
"""What trained versions see of a plan, as ``trading.compute.features`` names it."""
AGREES = "_agrees"


@dataclass(frozen=True)
class Factor:
    """Something that speaks for a plan, or does not.

    Attributes:
        value: what it adds: a share of 1, or log odds; 0 for what does not speak for it.
        start, width: its bar in percent, to both sides of the middle.
    """

    label: str | Promise
    value: float
    start: str
    width: str


@dataclass(frozen=True)
class Rule:
    """What ends a plan before its target."""

    words: str
    note: str = ""


def factors(signal: AITradingSignal) -> list[Factor]:
    """Every factor that is looked at, with its weight where it agrees; the weightiest first."""
    agreeing = {one["factor"]: float(one["weight"]) for one in signal.confluence_factors or []}
    found = dict.fromkeys(FACTOR_WEIGHTS, 0.0) | agreeing
    return bars({words.named(words.FACTORS, name): value for name, value in found.items()})


def contributions(signal: AITradingSignal) -> list[Factor]:
    """What moved the probability of a trained version most, in log odds; nothing where rules served."""
    told = (signal.ai_analysis or {}).get("contributions") or []
    return bars({feature(one["feature"]): float(one["log_odds"]) for one in told[:SHOWN]})


def feature(name: str) -> str:
    """A feature in words; one that nobody has put into words keeps its name."""
    if name.endswith(AGREES):
        factor = words.named(words.FACTORS, name.removesuffix(AGREES))
        return gettext("%(factor)s agrees") % {"factor": factor}
    return str(FEATURES.get(name, name))


def bars(found: Mapping[str, float]) -> list[Factor]:
    """The longest fills its side."""
    longest = max((abs(value) for value in found.values()), default=0) or 1
    return [
        Factor(label, value, f"{50 + min(0.0, 50 * value / longest):.2f}", f"{50 * abs(value) / longest:.2f}")
        for label, value in sorted(found.items(), key=lambda pair: -abs(pair[1]))
    ]


def rules(signal: AITradingSignal) -> list[Rule]:
    """What ends it: a close behind a level, the stop, its time."""
    told = [rule for one in signal.invalidation_criteria or [] if (rule := rule_of(one, signal)) is not None]
    if signal.stop_loss is not None:
        stop = gettext("The price reaches the stop at %(price)s.") % {"price": formats.price(signal.stop_loss)}
        told.append(Rule(stop, trail(signal)))
    if signal.expires_at is not None:
        told.append(Rule(gettext("Its time is up on %(moment)s.") % {"moment": formats.clock(signal.expires_at)}))
    return told


def rule_of(one: Mapping[str, Any], signal: AITradingSignal) -> Rule | None:
    """A condition on a close; None for one that is not known."""
    condition = one.get("condition")
    if not isinstance(condition, dict) or condition.get("close") not in {"below", "above"}:
        return None
    timeframe, price = signal.metrics_snapshot.timeframe, formats.price(Decimal(str(condition["price"])))
    if condition["close"] == "below":
        told = gettext("A candle of %(timeframe)s closes below %(price)s.")
    else:
        told = gettext("A candle of %(timeframe)s closes above %(price)s.")
    carries = one.get("rule") == "carrying_level"
    note = gettext("That level carries the plan; behind it there is no reason for it any more.") if carries else ""
    return Rule(told % {"timeframe": timeframe, "price": price}, note)


def trail(signal: AITradingSignal) -> str:
    """How the stop moves, if it does."""
    told = []
    if signal.has_break_even:
        told.append(gettext("It moves to the entry once the first target is reached."))
    if signal.trailing_distance is not None:
        distance = formats.price(signal.trailing_distance)
        told.append(gettext("It follows the best close at a distance of %(price)s USD.") % {"price": distance})
    return " ".join(told)
