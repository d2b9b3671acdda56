"""Examples of the product's own doors and of the dashboards in detail: answers that were given, in the shape of now.

``RECORD_EXAMPLES=1 make test TESTS=tests/cryptopredict/test_api_examples_system.py`` writes them anew.
"""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from cryptopredict.api.examples import RECORDED, recorded
from cryptopredict.measuring import measure_health
from tests import factories as make
from tests.cryptopredict.examples.asking import same
from tests.doors import client_of

FILE = RECORDED / "system.json"
OPERATIONS: dict[str, Any] = {
    "GET /api/v1/system/health": None,
    "POST /api/v1/system/tasks": {"task_name": "pipeline.run", "task_params": {"timeframe": "1d"}},
    "POST /api/v1/system/archive": {},
    "GET /api/v1/dashboard/professional": None,
    "GET /api/v1/dashboard/admin": None,
    "POST /api/v1/auth/ws-ticket": {},
}
"""What is sent, by operation."""


@pytest.fixture(scope="module")
def admin(module_rows: Any) -> Iterator[User]:
    with module_rows():
        now, recent = timezone.now(), timezone.now() - timedelta(minutes=5)
        make.AssetFactory(symbol="BTC", data_source="binance", current_price=Decimal("67234.56"))
        snapshot = make.MetricsSnapshotFactory(snapshot_time=recent, btc_price_usd=Decimal("67234.56"))
        make.RegimeFactory(metrics_snapshot=snapshot, analysis_time=recent)
        make.SectorAnalysisFactory(analysis_time=recent)
        watchlist = make.DefaultListFactory(tier="tier1", name="First tier")
        make.RankingFactory(watchlist=watchlist, analysis_time=recent)
        make.SignalFactory(asset__data_source="binance", asset__symbol="ETH")
        make.SuggestionFactory(watchlist=watchlist)
        make.UserActivityFactory()
        measure_health(now)
        yield make.AdminFactory(first_name="Ada", last_name="Admin", email="ada@example.com")


def asked(operation: str, user: User) -> dict[str, Any]:
    """What is answered now."""
    method, path = operation.split()
    sent = OPERATIONS[operation]
    client = client_of(user)
    response = client.get(path) if method == "GET" else client.post(path, sent, content_type="application/json")
    assert response.status_code in (200, 201, 202), response.content
    told = {"status": response.status_code, "answer": same(response.json())}
    return told | ({"request": sent} if sent else {})


@pytest.mark.django_db
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_example_is_what_the_api_answers(operation: str, admin: User) -> None:
    now = asked(operation, admin)
    if os.environ.get("RECORD_EXAMPLES"):
        kept = json.loads(FILE.read_text()) if FILE.exists() else {}
        FILE.write_text(json.dumps(dict(sorted((kept | {operation: now}).items())), indent=2) + "\n")
        recorded.cache_clear()
    kept = recorded()[operation]
    assert (kept["status"], shape(kept["answer"])) == (now["status"], shape(now["answer"]))


def test_every_example_is_asked_for() -> None:
    assert json.loads(FILE.read_text()).keys() == OPERATIONS.keys()


def shape(value: Any) -> Any:
    """Names to the second level; what stands below depends on the machine and on what is known."""
    return {name: names(inner) for name, inner in value.items()}


def names(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted(value)
    return "list" if isinstance(value, list) else "value"
