"""What belongs to Sara: her portfolio, alerts, messages, tokens and orders."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.services import Client as Caller
from cryptopredict.portability.requests import order_export
from tests import factories as make
from tests.cryptopredict.examples.world import DAY, HOUR, World
from tests.pages.market import backtest_metrics
from trading.services import record_trade, us_dollar

TRADES = (
    "symbol,side,entered_at,exited_at,entry,exit,quantity,fees,pnl,reason\n"
    "BTC,long,2024-06-01T00:00:00+00:00,2024-06-09T00:00:00+00:00,67234.56,69410.2,0.14,18.9,285.69,opposite\n"
    "ETH,long,2024-06-03T00:00:00+00:00,2024-06-05T00:00:00+00:00,3780.1,3704.5,1.2,8.9,-99.62,stop\n"
)


def add(world: World) -> None:
    portfolio(world)
    alerts(world)
    account(world)
    programs(world)
    backtests(world)


def portfolio(world: World) -> None:
    """Money was put in, Bitcoin bought, and a part of it sold."""
    own = world.rows["portfolio"] = make.PortfolioFactory(user=world.person, name="Long term", cash_asset=us_dollar())
    at, given = world.today - 40 * DAY, {"actor": world.person}
    record_trade(
        own, us_dollar(), action_type="deposit", quantity=Decimal(50_000), price=Decimal(1), executed_at=at, **given
    )
    bought = record_trade(
        own, world.bitcoin, action_type="buy", quantity=Decimal("0.5"), price=Decimal(61_200), executed_at=at + HOUR,
        fee=Decimal("30.6"), **given,
    )  # fmt: skip
    record_trade(
        own, world.bitcoin, action_type="sell", quantity=Decimal("0.1"), price=Decimal(66_900),
        executed_at=world.today - 3 * DAY, **given,
    )  # fmt: skip
    position = world.rows["position"] = bought.portfolio_asset
    world.rows["buy"] = bought
    said: dict[str, Any] = {
        "metrics_snapshot": world.rows["snapshot"], "ai_model": world.rows["model"], "run": world.rows["run"],
        "timeframe": "1d", "candle_time": world.today - DAY, "ai_confidence_score": Decimal("0.58"),
    }  # fmt: skip
    make.PortfolioAnalysisFactory(
        portfolio=own, total_portfolio_value_usd=Decimal("52982.8"), total_pnl_pct=Decimal("5.9"),
        total_pnl_usd=Decimal("2952.2"), portfolio_risk_score=Decimal("0.42"), diversification_score=Decimal("0.3"),
        concentration_risk=Decimal("0.51"), current_allocation={"BTC": 50.8, "USD": 49.2},
        optimal_allocation={"BTC": 45.0, "USD": 55.0}, allocation_deviation={"BTC": 5.8, "USD": -5.8},
        portfolio_beta=Decimal("0.51"), portfolio_volatility=Decimal("0.24"), max_drawdown_pct=Decimal("4.1"),
        rebalance_needed=False, overall_action="hold", ai_portfolio_outlook="Neutral",
        analysis_data={"rationale": ["Half of it is cash."]}, **said,
    )  # fmt: skip
    make.PositionAnalysisFactory(
        portfolio_asset=position, position_status="healthy", current_pnl_pct=Decimal("9.86"),
        risk_level_score=Decimal("0.35"), exit_probability=Decimal("0.2"), recommended_action="hold",
        urgency_level="low",
        recommendation_reason="The trend holds.", suggested_sl_price=Decimal(63200), suggested_tp_price=Decimal(75500),
        current_signals={"trend": "up"}, risk_factors=[{"factor": "volatility", "score": 0.35}],
        market_regime_change="no_change", ai_position_outlook="Bullish", analysis_horizon_hours=168,
        analysis_data={"rationale": ["The price is above its average of 200 days."]}, **said,
    )  # fmt: skip
    brought = make.ImportFactory(portfolio=own, lines=1, new=1, expires_at=world.now + DAY)
    world.keys |= {
        "portfolios/{id}": own.pk,
        "portfolios/{id}/assets/{position_id}": position.pk,
        "portfolios/{id}/imports/{import_id}": brought.pk,
        "trade-actions/{id}": bought.pk,
    }
    make.RiskProfileFactory(
        user=world.person, max_position_size=Decimal(50_000), max_portfolio_risk=Decimal("0.25"),
        risk_rules={"max_open_positions": 5, "max_leverage": 2},
    )  # fmt: skip
    planned = make.ExecutionFactory(
        user=world.person, signal=world.rows["signal"], portfolio=own, position_size=Decimal(1_000),
        risk_confirmed=True,
        execution_price=Decimal("67234.56"),
    )  # fmt: skip
    world.rows["execution"] = planned
    world.keys["signals/executions/{id}"] = planned.pk


def alerts(world: World) -> None:
    alert = make.AlertFactory(
        user=world.person, asset=world.bitcoin, trigger_value=Decimal(70_000), notification_method="in_app",
        message="Bitcoin is above 70,000.", cooldown_minutes=60, expires_at=world.now + 30 * DAY,
    )  # fmt: skip
    make.FiringFactory(
        alert=alert,
        threshold=Decimal(67_000),
        value=Decimal("67012.4"),
        fired_at=world.now - DAY,
        known_at=world.now - DAY,
    )
    world.keys["alerts/{id}"] = alert.pk


def account(world: World) -> None:
    """Messages, sessions, what was done, and what was said to the founders."""
    person = world.person
    message = make.NotificationFactory(
        user=person, notification_type="alert", title="Bitcoin is above 67,000",
        message="It stands at 67,012.40 dollars.",
        data={"alert_id": world.keys["alerts/{id}"]}, sent_at=world.now - DAY,
    )  # fmt: skip
    session = make.UserSessionFactory(
        user=person, ip_address="203.0.113.7", device_info={"name": "Firefox on Linux"}, last_used_at=world.now,
        expires_at=world.now + 30 * DAY,
    )  # fmt: skip
    feedback = make.UserFeedbackFactory(
        user=person, feedback_type="feature_request", message="Please add candles of 12 hours.",
        context_data={"page": "/assets/BTC"}, status="in_review", reviewed_by=world.admin, reviewed_at=world.now,
    )  # fmt: skip
    token = make.ApiTokenFactory(
        user=person, name="my spreadsheet", prefix="cp_EXAMPLE00", scopes=["read"], allowed_ips=["203.0.113.7"],
        expires_at=world.now + 90 * DAY, last_used_at=world.now - HOUR,
    )  # fmt: skip
    make.UserActivityFactory(
        user=person, activity_type="login", action="login", details={"method": "password"}, ip_address="203.0.113.7",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    )  # fmt: skip
    export = order_export(person, client=Caller())
    world.keys |= {
        "users/me/notifications/{id}": message.pk,
        "users/me/sessions/{id}": session.pk,
        "users/me/tokens/{id}": token.pk,
        "users/me/export/{id}": export.pk,
        "feedback/{id}": feedback.pk,
        "system/tasks/{id}": export.pk,
    }


def programs(world: World) -> None:
    webhook = make.WebhookFactory(
        user=world.person, url="https://hooks.example.com/cryptopredict", events=["signal.created"]
    )
    delivery = make.WebhookDeliveryFactory(
        subscription=webhook, event="signal.created", payload={"signal_id": world.key("signal")}, status="sent",
        attempts=1,
        occurred_at=world.now - HOUR, first_attempt_at=world.now - HOUR,
        last_attempt_at=world.now - HOUR, sent_at=world.now - HOUR, response_status=200,
    )  # fmt: skip
    world.keys |= {"webhooks/{id}": webhook.pk, "webhooks/{id}/deliveries/{delivery_id}": delivery.pk}


def backtests(world: World) -> None:
    """One that is done, with the trades of its report."""
    report = "backtests/1"
    row = make.BacktestFactory(
        name="A cross of averages", created_by=world.person, status="done", start_at=world.today - 180 * DAY,
        end_at=world.today,
        configuration={
            "rules": {"entry": {"rule": "sma_cross", "fast": 20, "slow": 50}, "stop": {"percent": 4}},
            "assets": ["BTC", "ETH"],
        },
        metrics=backtest_metrics(), assumptions=[{"code": "signal_on_close"}], trades=12, trials=1,
        fingerprint="ab" * 32,
        report=report, finished_at=world.now - timedelta(minutes=5),
    )  # fmt: skip
    place = Path(settings.CRYPTOPREDICT_HOME, report)
    place.mkdir(parents=True)
    (place / "trades.csv").write_text(TRADES)
    world.keys["backtests/{id}"] = row.pk
