"""What a product under chaos works on: a market, somebody who decides, and a program that listens."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl

from accounts.models import User
from accounts.services import create_api_token, create_webhook
from assets.choices import AssetType
from assets.configuration import HISTORY_DAYS
from assets.models import Asset
from assets.services import ensure_partitions, store_batch
from system.services.settings import merge_settings
from tests.chaos.outside import HOOK, Outside
from tests.chaos.works import CLIENTS, DAYS, EACH, TOPIC
from tests.factories import UserFactory

LENGTH = 500
"""Days of candles: enough to learn regimes from."""
END = datetime(2026, 9, 2, tzinfo=UTC)


def make_market() -> None:
    """Coins whose prices walk at random. They are not fetched from anywhere."""
    first = END - timedelta(days=LENGTH)
    ensure_partitions("1d", first, END)
    ensure_partitions("4h", datetime(2026, 6, 1, tzinfo=UTC) - timedelta(days=DAYS + 1), END + timedelta(days=60))
    symbols = ["BTC", *(f"MADE{number}" for number in range(CLIENTS * EACH))]
    for number, symbol in enumerate(symbols):
        asset = Asset.objects.create(
            symbol=symbol,
            name="Bitcoin" if symbol == "BTC" else f"Made {number}",
            asset_type=AssetType.CRYPTO,
            data_source="binance",
            external_ids={"coingecko": "bitcoin" if symbol == "BTC" else symbol.lower()},
            market_cap_rank=number + 1,
            current_price=Decimal(100),
        )
        store_batch("1d", walk(asset.pk, first))


def walk(asset_id: int, first: datetime) -> pl.DataFrame:
    """A price at each close, which goes up or down by some percent."""
    chance = random.Random(asset_id)  # noqa: S311 - a market
    closes, price = [], 100.0
    for _day in range(LENGTH):
        price *= 1 + chance.gauss(0.0005, 0.03)
        closes.append(price)
    opens = [100.0, *closes[:-1]]
    pairs = list(zip(opens, closes, strict=True))
    moments = pl.Series([first + timedelta(days=day) for day in range(LENGTH)])
    return pl.DataFrame(
        {
            "asset_id": asset_id,
            "candle_time": moments.cast(pl.Datetime("us", "UTC")),
            "open": [f"{one:.8f}" for one in opens],
            "high": [f"{max(pair) * 1.01:.8f}" for pair in pairs],
            "low": [f"{min(pair) * 0.99:.8f}" for pair in pairs],
            "close": [f"{one:.8f}" for one in closes],
            "volume": "1000",
            "trade_count": 7,
            "quote_volume": "100000",
        }
    )


def make_people(outside: Outside) -> tuple[User, str]:
    """Who decides and is told of it at the stub, and his token; from now on the stub is the exchange."""
    days = HISTORY_DAYS | {"4h": DAYS}
    collection = {"enabled": True, "timeframes": ["4h"], "history_days": days}
    merge_settings({"collection": collection, "outgoing": {"allowed_hosts": ["127.0.0.1"]}}, actor=None)
    owner = UserFactory(email="chaos@example.org")
    create_webhook(owner, url=f"{outside.stub.url}{HOOK}", events=[TOPIC])
    _row, token = create_api_token(owner, name="chaos", scopes=("read", "write"))
    return owner, token


def stop_collecting() -> None:
    merge_settings({"collection": {"enabled": False}}, actor=None)
