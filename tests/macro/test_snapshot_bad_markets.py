"""Snapshots of markets in which something is wrong: sound numbers, and the fault is told."""

import json
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from django.db import connection

from macro.services import take_snapshot
from tests.macro.snapshot_market import DAY, END, SmallMarket, add_series, add_values, row, whole_market

pytestmark = pytest.mark.django_db


class TestBadMarkets:
    def sound(self, timeframe: str = "1d", as_of: datetime = END) -> dict[str, Any]:
        """The row, whose numbers are all finite; warnings are errors in tests."""
        made = row(timeframe, as_of)
        json.dumps([made["extended_metrics"], made["data_quality_flags"]], allow_nan=False)
        take_snapshot(timeframe, as_of)
        return made

    def test_all_prices_equal(self) -> None:
        market = SmallMarket()
        for asset in market.assets:
            add_series(asset, "1d", np.full(70, 7.0), np.full(70, 1e6), END)
            add_series(asset, "1h", np.full(30, 7.0), np.full(30, 1e6), END)
        made = self.sound()
        assert (made["momentum_index"], made["btc_eth_correlation_30d"]) == (None, None)
        assert (made["new_highs_24h"], made["new_lows_24h"], made["crypto_market_breadth"]) == (0, 0, 0)
        assert "Bitcoin's price has not moved for 30 days" in made["data_quality_flags"]["validation_errors"]
        assert made["is_validated"] is False

    @pytest.mark.parametrize("timeframe", ["1d", "1h"])
    def test_nothing_is_traded(self, timeframe: str) -> None:
        """Series of mark prices have volume 0."""
        market = SmallMarket()
        for asset in market.assets:
            prices = 50 * np.exp(np.cumsum(0.01 * market.random.standard_normal(100)))
            add_series(asset, timeframe, prices, np.zeros(100), END)
        made = self.sound(timeframe)
        assert made["total_volume_24h"] is None
        assert made["data_quality_flags"]["validation_errors"] == ["Bitcoin was not traded in its newest candle"]

    def test_a_coin_dies(self) -> None:
        """It leaves the universe; while it lingers it counts as what it is: without a last price."""
        market = whole_market()
        dying = market.assets[7]
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM price_data WHERE asset_id = %s AND candle_time >= %s", [dying.pk, END - 2 * DAY]
            )
        lingering = self.sound()
        assert lingering["data_quality_flags"]["gaps"]["by_asset"] == {dying.symbol: 2}
        gone = self.sound("1d", END - DAY)
        assert gone["data_quality_flags"]["gaps"]["by_asset"] == {dying.symbol: 1}

    def test_a_split_is_told_and_moves_little(self) -> None:
        market = whole_market()
        before = row("1d")
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE price_data SET close_price = close_price / 1000, low_price = low_price / 1000 "
                "WHERE asset_id = %s AND timeframe = '1d' AND candle_time = %s",
                [market.assets[7].pk, END - DAY],
            )
        made = self.sound()
        flags = made["data_quality_flags"]
        assert flags["suspected_splits"] == [market.assets[7].symbol]
        assert market.assets[7].symbol in flags["outlier_flags"]["asset_returns"]
        assert made["has_anomalies"] is True
        assert before["has_anomalies"] is False
        assert abs(float(made["momentum_index"] - before["momentum_index"])) < 0.2

    def test_bitcoin_lacks_candles(self) -> None:
        market = whole_market()
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM price_data WHERE asset_id = %s AND candle_time >= %s", [market.assets[0].pk, END - DAY]
            )
        errors = self.sound()["data_quality_flags"]["validation_errors"]
        assert errors == ["Bitcoin lacks 1 candles of the last 30 days", "Bitcoin's newest candle is missing"]

    def test_an_outlier_of_an_input(self) -> None:
        market = SmallMarket()
        market.candles("1d", 120)
        calm = 15 + 0.1 * market.random.standard_normal(100)
        add_values("VIX", "macro", np.append(calm, 65.7), END - 101 * DAY)
        made = self.sound()
        assert made["data_quality_flags"]["outlier_flags"]["VIX"] > 50
        assert made["has_anomalies"] is True

    @pytest.mark.parametrize(("factor", "errors"), [(1.01, 0), (1.2, 1)])
    def test_a_second_source_disagrees(self, factor: float, errors: int) -> None:
        closes = SmallMarket().candles("1d", 60)
        add_values("BTC_CLOSE", "macro", closes[-3:, 0] * factor, END - 3 * DAY)
        assert len(self.sound()["data_quality_flags"]["validation_errors"]) == errors
