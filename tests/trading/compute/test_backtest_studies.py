"""Luck told from skill: studies with a known answer, and the walk-forward choice."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aimodels.compute.boosting import Stopped
from tests.trading.compute.backtest_markets import COSTS, market
from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import Bars
from trading.compute.backtest.costs import Costs, FeeTier
from trading.compute.backtest.entries import rule_orders
from trading.compute.backtest.orders import orders
from trading.compute.backtest.rules import rules_of
from trading.compute.backtest.run import backtest
from trading.compute.backtest.scan import Setting, TooShort, variant_returns, walk_forward
from trading.compute.backtest.studies import deflated, holding, random_entries, reordered

FREE = Costs((FeeTier(0.0, 0.0, 0.0),))
DAILY = 86_400


def wandering(seed: int, *, length: int = 600, assets: int = 2, drift: float = 0.0, step: int = DAILY) -> Bars:
    """Candles of a walk, daily ones without another ``step``."""
    steps = drift + 0.02 * np.random.default_rng(seed).standard_normal((length, assets))
    close = 100 * np.exp(np.cumsum(steps, axis=0))
    opens = np.vstack([np.full(assets, 100.0), close[:-1]])
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    return Bars(tuple(f"A{n}" for n in range(assets)), 0, step, opens, high, low, close, np.full_like(close, 1e9))


def entered(bars: Bars, rows: Any, *, lasting: int = 5) -> Any:
    given = orders(np.zeros(len(rows)), rows, np.ones(len(rows)), last=np.asarray(rows) + lasting)
    return given, backtest(bars, given, account=Account(share=0.5), costs=FREE)


def test_holding_by_hand() -> None:
    close = np.column_stack([np.linspace(100, 200, 101), np.linspace(100, 50, 101)])
    bars = Bars(("A", "B"), 0, DAILY, close, close, close, close, close)
    found = holding(bars, np.full(101, 1000.0), 1000.0, Costs((FeeTier(0, 0.0, 0.05),)))
    assert found.total_return == pytest.approx((2 + 0.5) / 2 / 1.05 - 1)
    assert found.p_value is not None
    assert found.p_value > 0.99  # holding earned every day, the account never
    short = bars.until(20)
    assert holding(short, np.full(20, 1000.0), 1000.0, FREE).p_value is None


def test_an_asset_that_comes_later_is_cash_until_then() -> None:
    close = np.full((100, 2), 100.0)
    close[:50, 1] = np.nan
    close[75:, 1] = 150.0
    bars = Bars(("A", "B"), 0, DAILY, close, close, close, close, close)
    assert holding(bars, np.full(100, 1.0), 1.0, FREE).total_return == pytest.approx(0.25)


def test_entries_that_know_the_future_are_no_luck_and_others_are() -> None:
    bars = wandering(1)
    ahead = bars.close[5:, 0] / bars.close[:-5, 0]
    knowing = np.flatnonzero(ahead > np.quantile(ahead, 0.8))
    given, found = entered(bars, knowing)
    told = random_entries(bars, given, found.paths, found.trades, FREE)
    assert told is not None
    assert told.p_value == pytest.approx(1 / 1001)
    assert told.low_pct < told.random_pct < told.high_pct < told.mean_pct
    blind = []
    for seed in range(40):
        given, found = entered(bars, np.sort(np.random.default_rng(seed).integers(0, 590, 60)))
        luck = random_entries(bars, given, found.paths, found.trades, FREE)
        assert luck is not None
        blind.append(luck.p_value)
    assert 0.3 < np.mean(blind) < 0.7
    given, found = entered(bars, [3, 50])
    assert random_entries(bars, given, found.paths, found.trades, FREE) is None


def rising_within(bars: int = 60) -> Bars:
    """Candles that each rise by a hundredth and open where the last one opened."""
    opens = np.full((bars, 1), 100.0)
    close = opens * 1.01
    return Bars(("A",), 0, DAILY, opens, close, opens, close, np.full_like(close, 1e9))


def test_random_entries_live_as_long_as_the_trades() -> None:
    """Every candle rises from its open to its close, so that chance does as well as any entry does."""
    bars = rising_within()
    given = orders(np.zeros(20), np.arange(0, 40, 2), np.ones(20), last=np.arange(0, 40, 2) + 1)
    found = backtest(bars, given, account=Account(share=0.5), costs=FREE)
    told = random_entries(bars, given, found.paths, found.trades, FREE)
    assert told is not None
    assert told.mean_pct == pytest.approx(1.0)
    assert (told.low_pct, told.random_pct, told.high_pct) == pytest.approx((1.0, 1.0, 1.0))


def test_random_entries_leave_at_an_open_where_the_trades_did() -> None:
    bars = rising_within()
    given = orders(np.zeros(20), np.arange(0, 40, 2), np.ones(20), leave=np.arange(0, 40, 2) + 2)
    found = backtest(bars, given, account=Account(share=0.5), costs=FREE)
    told = random_entries(bars, given, found.paths, found.trades, FREE)
    assert told is not None
    assert told.mean_pct == pytest.approx(0.0)
    assert (told.low_pct, told.random_pct, told.high_pct) == pytest.approx((0.0, 0.0, 0.0))


def test_the_order_of_trades_by_hand() -> None:
    bars = wandering(2)
    _given, found = entered(bars, np.arange(0, 590, 8))
    alternating = replace(found.trades, net=np.where(np.arange(len(found.trades)) % 2, 100.0, -100.0))
    flat = replace(alternating, equity=np.full(len(found.trades), 1000.0))
    told = reordered(flat)
    assert told is not None
    assert told.actual < told.low <= told.median <= told.high
    assert told.deeper > 0.99  # no order falls less than that of a loss after every win
    assert reordered(replace(flat, net=np.full(len(flat), np.nan))) is None


def test_more_trials_leave_less() -> None:
    bars = wandering(3, drift=0.002)
    few = deflated(bars, bars.close[:, 0], 100.0, trials=1, variance=0.0)
    many = deflated(bars, bars.close[:, 0], 100.0, trials=500, variance=0.002)
    assert few.chance is not None
    assert many.chance is not None
    assert many.chance < few.chance
    assert deflated(bars, np.full(bars.length, 100.0), 100.0, trials=1, variance=0.0).chance is None


VARIANTS = [
    rules_of({"entry": {"rule": "sma_cross", "fast": fast, "slow": slow}, "stop": {"percent": 5}})
    for fast, slow in ((3, 8), (5, 20), (10, 40))
]
SETTING = Setting(Account(share=0.5), COSTS)


@pytest.mark.parametrize(("step", "length"), [(DAILY // 6, 2_400), (DAILY, 600), (7 * DAILY, 600)])
def test_a_choice_knows_the_past_alone(step: int, length: int) -> None:
    """Folds, choices and closed trades before a cut are the same when all after it is replaced by noise."""
    bars = wandering(5, step=step, length=length)
    whole = walk_forward(bars, VARIANTS, SETTING, folds=4, processes=1)
    cut = whole.folds[2].first
    noise = np.exp(np.random.default_rng(0).standard_normal(bars.close[cut:].shape))
    lines = {name: getattr(bars, name).copy() for name in ("open", "high", "low", "close")}
    for line in lines.values():
        line[cut:] *= noise
    lines["high"][cut:], lines["low"][cut:] = lines["high"][cut:] * 9, lines["low"][cut:] / 9
    other = walk_forward(replace(bars, **lines), VARIANTS, SETTING, folds=4, processes=1)
    assert other.folds[:3] == whole.folds[:3]
    assert np.array_equal(other.result.equity.value[:cut], whole.result.equity.value[:cut])


@pytest.mark.parametrize("step", [DAILY, 7 * DAILY])
def test_every_fold_is_entered_by_the_best_of_its_past(step: int) -> None:
    bars = wandering(6, step=step)
    walk = walk_forward(bars, VARIANTS, SETTING, folds=3, processes=1)
    assert [fold.end for fold in walk.folds[:-1]] == [fold.first for fold in walk.folds[1:]]
    assert walk.folds[-1].end == bars.length
    for fold in walk.folds:
        past = [variant_returns(bars.until(fold.first), one, SETTING) for one in VARIANTS]
        ratios = [line.mean() / line.std(ddof=1) for line in past]
        assert fold.variant == int(np.argmax(ratios))
        assert fold.ratio == pytest.approx(max(ratios))
        mine = walk.result.orders.row[
            (walk.result.orders.row >= fold.first - 1) & (walk.result.orders.row < fold.end - 1)
        ]
        theirs = rule_orders(bars, VARIANTS[fold.variant]).row
        assert sorted(mine) == sorted(row for row in theirs if fold.first - 1 <= row < fold.end - 1)
    assert walk.trials == 3
    assert walk.variance > 0
    assert (walk.result.orders.row >= walk.folds[0].first - 1).all()


def test_processes_find_the_same() -> None:
    bars = wandering(7, length=300)
    told: list[float] = []
    alone = walk_forward(bars, VARIANTS, SETTING, folds=2, processes=1)
    together = walk_forward(bars, VARIANTS, SETTING, folds=2, processes=2, progress=told.append)
    assert together.folds == alone.folds
    assert together.result.fingerprint == alone.result.fingerprint
    assert together.variance == alone.variance
    assert told == pytest.approx([1 / 3, 2 / 3, 1])


def test_what_lies_before_the_window_warms_the_rules_up() -> None:
    """A window in which the slowest mean would never be known is traded from its first day on."""
    bars = wandering(10, length=500)
    slow = [
        rules_of({"entry": {"rule": "sma_cross", "fast": fast, "slow": 210}, "stop": {"percent": 5}}) for fast in (3, 5)
    ]
    walk = walk_forward(bars, slow, SETTING, folds=1, first=300, processes=1)
    together = walk_forward(bars, slow, SETTING, folds=1, first=300, processes=2)
    (fold,) = walk.folds
    assert walk.result.bars.length == fold.end == 200
    rows = rule_orders(bars, slow[fold.variant]).row - 300
    assert sorted(walk.result.orders.row) == sorted(row for row in rows if fold.first - 1 <= row < fold.end - 1)
    assert len(walk.result.orders)
    assert together.result.fingerprint == walk.result.fingerprint


@pytest.mark.parametrize("processes", [1, 2])
def test_a_choice_stops_when_asked(processes: int) -> None:
    told: list[float] = []
    with pytest.raises(Stopped):
        walk_forward(
            wandering(7, length=300), VARIANTS, SETTING, folds=2, processes=processes, progress=told.append,
            stop=lambda: len(told) > 0,
        )  # fmt: skip
    assert told == [pytest.approx(1 / 3)]


def test_what_is_refused() -> None:
    bars = wandering(8, length=100)
    with pytest.raises(ValueError, match="variants"):
        walk_forward(bars, [], SETTING, folds=1)
    with pytest.raises(TooShort, match="shorter than 60 days"):
        walk_forward(bars, VARIANTS, SETTING, folds=3, processes=1)


def test_a_past_of_candles_that_begin_within_a_day() -> None:
    bars, _finer = market(4, length=24 * 200, assets=2)
    walk = walk_forward(bars, VARIANTS, SETTING, folds=2, processes=1)
    starts = [(bars.start + bars.step * fold.first) % DAILY for fold in walk.folds]
    assert starts == [0, 0]
