"""Watchlists and suggestions."""

from typing import Any

from tests import factories as make
from tests.cryptopredict.examples.asking import Example
from tests.cryptopredict.examples.world import World


def entries(world: World) -> dict[str, Any]:
    return {
        "items": [
            {"asset_id": world.key("bitcoin"), "position": 1, "weight": 0.6, "target_allocation": 0.6},
            {"asset_id": world.key("ethereum"), "position": 2, "weight": 0.4, "notes": "After the upgrade."},
        ]
    }


def changes(world: World) -> dict[str, Any]:
    return {"items": [{"asset_id": world.key("bitcoin"), "weight": 0.6, "notes": "Buy below 60,000."}]}


def approved(world: World) -> dict[str, Any]:
    """A suggestion that was approved but not yet carried out."""
    suggestion = make.SuggestionFactory(
        watchlist=world.rows["tier1"],
        asset=world.rows["ethereum"],
        status="approved",
        target_tier="tier1",
        reviewed_by=world.admin,
        reviewed_at=world.now,
    )
    return {"id": suggestion.pk}


EXAMPLES = [
    Example("GET /api/v1/suggestions", query="limit=2"),
    Example("GET /api/v1/suggestions/archive", query="limit=2"),
    Example("GET /api/v1/suggestions/performance"),
    Example("GET /api/v1/suggestions/queue", query="limit=2"),
    Example("GET /api/v1/suggestions/{id}", rows=lambda world: {"id": world.key("own_suggestion")}),
    Example("POST /api/v1/suggestions/{id}/implement", rows=approved),
    Example(
        "POST /api/v1/suggestions/{id}/review",
        rows=lambda world: {"id": world.key("own_suggestion")},
        sent={"decision": "approve", "review_notes": "Fits my plan.", "review_criteria": {"liquidity": 8}},
    ),
    Example("GET /api/v1/suggestions/{id}/reviews", query="limit=2"),
    Example("GET /api/v1/watchlists", query="limit=2"),
    Example(
        "POST /api/v1/watchlists",
        sent={"name": "Worth a look", "description": "Coins that I read about.", "max_assets": 20},
    ),
    Example(
        "POST /api/v1/watchlists/bulk-actions",
        sent=lambda world: {
            "action": "promote_to_tier1", "asset_ids": [world.key("ethereum")], "review_notes": "Large and liquid.",
        },
    ),
    Example("GET /api/v1/watchlists/summary", query="limit=2"),
    Example("GET /api/v1/watchlists/{id}"),
    Example("PATCH /api/v1/watchlists/{id}", sent={"name": "For years", "max_assets": 25}),
    Example(
        "PUT /api/v1/watchlists/{id}",
        sent={"name": "For years", "description": "Coins that I want to hold.", "is_public": False, "max_assets": 25},
    ),
    Example("GET /api/v1/watchlists/{id}/analyses", query="limit=2"),
    Example("GET /api/v1/watchlists/{id}/analysis"),
    Example("GET /api/v1/watchlists/{id}/items", query="limit=2"),
    Example("PATCH /api/v1/watchlists/{id}/items", sent=changes),
    Example(
        "POST /api/v1/watchlists/{id}/items",
        sent=lambda world: {"asset_id": world.key("ethereum"), "weight": 0.2, "notes": "After the upgrade."},
    ),
    Example("PUT /api/v1/watchlists/{id}/items", sent=entries),
    Example(
        "PATCH /api/v1/watchlists/{id}/items/{item_id}", sent={"target_allocation": 0.5, "notes": "Buy below 55,000."}
    ),
    Example(
        "PUT /api/v1/watchlists/{id}/items/{item_id}",
        sent={"position_type": "long", "weight": 0.5, "target_allocation": 0.5, "sort_order": 1},
    ),
]  # fmt: skip
