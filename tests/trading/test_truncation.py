"""Nothing of layer 4 knows the future: signals, their sizes, how they are followed and how positions stand are the same
whether the candles after the moment are there or not."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from aimodels.services import serving
from aimodels.services.registry import ensure_rules
from assets.models import Asset
from macro.models import MetricsSnapshot
from selection.choices import HoldingType
from selection.models import Portfolio, PositionFlow
from selection.services import add_to_watchlist
from system.models import PipelineRun
from tests.factories import (
    AdminFactory,
    AssetFactory,
    MetricsSnapshotFactory,
    PortfolioFactory,
    PositionFactory,
    WatchlistFactory,
    add_candles,
)
from tests.trading.test_signals import END, in_force
from trading.models import AIPortfolioAssetAnalysis, AITradingSignal, SignalOutcome, SignalTrack
from trading.rules import TIMING_RULES
from trading.services import analyse_positions, generate_signals, track_signals

BEFORE, COINS = 130, 6
DAY = timedelta(days=1)
WRITING = {"id", "created_at", "updated_at", "run_id", "metrics_snapshot_id", "signal_id", "known_at"}
Paths = list[np.ndarray]


@pytest.fixture
def market(db: None) -> Iterator[tuple[list[Asset], Portfolio]]:
    """Coins on a list, a version in force that finds an edge, and a portfolio that holds every coin, long or short."""
    ensure_rules(TIMING_RULES)
    serving.forget()
    in_force(0.5)
    admin = AdminFactory()
    portfolio: Any = PortfolioFactory()
    watchlist = WatchlistFactory(user=admin)
    coins: list[Any] = [
        AssetFactory(symbol=symbol) for symbol in ["BTC", "ETH", *(f"UP{place}" for place in range(COINS - 2))]
    ]
    for place, coin in enumerate(coins):
        add_to_watchlist(watchlist, coin, actor=admin, at=END - BEFORE * DAY)
        side = -1 if place % 2 else 1
        kind = HoldingType.SHORT_POSITION if side < 0 else HoldingType.CRYPTO_ASSET
        position = PositionFactory(
            portfolio=portfolio, asset=coin, asset_type=kind, quantity=1,
            stop_loss_price=50 - side * 40, take_profit_price=50 + side * 45,
        )  # fmt: skip
        PositionFlow.objects.create(
            position=position, action_id=position.pk, occurred_at=END - BEFORE * DAY, quantity_change=side,
            price=50, cash_flow_usd=-side * 50, cost_change_usd=side * 50,
        )  # fmt: skip
    yield coins, portfolio
    serving.forget()


def paths(days: int, seed: int) -> Paths:
    """Closes of each coin: up for a time, then down, so that there are long and short plans and all ends."""
    generator = np.random.default_rng(seed)
    drift = 0.012 * np.sign(np.sin(np.arange(days) / 14))
    return [50 * np.exp(np.cumsum(drift + 0.02 * generator.standard_normal(days)) * 0.8).round(6) for _ in range(COINS)]


def store(coins: list[Asset], closes: Paths, days: slice) -> None:
    for coin, line in zip(coins, closes, strict=True):
        first = END + (days.start - BEFORE) * DAY
        add_candles(coin, line[days], timeframe="1d", first=first)


def told(rows: Any) -> list[dict[str, Any]]:
    """All that rows say but when and by which run they were written."""
    return [{name: value for name, value in row.items() if name not in WRITING} for row in rows.values()]


def run(at: datetime, portfolio: Portfolio) -> dict[str, Any]:
    """What the run of a moment says, in the order of the pipeline."""
    snapshot = MetricsSnapshot.objects.filter(snapshot_time=at).first()
    snapshot = snapshot or MetricsSnapshotFactory(snapshot_time=at, timeframe="1d")
    own = PipelineRun.objects.create(series="live", timeframe="1d", as_of=at)
    track_signals(at, timeframe="1d", run=own)
    generate_signals(snapshot, None, run=own)
    analyse_positions(portfolio, snapshot, run=own)
    followed = SignalTrack.objects.order_by("signal__run__as_of", "signal__asset")
    return {
        "signals": told(AITradingSignal.objects.filter(run=own).order_by("asset", "signal_type")),
        "outcomes": told(SignalOutcome.objects.filter(run=own).order_by("signal__run__as_of", "signal__asset")),
        "progress": told(followed),
        "positions": told(AIPortfolioAssetAnalysis.objects.filter(run=own).order_by("portfolio_asset")),
    }


@pytest.mark.parametrize("cuts", [12, pytest.param(200, marks=pytest.mark.full)])
def test_the_future_changes_nothing(market: tuple[list[Asset], Portfolio], cuts: int) -> None:
    """A history that grows by a candle for each run, and one that has all of them from the start."""
    coins, portfolio = market
    closes = paths(BEFORE + cuts + 20, seed=cuts)
    moments = [END + place * DAY for place in range(cuts)]
    with transaction.atomic():
        store(coins, closes, slice(0, BEFORE))
        grown = []
        for place, at in enumerate(moments):
            grown.append(run(at, portfolio))
            store(coins, closes, slice(BEFORE + place, BEFORE + place + 1))
        transaction.set_rollback(True)
    store(coins, closes, slice(0, len(closes[0])))
    found = [run(at, portfolio) for at in moments]
    for place in range(cuts):
        assert found[place] == grown[place]
    signals = [one for each in found for one in each["signals"]]
    sizes = [one["risk_management"]["max_position_size_pct"] for one in signals]
    assert sum(size > 0 for size in sizes) >= cuts // 4, "some are sized"
    assert len(found[-1]["progress"]) >= cuts // 2
    assert sum(len(each["outcomes"]) for each in found) >= cuts // 4
    assert all(len(each["positions"]) == COINS for each in found)
    assert any(one["exit_probability"] not in (None, Decimal(1)) for one in found[0]["positions"])
