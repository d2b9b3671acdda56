"""Which assets and sectors a backtest runs on, and the candles it reads."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from assets.models import Asset
from assets.selectors import candle_panel
from assets.selectors.panel import CandlePanel
from macro.models import ExternalSeries, ExternalValue
from selection.models import WatchlistAssetHistory
from system.exceptions import NoData
from system.models import PipelineRun
from tests.factories import (
    AssetFactory,
    SectorFactory,
    SectorMappingFactory,
    SignalFactory,
    WatchlistFactory,
    add_candles,
)
from tests.trading.backtesting import DAY, run
from tests.trading.test_signals import DAYS, END
from trading.models import AITradingSignal
from trading.services.backtests.assumptions import assumptions_of
from trading.services.backtests.lifting import finer_of, lifted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


@pytest.mark.usefixtures("coins")
class TestAssets:
    """Without names: what stood on the lists then, what the signals are of; not what is left at the end."""

    def dead(self) -> Asset:
        """A coin whose candles end in the midst of the window."""
        asset: Asset = AssetFactory(symbol="GONE")
        closes = 50 * np.exp(np.cumsum(0.02 * np.random.default_rng(8).standard_normal(DAYS - 20)))
        add_candles(asset, closes.round(6), timeframe="1d", first=END - DAYS * DAY)
        return asset

    def signal(self, asset: Asset, as_of: datetime, **given: Any) -> AITradingSignal:
        run, _made = PipelineRun.objects.get_or_create(series="again", timeframe="1d", as_of=as_of)
        close = asset.candles.get(candle_time=as_of - DAY).close_price
        levels = {"entry_price": close, "target_price": close * 2, "stop_loss": close / 2} | given
        return SignalFactory(
            asset=asset, series="again", run=run, time_horizon_hours=168, expires_at=as_of + 7 * DAY, **levels
        )

    def test_of_a_series_are_those_of_its_signals(self) -> None:
        gone, alive = self.dead(), Asset.objects.get(symbol="BTC")
        self.signal(gone, END - 60 * DAY)
        self.signal(alive, END - 50 * DAY)
        self.signal(alive, END - 20 * DAY, status="cancelled")
        done = run(rules=None, series="again")
        assert set(done.result.bars.keys) == {"GONE", "BTC"}
        assert len(done.result.trades) == 3
        assert done.left_out == {}
        assert "assets_of_signals" in {one["code"] for one in assumptions_of(done)}

    def test_a_stored_plan_that_makes_no_sense_holds_up_no_other(self) -> None:
        alive = Asset.objects.get(symbol="BTC")
        close = alive.candles.get(candle_time=END - 51 * DAY).close_price
        self.signal(alive, END - 60 * DAY)
        levels = {"entry_price": close * 3, "stop_loss": close * 2, "target_price": close * 4}
        self.signal(alive, END - 50 * DAY, **levels, status="cancelled")
        done = run(rules=None, series="again")
        assert len(done.result.orders) == 1
        assert done.left_out == {"makes_no_sense": 1}
        with pytest.raises(NoData, match="can be followed"):
            run(rules=None, series="again", start=(END - 55 * DAY).isoformat())

    def test_of_plans_are_those_that_stood_on_a_list_at_any_time(self) -> None:
        gone, btc, eth = self.dead(), *Asset.objects.filter(symbol__in=["BTC", "ETH"]).order_by("symbol")
        watchlist = WatchlistFactory()
        spells = [(gone, -40, -25), (btc, -90, None), (eth, -90, -50), (eth, -20, None)]
        for place, (asset, since, until) in enumerate(spells, 1):
            WatchlistAssetHistory.objects.create(
                watchlist=watchlist, asset=asset, sort_order=place, valid_from=END + since * DAY,
                valid_to=None if until is None else END + until * DAY,
            )  # fmt: skip
        window = {"rules": None, "signals": "plans", "start": (END - 32 * DAY).isoformat()}
        done = run(**window, end=(END - 24 * DAY).isoformat())
        assert done.result.bars.keys == ("BTC", "GONE")
        assert len(done.result.orders) > 0
        assert "assets_as_listed" in {one["code"] for one in assumptions_of(done)}
        WatchlistAssetHistory.objects.all().delete()
        with pytest.raises(NoData, match="stood on a list"):
            run(**window)

    def test_sectors_are_those_of_each_time(self) -> None:
        btc, eth = Asset.objects.filter(symbol__in=["BTC", "ETH"]).order_by("symbol")
        old, new = SectorFactory(name="Old"), SectorFactory(name="New")
        turn, left = END - 30 * DAY, END - 10 * DAY
        for asset, sector, since, until in ((btc, old, None, turn), (btc, new, turn, left), (eth, old, left, None)):
            SectorMappingFactory(asset=asset, sector=sector, is_primary_sector=True, valid_from=since, valid_to=until)
        account = run(assets=["BTC", "ETH", "UP0"]).result.account

        def told(key: str, *moments: datetime) -> list[str]:
            seconds = np.array([int(moment.timestamp()) for moment in moments])
            return list(account.sectors_at(key, seconds))

        days = (-500, -1, 0, 19, 20)
        assert told("BTC", *(turn + number * DAY for number in days)) == ["Old", "Old", "New", "New", ""]
        assert told("ETH", turn, left) == ["", "Old"]
        assert told("UP0", END) == [""]


def test_shorter_candles_are_read_once_for_each_asset_and_time(
    coins: list[Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []

    def counted(asset_ids: list[int], *given: Any, **more: Any) -> CandlePanel:
        reads.extend(asset_ids)
        return candle_panel(asset_ids, *given, **more)

    monkeypatch.setattr("trading.services.shorter_candles.candle_panel", counted)
    add_candles(coins[0], np.linspace(50, 60, 24 * 9), timeframe="1h", first=END - 9 * DAY)
    candles = lifted(coins[:2], "1d", END - 150 * DAY, END)
    rows = np.array([candles.row(END - days * DAY) for days in (3, 7, 5, 3, 120)])
    opens, high, low = finer_of(candles)(np.array([0, 0, 0, 1, 0]), rows)
    # days that lie together are one read; of another asset, or long before, are others
    assert reads == [coins[0].pk, coins[0].pk, coins[1].pk]
    single = [finer_of(candles)(np.array([column]), rows[[place]]) for place, column in enumerate((0, 0, 0, 1, 0))]
    for line, ones in zip((opens, high, low), zip(*single, strict=True), strict=True):
        assert np.array_equal(line, np.vstack(ones), equal_nan=True)
    assert np.isfinite(opens[:3]).all()
    assert np.isnan(opens[3:]).all()


def test_shorter_candles_and_funding_are_read(coins: list[Asset]) -> None:
    hours = np.linspace(50, 60, 24)
    add_candles(coins[0], hours, timeframe="1h", first=END - 3 * DAY)
    candles = lifted(coins[:2], "1d", END - 5 * DAY, END)
    finer = finer_of(candles)
    row = candles.row(END - 3 * DAY)
    opens, high, low = finer(np.array([0, 1, 0]), np.array([row, row, row + 1]))
    assert opens.shape == (3, 24)
    assert np.isfinite(opens[0] + high[0] + low[0]).all()
    assert np.isnan(opens[1:]).all()
    assert (high[0] >= low[0]).all()
    series = ExternalSeries.objects.create(
        code="FUNDING:BTC", name="funding", kind="funding", unit="fraction", source="test", asset=coins[0]
    )
    for hour, rate in ((0, "0.0001"), (8, "0.0002")):
        at = END - 20 * DAY + timedelta(hours=hour)
        ExternalValue.objects.create(series=series, observed_at=at, known_at=at, value=rate)
    done = run()
    assert done.result.has_funding
    assert "funding" in {one["code"] for one in assumptions_of(done)}
    assert done.result.figures.funding != 0
