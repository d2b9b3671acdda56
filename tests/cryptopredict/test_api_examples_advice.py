"""Examples of models, forecasts, signals and positions in the OpenAPI document are answers that the API gives.

After a change of an answer: ``RECORD_EXAMPLES=1`` with this file, as in ``test_api_examples.py``.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cryptopredict.api.examples import RECORDED, recorded
from selection.models import Portfolio
from tests import factories as make
from tests.aimodels.training_subjects import START, ready_version
from tests.cryptopredict.test_api_examples import shape
from tests.doors import client_of
from trading.services import record_trade

pytestmark = pytest.mark.django_db
FILE = RECORDED / "advice.json"
MOMENT = datetime(2024, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """Who asks, and what about."""

    admin: Any
    bitcoin: Any
    portfolio: Portfolio


Ids = dict[str, Any]
Rows = Callable[[World], Ids]


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> World:
    settings.CRYPTOPREDICT_HOME = tmp_path
    admin = make.AdminFactory(email="ada@example.com")
    bitcoin = make.AssetFactory(symbol="BTC", name="Bitcoin", current_price=70_000)
    return World(admin, bitcoin, make.PortfolioFactory(user=admin, name="Long term"))


def learned(_world: World) -> Ids:
    return {"id": make.AIModelFactory(name="asset_direction_1d_24h", architecture="ensemble", status="inactive").pk}


def ready(_world: World) -> Ids:
    return {"id": ready_version("asset_direction_1d_24h", START + timedelta(days=300)).pk}


def serving(_world: World) -> Ids:
    model = make.AIModelFactory(name="asset_direction_1d_24h", architecture="ensemble", is_active=True)
    make.ModelActivationFactory(model=model, valid_from=MOMENT)
    return {"id": model.pk}


def evaluation(_world: World) -> Ids:
    return {"id": make.ModelPerformanceFactory(evaluation_status="completed", evaluation_date=MOMENT).pk}


def forecast(world: World) -> Ids:
    return {"id": make.PredictionFactory(asset=world.bitcoin).pk}


def followed(world: World) -> Ids:
    """A signal that reached its target."""
    run = make.PipelineRunFactory(as_of=timezone.now() - timedelta(days=2), timeframe="4h")
    market = {"market_context": {"regime": "Bull"}, "sector_context": {"sector": "Layer 1"}, "risk_level": "medium"}
    model = make.AIModelFactory(name="timing_rules_4h")
    signal = make.SignalFactory(asset=world.bitcoin, run=run, status="executed", ai_model=model, **market)
    make.SignalOutcomeFactory(
        signal=signal, outcome="target", ended_at=run.as_of + timedelta(hours=8), timeframe="4h", targets_reached=1
    )
    return {}


def looked_at(_world: World) -> Ids:
    make.MetricsSnapshotFactory(timeframe="4h", snapshot_time=timezone.now() - timedelta(hours=1))
    return {}


def empty(world: World) -> Ids:
    return {"id": world.portfolio.pk}


def held(world: World) -> Ids:
    make.MetricsSnapshotFactory(snapshot_time=MOMENT)
    entry = record_trade(
        world.portfolio, world.bitcoin, actor=world.admin, action_type="buy", quantity=Decimal("0.5"),
        price=Decimal(67_000), executed_at=MOMENT,
    )  # fmt: skip
    return {"id": world.portfolio.pk, "position_id": entry.portfolio_asset_id}


@dataclass(frozen=True)
class Case:
    """An operation that is shown: what it is about, and what is sent."""

    operation: str
    rows: Rows
    sent: Callable[[World], dict[str, Any]] | None = None


CASES = [
    Case(
        "POST /api/v1/models",
        lambda _world: {},
        lambda _world: {
            "name": "outside",
            "version": "v1.0.0",
            "architecture": "lstm",
            "model_type": "asset",
            "training_data_timeframe": "1d",
            "target_variable": "return",
        },
    ),
    Case("PATCH /api/v1/models/{id}", learned, lambda _world: {"max_predictions_per_hour": 60}),
    Case("POST /api/v1/models/{id}/retrain", learned, lambda _world: {"training_data_days": 900}),
    Case("POST /api/v1/models/{id}/activate", ready, lambda _world: {"reason": "better skill in walk-forward"}),
    Case("POST /api/v1/models/{id}/deactivate", serving, lambda _world: {"reason": "drifts"}),
    Case("POST /api/v1/models/{id}/deprecate", learned),
    Case(
        "POST /api/v1/models/{id}/evaluations",
        learned,
        lambda _world: {"evaluation_type": "backtesting", "start_date": "2024-01-01", "end_date": "2024-12-31"},
    ),
    Case(
        "PATCH /api/v1/models/evaluations/{id}",
        evaluation,
        lambda _world: {"evaluation_status": "invalidated", "evaluation_notes": "wrong candles"},
    ),
    Case("PUT /api/v1/predictions/{id}", forecast, lambda _world: {"notes": "exchange outage"}),
    Case(
        "POST /api/v1/signals",
        looked_at,
        lambda world: {
            "asset_id": world.bitcoin.pk,
            "signal_type": "long",
            "confidence_score": 0.55,
            "entry_price": "67234.56",
            "target_price": "75500",
            "stop_loss": "63200",
            "time_horizon_hours": 72,
        },
    ),
    Case("GET /api/v1/signals/performance", followed),
    Case(
        "POST /api/v1/portfolios/{id}/assets",
        empty,
        lambda world: {
            "asset_id": world.bitcoin.pk,
            "quantity": "0.5",
            "entry_price": "67000",
            "fees_paid": "3.2",
            "stop_loss_price": "63000",
        },
    ),
    Case("GET /api/v1/portfolios/{id}/assets", held),
    Case("GET /api/v1/portfolios/{id}/assets/{position_id}", held),
    Case(
        "PATCH /api/v1/portfolios/{id}/assets/{position_id}",
        held,
        lambda _world: {"stop_loss_price": "65000", "notes": "patience"},
    ),
    Case("POST /api/v1/portfolios/{id}/analyze", held),
]
IDS = [case.operation for case in CASES]


def asked(case: Case, world: World) -> dict[str, Any]:
    """The example as the API answers it now."""
    method, path = case.operation.split()
    for name, key in case.rows(world).items():
        path = path.replace(f"{{{name}}}", str(key))
    sent = case.sent(world) if case.sent else None
    options: dict[str, Any] = {"content_type": "application/json", "headers": {"If-Match": "*"}}
    body = {} if method == "GET" else options | {"data": sent or {}}
    answered = getattr(client_of(world.admin), method.lower())(path, **body)
    assert answered.status_code < 300, answered.content
    return {"status": answered.status_code, "answer": answered.json()} | ({} if sent is None else {"request": sent})


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_an_example_is_what_the_api_answers(case: Case, world: World) -> None:
    now = asked(case, world)
    if os.environ.get("RECORD_EXAMPLES"):
        kept = json.loads(FILE.read_text()) if FILE.exists() else {}
        FILE.write_text(json.dumps(dict(sorted((kept | {case.operation: now}).items())), indent=2) + "\n")
        recorded.cache_clear()
    assert shape(recorded()[case.operation]) == shape(now)


def test_every_example_is_asked_for() -> None:
    assert json.loads(FILE.read_text()).keys() == set(IDS)
