"""The declared rules: what they say, at which candle, and what is refused by name."""

from typing import Any

import numpy as np
import pytest

from tests.trading.compute.backtest_markets import COSTS, market
from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import Bars
from trading.compute.backtest.entries import rule_orders
from trading.compute.backtest.orders import FAR
from trading.compute.backtest.rules import RuleError, rules_of
from trading.compute.backtest.run import backtest

CROSS = {"rule": "sma_cross", "fast": 2, "slow": 4}
EVERY: list[dict[str, Any]] = [
    {"entry": {"rule": "sma_cross", "fast": 3, "slow": 9}, "stop": {"percent": 2}, "sides": ["long", "short"]},
    {"entry": {"rule": "ema_cross", "fast": 3, "slow": 9}, "stop": {"atr": 2, "length": 5}, "targets": [{"r": 2}]},
    {"entry": {"rule": "rsi", "length": 7, "below": 40, "above": 60}, "time_limit": 12, "sides": ["long", "short"]},
    {
        "entry": {"rule": "breakout", "bars": 10},
        "stop": {"percent": 3},
        "targets": [{"r": 1, "share": 0.5}, {"r": 2, "share": 0.25}],
        "trail_percent": 4,
        "to_entry": True,
        "leave": "never",
        "size_percent": 20,
    },
]


def line(*closes: float) -> Bars:
    prices = np.array(closes, dtype=float)[:, None]
    return Bars(("A",), 0, 3600, prices, prices * 1.01, prices * 0.99, prices, np.full_like(prices, 1e9))


def test_a_cross_by_hand() -> None:
    bars = line(10, 9, 8, 7, 6, 8, 11, 12, 9, 6, 5)
    # means of 2 and 4: above from candle 6 on, below from candle 9 on
    found = rule_orders(bars, rules_of({"entry": CROSS, "sides": ["long", "short"]}))
    assert list(zip(found.row.tolist(), found.direction.tolist(), found.leave.tolist(), strict=True)) == [
        (6, 1, 10),
        (9, -1, FAR),
    ]


def test_a_breakout_by_hand() -> None:
    bars = line(10, 10, 10, 10.05, 10.5, 10.6, 10.2)
    # above 10.1, the highest of the three candles before, at 4; the next close beyond is no new breakout
    found = rule_orders(bars, rules_of({"entry": {"rule": "breakout", "bars": 3}}))
    assert found.row.tolist() == [4]


def test_the_strength_index_buys_below_and_sells_above() -> None:
    bars = line(*np.r_[np.linspace(100, 80, 20), np.linspace(80, 110, 20)])
    found = rule_orders(bars, rules_of({"entry": {"rule": "rsi", "length": 5, "below": 30, "above": 70}}))
    assert len(found) == 0  # it lay below from the first value on: when it began is not known
    bars = line(*np.r_[np.linspace(80, 100, 20), np.linspace(99, 80, 20), np.linspace(81, 110, 20)])
    found = rule_orders(bars, rules_of({"entry": {"rule": "rsi", "length": 5, "below": 30, "above": 70}}))
    assert len(found) == 1
    assert 20 <= found.row[0] < 40 <= found.leave[0]


def test_distances_and_targets_come_from_the_rule() -> None:
    bars, _finer = market(1)
    found = rule_orders(bars, rules_of(EVERY[3]))
    assert len(found) > 10
    assert set(found.stop_fraction.tolist()) == {0.03}
    assert (found.target_r == [1, 2]).all()
    assert (found.shares == [0.5, 0.25]).all()
    assert set(found.trail.tolist()) == {0.04}
    assert set(found.size.tolist()) == {0.2}
    assert found.to_entry.all()
    assert (found.leave == FAR).all()
    wide = rule_orders(bars, rules_of(EVERY[1]))
    assert (wide.stop_away > 0).all()
    assert set(rule_orders(bars, rules_of(EVERY[2])).last - rule_orders(bars, rules_of(EVERY[2])).row) == {12}


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_no_entry_knows_what_comes_later(number: int) -> None:
    rules = rules_of(EVERY[number])
    for seed in range(4):
        bars, _finer = market(seed, length=200, assets=2, holes=0.02 * (seed % 2))
        whole = rule_orders(bars, rules)
        for cut in range(5, 200, 13):
            part = rule_orders(bars.until(cut), rules)
            kept = whole.take(whole.row < cut)
            for name in ("column", "row", "direction", "stop_away", "last"):
                assert np.array_equal(getattr(part, name), getattr(kept, name)), (cut, name)
            leaves = np.where(kept.leave <= cut, kept.leave, FAR)
            assert np.array_equal(part.leave, leaves)


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_a_strategy_that_knows_nothing_of_later_closes_the_same_trades(number: int) -> None:
    rules = rules_of(EVERY[number])
    bars, finer = market(number + 20, length=300)
    whole = backtest(bars, rule_orders(bars, rules), account=Account(), costs=COSTS, finer=finer, pauses=False)
    cut = 170
    part_bars = bars.until(cut)
    part = backtest(part_bars, rule_orders(part_bars, rules), account=Account(), costs=COSTS, finer=finer, pauses=False)

    def closed(found: Any) -> list[tuple[int, int, float]]:
        ends = found.paths.end_row[found.trades.order]
        return [
            (int(found.orders.row[order]), int(found.orders.column[order]), float(net))
            for order, net, end in zip(found.trades.order, found.trades.net, ends, strict=True)
            if 0 <= end < cut
        ]

    assert closed(part) == closed(whole) != []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], "rules"),
        ({}, "entry"),
        ({"entry": {"rule": "moon"}}, "entry.rule"),
        ({"entry": CROSS | {"slow": 2}}, "entry.fast"),
        ({"entry": CROSS | {"fast": 1.5}}, "entry.fast"),
        ({"entry": CROSS | {"fast": "2"}}, "entry.fast"),
        ({"entry": CROSS | {"fast": float("nan")}}, "entry.fast"),
        ({"entry": CROSS | {"length": 2}}, "entry.length"),
        ({"entry": {"rule": "rsi", "length": 14, "below": 70, "above": 30}}, "entry.below"),
        ({"entry": {"rule": "breakout"}}, "entry.bars"),
        ({"entry": CROSS, "stopp": 2}, "stopp"),
        ({"entry": CROSS, "stop": {"percent": 0}}, "stop.percent"),
        ({"entry": CROSS, "stop": {"percent": 2, "atr": 1}}, "stop.percent"),
        ({"entry": CROSS, "stop": 2}, "stop"),
        ({"entry": CROSS, "targets": [{"r": 1}]}, "targets"),
        ({"entry": CROSS, "stop": {"percent": 2}, "targets": [{"r": 2}, {"r": 1}]}, "targets[1].r"),
        ({"entry": CROSS, "stop": {"percent": 2}, "targets": [{"r": 1, "share": 0.7}, {"r": 2}]}, "targets"),
        ({"entry": CROSS, "stop": {"percent": 2}, "targets": [{"r": 1, "part": 1}]}, "targets[0].part"),
        ({"entry": CROSS, "targets": {}}, "targets"),
        ({"entry": CROSS, "sides": "long"}, "sides"),
        ({"entry": CROSS, "sides": ["up"]}, "sides"),
        ({"entry": CROSS, "time_limit": 0}, "time_limit"),
        ({"entry": CROSS, "to_entry": 1}, "to_entry"),
        ({"entry": CROSS, "trail_percent": -1}, "trail_percent"),
        ({"entry": CROSS, "leave": "soon"}, "leave"),
        ({"entry": CROSS, "leave": "never"}, "leave"),
        ({"entry": CROSS, "size_percent": True}, "size_percent"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_followed_names_the_field(given: Any, field: str) -> None:
    with pytest.raises(RuleError) as told:
        rules_of(given)
    assert told.value.field == field
    assert str(told.value).startswith(f"{field}: ")
