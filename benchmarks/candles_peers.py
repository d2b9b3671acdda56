"""What candles over HTTP are compared with: the same answer by FastAPI with asyncpg, and by REST framework's way.

Served by ``candles_http.py``: ``uvicorn --factory benchmarks.candles_peers:fastapi`` (or ``rest_framework``).
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

PATH = "/api/v1/assets/{asset_id}/candles"
LIMIT = 500
ASSET = "SELECT symbol FROM assets WHERE id = $1 AND is_active AND is_supported"
# As quick as this peer can be while it answers the same: the database writes the exact figures, the newest partitions
# are named by a bound, and asyncpg keeps both statements prepared.
CANDLES = """
SELECT to_char(candle_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS time,
       trim_scale(open_price)::text AS open, trim_scale(high_price)::text AS high, trim_scale(low_price)::text AS low,
       trim_scale(close_price)::text AS close, trim_scale(volume)::text AS volume, trim_scale(vwap)::text AS vwap,
       trade_count, NULL AS indicators
FROM price_data WHERE asset_id = $1 AND timeframe = $2 AND candle_time >= now() - interval '550 hours'
ORDER BY candle_time DESC LIMIT $3
"""


def fastapi() -> Any:
    """FastAPI and asyncpg, with orjson."""
    import asyncpg  # type: ignore[import-untyped]
    import orjson
    from fastapi import FastAPI, HTTPException, Request, Response

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=8, max_size=8) as pool:
            app.state.pool = pool
            yield

    async def candles(request: Request, asset_id: int, timeframe: str = "1h", limit: int = LIMIT) -> Response:
        async with request.app.state.pool.acquire() as connection:
            symbol = await connection.fetchval(ASSET, asset_id)
            if symbol is None:
                raise HTTPException(404)
            rows = await connection.fetch(CANDLES, asset_id, timeframe, limit)
        head = {"asset_id": asset_id, "symbol": symbol, "timeframe": timeframe}
        body = orjson.dumps(head | {"candles": [dict(row) for row in reversed(rows)]})
        return Response(body, media_type="application/json")

    app = FastAPI(lifespan=lifespan)
    app.add_api_route(PATH, candles)
    return app


def rest_framework() -> Any:
    """A ModelSerializer under Django's own ASGI handler, with the middlewares of the product."""
    from django.core.asgi import get_asgi_application

    application = get_asgi_application()
    from django.urls import path
    from rest_framework import generics, permissions, serializers

    from assets.models import PriceData
    from cryptopredict import urls

    class CandleSerializer(serializers.ModelSerializer):
        class Meta:
            model = PriceData
            fields = (
                *("candle_time", "open_price", "high_price", "low_price", "close_price", "volume", "vwap"),
                *("trade_count", "technical_indicators"),
            )

    class Candles(generics.ListAPIView):
        serializer_class = CandleSerializer
        permission_classes = (permissions.AllowAny,)
        pagination_class = None
        filter_backends = ()

        def get_queryset(self) -> Any:
            candles = PriceData.objects.filter(asset_id=self.kwargs["asset_id"], timeframe="1h")
            return candles.order_by("-candle_time")[:LIMIT]

    address = path(PATH.lstrip("/").replace("{asset_id}", "<int:asset_id>"), Candles.as_view())
    urls.urlpatterns.insert(0, address)
    return application
