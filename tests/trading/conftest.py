"""A portfolio and coins that journals are about, a market that backtests run on, and a place for their reports."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from assets.models import Asset
from selection.models import Portfolio
from tests.factories import AssetFactory, PortfolioFactory
from tests.trading.test_signals import store_market


@pytest.fixture
def portfolio() -> Portfolio:
    return PortfolioFactory(lot_method="fifo")


@pytest.fixture
def bitcoin() -> Asset:
    return AssetFactory(symbol="BTC")


@pytest.fixture
def binance() -> Asset:
    return AssetFactory(symbol="BNB")


@pytest.fixture
def tether() -> Asset:
    return AssetFactory(symbol="USDT", asset_type="stablecoin")


@pytest.fixture(scope="module")
def rising_coins(module_rows: Any) -> list[Asset]:
    with module_rows():
        return store_market()


@pytest.fixture
def coins(db: None, rising_coins: list[Asset]) -> list[Asset]:
    """Coins that rise together."""
    return deepcopy(rising_coins)


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    """The installation's home: a folder of its own."""
    settings.CRYPTOPREDICT_HOME = tmp_path
    return tmp_path
