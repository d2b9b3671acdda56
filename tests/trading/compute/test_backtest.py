"""Backtests by hand, and what holds for every one."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.compute.backtest_markets import COSTS, market, some_account, some_orders
from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import Bars, nothing_finer
from trading.compute.backtest.costs import Costs, FeeTier, Funding, FundingPaid, Slippage
from trading.compute.backtest.figures import deepest
from trading.compute.backtest.follow import follow
from trading.compute.backtest.orders import orders
from trading.compute.backtest.paths import Reason, State
from trading.compute.backtest.run import backtest

FREE = Costs((FeeTier(0.0, 0.0, 0.0),))
NAN = float("nan")


def bars(*candles: tuple[float, float, float, float], volume: float = 1e9) -> Bars:
    """One asset with these candles (open, high, low, close)."""
    lines = np.array(candles, dtype=float)
    opens, high, low, close = (lines[:, [place]] for place in range(4))
    return Bars(("A",), 0, 3600, opens, high, low, close, np.full((len(lines), 1), volume))


def one(side: int = 1, **given: Any) -> Any:
    """One order at the close of the first candle."""
    return orders(np.array([0]), np.array([0]), np.array([side]), **given)


def exits(found: Any) -> list[tuple[int, float, float, str]]:
    """Row, price, share and reason of each exit, in time."""
    row = found.exit_row[0]
    lines = [
        (
            int(row[j]),
            float(found.exit_price[0, j]),
            float(found.exit_share[0, j]),
            Reason(found.exit_reason[0, j]).name,
        )
        for j in range(len(row))
        if row[j] >= 0
    ]
    return sorted(lines, key=lambda line: line[0])


START = (100, 101, 99, 100)


class TestOneOrder:
    """The cases of docs/backtesting.md."""

    def test_the_market_is_the_next_open(self) -> None:
        found = follow(bars(START, (102, 103, 101, 102), (102, 110, 101, 105)), one(stop=95, targets=[[109]]))
        assert (found.fill_row[0], found.fill_price[0]) == (1, 102)
        assert exits(found) == [(2, 109, 1, "TARGET")]
        assert found.end_row[0] == 2

    def test_an_exact_touch_counts(self) -> None:
        assert exits(follow(bars(START, (100, 101, 95, 97)), one(stop=95))) == [(1, 95, 1, "STOP")]
        assert exits(follow(bars(START, (100, 105, 99, 97)), one(targets=[[105]]))) == [(1, 105, 1, "TARGET")]
        assert exits(follow(bars(START, (100, 105, 99, 97)), one(-1, stop=105))) == [(1, 105, 1, "STOP")]

    def test_a_gap_over_the_stop_costs_more_than_the_stop(self) -> None:
        found = follow(bars(START, START, (90, 93, 89, 92)), one(stop=95))
        assert exits(found) == [(2, 90, 1, "STOP")]
        assert found.exit_at_open[0, -1]

    def test_a_gap_over_the_target_gives_more_than_the_target(self) -> None:
        assert exits(follow(bars(START, START, (112, 113, 90, 95)), one(stop=95, targets=[[110]]))) == [
            (2, 112, 1, "TARGET")
        ]

    def test_a_market_that_opens_beyond_the_stop_is_filled_and_stopped_there(self) -> None:
        found = follow(bars(START, (90, 110, 89, 92)), one(stop=95, targets=[[105]]))
        assert (found.fill_price[0], exits(found)) == (90, [(1, 90, 1, "STOP")])

    def test_a_limit_waits_for_its_zone(self) -> None:
        found = follow(bars(START, START, (100, 101, 97, 100), (100, 106, 99, 100)), one(zone=98, targets=[[105]]))
        assert (found.fill_row[0], found.fill_price[0], found.inside[0]) == (2, 98, True)
        assert exits(found) == [(3, 105, 1, "TARGET")]

    def test_a_limit_that_opens_through_its_zone_is_filled_at_the_open(self) -> None:
        found = follow(bars(START, (97, 106, 96, 100)), one(zone=98, targets=[[105]]))
        assert (found.fill_price[0], found.inside[0], exits(found)) == (97, False, [(1, 105, 1, "TARGET")])

    def test_in_the_candle_that_fills_a_limit_a_stop_counts_and_a_target_does_not(self) -> None:
        stopped = follow(bars(START, (100, 106, 94, 100)), one(zone=98, stop=95, targets=[[105]]))
        assert exits(stopped) == [(1, 95, 1, "STOP")]
        assert stopped.assumed[0]
        waits = follow(bars(START, (100, 106, 97, 100), START), one(zone=98, stop=95, targets=[[105]], last=2))
        assert exits(waits) == [(2, 100, 1, "EXPIRY")]

    def test_shorter_candles_show_a_target_after_the_fill(self) -> None:
        def finer(_columns: Any, _rows: Any) -> Any:
            return np.array([[100.0, 99, 98]]), np.array([[101.0, 99, 106]]), np.array([[99.0, 97, 98]])

        found = follow(bars(START, (100, 106, 97, 105)), one(zone=98, stop=95, targets=[[105]]), finer=finer)
        assert exits(found) == [(1, 105, 1, "TARGET")]
        assert not found.assumed[0]

    def test_a_limit_that_is_never_reached(self) -> None:
        found = follow(bars(START, START, START, START), one(zone=98, last=2))
        assert State(found.state[0]) is State.NEVER_FILLED
        assert State(follow(bars(START, START), one(zone=98, last=9)).state[0]) is State.WAITING

    def test_both_in_one_candle_is_the_stop_unless_shorter_ones_say_otherwise(self) -> None:
        both = bars(START, (100, 111, 94, 100))
        given: dict[str, Any] = {"stop": 95, "targets": [[110]]}
        found = follow(both, one(**given))
        assert (exits(found), bool(found.assumed[0])) == ([(1, 95, 1, "STOP")], True)
        for highs, lows, ending, is_assumed in (
            ([104, 111, 100], [99, 100, 94], (1, 110, 1, "TARGET"), False),
            ([104, 104, 111], [99, 94, 96], (1, 95, 1, "STOP"), False),
            ([104, 111, 104], [99, 94, 99], (1, 95, 1, "STOP"), True),
            ([NAN, 111, 104], [NAN, 100, 94], (1, 95, 1, "STOP"), True),
            ([111, NAN, 104], [100, NAN, 94], (1, 110, 1, "TARGET"), False),
        ):
            inside = [np.array([line], dtype=float) for line in (lows, highs, lows)]
            finer = lambda _c, _r, inside=inside: tuple(inside)  # noqa: E731
            found = follow(both, one(**given), finer=finer)
            assert (exits(found), bool(found.assumed[0])) == ([ending], is_assumed)

    def test_targets_close_parts_and_the_first_moves_the_stop_to_the_entry(self) -> None:
        given: dict[str, Any] = {"stop": 95, "targets": [[105, 120]], "shares": [0.5, 0.5], "to_entry": True}
        market_ = bars(START, (100, 106, 100.5, 104), (104, 105, 99, 101), START)
        assert exits(follow(market_, one(**given))) == [(1, 105, 0.5, "TARGET"), (2, 100, 0.5, "STOP")]
        gapped = bars(START, START, (106, 107, 99, 104), START)
        assert exits(follow(gapped, one(**given))) == [(2, 106, 0.5, "TARGET"), (2, 100, 0.5, "STOP")]
        stays = bars(START, (100, 106, 99, 104), (104, 121, 103, 119))
        given = {"stop": 95, "targets": [[105, 120]], "shares": [0.25, 0.25]}
        assert exits(follow(stays, one(**given))) == [(1, 105, 0.25, "TARGET"), (2, 120, 0.25, "TARGET")]

    def test_a_return_to_the_entry_in_the_candle_of_the_first_target_is_assumed(self) -> None:
        market_ = bars(START, (100, 106, 99, 104), (104, 105, 103, 104), START)
        given: dict[str, Any] = {"stop": 95, "targets": [[105, 120]], "shares": [0.5, 0.5], "to_entry": True}
        found = follow(market_, one(**given))
        assert exits(found) == [(1, 105, 0.5, "TARGET"), (1, 100, 0.5, "STOP")]
        assert found.assumed[0]

        def finer(_columns: Any, _rows: Any) -> Any:
            return np.array([[100.0, 100]]), np.array([[101.0, 106]]), np.array([[99.0, 100.5]])

        found = follow(market_, one(**given), finer=finer)
        assert (exits(found), bool(found.assumed[0])) == (
            [(1, 105, 0.5, "TARGET"), (3, 100, 0.5, "STOP")],
            False,
        )

    def test_a_limit_that_a_close_makes_invalid_is_withdrawn(self) -> None:
        market_ = bars(START, (100, 104, 100, 103), (103, 103, 90, 100))
        assert State(follow(market_, one(zone=98, invalid=104)).state[0]) is State.WITHDRAWN
        assert State(follow(market_, one(-1, zone=108, invalid=101)).state[0]) is State.WITHDRAWN

    def test_a_stop_trails_by_a_distance_too(self) -> None:
        market_ = bars(START, (100, 130, 100, 120), (120, 121, 109, 110), (110, 112, 107, 108))
        assert exits(follow(market_, one(stop=90, trail_away=12))) == [(3, 108, 1, "STOP")]

    def test_a_trailing_stop_moves_at_closes_and_never_back(self) -> None:
        market_ = bars(START, (100, 130, 100, 120), (120, 121, 109, 110), (110, 112, 107, 108))
        assert exits(follow(market_, one(stop=90, trail=0.1))) == [(3, 108, 1, "STOP")]

    def test_a_short_is_the_mirror(self) -> None:
        market_ = bars(START, (100, 101, 80, 85), (85, 94, 84, 90))
        assert exits(follow(market_, one(-1, stop=110, trail=0.1))) == [(2, 85 * 1.1, 1, "STOP")]

    def test_a_close_beyond_what_makes_it_invalid_ends_it_there(self) -> None:
        market_ = bars(START, (100, 101, 96, 97), (97, 99, 95, 96))
        assert exits(follow(market_, one(invalid=97))) == [(2, 96, 1, "INVALID")]

    def test_time_ends_at_the_close_and_a_signal_at_the_next_open(self) -> None:
        market_ = bars(START, START, (100, 101, 98, 99), (98, 99, 97, 98))
        assert exits(follow(market_, one(last=2))) == [(2, 99, 1, "EXPIRY")]
        assert exits(follow(market_, one(leave=3))) == [(3, 98, 1, "SIGNAL")]
        assert exits(follow(market_, one(leave=3, last=2))) == [(2, 99, 1, "EXPIRY")]
        assert State(follow(market_, one()).state[0]) is State.OPEN

    def test_a_missing_candle_pauses(self) -> None:
        gap = (NAN, NAN, NAN, NAN)
        market_ = bars(START, START, gap, (90, 91, 89, 90))
        found = follow(market_, one(stop=95))
        assert (State(found.state[0]), found.paused_row[0], exits(found)) == (State.PAUSED, 2, [])
        assert exits(follow(market_, one(stop=95), pauses=False)) == [(3, 90, 1, "STOP")]
        unfilled = follow(bars(START, gap, START), one(stop=95))
        assert (State(unfilled.state[0]), unfilled.paused_row[0]) == (State.PAUSED, 1)


class TestAccount:
    """Money by hand."""

    def test_a_trade_with_all_costs(self) -> None:
        market_ = bars(START, (100, 101, 99, 100), (100, 111, 99, 110), (109, 110, 108, 109), volume=10_000.0)
        costs = Costs((FeeTier(0.0, 0.001, 0.002),), Slippage(fixed=0.001, of_volume=0.1))
        funding = Funding(("A", "A"), np.array([3600, 7200 + 60]), np.array([0.5, 0.0001]))
        given = one(stop=90, targets=[[110]], shares=[0.5], leave=3)
        found = backtest(
            market_, given, account=Account(start=10_000, share=0.1), costs=costs, funding=FundingPaid(market_, funding)
        )
        paid = 100 * (1 + 0.001 + 0.1 * 1000 / 10_000)
        quantity = 1000 / paid
        left = quantity / 2 * 109
        price = 109 * (1 - 0.001 - 0.1 * left / 10_000)
        fees = 1000 * 0.002 + quantity / 2 * 110 * 0.001 + quantity / 2 * price * 0.002
        # the first payment fell before the entry was a candle old; the second, in candle 2, is paid by both halves
        due = quantity * 100 * 0.0001
        net = quantity / 2 * (110 - paid) + quantity / 2 * (price - paid) - fees - due
        assert found.trades.net[0] == pytest.approx(net, rel=1e-12)
        assert found.equity.value[-1] == pytest.approx(10_000 + net, rel=1e-12)
        assert found.figures.fees == pytest.approx(fees)
        assert found.figures.funding == pytest.approx(due)
        assert found.equity.invested[1] == pytest.approx(quantity * 100)
        assert found.equity.positions.tolist() == [0, 1, 1, 0]

    def test_a_limit_that_was_reached_already_takes_what_is_offered(self) -> None:
        """As taker, at a price that gives way, but no further than its limit."""
        costs = Costs((FeeTier(0.0, 0.001, 0.002),), Slippage(fixed=0.01))
        market_ = bars(START, (97, 99, 96, 98), START)

        def paid(**given: Any) -> tuple[float, float]:
            found = backtest(market_, one(last=2, **given), account=Account(start=1000, share=0.1), costs=costs)
            return float(found.trades.price[0]), float(found.trades.fee[0])

        assert paid(zone=98.5) == pytest.approx((97 * 1.01, 0.2))
        assert paid(zone=97.5) == pytest.approx((97.5, 0.2))
        assert paid(zone=96.5) == pytest.approx((96.5, 0.1))
        short = backtest(
            bars(START, (103, 104, 99, 100), START), one(-1, zone=102.5, last=2), account=Account(share=0.1),
            costs=costs,
        )  # fmt: skip
        assert short.trades.price[0] == pytest.approx(102.5)
        later = backtest(
            bars(START, START, (97, 99, 96, 98)), one(zone=98, last=2), account=Account(start=1000, share=0.1),
            costs=costs,
        )  # fmt: skip
        assert (later.trades.price[0], later.trades.fee[0]) == pytest.approx((97, 0.1))

    def test_a_sector_counts_as_it_was_at_the_entry(self) -> None:
        flat = np.full((6, 3), 100.0)
        market_ = Bars(tuple("ABC"), 0, 3600, flat, flat, flat, flat, flat)
        given = orders(np.array([0, 1, 2]), np.array([0, 2, 2]), np.ones(3), last=5)
        moved = {"A": ((0, "x"), (7200, "")), "B": ((0, "y"), (7201, "x")), "C": ((10_800, "x"), (14_400, "y"))}
        account = Account(share=0.4, leverage=9, max_sector=0.5, sectors=moved)
        found = backtest(market_, given, account=account, costs=FREE)
        # A stays in x for its position, B is in x by then: a tenth is left; C finds nothing
        worth = (found.trades.quantity * found.trades.price).tolist()
        assert worth == pytest.approx([4000, 1000])
        assert dict(found.trades.refused) == {"max_sector": 1}
        assert account.sectors_at("B", np.array([-1, 0, 7200, 7201])).tolist() == ["", "y", "y", "x"]
        assert account.sectors_at("D", np.array([5])).tolist() == [""]

    def test_a_volume_that_is_not_known_gives_way_the_most(self) -> None:
        market_ = bars(START, START, START, volume=NAN)
        costs = Costs((FeeTier(0.0, 0.0, 0.0),), Slippage(of_volume=0.1, most=0.03))
        found = backtest(market_, one(last=2), account=Account(), costs=costs)
        assert found.trades.price[0] == pytest.approx(103)

    def test_fees_fall_with_the_volume_of_thirty_days(self) -> None:
        count = 40
        flat = np.full((24 * count, 1), 100.0)
        market_ = Bars(("A",), 0, 3600, flat, flat, flat, flat, flat)
        rows = np.arange(0, 24 * count - 3, 24)
        given = orders(np.zeros(len(rows)), rows, np.ones(len(rows)), last=rows + 1)
        costs = Costs((FeeTier(0, 0.002, 0.002), FeeTier(15_000, 0.001, 0.001)))
        found = backtest(market_, given, account=Account(start=10_000, share=0.1, max_open=1), costs=costs)
        rates = found.trades.fee / (found.trades.quantity * found.trades.price)
        # two trades of about 1,000 a day: 15,000 come together in the eighth day, and stay
        assert rates[:7] == pytest.approx(0.002)
        assert rates[8:] == pytest.approx(0.001)

    def test_limits_refuse_and_say_which(self) -> None:
        flat = np.full((6, 4), 100.0)
        market_ = Bars(tuple("ABCD"), 0, 3600, flat, flat, flat, flat, flat)
        given = orders(np.array([0, 1, 2, 3, 0]), np.array([0, 0, 0, 0, 1]), np.ones(5), last=4)

        def refused(**limits: Any) -> dict[str, int]:
            return dict(backtest(market_, given, account=Account(share=0.4, **limits), costs=FREE).trades.refused)

        assert refused(max_open=2) == {"max_open": 2, "in_position": 1}
        assert refused() == {"capital": 1, "in_position": 1}
        sectors = dict.fromkeys("ABC", ((0, "x"),))
        assert refused(leverage=9, max_sector=0.5, sectors=sectors) == {"max_sector": 1, "in_position": 1}
        shares = backtest(market_, given, account=Account(share=0.4), costs=FREE)
        assert (shares.trades.quantity * shares.trades.price).tolist() == pytest.approx([4000, 4000, 2000])

    def test_risk_sizes_by_the_way_to_the_stop(self) -> None:
        found = backtest(
            bars(START, START, START), one(stop=95, last=2), account=Account(start=1000, risk=0.01), costs=FREE
        )
        assert found.trades.quantity[0] == pytest.approx(10 / 5)

    def test_the_higher_rank_goes_first(self) -> None:
        flat = np.full((4, 2), 100.0)
        market_ = Bars(("A", "B"), 0, 3600, flat, flat, flat, flat, flat)
        given = orders(np.array([0, 1]), np.zeros(2), np.ones(2), last=2, rank=np.array([0.1, 0.9]))
        found = backtest(market_, given, account=Account(max_open=1), costs=FREE)
        assert given.column[found.trades.order].tolist() == [1]


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_account_adds_up(seed: int) -> None:
    """The end is start + net of all closed trades + what is open at the last close, less what it has cost so far."""
    market_, finer = market(seed, holes=0.003 if seed % 2 else 0.0)
    account = some_account(seed, market_.keys)
    found = backtest(market_, some_orders(market_, seed), account=account, costs=COSTS, finer=finer)
    trades, path = found.trades, found.paths.take(found.trades.order)
    side, column = found.orders.direction[trades.order], found.orders.column[trades.order]
    closed = np.isfinite(trades.net)
    part = np.nan_to_num(
        side[:, None] * trades.quantity[:, None] * path.exit_share * (trades.exit_price - trades.price[:, None])
        - trades.exit_fee
    ).sum(axis=1)
    left = 1 - path.exit_share.sum(axis=1)
    marked = side * trades.quantity * left * (market_.known_close[-1, column] - trades.price)
    open_ = (part - trades.fee + marked)[~closed].sum()
    assert found.equity.value[-1] == pytest.approx(account.start + trades.net[closed].sum() + open_, rel=1e-9)
    assert len(trades) + trades.refused.total() == (found.paths.fill_row >= 0).sum()
    assert found.equity.positions[-1] == (~closed).sum()
    assert (found.equity.positions <= account.max_open).all()


@given(st.integers(0, 10_000), st.integers(20, 220))
@settings(max_examples=60, deadline=None)
def test_nothing_knows_what_comes_later(seed: int, cut: int) -> None:
    """Closed trades, the account and refusals before a cut are the same when all after it is taken away."""
    market_, finer = market(seed, holes=0.003 if seed % 2 else 0.0)
    given, account = some_orders(market_, seed), some_account(seed, market_.keys)
    whole = backtest(market_, given, account=account, costs=COSTS, finer=finer)
    kept = np.flatnonzero(given.row < cut)
    part = backtest(market_.until(cut), given.take(kept), account=account, costs=COSTS, finer=finer)

    def closed(found: Any) -> list[Any]:
        ends = found.paths.end_row[found.trades.order]
        mine = np.flatnonzero((ends >= 0) & (ends < cut))
        return [
            (
                int(found.trades.order[place]),
                *(getattr(found.trades, name)[place].tolist() for name in ("quantity", "net")),
            )
            for place in mine
        ]

    assert closed(part) == [(place, *rest) for place, *rest in closed(whole)]
    assert part.equity.value == pytest.approx(whole.equity.value[:cut], rel=1e-12)


def seen_by(finer: Any, order: Any) -> Any:
    """The same shorter candles where assets stand in another order."""
    return lambda columns, rows: finer(order[columns], rows)


def test_the_fingerprint_hangs_on_the_trades_alone() -> None:
    market_, finer = market(3)
    given, account = some_orders(market_, 3), some_account(3, tuple(sorted(market_.keys)))
    found = backtest(market_, given, account=account, costs=COSTS, finer=finer)
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(len(market_.keys))
        moved = replace(given, column=np.argsort(order)[given.column])
        moved = moved.take(np.argsort(moved.column, kind="stable"))
        again = backtest(market_.take(order), moved, account=account, costs=COSTS, finer=seen_by(finer, order))
        assert again.fingerprint == found.fingerprint
    dearer = backtest(market_, given, account=account, costs=FREE, finer=finer)
    assert dearer.fingerprint != found.fingerprint
    assert backtest(market_, given.take(np.arange(3)), account=account, costs=COSTS).fingerprint != found.fingerprint


TELL = """
from tests.trading.compute.backtest_markets import COSTS, market, some_account, some_orders
from trading.compute.backtest.run import backtest
bars, finer = market(5)
print(backtest(bars, some_orders(bars, 5), account=some_account(5, bars.keys), costs=COSTS, finer=finer).fingerprint)
"""


def test_the_fingerprint_is_the_same_in_other_processes() -> None:
    root = Path(__file__).resolve().parents[3]
    told = {
        subprocess.run(
            [sys.executable, "-c", TELL], cwd=root, env=os.environ | {"PYTHONHASHSEED": seed}, check=True,
            capture_output=True, text=True,
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    market_, finer = market(5)
    here = backtest(market_, some_orders(market_, 5), account=some_account(5, market_.keys), costs=COSTS, finer=finer)
    assert told == {f"{here.fingerprint}\n"}


def test_no_trade_has_the_fingerprint_of_nothing() -> None:
    found = backtest(bars(START, START), one(zone=50, last=1), account=Account(), costs=FREE)
    assert found.fingerprint == hashlib.sha256(b"").hexdigest()
    assert (found.figures.closed, found.figures.win_rate, found.figures.total_return) == (0, None, 0)


def test_the_drawdown_of_a_published_example() -> None:
    """Investopedia, Maximum Drawdown (MDD): from 750,000 to 350,000 is 53.33 %, though 400,000 was left before."""
    found = deepest(np.array([750_000, 400_000, 600_000, 350_000, 800_000.0]), 500_000.0)
    assert found.depth == pytest.approx(0.5333, abs=5e-5)
    assert (found.peak, found.trough, found.longest) == (0, 3, 4)


class TestRefusals:
    """Bad input is named."""

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"stop": 101}, "stop"),
            ({"stop": 100}, "stop"),
            ({"stop": float("inf")}, "stop"),
            ({"stop": 95, "targets": [[99]]}, "targets"),
            ({"targets": [[100]]}, "targets"),
            ({"targets": [[110, 105]]}, "targets"),
            ({"target_r": [[2]]}, "target_r"),
            ({"stop": 95, "targets": [[110, NAN]], "target_r": [[NAN, 2]]}, "target_r"),
            ({"stop": 95, "targets": [[110]], "shares": [1.5]}, "shares"),
            ({"stop_fraction": NAN}, "stop_fraction"),
            ({"stop_away": -1}, "stop_away"),
            ({"zone": -5}, "zone"),
            ({"trail": 1}, "trail"),
            ({"trail": 0.1, "trail_away": 5}, "trail_away"),
            ({"last": 0}, "last"),
            ({"leave": 0}, "leave"),
            ({"size": -1}, "size"),
            ({"rank": NAN}, "rank"),
            ({"side": 2}, "direction"),
        ],
    )
    def test_orders(self, given: dict[str, Any], field: str) -> None:
        side = given.pop("side", 1)
        with pytest.raises(ValueError, match=f"^{field} of order 0"):
            follow(bars(START, START), one(side, **given))

    def test_a_short_has_its_stop_above(self) -> None:
        with pytest.raises(ValueError, match=r"^stop of order 0"):
            follow(bars(START, START), one(-1, stop=95))

    def test_orders_outside_the_candles(self) -> None:
        with pytest.raises(ValueError, match=r"^row of order 0"):
            follow(bars(START, START), orders(np.array([0]), np.array([2]), np.array([1])))
        with pytest.raises(ValueError, match=r"^column of order 0"):
            follow(bars(START, START), orders(np.array([1]), np.array([0]), np.array([1])))
        with pytest.raises(ValueError, match="stopp is no field"):
            one(stopp=95)

    def test_candles(self) -> None:
        flat = np.ones((2, 1))
        with pytest.raises(ValueError, match="no candles"):
            Bars((), 0, 3600, *[np.empty((0, 0))] * 5)
        with pytest.raises(ValueError, match="low of A, candle 1, is nan"):
            bars(START, (100, 101, NAN, 100))
        with pytest.raises(ValueError, match="close of A, candle 0, is -1"):
            bars((100, 101, 99, -1))
        with pytest.raises(ValueError, match="keys"):
            Bars(("A", "A"), 0, 3600, *[np.ones((2, 2))] * 5)
        with pytest.raises(ValueError, match="volume has another shape"):
            Bars(("A",), 0, 3600, flat, flat, flat, flat, np.ones((3, 1)))

    @pytest.mark.parametrize(
        "given",
        [
            {"start": 0},
            {"share": -1},
            {"max_open": 0},
            {"leverage": NAN},
            {"risk": 0},
            {"least": -1},
            {"max_sector": 0},
        ],
    )
    def test_accounts(self, given: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=f"^{next(iter(given))} must be"):
            Account(**given)

    def test_costs(self) -> None:
        with pytest.raises(ValueError, match="tiers must rise"):
            Costs((FeeTier(5, 0, 0),))
        with pytest.raises(ValueError, match="a fee must"):
            Costs((FeeTier(0, 0.5, 0),))
        with pytest.raises(ValueError, match="slippage"):
            Costs(slippage=Slippage(fixed=-0.1))
        with pytest.raises(ValueError, match="rate"):
            FundingPaid(bars(START, START), Funding(("A",), np.array([0]), np.array([NAN])))


def test_nothing_finer_is_nothing() -> None:
    opens, high, low = nothing_finer(np.array([1, 2]), np.array([3, 4]))
    assert opens.shape == high.shape == low.shape == (2, 0)
