"""Executions: what counts as filled after corrections, what paper is, keys that are too long."""

from decimal import Decimal

import pytest

from system.exceptions import ConflictError, InvalidInput, NotAllowed
from tests.factories import PortfolioFactory
from tests.trading.executing import D, execute, funded, signal
from trading.models import ExecutionFill, SignalExecution, TradeAction
from trading.services import correct_entry, execute_signal, fill_execution, reverse_entry

pytestmark = pytest.mark.django_db
LONG_KEY = "k" * 101


def partly_filled(coins: str = "4") -> tuple[SignalExecution, TradeAction]:
    """A thousand dollars at a hundred are planned, a part of it is booked."""
    portfolio = funded()
    user = portfolio.user
    plan = execute_signal(signal().pk, user=user, portfolio=portfolio, risk_confirmed=True, position_size=D(1000))
    plan = fill_execution(plan.pk, user=user, price=D(100), quantity=D(coins))
    entry = plan.trade_action
    assert entry is not None
    return plan, entry


def test_a_fill_that_was_taken_back_is_left_to_fill() -> None:
    plan, entry = partly_filled()
    reverse_entry(entry, actor=plan.user)
    done = fill_execution(plan.pk, user=plan.user, price=D(80) + D(20))
    assert (done.status, done.execution_price) == ("filled", D(100))
    assert plan.portfolio is not None
    assert plan.portfolio.positions.get(asset=plan.signal.asset).quantity == 10


def test_a_fill_that_was_corrected_counts_as_it_stands_now() -> None:
    plan, entry = partly_filled()
    correct_entry(entry, actor=plan.user, quantity=D(9), price=D(100))
    with pytest.raises(InvalidInput, match="Only 100 USD"):
        fill_execution(plan.pk, user=plan.user, price=D(100), quantity=D("1.5"))
    done = fill_execution(plan.pk, user=plan.user, price=D(100))
    assert (done.status, done.fills.count()) == ("filled", 2)
    assert (done.execution_details or {})["quantity"] == "10"


def test_paper_follows_by_itself_and_nobody_executes_into_it() -> None:
    portfolio = funded()
    type(portfolio).objects.filter(pk=portfolio.pk).update(is_paper=True)
    with pytest.raises(ConflictError) as refused:
        execute(signal(), portfolio)
    assert (refused.value.field, refused.value.code) == ("portfolio", "paper_portfolio")
    plan = execute_signal(signal().pk, user=portfolio.user, risk_confirmed=True, position_size=D(1000))
    with pytest.raises(ConflictError) as refused:
        fill_execution(plan.pk, user=portfolio.user, price=D(100), portfolio=portfolio)
    assert refused.value.code == "paper_portfolio"
    assert not TradeAction.objects.filter(ai_signal__isnull=False).exists()


def test_a_key_that_no_column_holds_is_refused_by_name() -> None:
    portfolio = funded()
    with pytest.raises(InvalidInput) as refused:
        execute(signal(), portfolio, key=LONG_KEY)
    assert refused.value.field == "key"
    plan = execute_signal(
        signal().pk, user=portfolio.user, portfolio=portfolio, risk_confirmed=True, position_size=D(10), key="k" * 100
    )
    with pytest.raises(InvalidInput) as refused:
        fill_execution(plan.pk, user=portfolio.user, price=Decimal(100), key=LONG_KEY)
    assert refused.value.field == "key"
    assert not ExecutionFill.objects.exists()


def test_whose_paper_it_is_plays_no_part() -> None:
    mine = funded()
    theirs = PortfolioFactory(is_paper=True)
    with pytest.raises(NotAllowed):
        execute(signal(), theirs, user=mine.user)
