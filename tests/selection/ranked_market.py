"""A made market that is long enough for weights: twelve coins, the first ones rising, the last falling."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from accounts.services import ensure_system_user
from aimodels.services import ensure_rules
from assets.models import Asset
from macro.models import MetricsSnapshot
from selection.models import Watchlist
from selection.rules import ASSET_RULES, FORECAST_RULES
from selection.services import ensure_default_watchlists, fill_empty_lists, forecast_assets, rank_assets, rank_watchlist
from system.models import PipelineRun
from tests.factories import AssetFactory, MetricsSnapshotFactory, PipelineRunFactory, add_candles
from tests.factories.base import EPOCH

DAY = timedelta(days=1)
COINS, DAYS = 12, 330
AS_OF = EPOCH + 300 * DAY
"""Thirty days before the last candle closes, so that what came after is known."""


@dataclass
class RankedMarket:
    """The coins and lists, and a snapshot with its run at ``AS_OF``."""

    coins: list[Asset]
    closes: np.ndarray
    snapshot: MetricsSnapshot
    run: PipelineRun

    @property
    def tiers(self) -> dict[str, Watchlist]:
        return {str(watchlist.tier): watchlist for watchlist in Watchlist.objects.exclude(tier=None)}

    def run_layers(self, series: str = "live") -> None:
        """What a run writes before it suggests."""
        forecast_assets(self.snapshot, None, run=self.run, series=series)
        fill_empty_lists(self.snapshot, series=series)
        rank_assets(self.snapshot, run=self.run, series=series)
        for watchlist in self.tiers.values():
            rank_watchlist(watchlist, self.snapshot, run=self.run, series=series)


@pytest.fixture(scope="module")
def stored_market(module_rows: Any) -> RankedMarket:
    """The market of a module, as it was made."""
    with module_rows():
        return _made()


@pytest.fixture
def ranked_market(db: None, stored_market: RankedMarket) -> RankedMarket:
    """A test's own."""
    return deepcopy(stored_market)


@pytest.fixture(scope="module")
def stored_layers(module_rows: Any, stored_market: RankedMarket) -> RankedMarket:
    """The market of a module in which a run has written what comes before suggestions."""
    with module_rows():
        stored_market.run_layers()
    return stored_market


@pytest.fixture
def market(db: None, stored_layers: RankedMarket) -> RankedMarket:
    """A test's own, with the layers; where one test of a module has them, all have."""
    return deepcopy(stored_layers)


def _made() -> RankedMarket:
    ensure_system_user()
    for rules in (ASSET_RULES, FORECAST_RULES["1d"]):
        ensure_rules(rules)
    ensure_default_watchlists()
    Watchlist.objects.filter(tier="tier1").update(max_assets=4)
    Watchlist.objects.filter(tier="tier2").update(max_assets=6)
    generator = np.random.default_rng(11)
    drift = np.linspace(0.003, -0.003, COINS)
    closes = np.round(100 * np.exp(np.cumsum(drift + 0.03 * generator.standard_normal((DAYS, COINS)), axis=0)), 8)
    coins: list[Asset] = [AssetFactory(symbol=f"C{place:02}") for place in range(COINS)]
    order = generator.permutation(COINS)
    for place, coin in enumerate(coins):
        add_candles(coin, closes[:, place].tolist(), volume=1000 + 100 * int(order[place]))
    run = PipelineRunFactory(as_of=AS_OF, timeframe="1d")
    return RankedMarket(coins, closes, MetricsSnapshotFactory(snapshot_time=AS_OF, timeframe="1d"), run)
