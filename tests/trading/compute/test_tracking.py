"""Plans followed to their end: by hand, against a slow oracle, blind to what comes later, the same in parts."""

import random
from collections.abc import Sequence
from dataclasses import replace
from math import inf, isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rounds import examples
from tests.trading.compute import plan_oracle as oracle
from trading.compute.tracked import Candles, Ended, Plans, State, began, results
from trading.compute.tracking import advance

GONE = float("nan")
MISSING = (GONE,) * 4
OUTCOMES = ("open", "target", "stop", "expiry", "never_filled", "invalidated")
DECIDERS = ("own", "finer", "assumed")
PARTS = 3
"""Shorter bars inside one."""
Bar = oracle.Bar


def plans_of(some: list[oracle.Plan]) -> Plans:
    width = max(len(one.targets) for one in some)

    def line(values: list[Any], kind: Any = np.float64) -> Any:
        return np.array(values, dtype=kind)

    def padded(place: int, empty: float) -> Any:
        return line([[pair[place] for pair in one.targets] + [empty] * (width - len(one.targets)) for one in some])

    return Plans(
        side=line([one.side for one in some], np.int64),
        column=np.arange(len(some)),
        first=line([one.first for one in some], np.int64),
        last=line([one.last for one in some], np.int64),
        is_limit=line([one.zone is not None for one in some], np.bool_),
        zone_low=line([one.zone[0] if one.zone else GONE for one in some]),
        zone_high=line([one.zone[1] if one.zone else GONE for one in some]),
        stop=line([one.stop for one in some]),
        targets=padded(0, GONE),
        shares=padded(1, 0.0),
        below=line([GONE if one.below == -inf else one.below for one in some]),
        above=line([GONE if one.above == inf else one.above for one in some]),
        to_break_even=line([one.to_break_even for one in some], np.bool_),
        trail=line([GONE if one.trail is None else one.trail for one in some]),
    )


def candles_of(lines: Sequence[Sequence[Bar]], first: int = 0) -> Candles:
    """A column for each line of bars."""
    cube = np.array(lines, dtype=np.float64).reshape(len(lines), -1, 4)
    return Candles(first, *(np.ascontiguousarray(cube[:, :, side].T) for side in range(4)))


def finer_of(inner: Sequence[Sequence[Sequence[Bar]]]) -> Any:
    def finer(number: int, columns: Any) -> Candles:
        return candles_of([inner[column][number] for column in columns.tolist()])

    return finer


def told(found: State, place: int, side: int) -> dict[str, Any]:
    """A state in the words of the oracle."""
    filled = int(found.filled_row[place])
    return {
        "outcome": OUTCOMES[found.ended[place]],
        "row": int(found.ended_row[place]) if found.ended[place] else None,
        "paused": int(found.paused[place]) if found.paused[place] >= 0 else None,
        "filled": filled if filled >= 0 else None,
        "fill": float(found.fill[place]) if filled >= 0 else None,
        "exit": float(found.taken[place]),
        "reached": int(found.reached[place]),
        "best": float(found.best[place]) if filled >= 0 else -inf,
        "worst": float(found.worst[place]) if filled >= 0 else inf,
        "decided": DECIDERS[found.decided[place]],
        "assumed": bool(found.is_assumed[place]),
        "stop": float(found.stop[place]) if found.is_open[place] else None,
    }


def said(end: oracle.End) -> dict[str, Any]:
    stop = end.stop if end.outcome == "open" else None
    return {name: value for name, value in vars(end).items() if name != "leaves"} | {"exit": end.exit, "stop": stop}


def one(plan: oracle.Plan, bars: Sequence[Bar], inner: Sequence[Sequence[Bar]] | None = None) -> dict[str, Any]:
    """A plan on bars from number 0, checked against the oracle on the way."""
    found = advance(plans_of([plan]), began(plans_of([plan])), candles_of([bars]), finer_of([inner]) if inner else None)
    by_hand = oracle.follow(plan, dict(enumerate(bars)), inner.__getitem__ if inner else None)
    assert told(found, 0, plan.side) == said(by_hand)
    return told(found, 0, plan.side)


LONG = oracle.Plan(side=1, first=0, last=4, stop=90, targets=[(120, 1.0)])
SHORT = oracle.Plan(side=-1, first=0, last=4, stop=110, targets=[(80, 1.0)])
CALM: Bar = (100, 105, 95, 100)


class TestByHand:
    def test_a_market_plan_is_filled_at_the_open_and_reaches_its_target(self) -> None:
        found = one(LONG, [CALM, (101, 120, 99, 118)])
        assert (found["outcome"], found["row"], found["fill"], found["exit"]) == ("target", 1, 100, 120)
        assert (found["best"], found["worst"], found["decided"]) == (120, 95, "own")

    def test_a_touch_is_enough_and_a_hair_less_is_not(self) -> None:
        assert one(LONG, [(100, 105, 90, 100)])["outcome"] == "stop"
        assert one(LONG, [(100, 119.99, 90.01, 100)])["outcome"] == "open"
        assert one(SHORT, [(100, 110, 95, 100)])["outcome"] == "stop"
        assert one(SHORT, [(100, 105, 80, 100)])["outcome"] == "target"

    def test_a_gap_over_the_stop_costs_more_than_the_stop(self) -> None:
        found = one(LONG, [CALM, (85, 88, 80, 86)])
        assert (found["outcome"], found["exit"], found["worst"]) == ("stop", 85, 85)
        assert one(SHORT, [CALM, (115, 118, 112, 113)])["exit"] == -115

    def test_a_gap_over_the_target_brings_more_than_the_target(self) -> None:
        assert one(LONG, [CALM, (130, 131, 80, 125)])["exit"] == 130

    def test_both_in_one_candle_is_the_stop_and_says_so(self) -> None:
        found = one(LONG, [(100, 125, 85, 100)])
        assert (found["outcome"], found["exit"], found["decided"], found["assumed"]) == ("stop", 90, "assumed", True)

    def test_shorter_candles_tell_what_came_first(self) -> None:
        up_first = [[(100, 121, 99, 110), (110, 125, 85, 90), (90, 101, 88, 100)]]
        found = one(LONG, [(100, 125, 85, 100)], up_first)
        assert (found["outcome"], found["exit"], found["decided"], found["assumed"]) == ("target", 120, "finer", False)
        down_first = [[(100, 110, 90, 95), (95, 125, 95, 110), (110, 111, 85, 100)]]
        assert one(LONG, [(100, 125, 85, 100)], down_first)["outcome"] == "stop"

    def test_without_all_of_them_the_stop_counts(self) -> None:
        holed = [[(100, 110, 95, 105), MISSING, (90, 125, 85, 100)]]
        assert one(LONG, [(100, 125, 85, 100)], holed)["decided"] == "assumed"
        late_hole = [[(100, 120, 95, 105), MISSING, (90, 101, 85, 100)]]
        assert one(LONG, [(100, 125, 85, 100)], late_hole)["outcome"] == "target"

    def test_excursions_end_where_the_plan_does(self) -> None:
        inner = [[(100, 112, 99, 110), (110, 111, 89, 90), (90, 118, 85, 100)]]
        found = one(LONG, [(100, 118, 85, 100)], inner)
        assert (found["outcome"], found["best"], found["worst"]) == ("stop", 112, 90)
        assert one(LONG, [(100, 118, 85, 100)])["best"] == 100

    def test_expiry_leaves_at_the_last_close(self) -> None:
        found = one(LONG, [CALM] * 4 + [(100, 105, 95, 103)])
        assert (found["outcome"], found["row"], found["exit"]) == ("expiry", 4, 103)

    def test_a_limit_that_nothing_reaches_is_never_filled(self) -> None:
        limit = replace(LONG, zone=(90.5, 94))
        found = one(limit, [CALM] * 5)
        assert (found["outcome"], found["row"], found["filled"]) == ("never_filled", 4, None)

    def test_a_limit_fills_at_the_near_end_or_at_a_better_open(self) -> None:
        limit = replace(LONG, zone=(92, 97))
        assert one(limit, [CALM])["fill"] == 97
        assert one(limit, [(95, 99, 94, 98)])["fill"] == 95
        assert one(replace(SHORT, zone=(103, 108)), [CALM])["fill"] == -103

    def test_in_the_candle_of_a_limit_fill_a_stop_counts_and_a_target_only_when_it_came_after(self) -> None:
        limit = replace(LONG, zone=(92, 97))
        assert one(limit, [(100, 101, 89, 95)])["outcome"] == "stop"
        found = one(limit, [(100, 121, 95, 118)])
        assert (found["outcome"], found["assumed"]) == ("open", True)
        assert one(limit, [(96, 121, 95, 118)])["outcome"] == "target"
        after = [[(100, 101, 96, 98), (98, 121, 97, 119), (119, 120, 110, 118)]]
        assert one(limit, [(100, 121, 96, 118)], after)["outcome"] == "target"
        before = [[(100, 121, 99, 120), (120, 120, 96, 98), (98, 119, 97, 118)]]
        assert one(limit, [(100, 121, 96, 118)], before)["outcome"] == "open"

    def test_an_invalidating_close_ends_it_there(self) -> None:
        plan = replace(LONG, below=95)
        found = one(plan, [(100, 105, 91, 95), (95, 96, 91, 94.9)])
        assert (found["outcome"], found["row"], found["exit"]) == ("invalidated", 1, 94.9)
        assert one(replace(SHORT, above=104), [(100, 105, 95, 104.5)])["exit"] == -104.5

    def test_what_is_invalid_before_it_is_filled_has_no_result(self) -> None:
        found = one(replace(LONG, zone=(91, 92), below=96), [(100, 101, 95, 95.5)])
        assert (found["outcome"], found["filled"]) == ("invalidated", None)

    def test_a_missing_candle_pauses_and_a_filled_one_goes_on(self) -> None:
        later: Bar = (100, 125, 95, 100)
        assert one(LONG, [CALM, MISSING, later])["paused"] == 1
        found = one(LONG, [CALM, CALM, later])
        assert (found["outcome"], found["paused"]) == ("target", None)

    def test_several_targets_and_the_stop_at_the_entry(self) -> None:
        plan = replace(LONG, targets=[(110, 0.5), (120, 0.5)], to_break_even=True)
        found = one(plan, [(100, 112, 101, 111), (111, 112, 99, 100)])
        assert (found["outcome"], found["reached"], found["exit"]) == ("stop", 1, 105)
        assert one(plan, [(100, 112, 101, 111), (111, 121, 105, 119)])["exit"] == 115
        unclear = one(plan, [CALM, (100, 112, 99, 111)])
        assert (unclear["outcome"], unclear["exit"], unclear["assumed"]) == ("stop", 105, True)

    def test_a_trailing_stop_moves_at_a_close_and_counts_from_the_next_candle(self) -> None:
        plan = replace(LONG, trail=5.0)
        found = one(plan, [(100, 118, 95, 115), (115, 116, 110, 112)])
        assert (found["outcome"], found["exit"], found["row"]) == ("stop", 110, 1)

    def test_results(self) -> None:
        plans = plans_of([LONG, SHORT, replace(LONG, zone=(91, 92))])
        ended = advance(
            plans, began(plans), candles_of([[CALM, (85, 88, 80, 86)], [CALM, (100, 101, 79, 80)], [CALM] * 2])
        )
        found = results(plans, ended, np.array([100.0, 101.0, 92.0]))
        assert found.exit.tolist()[:2] == [85, 80]
        assert found.r_multiple[:2] == pytest.approx([-1.5, 20 / 9])
        assert found.gain[:2] == pytest.approx([-0.15, 0.2])
        assert np.isnan(found.gain[2])

    def test_missing_levels_are_never_reached(self) -> None:
        plans = replace(plans_of([LONG]), stop=np.array([GONE]), targets=np.array([[GONE]]))
        found = advance(plans, began(plans), candles_of([[(100, 1e9, 1e-9, 100)] * 5]))
        assert found.ended.tolist() == [Ended.EXPIRY]
        assert np.isnan(results(plans, found, np.array([100.0])).r_multiple[0])

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"side": np.array([0])}, "side"),
            ({"targets": np.array([[120.0, 110.0]]), "shares": np.array([[0.5, 0.5]])}, "nearest"),
            ({"shares": np.array([[0.9]])}, "add up"),
            ({"is_limit": np.array([True])}, "zone"),
            ({"is_limit": np.array([True]), "zone_low": np.array([90.0]), "zone_high": np.array([95.0])}, "behind"),
            ({"stop": np.array([1.0, 2.0])}, "rows"),
            ({"shares": np.array([[0.5, 0.5]])}, "shape"),
        ],
    )
    def test_refusals(self, change: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            began(replace(plans_of([LONG]), **change))


def made_bars(dice: random.Random, count: int) -> tuple[list[Bar], list[list[Bar]]]:
    """A walk on a coarse grid, so that levels are touched exactly, and the shorter bars that each bar is made of. Some
    shorter bars are missing, some whole bars too, and some shorter bars say something else than the bar."""
    bars: list[Bar] = []
    inner: list[list[Bar]] = []
    price = 100
    for _ in range(count):
        parts: list[Bar] = []
        price += dice.choice((0, 0, 0, 0, -6, 6, -14, 14))
        for _part in range(PARTS):
            start, end = price, price + dice.randint(-6, 6)
            price = end
            high, low = max(start, end) + dice.choice((0, 1, 2, 6)), min(start, end) - dice.choice((0, 1, 2, 6))
            parts.append((start, high, low, end))
        highs, lows = [part[1] for part in parts], [part[2] for part in parts]
        bar: Bar = (parts[0][0], max(highs), min(lows), parts[-1][3])
        if dice.random() < 0.1:
            parts[dice.randrange(PARTS)] = MISSING
        if dice.random() < 0.05:
            parts[dice.randrange(PARTS)] = (100, 100, 100, 100)
        bars.append(MISSING if dice.random() < 0.04 else bar)
        inner.append(parts)
    return bars, inner


def made_plan(dice: random.Random, count: int) -> oracle.Plan:
    side = dice.choice((1, -1))
    around = 100 + dice.randint(-3, 3)
    first = dice.randint(0, 3)
    reach = sorted({dice.randint(2, 16) for _ in range(dice.choice((1, 1, 2, 3)))})
    shares = {1: [1.0], 2: [0.5, 0.5], 3: [0.25, 0.25, 0.5]}[len(reach)]
    invalid = around - side * dice.randint(1, 9) if dice.random() < 0.4 else None
    away = dice.randint(4, 14)
    near = dice.randint(1, away - 2)
    zone = sorted((around - side * near, around - side * dice.randint(near, away - 1)))
    return oracle.Plan(
        side=side,
        first=first,
        last=first + dice.randint(-1, count),
        stop=around - side * away,
        targets=[(around + side * one, share) for one, share in zip(reach, shares, strict=True)],
        zone=(zone[0], zone[1]) if dice.random() < 0.4 else None,
        below=invalid if invalid is not None and side == 1 else -inf,
        above=invalid if invalid is not None and side == -1 else inf,
        to_break_even=dice.random() < 0.3,
        trail=float(dice.randint(3, 9)) if dice.random() < 0.2 else None,
    )


def made(seed: int, some: int = 12) -> tuple[list[oracle.Plan], list[list[Bar]], list[list[list[Bar]]]]:
    dice = random.Random(seed)  # noqa: S311
    count = dice.randint(1, 10)
    paths = [made_bars(dice, count) for _ in range(some)]
    return [made_plan(dice, count) for _ in range(some)], [bars for bars, _ in paths], [inner for _, inner in paths]


class TestAgainstTheOracle:
    @settings(max_examples=examples(250, 1000), deadline=None)
    @given(st.integers(0, 2**32 - 1), st.booleans())
    def test_every_path_ends_as_the_oracle_says(self, seed: int, with_finer: bool) -> None:
        """250 markets of 4 plans each: 1,000 paths; 4,000 with ``--full``."""
        plans, bars, inner = made(seed, some=4)
        state = advance(
            plans_of(plans), began(plans_of(plans)), candles_of(bars), finer_of(inner) if with_finer else None
        )
        for place, plan in enumerate(plans):
            asked = inner[place].__getitem__ if with_finer else None
            expected = oracle.follow(plan, dict(enumerate(bars[place])), asked)
            assert told(state, place, plan.side) == said(expected)

    def test_the_made_paths_hold_every_case(self) -> None:
        """What is compared is not all of one kind: each outcome and each way to decide comes up often."""
        seen: dict[str, int] = {}
        for seed in range(300):
            plans, bars, inner = made(seed)
            state = advance(plans_of(plans), began(plans_of(plans)), candles_of(bars), finer_of(inner))
            for place in range(len(plans)):
                names = [OUTCOMES[state.ended[place]], DECIDERS[state.decided[place]]]
                names += ["paused"] if state.paused[place] >= 0 else []
                names += ["reached"] if state.reached[place] else []
                for name in names:
                    seen[name] = seen.get(name, 0) + 1
        assert min(seen.values()) >= 20, seen
        assert {*OUTCOMES, *DECIDERS, "paused", "reached"} == seen.keys()


def equal(some: State, other: State) -> bool:
    return all(np.array_equal(getattr(some, name), getattr(other, name), equal_nan=True) for name in vars(some))


class TestInParts:
    @settings(max_examples=examples(60, 200), deadline=None)
    @given(st.integers(0, 2**32 - 1), st.data())
    def test_up_to_a_cut_and_then_on_is_the_same_as_at_once(self, seed: int, data: st.DataObject) -> None:
        plans, bars, inner = made(seed)
        cut = data.draw(st.integers(0, len(bars[0])))
        some, finer = plans_of(plans), finer_of(inner)
        at_once = advance(some, began(some), candles_of(bars), finer)
        part = advance(some, began(some), candles_of([line[:cut] for line in bars]), finer)
        assert equal(advance(some, part, candles_of([line[cut:] for line in bars], cut), finer), at_once)
        assert equal(advance(some, part, candles_of(bars), finer), at_once)
        assert equal(advance(some, at_once, candles_of(bars), finer), at_once)

    @settings(max_examples=examples(60, 200), deadline=None)
    @given(st.integers(0, 2**32 - 1), st.data())
    def test_without_the_future_the_past_is_the_same(self, seed: int, data: st.DataObject) -> None:
        plans, bars, inner = made(seed)
        cut = data.draw(st.integers(0, len(bars[0])))
        noise = random.Random(seed + 1)  # noqa: S311
        later = [
            [bar if place < cut else (90.0 + noise.random(), 130.0, 70.0, 100.0) for place, bar in enumerate(line)]
            for line in bars
        ]
        some, finer = plans_of(plans), finer_of(inner)
        known = advance(some, began(some), candles_of([line[:cut] for line in bars]), finer)
        changed = advance(some, began(some), candles_of(later), finer)
        over = ~known.is_open
        assert equal(known.take(over), changed.take(over))
        assert (changed.ended_row[~over & ~changed.is_open] >= cut).all()

    @settings(max_examples=examples(40, 100), deadline=None)
    @given(st.integers(0, 2**32 - 1))
    def test_a_candle_that_comes_late_is_judged_as_if_it_had_been_there(self, seed: int) -> None:
        plans, bars, inner = made(seed)
        whole = [[(100.0, 101.0, 99.0, 100.0) if isnan(bar[0]) else bar for bar in line] for line in bars]
        some, finer = plans_of(plans), finer_of(inner)
        paused = advance(some, began(some), candles_of(bars), finer)
        assert equal(
            advance(some, paused, candles_of(whole), finer), advance(some, began(some), candles_of(whole), finer)
        )

    def test_a_plan_does_not_depend_on_its_neighbours(self) -> None:
        plans, bars, inner = made(5)
        some = plans_of(plans)
        together = advance(some, began(some), candles_of(bars), finer_of(inner))
        for place in range(len(plans)):
            alone = some.take(np.array([place]))
            assert equal(
                advance(alone, began(alone), candles_of(bars), finer_of(inner)), together.take(np.array([place]))
            )
