"""Assets, the market and its sectors."""

from tests.cryptopredict.examples.asking import Example
from tests.cryptopredict.examples.world import World


def candle(world: World) -> dict[str, object]:
    """A day that is there already, as an exchange tells it."""
    return {
        "timeframe": "1d",
        "candles": [
            {
                "time": "2024-06-01T00:00:00Z", "open": "67530.1", "high": "67910.8",
                "low": "67410.2", "close": "67766.9", "volume": "8837.66",
            }
        ],
    }  # fmt: skip


EXAMPLES = [
    Example("GET /api/v1/assets", query="limit=2"),
    Example(
        "POST /api/v1/assets",
        sent={
            "symbol": "SOL", "name": "Solana", "asset_type": "crypto", "quote_currency": "USDT",
            "external_ids": {"coingecko": "solana", "binance": "SOLUSDT"},
        },
    ),
    Example("GET /api/v1/assets/prices", query=lambda world: f"ids={world.key('bitcoin')},{world.key('ethereum')}"),
    Example("GET /api/v1/assets/{id}"),
    Example("PATCH /api/v1/assets/{id}", sent={"description": "The first coin.", "is_supported": True}),
    Example("GET /api/v1/assets/{id}/analysis"),
    Example("GET /api/v1/assets/{id}/candles", query="timeframe=1d&limit=2"),
    Example("POST /api/v1/assets/{id}/candles", sent=candle),
    Example("GET /api/v1/assets/{id}/indicators", query="timeframe=1d"),
    Example("GET /api/v1/assets/{id}/news", query="limit=2"),
    Example("GET /api/v1/assets/{id}/predictions", query="limit=2"),
    Example("GET /api/v1/assets/{id}/sectors"),
    Example("GET /api/v1/assets/{id}/signals", query="limit=2"),
    Example("GET /api/v1/macro/dominance"),
    Example("GET /api/v1/macro/history", query="days=2"),
    Example("GET /api/v1/macro/regime"),
    Example("GET /api/v1/macro/regime-forecast"),
    Example("GET /api/v1/macro/regimes", query="limit=2"),
    Example("GET /api/v1/macro/regimes/{id}"),
    Example("GET /api/v1/macro/snapshots", query="limit=2&timeframe=1d"),
    Example("GET /api/v1/macro/snapshots/latest", query="timeframe=1d"),
    Example("GET /api/v1/macro/snapshots/{id}"),
    Example("GET /api/v1/sectors", query="limit=2"),
    Example(
        "POST /api/v1/sectors",
        sent={
            "name": "Gaming", "description": "Coins of games.", "coingecko_id": "gaming", "color_code": "#f59e0b",
        },
    ),
    Example("GET /api/v1/sectors/compare", query=lambda world: f"sectors={world.key('layer_1')},{world.key('defi')}"),
    Example("GET /api/v1/sectors/rotation"),
    Example("GET /api/v1/sectors/rotation/history", query="limit=2"),
    Example("GET /api/v1/sectors/{id}"),
    Example("PATCH /api/v1/sectors/{id}", sent={"description": "Coins that secure a chain of their own."}),
    Example("GET /api/v1/sectors/{id}/analyses", query="limit=2"),
    Example(
        "POST /api/v1/sectors/{id}/assets",
        sent=lambda world: {"asset_id": world.key("uniswap"), "weight": 0.25, "is_primary_sector": False},
    ),
    Example("PATCH /api/v1/sectors/{id}/assets/{mapping_id}", sent={"weight": 0.75}),
    Example("GET /api/v1/sectors/{id}/history", query="days=2&timeframe=1d"),
    Example("GET /api/v1/sectors/{id}/performance"),
]  # fmt: skip
