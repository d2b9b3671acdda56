"""Assets come to be under the right name, once."""

import pytest

from assets.catalogue import coins, symbols_by_coingecko_id, symbols_by_name
from assets.choices import AssetType
from assets.models import Asset
from assets.services import register_asset, register_coin

pytestmark = pytest.mark.django_db


def test_the_catalogue_knows_the_coin() -> None:
    asset = register_asset("BTC", data_source="binance", quote="USDT", exchange_pair="BTCUSDT")
    assert (asset.name, asset.asset_type) == ("Bitcoin", AssetType.CRYPTO)
    assert asset.external_ids == {"binance": "BTCUSDT", "coingecko": "bitcoin"}
    assert register_asset("BTC", data_source="other") == asset


def test_an_asset_keeps_its_pair_or_gets_its_first() -> None:
    assert register_coin("bitcoin", "btc").external_ids == {"coingecko": "bitcoin"}
    found = register_asset("BTC", data_source="binance", quote="USDT", exchange_pair="BTCUSDT")
    assert found.external_ids == {"coingecko": "bitcoin", "binance": "BTCUSDT"}
    register_asset("BTC", data_source="binance", quote="FDUSD", exchange_pair="BTCFDUSD")
    assert Asset.objects.get().external_ids == {"coingecko": "bitcoin", "binance": "BTCUSDT"}


def test_a_pegged_coin_is_marked() -> None:
    assert register_asset("EURI", data_source="binance").asset_type == AssetType.STABLECOIN
    assert register_asset("WBTC", data_source="binance").metrics_details == {"pegged_to": "BTC"}


def test_an_unknown_coin_has_its_symbol_for_a_name() -> None:
    asset = register_asset("NEWCOIN", data_source="binance")
    assert (asset.name, asset.external_ids) == ("NEWCOIN", {})


def test_a_coingecko_id_finds_its_asset() -> None:
    asset = register_asset("BTC", data_source="binance")
    assert register_coin("bitcoin", "btc") == asset
    assert Asset.objects.count() == 1


def test_two_coins_with_one_ticker() -> None:
    uni = register_coin("uniswap", "uni")
    other = register_coin("unicorn-token", "uni")
    third = register_coin("universe", "uni")
    assert [asset.symbol for asset in (uni, other, third)] == ["UNI", "UNI-2", "UNI-3"]
    assert register_coin("unicorn-token", "uni") == other


def test_a_ticker_of_a_known_coin_is_not_taken_by_another() -> None:
    assert register_coin("link-of-somebody", "link").symbol == "LINK-2"


def test_the_catalogue_is_sound() -> None:
    assert all(symbol == coin.symbol == coin.symbol.upper() for symbol, coin in coins().items())
    ids = [coin.coingecko_id for coin in coins().values() if coin.coingecko_id]
    assert len(ids) == len(set(ids)) == len(symbols_by_coingecko_id())
    names = [name.lower() for coin in coins().values() for name in {coin.name.lower(), *map(str.lower, coin.aliases)}]
    assert len(names) == len(set(names)) == len(symbols_by_name())
