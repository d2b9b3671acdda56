"""The analysis of a portfolio: every column filled or empty for a named reason, better weights, rules, what to do."""

from typing import Any, Protocol

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aimodels.services import ensure_rules
from assets.models import Asset
from macro.choices import MarketRegime
from selection.choices import CyclePhase, HoldingType, PortfolioAction
from selection.compute.allocation import Costs, Limits, optimum
from selection.compute.portfolio_rules import RULES
from selection.models import AIPortfolioAnalysis, Portfolio, PortfolioAsset
from selection.rules import ASSET_RULES
from selection.selectors.explain_analysis import explain_analysis
from selection.selectors.portfolio_rules import TEXTS, rule_lines
from selection.services import attach_portfolio_signals
from system.models import SystemConfigHistory
from system.services import setting
from system.services.landing import BOOKKEEPING
from tests.factories import (
    AssetFactory,
    CrossSectorFactory,
    FlowFactory,
    MetricsSnapshotFactory,
    PositionFactory,
    RegimeFactory,
    add_candles,
)
from tests.factories.base import EPOCH
from tests.selection.held_coins import AS_OF, DAY, LENGTH, SYMBOLS, D, analysis, closes, portfolio, snapshot

__all__ = ["portfolio"]
pytestmark = pytest.mark.django_db


class Change(Protocol):
    """Puts limits in force for the whole of the past."""

    def __call__(self, **limits: Any) -> None: ...


@pytest.fixture
def limited() -> Change:
    def change(**limits: Any) -> None:
        stored = {**setting("portfolio_rules"), **limits}
        long_ago, later = EPOCH - 365 * DAY, EPOCH + 3650 * DAY
        SystemConfigHistory.objects.create(key="portfolio_rules", value=stored, valid_from=long_ago, valid_to=later)

    return change


def data(found: AIPortfolioAnalysis) -> dict[str, Any]:
    return found.analysis_data or {}


def test_every_column_is_filled_or_says_why_not(portfolio: Portfolio) -> None:
    market = snapshot()
    RegimeFactory(metrics_snapshot=market, current_regime=MarketRegime.BULL, recommended_exposure=D("0.6"))
    CrossSectorFactory(metrics_snapshot=market, leading_sectors=["Sector 1"], declining_sectors=["Sector 0"])
    found = analysis(portfolio, market)
    empty = {
        column.name
        for column in AIPortfolioAnalysis._meta.concrete_fields
        if column.null and column.name not in BOOKKEEPING and getattr(found, column.attname) is None
    }
    assert empty == set(data(found)["missing"]) == {"ai_confidence_score", "outlook_duration_estimate"}


def test_figures_of_risk(portfolio: Portfolio) -> None:
    found = analysis(portfolio)
    last = [closes(place)[-1] for place in range(4)]
    values = np.array([10 * last[0], *(2 * price for price in last[1:])])
    weights = values / values.sum()
    returns = np.column_stack([closes(place)[1:] / closes(place)[:-1] - 1 for place in range(4)])
    mixed = returns @ weights
    assert float(found.concentration_risk or 0) == pytest.approx((weights**2).sum(), abs=1e-4)
    quarter = slice(-90, None)
    slope = np.cov(mixed[quarter], returns[quarter, 0])[0, 1] / returns[quarter, 0].var(ddof=1)
    assert float(found.portfolio_beta or 0) == pytest.approx(slope, abs=1e-4)
    assert float(found.portfolio_volatility or 0) == pytest.approx(mixed.std(ddof=1) * 365**0.5, abs=1e-4)
    losses = np.sort(-mixed)[::-1]
    worst = data(found)["risk"]["losses"]["historical"]["95"]
    assert [worst["var"], worst["cvar"]] == pytest.approx([losses[6], losses[:7].mean()])
    assert data(found)["risk"]["losses"]["filtered"]["95"]["days"] == LENGTH - 1
    path = np.concatenate([[100 * 16], np.array([closes(place) for place in range(4)]).T @ [10, 2, 2, 2]])
    deepest = (1 - path / np.maximum.accumulate(path)).max()
    assert float(found.max_drawdown_pct or 0) == pytest.approx(100 * deepest, abs=0.01)
    assert found.sharpe_ratio is not None
    assert float(found.total_fees_impact_pct or 0) == pytest.approx(100 * 4 / 1600, abs=1e-4)


def test_a_day_is_a_day_whatever_candles_are_analysed(portfolio: Portfolio) -> None:
    """Losses of a day, and costs over days, are not counted from candles of four hours or of a week."""
    rng = np.random.default_rng(5)
    for place, symbol in enumerate(SYMBOLS):
        coin = Asset.objects.get(symbol=symbol)
        walk = 100 * np.exp(np.cumsum(rng.normal(0, 0.05, 6 * LENGTH)))
        walk[-1] = closes(place)[-1]
        add_candles(coin, walk.round(6).tolist(), timeframe="4h", volume=D(5))
    days = analysis(portfolio)
    hours = analysis(portfolio, MetricsSnapshotFactory(snapshot_time=AS_OF, timeframe="4h"))
    assert hours.timeframe == "4h"
    same = ("portfolio_beta", "portfolio_volatility", "portfolio_risk_score", "correlation_matrix", "sharpe_ratio",
            "optimal_allocation", "rebalancing_suggestions", "portfolio_efficiency_score")  # fmt: skip
    assert {name: getattr(hours, name) for name in same} == {name: getattr(days, name) for name in same}
    assert data(hours)["risk"] == data(days)["risk"]
    assert data(hours)["rules"] == data(days)["rules"]
    for figure in ("portfolio_volatility", "portfolio_beta"):
        told = explain_analysis(hours, figure)
        assert (told.reason, told.value is None) == (None, False)


def test_what_came_later_is_no_assumption_of_before(portfolio: Portfolio) -> None:
    later = FlowFactory(
        position=portfolio.positions.first(), quantity_change=D(1), price=D(100), occurred_at=AS_OF + DAY,
        assumptions=["missing_acquisition"],
    )  # fmt: skip
    assert later.occurred_at > AS_OF
    figures = {one["rule"]: one["figure"] for one in data(analysis(portfolio))["rules"]}
    assert figures["assumed"] == 0


def test_a_coin_that_its_owner_wants_none_of(portfolio: Portfolio, limited: Change) -> None:
    limited(use_position_limits=True, max_asset_pct=100, max_sector_pct=100)
    PortfolioAsset.objects.update(max_allocation_percent=None)
    PortfolioAsset.objects.filter(asset__symbol="BTC").update(max_allocation_percent=0)
    assert (analysis(portfolio).optimal_allocation or {})["by_asset"]["BTC"] == pytest.approx(0, abs=1e-6)


def test_the_optimum_is_that_of_the_bare_computation(portfolio: Portfolio) -> None:
    found = analysis(portfolio)
    returns = np.column_stack([closes(place)[1:] / closes(place)[:-1] - 1 for place in range(4)])
    values = np.array([10, 2, 2, 2]) * [closes(place)[-1] for place in range(4)]
    limits = Limits(np.full(4, 0.4), ("none", "Sector 0", "Sector 1", "Sector 1"), 0.6, 2.0)
    bare = optimum(returns, limits, values / values.sum(), Costs())
    optimal = found.optimal_allocation or {}
    assert (optimal["method"], optimal["fallbacks"]) == (bare.method, [])
    assert optimal["by_asset"] == pytest.approx(
        {symbol: 100 * weight for symbol, weight in zip(SYMBOLS, bare.weights, strict=True)}, abs=1e-4
    )
    assert sum((found.allocation_deviation or {}).values()) == pytest.approx(0, abs=1e-6)


def test_trades_pay_for_themselves_and_name_their_fee(portfolio: Portfolio) -> None:
    found = analysis(portfolio)
    trades = found.rebalancing_suggestions or []
    assert found.rebalance_needed is bool(trades)
    assert trades
    assert trades[0]["asset"] == "BTC"
    assert trades[0]["action"] == "sell"
    for trade in trades:
        assert trade["reason"]["gain_pct"] > trade["reason"]["cost_pct"] > 0
        assert trade["fee_usd"] == pytest.approx(trade["amount_usd"] * 0.001, abs=0.01)
    sums = {side: sum(t["amount_usd"] for t in trades if t["action"] == side) for side in ("buy", "sell")}
    assert sums["buy"] == pytest.approx(sums["sell"], abs=0.05)


def test_limits_that_leave_no_room_are_explained(portfolio: Portfolio, limited: Change) -> None:
    limited(max_asset_pct=20)
    optimal = analysis(portfolio).optimal_allocation or {}
    assert optimal["method"] == "hrp_without_limits"
    assert optimal["fallbacks"][0] == {"method": "mean_risk", "reason": "the limits leave room for 80.0 % only"}


def test_the_rules_name_figure_limit_and_verdict(portfolio: Portfolio) -> None:
    found = analysis(portfolio)
    rules = {rule["rule"]: rule for rule in data(found)["rules"]}
    assert set(rules) == {rule.code for rule in RULES}
    single = rules["single_asset"]
    assert (single["limit"], single["unit"], single["verdict"]) == (40, "%", "look")
    assert single["figure"] == pytest.approx((found.current_allocation or {})["by_asset"]["BTC"])
    assert rules["missing_data"] == {
        "rule": "missing_data", "figure": 0, "limit": 0, "unit": "assets", "verdict": "ok",
    }  # fmt: skip
    value = float(found.total_portfolio_value_usd or 0)
    assert rules["liquidity"]["figure"] == pytest.approx(single["figure"] / 100 * value / 1_000_000)
    assert rules["stale_prices"]["figure"] == 0
    assert data(found)["weaknesses"][0] == "single_asset"
    assert data(found)["action_priorities"][0]["priority"] == 1


def test_a_coin_without_a_price_leaves_the_worth_unknown_and_the_rule_says_so(portfolio: Portfolio) -> None:
    position = PositionFactory(portfolio=portfolio, asset=AssetFactory(symbol="UNKNOWN"))
    FlowFactory(position=position)
    found = analysis(portfolio)
    assert data(found)["missing"]["optimal_allocation"] == "no price of UNKNOWN"
    rules = {rule["rule"]: rule["verdict"] for rule in data(found)["rules"]}
    assert rules["missing_data"] == "look"
    assert rules["single_asset"] == "unknown"


@pytest.mark.parametrize(("regime", "phase"), [(MarketRegime.BULL, CyclePhase.MARKUP), (MarketRegime.SIDEWAYS, None)])
def test_the_phase_of_the_cycle(portfolio: Portfolio, regime: MarketRegime, phase: CyclePhase | None) -> None:
    market = snapshot()
    RegimeFactory(metrics_snapshot=market, current_regime=regime)
    found = analysis(portfolio, market)
    assert found.portfolio_cycle_phase == phase
    if phase is None:
        assert data(found)["missing"]["portfolio_cycle_phase"] == "the market's state is no phase of a cycle"


class TestAction:
    def action(self, portfolio: Portfolio, exposure: str, **positions: Any) -> str | None:
        market = snapshot()
        RegimeFactory(metrics_snapshot=market, current_regime=MarketRegime.BULL, recommended_exposure=D(exposure))
        PortfolioAsset.objects.update(**positions)
        return analysis(portfolio, market).overall_action

    def test_far_too_much_for_the_market_is_defensive(self, portfolio: Portfolio, limited: Change) -> None:
        limited(max_drawdown_pct=100, max_var_pct=100)
        assert self.action(portfolio, "0.2") == PortfolioAction.DEFENSIVE

    def test_better_weights_that_pay(self, portfolio: Portfolio, limited: Change) -> None:
        limited(max_drawdown_pct=100, max_var_pct=100)
        assert self.action(portfolio, "0.9") == PortfolioAction.REBALANCE

    def test_a_broken_rule_of_risk_comes_first(self, portfolio: Portfolio, limited: Change) -> None:
        limited(max_var_pct=0)
        assert self.action(portfolio, "0.2") == PortfolioAction.REDUCE_RISK

    def test_dollars_alone_while_the_market_admits_more(self) -> None:
        ensure_rules(ASSET_RULES)
        add_candles(AssetFactory(symbol="BTC"), closes(0).tolist())
        position = PositionFactory(asset=AssetFactory(symbol="USDT"), asset_type=HoldingType.STABLECOIN)
        FlowFactory(position=position, quantity_change=D(500), price=D(1))
        assert self.action(position.portfolio, "0.9") == PortfolioAction.INCREASE_EXPOSURE


def test_sectors_that_lead_and_fall_behind(portfolio: Portfolio) -> None:
    market = snapshot()
    CrossSectorFactory(metrics_snapshot=market, leading_sectors=["Sector 1", "Other"], declining_sectors=["Sector 0"])
    found = analysis(portfolio, market)
    share = (found.current_allocation or {})["by_sector"]
    assert found.sector_rotation_impact == {
        "benefiting_sectors": ["Sector 1"],
        "underperforming_sectors": ["Sector 0"],
        "rotation_score": pytest.approx((share["Sector 1"] - share["Sector 0"]) / 100),
    }


def test_the_same_again_changes_nothing(portfolio: Portfolio) -> None:
    market = snapshot()
    first = analysis(portfolio, market)
    with CaptureQueriesContext(connection) as seen:
        second = analysis(portfolio, market)
    assert (first.pk, first.updated_at) == (second.pk, second.updated_at)
    reads = [one["sql"] for one in seen if 'FROM "ai_portfolio_analysis"' in one["sql"]]
    assert "FOR UPDATE" in reads[0], "a run may be noting its signals there"


def test_the_rules_in_words_those_to_look_at_first(portfolio: Portfolio) -> None:
    lines = rule_lines(analysis(portfolio))
    verdicts = [line.verdict for line in lines]
    assert verdicts == sorted(verdicts, key=["look", "unknown", "ok"].index)
    assert {line.rule for line in lines} == set(TEXTS) == {rule.code for rule in RULES}
    single = next(line for line in lines if line.rule == "single_asset")
    assert single.text == f"The largest coin makes up {single.figure:.4g} %; more than 40 % hangs on one price."


@pytest.mark.parametrize(
    ("days", "written"), [(4.715e-05, "< 0.01"), (0.0, "0"), (0.126, "0.13"), (123456.0, "123456")]
)
def test_figures_of_the_rules_have_no_exponent(days: float, written: str) -> None:
    rule = {"rule": "liquidity", "figure": days, "limit": 1, "unit": "days", "verdict": "ok"}
    (line,) = rule_lines(AIPortfolioAnalysis(analysis_data={"rules": [rule]}))
    assert f" takes {written} days " in line.text


def test_signals_are_sorted_by_what_they_mean_for_the_portfolio(portfolio: Portfolio) -> None:
    market = snapshot()
    found = analysis(portfolio, market)
    held = [position.asset_id for position in portfolio.positions.order_by("pk")]
    signals = [
        {"signal_id": number, "asset_id": asset_id, "signal_type": kind, "confidence": 0.6, "entry_price": D(100)}
        for number, (asset_id, kind) in enumerate([(held[0], "short"), (held[1], "long"), (0, "long")])
    ]
    assert attach_portfolio_signals(market, signals) == 1
    assert attach_portfolio_signals(market, signals) == 0
    found.refresh_from_db()
    kinds = {name: [one["signal_id"] for one in rows] for name, rows in (found.portfolio_signals or {}).items()}
    assert kinds == {"exit_signals": [0], "adjustment_signals": [1], "entry_signals": [2]}
    trades = {one["asset_id"]: one for one in found.rebalancing_suggestions or []}
    assert trades[held[0]]["action"] == "sell"
    assert (trades[held[0]]["related_signals"], trades[held[0]]["suggested_signals"]) == ([0], [0])
    other = trades[held[1]]
    assert (other["related_signals"], other["suggested_signals"]) == ([1], [1] if other["action"] == "buy" else [])
    others = [one for asset_id, one in trades.items() if asset_id not in held[:2]]
    assert all(one["related_signals"] == one["suggested_signals"] == [] for one in others)
    again = analysis(portfolio, market)
    assert (again.portfolio_signals, again.updated_at) == (found.portfolio_signals, found.updated_at)
    assert again.rebalancing_suggestions == found.rebalancing_suggestions
