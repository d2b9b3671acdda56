"""A plan followed bar by bar, one plan and one price at a time: slow, plain, written from the rules and not from the
code. What tracking says is held against it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf, isnan

Bar = tuple[float, float, float, float]
"""Open, high, low, close; NaN in all of them where it is missing."""


@dataclass
class Plan:
    """One plan, in USD; targets with the share that leaves at each."""

    side: int
    first: int
    last: int
    stop: float
    targets: list[tuple[float, float]]
    zone: tuple[float, float] | None = None
    below: float = -inf
    above: float = inf
    to_break_even: bool = False
    trail: float | None = None


@dataclass
class End:
    """How far it came."""

    outcome: str = "open"
    row: int | None = None
    paused: int | None = None
    filled: int | None = None
    fill: float | None = None
    leaves: list[tuple[float, float]] = field(default_factory=list)
    """Share and price of everything that left."""
    reached: int = 0
    best: float = -inf
    worst: float = inf
    """As the plan sees it: of a short, the negative price."""
    decided: str = "own"
    assumed: bool = False
    stop: float = 0.0

    @property
    def exit(self) -> float:
        total = 0.0
        for share, price in self.leaves:
            total += share * price
        return total


@dataclass
class Step:
    """What one bar did, before it is known whether it is believed."""

    end: End
    unclear: bool = False
    stop_seen: bool = False
    limit_inside: bool = False
    eventful: bool = False


def follow(plan: Plan, bars: dict[int, Bar], finer: Callable[[int], Sequence[Bar]] | None = None) -> End:
    """Bars by their number; the plan is judged up to the last of them."""
    end = End(stop=plan.stop * plan.side)
    for number in range(plan.first, max(bars, default=-1) + 1):
        bar = bars.get(number, (float("nan"),) * 4)
        if isnan(bar[0]):
            end.paused = number
            return end
        if plan.last < plan.first:
            end.outcome, end.row = "never_filled", number
            return end
        end = judged(plan, end, number, bar, finer)
        if end.outcome != "open":
            return end
    return end


def judged(plan: Plan, end: End, number: int, bar: Bar, finer: Callable[[int], Sequence[Bar]] | None) -> End:
    """The plan after a bar of its own length."""
    seen = mirrored(plan, bar)
    opened, inside = at_open(plan, copied(end), number, seen)
    plain = within(plan, copied(opened), number, seen, inside)
    found = plain.end
    if plain.eventful and finer is not None:
        found = looked_inside(plan, opened, plain, number, [mirrored(plan, one) for one in finer(number)])
    if found.outcome == "open":
        at_close(plan, found, number, bar)
    return found


def mirrored(plan: Plan, bar: Bar) -> Bar:
    opening, high, low, close = bar
    return bar if plan.side == 1 else (-opening, -low, -high, -close)


def copied(end: End) -> End:
    return End(**{**vars(end), "leaves": list(end.leaves)})


def at_open(plan: Plan, end: End, number: int, bar: Bar) -> tuple[End, bool]:
    """Entry, and whether a limit was filled after the open; then what the open itself decides."""
    opening, _high, low, _close = bar
    inside = False
    if end.filled is None:
        if plan.zone is None:
            fill(end, number, opening)
        else:
            near = near_end(plan)
            if low <= near:
                inside = opening > near
                fill(end, number, min(opening, near))
    if end.filled is None or inside:
        return end, inside
    end.best, end.worst = max(end.best, opening), min(end.worst, opening)
    if opening <= end.stop:
        leave_all(end, number, opening, "stop")
        return end, inside
    while end.outcome == "open" and end.reached < len(plan.targets) and opening >= level(plan, end.reached):
        take_next(plan, end, number, opening)
    return end, inside


def within(plan: Plan, end: End, number: int, bar: Bar, inside: bool) -> Step:
    """What happens after the open; what is unclear by the rule for it."""
    step = Step(end, limit_inside=inside)
    if end.filled is None or end.outcome != "open":
        return step
    opening, high, low, close = bar
    first = end.fill if inside else opening
    assert first is not None
    step.stop_seen = low <= end.stop
    can = [place for place in range(end.reached, len(plan.targets)) if high >= level(plan, place)]
    step.eventful = inside or step.stop_seen or bool(can)
    leaves_rest = end.reached + len(can) < len(plan.targets)
    back = (
        bool(can) and plan.to_break_even and end.reached == 0 and (leaves_rest or len(can) > 1)
        and low <= (end.fill or 0.0) and (end.fill or 0.0) > end.stop
    )  # fmt: skip
    step.unclear = bool(can) and (step.stop_seen or inside or back)
    if step.unclear:
        end.assumed = True
        if step.stop_seen:
            leave_all(end, number, end.stop, "stop")
            went(end, first, end.leaves[-1][1])
        elif inside:
            went(end, first, close, low)
        else:
            top = level(plan, 0)
            take_next(plan, end, number, top)
            leave_all(end, number, end.stop, "stop")
            went(end, first, top, end.leaves[-1][1])
        if end.outcome != "open":
            end.decided = "assumed"
        return step
    if step.stop_seen:
        leave_all(end, number, end.stop, "stop")
        went(end, first, end.leaves[-1][1])
        return step
    for place in can:
        take_next(plan, end, number, level(plan, place))
    if end.outcome != "open":
        went(end, first, level(plan, len(plan.targets) - 1))
    elif inside:
        went(end, first, close, low)
    else:
        went(end, high, low)
    return step


def looked_inside(plan: Plan, opened: End, plain: Step, number: int, bars: Sequence[Bar]) -> End:
    """The same by the shorter bars, where all are there and agree with the long one."""
    end = walked_inside(plan, opened, plain, number, bars)
    if end is None or end.filled is None:
        return plain.end
    if not plain.unclear:
        if (end.outcome, end.reached) == (plain.end.outcome, plain.end.reached):
            plain.end.best, plain.end.worst = end.best, end.worst
        return plain.end
    if plain.stop_seen and end.outcome == "open":
        return plain.end
    if not plain.stop_seen and not plain.limit_inside and end.reached <= opened.reached:
        return plain.end
    if end.outcome != "open" and end.decided == "own":
        end.decided = "finer"
    end.assumed = end.assumed or opened.assumed
    return end


def walked_inside(plan: Plan, opened: End, plain: Step, number: int, bars: Sequence[Bar]) -> End | None:
    """The plan after the shorter bars; None where one was missing before it was over."""
    end = copied(opened)
    end.assumed = False
    if plain.limit_inside:
        end.filled, end.fill, end.best, end.worst = None, None, -inf, inf
    for bar in bars:
        if end.outcome != "open":
            break
        if isnan(bar[0]):
            return None
        inside = False
        if end.filled is None:
            near = near_end(plan)
            if bar[2] > near:
                continue
            inside = bar[0] > near
            fill(end, number, near)
        end = within(plan, end, number, bar, inside).end
    return end


def at_close(plan: Plan, end: End, number: int, bar: Bar) -> None:
    close = bar[3]
    if close < plan.below or close > plan.above:
        if end.filled is None:
            end.outcome, end.row = "invalidated", number
        else:
            leave_all(end, number, close * plan.side, "invalidated")
    elif number >= plan.last:
        if end.filled is None:
            end.outcome, end.row = "never_filled", number
        else:
            leave_all(end, number, close * plan.side, "expiry")
    elif plan.trail is not None and end.filled is not None:
        end.stop = max(end.stop, close * plan.side - plan.trail)


def near_end(plan: Plan) -> float:
    assert plan.zone is not None
    return plan.zone[1] if plan.side == 1 else -plan.zone[0]


def level(plan: Plan, place: int) -> float:
    return plan.targets[place][0] * plan.side


def fill(end: End, number: int, price: float) -> None:
    end.filled, end.fill, end.best, end.worst = number, price, price, price


def take_next(plan: Plan, end: End, number: int, price: float) -> None:
    share = plan.targets[end.reached][1]
    end.reached += 1
    if end.reached == len(plan.targets):
        leave_all(end, number, price, "target")
        return
    end.leaves.append((share, price))
    if plan.to_break_even:
        assert end.fill is not None
        end.stop = max(end.stop, end.fill)


def leave_all(end: End, number: int, price: float, outcome: str) -> None:
    rest = 1.0
    for share, _price in end.leaves:
        rest -= share
    end.leaves.append((rest, price))
    end.outcome, end.row = outcome, number


def went(end: End, *prices: float) -> None:
    end.best, end.worst = max(end.best, *prices), min(end.worst, *prices)
