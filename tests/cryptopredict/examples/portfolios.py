"""Portfolios, their positions and the journal."""

import io
from typing import Any

from tests.cryptopredict.examples.asking import Example
from tests.cryptopredict.examples.world import DAY, World
from trading.services.imports import preview_import

BROUGHT = b"time,kind,symbol,quantity,price\n2024-06-01T10:00:00Z,buy,XBT,0.05,67530.1\n"


def previewed(world: World) -> dict[str, Any]:
    """A file that waits to be booked."""
    lines = f"time,kind,symbol,quantity,price\n{world.today - 5 * DAY:%Y-%m-%dT%H:%M:%SZ},buy,XBT,0.05,66100\n"
    row = preview_import(world.rows["portfolio"], io.BytesIO(lines.encode()), actor=world.person, name="trades.csv")
    return {"import_id": row.pk}


def two_days(world: World) -> str:
    return f"from={world.today - 2 * DAY:%Y-%m-%d}&to={world.today - DAY:%Y-%m-%d}"


EXAMPLES = [
    Example("GET /api/v1/portfolios", query="limit=2"),
    Example("POST /api/v1/portfolios", sent={"name": "Savings", "is_public": False}),
    Example("GET /api/v1/portfolios/{id}"),
    Example("PATCH /api/v1/portfolios/{id}", sent={"name": "For years"}),
    Example("GET /api/v1/portfolios/{id}/actions", query="limit=2"),
    Example("GET /api/v1/portfolios/{id}/analyses", query="limit=2"),
    Example("GET /api/v1/portfolios/{id}/analysis"),
    Example(
        "POST /api/v1/portfolios/{id}/assets/{position_id}/actions",
        sent={
            "action_type": "partial_sell", "quantity": "0.05", "asset_price": "67234.56", "fees_paid": "3.36",
            "reason": "Takes a part of the gain.", "emotion_state": "calm",
            "confidence_level": 7, "primary_setup": "breakout",
        },
    ),
    Example("GET /api/v1/portfolios/{id}/assets/{position_id}/analyses", query="limit=2"),
    Example("GET /api/v1/portfolios/{id}/assets/{position_id}/analysis"),
    Example("GET /api/v1/portfolios/{id}/explain/{figure}", query=two_days),
    Example("GET /api/v1/portfolios/{id}/gains", query=lambda world: f"year={(world.today - 3 * DAY).year}"),
    Example("GET /api/v1/portfolios/{id}/history", query="days=2"),
    Example("GET /api/v1/portfolios/{id}/imports"),
    Example("POST /api/v1/portfolios/{id}/imports", file=("trades.csv", BROUGHT)),
    Example(
        "POST /api/v1/portfolios/{id}/imports/{import_id}/confirm",
        rows=previewed,
        sent=lambda world: {"symbols": {"XBT": world.key("bitcoin")}},
    ),
    Example("GET /api/v1/portfolios/{id}/summary"),
    Example("GET /api/v1/trade-actions/statistics"),
    Example("GET /api/v1/trade-actions/{id}"),
    Example(
        "PATCH /api/v1/trade-actions/{id}",
        sent={"lesson_learned": "Waiting for the close paid off.", "emotion_state": "calm", "confidence_level": 8},
    ),
]  # fmt: skip
