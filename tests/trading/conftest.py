"""A portfolio and coins that journals are about."""

import pytest

from assets.models import Asset
from selection.models import Portfolio
from tests.factories import AssetFactory, PortfolioFactory


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
