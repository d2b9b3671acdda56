"""Pairs of an exchange over real HTTP: names land at the assets, spans in the listings, an end is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assets.models import Asset, AssetListing
from assets.services import sync_listings
from tests.factories import AssetFactory
from tests.stubs.server import StubServer

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 6, 10, tzinfo=UTC)
ONBOARD = 1598252400000


def spot(base: str, *, quote: str = "USDT", status: str = "TRADING") -> dict[str, Any]:
    return {"symbol": f"{base}{quote}", "baseAsset": base, "quoteAsset": quote, "status": status}


def perpetual(base: str, *, status: str = "TRADING", ends: int = 4133404800000) -> dict[str, Any]:
    more = {"contractType": "PERPETUAL", "onboardDate": ONBOARD, "deliveryDate": ends}
    return spot(base, status=status) | more


def told(stub: StubServer, spots: list[Any], perpetuals: list[Any]) -> None:
    stub.answer("/api/v3/exchangeInfo", body={"symbols": spots})
    stub.answer("/fapi/v1/exchangeInfo", body={"symbols": perpetuals})


def test_pairs_join_known_coins_and_perpetuals_become_assets(stub: StubServer) -> None:
    bitcoin = AssetFactory(symbol="BTC", data_source="coingecko", external_ids={"coingecko": "bitcoin"})
    told(stub, [spot("BTC"), spot("BTC", quote="EUR"), spot("NOBODY"), "nothing"], [perpetual("BTC")])
    done = sync_listings(NOW)
    assert (done.pairs, done.named, done.ended, len(done.rejects)) == (2, 2, 0, 1)
    bitcoin.refresh_from_db()
    assert bitcoin.external_ids == {"coingecko": "bitcoin", "binance": "BTCUSDT"}
    future = Asset.objects.get(symbol="BTCUSDT-PERP")
    assert future.external_ids == {"binance": "BTCUSDT"}
    listing = AssetListing.objects.get()
    assert (listing.asset, listing.listed_at, listing.delisted_at) == (
        future, datetime(2020, 8, 24, 7, tzinfo=UTC), None,
    )  # fmt: skip
    again = sync_listings(NOW)
    assert (again.pairs, again.named, again.ended) == (2, 0, 0)
    assert AssetListing.objects.count() == 1


def test_a_pair_that_is_traded_no_more_ends(stub: StubServer) -> None:
    AssetFactory(symbol="BTC", data_source="coingecko", external_ids={"coingecko": "bitcoin"})
    told(stub, [spot("BTC")], [perpetual("BTC")])
    sync_listings(NOW)
    ended = datetime(2024, 6, 1, tzinfo=UTC)
    told(stub, [spot("BTC")], [perpetual("BTC", status="SETTLING", ends=int(ended.timestamp() * 1000))])
    assert sync_listings(NOW).ended == 1
    assert AssetListing.objects.get().delisted_at == ended
    assert sync_listings(NOW).ended == 0


def test_a_halt_is_no_end_once_it_is_over(stub: StubServer) -> None:
    """Whoever is traded again was not delisted: what the halt left out is looked for like any other gap."""
    bitcoin = AssetFactory(symbol="BTC", data_source="coingecko", external_ids={"binance": "BTCUSDT"})
    AssetListing.objects.create(asset=bitcoin, source="binance", listed_at=datetime(2020, 1, 1, tzinfo=UTC))
    told(stub, [spot("BTC", status="BREAK")], [perpetual("BTC", status="PENDING_TRADING")])
    assert sync_listings(NOW).ended == 1
    told(stub, [spot("BTC")], [perpetual("BTC")])
    assert sync_listings(NOW + timedelta(hours=3)).ended == 0
    assert AssetListing.objects.get(asset=bitcoin).delisted_at is None
    told(stub, [spot("BTC")], [perpetual("BTC", status="SETTLING")])
    assert sync_listings(NOW + timedelta(hours=4)).ended == 1
    told(stub, [spot("BTC")], [perpetual("BTC")])
    sync_listings(NOW + timedelta(hours=5))
    assert set(AssetListing.objects.values_list("delisted_at", flat=True)) == {None}
