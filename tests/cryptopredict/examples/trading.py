"""Forecasts, signals, alerts, advice and backtests."""

from decimal import Decimal
from typing import Any

from aimodels.services import ensure_rules
from selection.rules import FORECAST_RULES
from tests import factories as make
from tests.cryptopredict.examples.asking import Example
from tests.cryptopredict.examples.world import DAY, World


def fired(world: World) -> dict[str, Any]:
    """An alert that has done its work."""
    made = make.AlertFactory(
        user=world.person, asset=world.bitcoin, trigger_value=Decimal(67_000), is_triggered=True,
        triggered_at=world.now - DAY,
    )  # fmt: skip
    return {"id": made.pk}


def ruled(_world: World) -> None:
    """The rules that answer for whoever asks."""
    ensure_rules(FORECAST_RULES["1d"])


def another(world: World) -> dict[str, Any]:
    """A signal that nobody has executed."""
    made = make.SignalFactory(
        asset=world.rows["ethereum"], entry_price=Decimal("3480.12"), target_price=Decimal(3900),
        stop_loss=Decimal(3290), expires_at=world.now + 3 * DAY,
    )  # fmt: skip
    return {"id": made.pk}


EXAMPLES = [
    Example("GET /api/v1/alerts", query="limit=2"),
    Example(
        "POST /api/v1/alerts",
        sent=lambda world: {
            "asset_id": world.key("bitcoin"), "alert_type": "price_target", "condition": "above",
            "trigger_value": "75000", "message": "Bitcoin is above 75,000.", "notification_method": "in_app",
        },
    ),
    Example("GET /api/v1/alerts/{id}"),
    Example("PATCH /api/v1/alerts/{id}", sent={"trigger_value": "72500", "cooldown_minutes": 120}),
    Example("POST /api/v1/alerts/{id}/rearm", rows=fired),
    Example("GET /api/v1/backtests", query="limit=2"),
    Example(
        "POST /api/v1/backtests",
        sent={
            "name": "A cross of averages", "start": "2024-01-01", "end": "2024-06-01", "timeframe": "1d",
            "configuration": {
                "rules": {"entry": {"rule": "sma_cross", "fast": 20, "slow": 50}, "stop": {"percent": 4}},
                "assets": ["BTC"],
            },
        },
    ),
    Example("GET /api/v1/backtests/{id}"),
    Example("GET /api/v1/backtests/{id}/trades", query="limit=2"),
    Example("GET /api/v1/predictions", query="limit=2"),
    Example(
        "POST /api/v1/predictions",
        rows=ruled,
        sent=lambda world: {
            "asset_id": world.key("bitcoin"), "prediction_horizon": 24, "prediction_type": "direction",
        },
    ),
    Example("GET /api/v1/predictions/active", query="limit=2"),
    Example("GET /api/v1/predictions/analytics"),
    Example("GET /api/v1/predictions/record"),
    Example("GET /api/v1/predictions/{id}"),
    Example("GET /api/v1/predictions/{id}/accuracy"),
    Example("GET /api/v1/recommendations", query="limit=2"),
    Example(
        "POST /api/v1/recommendations",
        sent=lambda world: {
            "recommendation_type": "allocation", "recommendation_title": "Hold a third of it as cash",
            "recommendation_summary": "The market changes its state soon.", "priority_level": "medium",
            "target_entity_type": "portfolio", "target_entity_id": world.key("portfolio"),
            "user_id": world.person.pk,
        },
    ),
    Example("GET /api/v1/recommendations/{id}"),
    Example("PATCH /api/v1/recommendations/{id}", sent={"priority_level": "high"}),
    Example(
        "POST /api/v1/recommendations/{id}/feedback",
        sent={"status": "followed", "user_rating": 4, "user_feedback": "I raised the stop."},
    ),
    Example(
        "POST /api/v1/recommendations/{id}/review",
        rows=lambda world: {"id": world.key("unreviewed")},
        sent={"status": "approved"},
    ),
    Example("GET /api/v1/signals", query="limit=2"),
    Example("GET /api/v1/signals/executions", query="limit=2"),
    Example("GET /api/v1/signals/executions/{id}"),
    Example(
        "PATCH /api/v1/signals/executions/{id}",
        sent={"status": "filled", "execution_price": "67240.1", "fee": "0.67"},
    ),
    Example("GET /api/v1/signals/{id}"),
    Example("PATCH /api/v1/signals/{id}", sent={"status": "cancelled", "reason": "The exchange halts trading."}),
    Example(
        "POST /api/v1/signals/{id}/execute",
        rows=another,
        sent=lambda world: {
            "portfolio_id": world.key("portfolio"), "position_size": "500", "execution_price": "3480.12",
            "fee": "0.5", "risk_confirmation": True,
        },
    ),
    Example("GET /api/v1/signals/{id}/executions", query="limit=2"),
]  # fmt: skip
