"""A portfolio of four coins with 130 days of candles, and its analysis."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from aimodels.services import ensure_rules
from macro.models import MetricsSnapshot
from selection.models import AIPortfolioAnalysis, Portfolio
from selection.rules import ASSET_RULES
from selection.services import analyse_portfolio
from tests.factories import (
    AssetFactory,
    FlowFactory,
    MetricsSnapshotFactory,
    PortfolioFactory,
    PositionFactory,
    SectorFactory,
    SectorMappingFactory,
    add_candles,
)
from tests.factories.base import EPOCH

DAY = timedelta(days=1)
D = Decimal
LENGTH = 130
AS_OF = EPOCH + LENGTH * DAY
SYMBOLS = ("BTC", "ETH", "SOL", "ADA")


def closes(seed: int) -> np.ndarray:
    common = np.random.default_rng(99).normal(0, 0.01, LENGTH)
    own = np.random.default_rng(seed).normal(0.0004 * seed, 0.01 + 0.004 * seed, LENGTH)
    return (100 * np.exp(np.cumsum(common + own))).round(6)


@pytest.fixture
def portfolio() -> Portfolio:
    """Four coins, mostly Bitcoin, held since the beginning of their candles."""
    ensure_rules(ASSET_RULES)
    made = PortfolioFactory()
    sectors = [SectorFactory(name=f"Sector {number}") for number in range(2)]
    for place, symbol in enumerate(SYMBOLS):
        asset = AssetFactory(symbol=symbol)
        add_candles(asset, closes(place).tolist(), volume=D(10_000_000))
        if place:
            SectorMappingFactory(asset=asset, sector=sectors[place // 2], is_primary_sector=True)
        position = PositionFactory(portfolio=made, asset=asset)
        FlowFactory(position=position, quantity_change=D(10 if place == 0 else 2), price=D(100), fee_usd=D(1))
    return made


def snapshot() -> MetricsSnapshot:
    return MetricsSnapshotFactory(snapshot_time=AS_OF)


def analysis(portfolio: Portfolio, market: MetricsSnapshot | None = None) -> AIPortfolioAnalysis:
    found = analyse_portfolio(portfolio, market or snapshot())
    assert found is not None
    found.refresh_from_db()
    return found
