"""Signals that people execute: booked with all that follows, or refused with rule, limit and value."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from assets.models import Asset
from selection.models import Portfolio, PositionFlow
from system.exceptions import ConflictError, DomainError, InvalidInput, NoData, NotAllowed
from system.models import AuditLog
from tests.factories import (
    AssetFactory,
    PortfolioAnalysisFactory,
    PortfolioFactory,
    SectorMappingFactory,
    UserFactory,
    add_candles,
)
from tests.trading.executing import D, deposit, execute, funded, limit, signal
from trading.models import AITradingSignal, ExecutionFill, RiskProfile, SignalExecution, TradeAction
from trading.services import (
    RiskLimit,
    cancel_execution,
    correct_entry,
    execute_signal,
    fill_execution,
    record_trade,
    reverse_entry,
)

pytestmark = pytest.mark.django_db


def refused(error: type[DomainError], one: AITradingSignal, portfolio: Portfolio | None, **wanted: Any) -> DomainError:
    """The refusal; nothing is written."""
    before = (SignalExecution.objects.count(), TradeAction.objects.count(), PositionFlow.objects.count())
    with pytest.raises(error) as caught:
        execute(one, portfolio, **wanted)
    assert (SignalExecution.objects.count(), TradeAction.objects.count(), PositionFlow.objects.count()) == before
    return caught.value


def test_an_execution_is_booked_with_all_that_follows() -> None:
    portfolio, one = funded(), signal()
    execution = execute(one, portfolio, fee=D(2))
    assert (execution.status, execution.execution_price, execution.position_size) == ("filled", D(100), D(1000))
    assert (execution.portfolio_percentage, execution.stop_price, execution.target_price) == (D("10.00"), D(90), D(120))
    position = portfolio.positions.get(asset=one.asset)
    assert (position.quantity, position.stop_loss_price, position.take_profit_price) == (D(10), D(90), D(120))
    entry = execution.trade_action
    assert entry is not None
    assert (entry.action_type, entry.ai_signal, entry.action_source) == ("entry", one, "ai_signal")
    assert (entry.stop_loss, entry.take_profit, entry.fees_paid) == (D(90), D(120), D(2))
    assert (entry.capital_amount, entry.risk_percent) == (D("9998.00"), D("1.03"))  # 10 × 10 and the fee, rounded up
    assert execution.fills.get().trade_action == entry
    assert portfolio.positions.get(asset=portfolio.cash_asset).quantity == 10_000 - 1002
    one.refresh_from_db()
    assert one.status == "active"
    assert AuditLog.objects.filter(table_name="signal_executions", record_id=execution.pk).count() == 1


def test_a_short_is_booked_as_one() -> None:
    portfolio = funded()
    one = signal(signal_type="short", stop_loss=D(110), target_price=D(80))
    execute(one, portfolio)
    position = portfolio.positions.get(asset=one.asset)
    assert (position.asset_type, position.quantity) == ("Short Position", D(10))


def test_the_exposure_is_counted_anew() -> None:
    portfolio, one = funded(), signal()
    SectorMappingFactory(asset=one.asset, is_primary_sector=True, sector__name="Layer 1")
    execute(one, portfolio)
    found = RiskProfile.objects.get(user=portfolio.user)
    assert found.current_exposure == {
        "total_usd": "1000.000000000000000000000000000000000000",
        "by_asset": {one.asset.symbol: "1000.000000000000000000000000000000000000"},
        "by_sector": {"Layer 1": "1000.000000000000000000000000000000000000"},
        "open_positions": 1,
        "unknown": [],
    }


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"max_position_size": D("999.99")}, ("max_position_size", "1000", "999.99")),
        ({"max_portfolio_risk": D("0.0099")}, ("max_portfolio_risk", "0.01", "0.0099")),
        ({"max_asset_pct": 9.9}, ("max_asset_pct", "10", "9.9")),
        ({"max_sector_pct": 9.9}, ("max_sector_pct", "10", "9.9")),
    ],
)
def test_a_refusal_names_rule_limit_and_value(rules: dict[str, Any], said: tuple[str, str, str]) -> None:
    portfolio, one = funded(**rules), signal()
    SectorMappingFactory(asset=one.asset, is_primary_sector=True)
    error = refused(RiskLimit, one, portfolio)
    assert (error.code, error.field) == ("risk_limit", "position_size")
    assert [fault.code for fault in error.faults] == [said[0]]
    assert str(error) == f"{said[0]} would be {said[1]}; your limit is {said[2]}."


def test_leverage_must_be_allowed_first() -> None:
    portfolio, one = funded(), signal()
    assert "max_leverage would be 2; your limit is 1." in str(refused(RiskLimit, one, portfolio, leverage=D(2)))
    limit(portfolio.user, max_leverage=2)
    execution = execute(one, portfolio, leverage=D(2))
    assert portfolio.positions.get(asset=one.asset).leverage_ratio == 2
    assert execution.portfolio_percentage == 5
    assert portfolio.positions.get(asset=portfolio.cash_asset).quantity == 9500


def test_what_is_held_already_counts() -> None:
    portfolio, one = funded(max_position_size=D(1500), max_open_positions=2), signal()
    execute(one, portfolio)
    again = signal(one.asset, time_horizon_hours=24)
    assert "max_position_size would be 2000" in str(refused(RiskLimit, again, portfolio))
    execute(again, portfolio, position_size=D(500))
    execute(signal(), portfolio, position_size=D(500))
    assert "max_open_positions would be 3" in str(refused(RiskLimit, signal(), portfolio, position_size=D(1)))


def test_the_same_signal_twice_is_one_trade() -> None:
    portfolio, one = funded(max_portfolio_risk=D("0.015")), signal()
    first = execute(one, portfolio)
    assert "max_portfolio_risk would be 0.02" in str(refused(RiskLimit, one, portfolio))
    entry = first.trade_action
    assert entry is not None
    record_trade(
        portfolio, one.asset, actor=portfolio.user, action_type="sell", quantity=D(6), price=D(100),
        executed_at=timezone.now(),
    )  # fmt: skip
    execute(one, portfolio)  # 4 of the first are left: 40 + 100 of 10,000
    again = signal(one.asset, time_horizon_hours=24)
    execute(again, portfolio)


def test_a_trade_that_was_corrected_or_taken_back() -> None:
    portfolio, one = funded(max_portfolio_risk=D("0.015")), signal()
    first = execute(one, portfolio).trade_action
    assert first is not None
    corrected = correct_entry(first, actor=portfolio.user, quantity=D(5))
    execute(one, portfolio)  # 50 + 100
    reverse_entry(corrected, actor=portfolio.user)
    execute(one, portfolio, position_size=D(500))
    assert "would be 0.0151" in str(refused(RiskLimit, one, portfolio, position_size=D(10)))


def test_a_price_that_is_unknown_or_old_is_never_counted_as_nothing() -> None:
    portfolio, one = funded(max_asset_pct=50), signal()
    other = AssetFactory(current_price=D(10))
    execute(signal(other, entry_price=D(10), stop_loss=D(9), target_price=D(12)), portfolio, price=D(10))
    Asset.objects.filter(pk=other.pk).update(current_price=None)
    assert "max_asset_pct (50) cannot be checked" in str(refused(RiskLimit, one, portfolio))
    Asset.objects.filter(pk=other.pk).update(
        current_price=D(10), last_price_update=timezone.now() - timedelta(days=4, minutes=1)
    )
    assert "cannot be checked" in str(refused(RiskLimit, one, portfolio))
    Asset.objects.filter(pk=other.pk).update(last_price_update=timezone.now() - timedelta(days=3))
    Asset.objects.filter(pk=one.asset_id).update(current_price=None)
    assert refused(ConflictError, one, portfolio).code == "price_unknown"
    Asset.objects.filter(pk=one.asset_id).update(current_price=D(100))
    execute(one, portfolio)


def test_an_unknown_sector_is_in_no_sector() -> None:
    portfolio, one = funded(max_sector_pct=100), signal()
    assert "the sector of the asset is unknown" in str(refused(RiskLimit, one, portfolio))


@pytest.mark.parametrize("rule", [{"daily_loss_limit_usd": 300}, {"daily_loss_limit_pct": 3}])
def test_a_lost_day_ends_the_day(rule: dict[str, Any]) -> None:
    portfolio, one = funded(**rule), signal()
    execute(one, portfolio)
    Asset.objects.filter(pk=one.asset_id).update(current_price=D(80))  # 200 are lost, none of it realised
    other = signal()
    execute(other, portfolio)
    record_trade(
        portfolio, other.asset, actor=portfolio.user, action_type="sell", quantity=D(10), price=D(90),
        executed_at=timezone.now(),
    )  # fmt: skip
    error = refused(RiskLimit, signal(), portfolio)
    assert (error.field, [fault.code for fault in error.faults]) == ("portfolio", [*rule])


def test_what_was_lost_before_today_does_not_count() -> None:
    portfolio, one = PortfolioFactory(), signal()
    limit(portfolio.user, daily_loss_limit_usd=150, capital_usd=10_000)
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    record_trade(
        portfolio, one.asset, actor=portfolio.user, action_type="buy", quantity=D(10), price=D(100),
        executed_at=midnight - timedelta(hours=30),
    )  # fmt: skip
    add_candles(one.asset, [100, 80], first=midnight - timedelta(days=2))
    Asset.objects.filter(pk=one.asset_id).update(current_price=D(70))
    execute(signal(), portfolio)  # 200 were lost yesterday, 100 today
    Asset.objects.filter(pk=one.asset_id).update(current_price=D(65))
    assert "daily_loss_limit_usd would be 150" in str(refused(RiskLimit, signal(), portfolio))


def test_a_portfolio_without_cash_counts_what_is_put_in() -> None:
    portfolio = PortfolioFactory()
    limit(portfolio.user, max_portfolio_risk=D("0.1"))
    execute(signal(), portfolio)  # 100 at risk of a portfolio that is worth 1000 then
    assert "max_portfolio_risk would be 0.2" in str(
        refused(RiskLimit, signal(stop_loss=D(70)), portfolio, position_size=D(2000))
    )
    limit(portfolio.user, max_portfolio_risk=D("0.1"), capital_usd=10_000)
    execute(signal(stop_loss=D(70)), portfolio, position_size=D(2000))


@pytest.mark.parametrize("level", [{"stop_loss": D(100)}, {"stop_loss": D(101)}, {"target": D(100)}, {"target": D(99)}])
def test_levels_on_the_wrong_side(level: dict[str, Decimal]) -> None:
    error = refused(InvalidInput, signal(), funded(), **level)
    assert (error.code, error.field) == ("wrong_side", *level)


def test_a_price_beyond_the_stop_or_target_of_the_signal() -> None:
    portfolio, one = funded(), signal()
    assert refused(InvalidInput, one, portfolio, price=D(90)).field == "stop_loss"
    assert refused(InvalidInput, one, portfolio, price=D(120)).field == "target"


@pytest.mark.parametrize("name", ["position_size", "price", "stop_loss", "target", "fee", "leverage"])
@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-1", "1e400", "1e-400", "100000000000000000000"])
def test_amounts_that_make_no_sense(name: str, value: str) -> None:
    portfolio = PortfolioFactory()
    assert refused(InvalidInput, signal(), portfolio, **{name: D(value)}).field == name


@pytest.mark.parametrize("name", ["position_size", "price", "leverage"])
def test_nothing_is_no_amount(name: str) -> None:
    assert refused(InvalidInput, signal(), PortfolioFactory(), **{name: D(0)}).field == name


def test_less_than_a_column_can_say_is_no_size() -> None:
    assert refused(InvalidInput, signal(), PortfolioFactory(), position_size=D("1e-9")).field == "position_size"


def test_a_signal_without_levels() -> None:
    one, portfolio = signal(stop_loss=None, target_price=None), funded()
    assert refused(InvalidInput, one, portfolio).field == "stop_loss"
    execution = execute(one, portfolio, stop_loss=D(95))
    assert (execution.stop_price, execution.target_price) == (D(95), None)
    unpriced = signal(entry_price=None)
    assert refused(InvalidInput, unpriced, portfolio, price=None).field == "price"


@pytest.mark.parametrize("status", ["executed", "expired", "cancelled"])
def test_a_signal_that_has_ended(status: str) -> None:
    error = refused(ConflictError, signal(status=status), funded())
    assert (error.code, type(error)) == ("signal_not_active", ConflictError)


def test_a_signal_that_has_run_out_before_the_sweep_said_so() -> None:
    one = signal(expires_at=timezone.now() - timedelta(seconds=1))
    assert refused(ConflictError, one, funded()).code == "signal_not_active"


def test_signals_that_are_not_for_this_person() -> None:
    portfolio = funded()
    refused(NoData, signal(series="replay-1"), portfolio)
    foreign = signal(portfolio_analysis=PortfolioAnalysisFactory())
    assert str(refused(NoData, foreign, portfolio)) == "There is no such signal."
    execute(signal(portfolio_analysis=PortfolioAnalysisFactory(portfolio=portfolio)), portfolio)


def test_a_foreign_portfolio() -> None:
    refused(NotAllowed, signal(), funded(), user=UserFactory())


def test_a_portfolio_that_is_not_in_use() -> None:
    portfolio = funded()
    Portfolio.objects.filter(pk=portfolio.pk).update(is_active=False)
    refused(ConflictError, signal(), portfolio)


def test_the_risk_must_be_confirmed() -> None:
    assert refused(InvalidInput, signal(), funded(), risk_confirmed=False).code == "risk_confirmation_required"


def test_more_than_the_cash() -> None:
    error = refused(ConflictError, signal(), funded("500"))
    assert "500" in str(error)


@pytest.mark.parametrize(
    ("moment", "text"), [(timedelta(minutes=1), "future"), (-timedelta(days=1), "did not exist then")]
)
def test_a_time_out_of_the_life_of_the_signal(moment: timedelta, text: str) -> None:
    error = refused(InvalidInput, signal(), funded(), executed_at=timezone.now() + moment)
    assert error.field == "executed_at"
    assert text in str(error)


def test_a_key_counts_once() -> None:
    portfolio, one = funded(), signal()
    first = execute(one, portfolio, key="a")
    assert execute(one, portfolio, key="a", position_size=D("1000.00")) == first
    assert refused(ConflictError, one, portfolio, key="a", position_size=D(999)).code == "key_in_use"
    assert refused(ConflictError, signal(), portfolio, key="a").code == "key_in_use"
    AITradingSignal.objects.filter(pk=one.pk).update(status="expired")
    assert execute(one, portfolio, key="a") == first
    assert TradeAction.objects.filter(ai_signal=one).count() == 1
    other = funded()
    execute(signal(), other, key="a")


def test_a_share_of_the_portfolio() -> None:
    portfolio = funded()
    execution = execute(signal(), portfolio, position_size=None, portfolio_percentage=D("2.5"))
    assert (execution.position_size, execution.portfolio_percentage) == (D(250), D("2.5"))
    error = refused(InvalidInput, signal(), portfolio, position_size=None)
    assert error.field == "position_size"


def test_a_plan_is_filled_in_parts() -> None:
    portfolio, one = funded(), signal()
    user = portfolio.user
    plan = execute_signal(one.pk, user=user, risk_confirmed=True, position_size=D(1000))
    assert (plan.status, plan.executed_at, plan.trade_action, plan.execution_price) == ("pending", None, None, None)
    assert refused(ConflictError, one, portfolio).code == "already_executing"
    with pytest.raises(InvalidInput, match="portfolio"):
        fill_execution(plan.pk, user=user, price=D(100))
    part = fill_execution(plan.pk, user=user, price=D(100), quantity=D(4), portfolio=portfolio, key="1")
    assert (part.status, part.portfolio, part.execution_price) == ("partially_filled", portfolio, D(100))
    again = fill_execution(plan.pk, user=user, price=D(100), quantity=D(4), portfolio=portfolio, key="1")
    assert again.fills.count() == 1
    with pytest.raises(ConflictError, match="key"):
        fill_execution(plan.pk, user=user, price=D(100), quantity=D(5), portfolio=portfolio, key="1")
    with pytest.raises(ConflictError, match="another portfolio"):
        fill_execution(plan.pk, user=user, price=D(100), portfolio=PortfolioFactory(user=user))
    with pytest.raises(InvalidInput, match="Only 600 USD"):
        fill_execution(plan.pk, user=user, price=D(100), quantity=D("6.01"))
    done = fill_execution(plan.pk, user=user, price=D(96))
    assert (done.status, done.fills.count()) == ("filled", 2)
    assert done.execution_price == D("97.560975609756097561")  # 1000 for 10.25
    assert portfolio.positions.get(asset=one.asset).quantity == D("10.25")
    for deed in (lambda: fill_execution(plan.pk, user=user, price=D(96)), lambda: cancel_execution(plan.pk, user=user)):
        with pytest.raises(ConflictError) as caught:
            deed()
        assert caught.value.code == "already_final"


def test_every_part_keeps_the_limits() -> None:
    portfolio, one = funded(max_portfolio_risk=D("0.01")), signal()
    user = portfolio.user
    plan = execute_signal(one.pk, user=user, portfolio=portfolio, risk_confirmed=True, position_size=D(1000))
    fill_execution(plan.pk, user=user, price=D(100), quantity=D(5))
    with pytest.raises(RiskLimit, match="max_portfolio_risk"):
        fill_execution(plan.pk, user=user, price=D(101), quantity=D("4.9"))  # 50 + 53.9
    limit(user, max_position_size=D(900))
    with pytest.raises(RiskLimit, match="max_position_size"):
        fill_execution(plan.pk, user=user, price=D(100))
    assert ExecutionFill.objects.count() == 1


def test_a_plan_is_given_up() -> None:
    portfolio, one = funded(), signal()
    user = portfolio.user
    plan = execute_signal(one.pk, user=user, portfolio=portfolio, risk_confirmed=True, position_size=D(1000))
    fill_execution(plan.pk, user=user, price=D(100), quantity=D(5))
    assert cancel_execution(plan.pk, user=user).status == "cancelled"
    assert portfolio.positions.get(asset=one.asset).quantity == 5
    execute(one, portfolio)


def test_plans_of_others_do_not_exist() -> None:
    plan = execute_signal(signal().pk, user=funded().user, risk_confirmed=True, position_size=D(10))
    stranger = UserFactory()
    with pytest.raises(NoData):
        fill_execution(plan.pk, user=stranger, price=D(100))
    with pytest.raises(NoData):
        cancel_execution(plan.pk, user=stranger)


def test_a_plan_is_not_filled_after_its_signal() -> None:
    portfolio, one = funded(), signal()
    plan = execute_signal(one.pk, user=portfolio.user, risk_confirmed=True, position_size=D(10))
    AITradingSignal.objects.filter(pk=one.pk).update(status="executed")
    with pytest.raises(ConflictError, match="executed"):
        fill_execution(plan.pk, user=portfolio.user, price=D(100), portfolio=portfolio)


def test_the_stop_of_a_position_stays_when_more_is_added() -> None:
    portfolio, one = funded(), signal()
    execute(one, portfolio)
    execute(signal(one.asset, time_horizon_hours=24, stop_loss=D(80)), portfolio)
    assert portfolio.positions.get(asset=one.asset).stop_loss_price == 90


def test_money_that_is_put_in_raises_the_limits() -> None:
    portfolio, one = funded("1000", max_asset_pct=10), signal()
    refused(RiskLimit, one, portfolio, position_size=D(101))
    deposit(portfolio, "10")
    execute(one, portfolio, position_size=D(101))
