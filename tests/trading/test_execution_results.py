"""Plan against result: what became of executions, by the lots of the journal."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from selection.models import Portfolio
from tests.trading.executing import D, execute, funded, signal
from trading.models import SignalExecution, TradeAction
from trading.selectors.trades import ExecutionResult, execution_results
from trading.services import correct_entry, execute_signal, fill_execution, record_trade, reverse_entry

pytestmark = pytest.mark.django_db


def leave(portfolio: Portfolio, kind: str, quantity: str, price: str, **more: Any) -> TradeAction:
    """Coins that leave the only position but for cash."""
    position = portfolio.positions.exclude(asset=portfolio.cash_asset).get()
    return record_trade(
        portfolio, position.asset, actor=portfolio.user, action_type=kind, quantity=D(quantity), price=D(price),
        position=position, executed_at=timezone.now(), **more,
    )  # fmt: skip


def found(execution: SignalExecution) -> ExecutionResult:
    execution.refresh_from_db()
    return execution_results([execution])[0]


def rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(D("0.0001"))


def test_an_execution_that_reached_its_target() -> None:
    portfolio = funded()
    execution = execute(signal(), portfolio)  # 10 coins, stop 90, target 120
    assert (found(execution).result.missing, found(execution).is_closed) == ("nothing_closed", False)
    leave(portfolio, "full_exit", "10", "120")
    one = found(execution)
    assert (one.planned_r, one.result.r, one.result.profit, one.is_closed) == (D(2), D(2), D(200), True)
    assert one.slippage is not None
    assert (one.slippage.pct, one.slippage.r) == (D(0), D(0))


def test_slippage_and_fees_are_in_what_came_of_it() -> None:
    portfolio = funded()
    execution = execute(signal(), portfolio, price=D(102), position_size=D(1020), fee=D(5))
    leave(portfolio, "partial_exit", "4", "90")
    one = found(execution)
    assert one.slippage is not None
    assert (rounded(one.slippage.pct), rounded(one.slippage.r)) == (D("2.0000"), D("0.2000"))
    assert (one.result.profit, one.left) == (D(-50), D(6))  # 4 × -12 and two fifths of the fee
    assert rounded(one.result.r) == D("-1.2500")  # 4 coins risked 40
    leave(portfolio, "full_exit", "6", "120", fee=D(3))
    assert (found(execution).result.profit, rounded(found(execution).result.r)) == (D(52), D("0.5200"))


def test_a_short() -> None:
    portfolio = funded()
    one = signal(signal_type="short", stop_loss=D(110), target_price=D(80))
    execution = execute(one, portfolio, price=D(99), position_size=D(990))
    leave(portfolio, "cover", "10", "85")
    told = found(execution)
    assert told.slippage is not None
    assert (told.slippage.pct, told.slippage.r, told.planned_r) == (D(1), D("0.1"), D(2))
    assert (told.result.profit, told.result.r) == (D(140), D("1.4"))


def test_parts_of_a_plan_are_one_trade() -> None:
    portfolio, one = funded(), signal()
    plan = execute_signal(one.pk, user=portfolio.user, portfolio=portfolio, risk_confirmed=True, position_size=D(1000))
    for _ in range(2):
        fill_execution(plan.pk, user=portfolio.user, price=D(100), quantity=D(5))
    leave(portfolio, "partial_exit", "7", "110")
    assert (found(plan).result.profit, found(plan).result.r, found(plan).left) == (D(70), D(1), D(3))


def test_only_its_own_coins_are_its_result() -> None:
    """By first in, first out the older coins leave first."""
    portfolio = funded()
    Portfolio.objects.filter(pk=portfolio.pk).update(lot_method="fifo")
    one = signal()
    record_trade(
        portfolio, one.asset, actor=portfolio.user, action_type="buy", quantity=D(3), price=D(50),
        executed_at=timezone.now(),
    )  # fmt: skip
    execution = execute(one, portfolio)
    leave(portfolio, "sell", "3", "110")
    assert found(execution).result.missing == "nothing_closed"
    leave(portfolio, "sell", "5", "110")
    assert (found(execution).result.profit, found(execution).result.r) == (D(50), D(1))


def test_a_correction_is_followed_and_a_reversal_leaves_nothing() -> None:
    portfolio = funded()
    execution = execute(signal(), portfolio)
    assert execution.trade_action is not None
    corrected = correct_entry(execution.trade_action, actor=portfolio.user, price=D(105))
    again = correct_entry(corrected, actor=portfolio.user, price=D(104))
    leaving = leave(portfolio, "full_exit", "10", "120")
    assert found(execution).result.profit == 160
    reverse_entry(leaving, actor=portfolio.user)
    reverse_entry(again, actor=portfolio.user)
    assert (found(execution).is_taken_back, found(execution).lives) == (True, [])


def test_what_cannot_be_told_is_said() -> None:
    portfolio = funded()
    execution = execute(signal(), portfolio)
    leave(portfolio, "split", "2", "0")
    leave(portfolio, "partial_exit", "5", "55")
    assert (found(execution).result.profit, found(execution).result.missing) == (None, "count_changed")
    leave(portfolio, "full_exit", "15", "55")
    assert (found(execution).result.profit, found(execution).result.r) == (D(100), D(1))
    other = funded()
    second = execute(signal(), other)
    leave(other, "withdrawal", "4", "100")
    assert found(second).result.missing == "left_otherwise"


def test_a_signal_without_levels_has_no_plan() -> None:
    portfolio = funded()
    execution = execute(signal(entry_price=None), portfolio)
    leave(portfolio, "full_exit", "10", "110")
    one = found(execution)
    assert (one.plan, one.planned_r, one.slippage) == (None, None, None)
    assert (one.result.profit, one.result.r) == (D(100), D(1))  # by the entry's own price and stop


def test_the_queries_do_not_grow(django_assert_num_queries: Any) -> None:
    portfolio = funded()
    executions = [execute(signal(), portfolio, position_size=D(100)) for _ in range(4)]
    execution_results(executions)
    with django_assert_num_queries(6):
        execution_results(executions)
