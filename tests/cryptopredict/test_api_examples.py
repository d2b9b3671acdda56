"""Examples in the OpenAPI document are answers that the API gives.

Each is asked for again here, and has the fields and kinds of values of what is answered now. After an answer changed:
``RECORD_EXAMPLES=1 make test TESTS=tests/cryptopredict/test_api_examples.py`` writes them anew.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.services import ensure_system_user
from assets.models import Asset
from assets.services import register_asset
from cryptopredict.api.examples import RECORDED, recorded, with_examples
from sectors.models import Sector
from system.models import PipelineRun
from system.services import change_setting, setting
from tests import factories as make
from tests.doors import client_of

FILE = RECORDED / "market.json"
MOMENT = datetime(2024, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """What the examples are about."""

    admin: Any
    bitcoin: Asset
    sector: Sector


@pytest.fixture(scope="module")
def world(module_rows: Any) -> Iterator[World]:
    with module_rows():
        ensure_system_user()
        admin = make.AdminFactory(first_name="Ada", last_name="Admin", email="ada@example.com")
        change_setting("collection", {**setting("collection"), "enabled": True}, actor=admin)
        bitcoin = register_asset("BTC", name="Bitcoin", data_source="binance")
        bitcoin.external_ids, bitcoin.current_price = {"binance": "BTCUSDT"}, Decimal("67234.56")
        bitcoin.save()
        sector = make.SectorFactory(name="Layer 1", coingecko_id="layer-1")
        make.SectorMappingFactory(asset=bitcoin, sector=sector, is_primary_sector=True)
        yield World(admin, bitcoin, sector)


def news(world: World) -> Any:
    return make.NewsEventFactory(
        source="desk",
        title="Bitcoin soars to a record",
        url="https://news.example/bitcoin",
        published_at=timezone.now(),
        category="market",
        importance="medium",
        sentiment_score=Decimal("0.4404"),
        sentiment_label="bullish",
        asset_ids=[world.bitcoin.pk],
        sector_ids=[world.sector.pk],
    )


def regime(world: World) -> Any:
    return make.RegimeFactory(
        current_regime="Bull", analysis_time=MOMENT, regime_confidence=Decimal("0.87"),
        metrics_snapshot__snapshot_time=MOMENT, metrics_snapshot__timeframe="1d",
    )  # fmt: skip


def ranked_list(world: World) -> Any:
    watchlist = make.DefaultListFactory(tier="tier1")
    make.ListedFactory(watchlist=watchlist, asset=world.bitcoin, valid_from=MOMENT - timedelta(days=1))
    make.MetricsSnapshotFactory(snapshot_time=MOMENT, timeframe="1d")
    PipelineRun.objects.create(series="live", timeframe="1d", as_of=MOMENT, status="done")
    return watchlist


def looked_at(world: World) -> Any:
    """A look at the market: indicators and mood, with what is missing of them."""
    observed = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    dollar = {"value": 104.32, "change_pct": 0.4, "observed_at": observed.isoformat(), "source": "fred"}
    return make.MetricsSnapshotFactory(
        snapshot_time=MOMENT, timeframe="1d", data_source="aggregated", fear_greed_index=Decimal(72),
        composite_sentiment=Decimal("0.68"), funding_rate_btc=Decimal("0.0001"),
        extended_metrics={
            "macro_metrics": {"DXY": dollar, "VIX": None},
            "sentiment_metrics": {"news_sentiment": {"score": 0.2, "articles": 134}},
            "derivatives_metrics": {"funding_rate_eth": 0.00012},
        },
        data_quality_flags={
            "missing": {"google_trends_score": "no source"},
            "missing_extended": {
                "sentiment_metrics.social_sentiment": "no source",
                "macro_metrics.VIX": "stale: last value of 2024-05-01",
            },
        },
    )  # fmt: skip


def default_list(world: World) -> Any:
    return make.DefaultListFactory(tier="tier2")


@dataclass(frozen=True)
class Case:
    """An operation that is shown: what it is about, and what is sent."""

    operation: str
    row: Callable[[World], Any] | None = None
    request: Callable[[World, Any], dict[str, Any]] | None = None


def of_asset(world: World) -> Any:
    return world.bitcoin


CASES = [
    Case("GET /api/v1/macro/news", news),
    Case("GET /api/v1/macro/news/{id}", news),
    Case(
        "POST /api/v1/macro/news",
        None,
        lambda _world, _row: {"source": "desk", "title": "Bitcoin soars to a record", "importance": "high"},
    ),
    Case("PATCH /api/v1/macro/news/{id}", news, lambda _world, _row: {"sentiment_score": -0.2, "importance": "low"}),
    Case(
        "PATCH /api/v1/macro/regimes/{id}",
        regime,
        lambda _world, _row: {"analyst_notes": "The breakout has no volume.", "analysis_validated": False},
    ),
    Case("GET /api/v1/macro/sentiment", looked_at),
    Case("GET /api/v1/macro/indicators", looked_at),
    Case("POST /api/v1/assets/{id}/refresh", of_asset),
    Case("POST /api/v1/watchlists/{id}/analyze", ranked_list),
    Case(
        "POST /api/v1/suggestions",
        default_list,
        lambda world, row: {
            "watchlist_id": row.pk,
            "asset_id": world.bitcoin.pk,
            "suggestion_type": "add",
            "confidence_score": 0.92,
            "reasoning": {"listing": "on a second large exchange since Monday"},
            "expected_return": 12.5,
        },
    ),
    Case("GET /api/v1/sectors/{id}/assets", lambda world: world.sector),
]
IDS = [case.operation for case in CASES]


def asked(case: Case, world: World, client: Client) -> dict[str, Any]:
    """The example as the API answers it now."""
    method, path = case.operation.split()
    row = case.row(world) if case.row else None
    sent = case.request(world, row) if case.request else None
    options: dict[str, Any] = {"content_type": "application/json", "headers": {"If-Match": "*"}}
    body = {} if method == "GET" else options | {"data": sent}
    answered = getattr(client, method.lower())(path.replace("{id}", str(row.pk if row else "")), **body)
    assert answered.status_code < 300, answered.content
    return {"status": answered.status_code, "answer": answered.json()} | ({} if sent is None else {"request": sent})


def shape(value: Any) -> Any:
    """The fields and kinds of values of an answer."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_an_example_is_what_the_api_answers(case: Case, world: World) -> None:
    now = asked(case, world, client_of(world.admin))
    if os.environ.get("RECORD_EXAMPLES"):
        kept = json.loads(FILE.read_text()) if FILE.exists() else {}
        FILE.write_text(json.dumps(dict(sorted((kept | {case.operation: now}).items())), indent=2) + "\n")
        recorded.cache_clear()
    assert shape(recorded()[case.operation]) == shape(now)


def test_every_example_is_asked_for_and_shown() -> None:
    assert json.loads(FILE.read_text()).keys() == set(IDS)
    described: dict[str, Any] = {"paths": {}}
    for operation, example in recorded().items():
        method, path = operation.split()
        answered: dict[str, Any] = {"content": {"application/json": {}}}
        described["paths"].setdefault(path, {})[method.lower()] = {"responses": {str(example["status"]): answered}}
    shown = with_examples(described, generator=None, request=None, public=True)
    for operation, example in recorded().items():
        method, path = operation.split()
        answered = shown["paths"][path][method.lower()]["responses"][str(example["status"])]
        assert answered["content"]["application/json"].get("example") == example.get("answer")
