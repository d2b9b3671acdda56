"""A small made market in the database: coins that trade, one that ended, one that follows another price."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from aimodels.services.price_subjects import LONGEST, PastPrices
from assets.choices import AssetType, Market
from assets.models import Asset
from macro.models import ExternalValue
from selection.selectors.history import asset_history
from selection.services import training
from tests.factories import AssetFactory, ExternalSeriesFactory, SectorFactory, SectorMappingFactory, add_candles

DAYS = 420
DAY = timedelta(days=1)
FIRST = datetime(2023, 5, 1, tzinfo=UTC)
END = FIRST + DAYS * DAY
"""When the last candle closed."""


def lifted(as_of: datetime) -> PastPrices:
    """The market as ``training.lift`` gives it, without the proofs, which take seconds."""
    history = asset_history("1d", as_of, Market.REAL, LONGEST["1d"])
    return training.past_prices(history, [])


@dataclass(frozen=True)
class MadeMarket:
    """``coins`` trade throughout, Bitcoin first among them, ``ended`` did until day 300, ``late`` since day 400."""

    coins: list[Asset]
    ended: Asset
    late: Asset
    stable: Asset

    @property
    def bitcoin(self) -> Asset:
        return self.coins[0]


@pytest.fixture
def made_market(db: None) -> MadeMarket:
    generator = np.random.default_rng(11)
    symbols = ("BTC", "ETH", "AAA", "BBB", "CCC")
    market = MadeMarket(
        [AssetFactory(symbol=symbol) for symbol in symbols],
        AssetFactory(symbol="ENDED"),
        AssetFactory(symbol="LATE"),
        AssetFactory(symbol="PEG", asset_type=AssetType.STABLECOIN),
    )
    shared = 0.02 * generator.standard_normal(DAYS)
    for asset, span in (*((coin, slice(0, DAYS)) for coin in market.coins), (market.ended, slice(0, 300)),
                        (market.late, slice(400, DAYS))):  # fmt: skip
        closes = 100 * np.exp(np.cumsum(shared + 0.02 * generator.standard_normal(DAYS)))[span]
        add_candles(asset, np.round(closes, 8).tolist(), first=FIRST + span.start * DAY)
    add_candles(market.stable, [1.0] * DAYS, first=FIRST)
    early, late = SectorFactory(), SectorFactory()
    half = FIRST + 350 * DAY
    for asset in (*market.coins[1:], market.ended):
        SectorMappingFactory(asset=asset, sector=early, is_primary_sector=True, valid_to=half)
    for asset in market.coins[1:3]:
        SectorMappingFactory(asset=asset, sector=late, is_primary_sector=True, valid_from=half)
    mood = ExternalSeriesFactory(code="FNG", kind="sentiment")
    ExternalValue.objects.bulk_create(
        ExternalValue(series=mood, observed_at=FIRST + day * DAY, known_at=FIRST + (day + 1) * DAY, value=int(value))
        for day, value in enumerate(generator.integers(10, 90, DAYS))
    )
    return market
