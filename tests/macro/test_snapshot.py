"""The snapshot: complete, repeatable, blind to the future, and sound on bad markets."""

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from macro.models import MetricsSnapshot
from macro.services import take_snapshot
from macro.services.snapshot import OWED
from system.exceptions import NoData
from tests.macro.snapshot_market import (
    DAY,
    END,
    HOUR,
    SmallMarket,
    add_values,
    blur_after,
    forget_after,
    row,
    whole_market,
)

pytestmark = pytest.mark.django_db
QUERIES = {"1d": 10, "1h": 10}
"""Statements that lift everything, whatever the number of assets."""


class TestComplete:
    def test_every_column_or_its_reason(self) -> None:
        whole_market(**{"1h": 750, "4h": 210, "1d": 210, "1w": 210})
        for timeframe in ("1h", "4h", "1d", "1w"):
            made = take_snapshot(timeframe, END)
            flags = made.data_quality_flags or {}
            empty = {
                column.name
                for column in MetricsSnapshot._meta.concrete_fields
                if column.null and getattr(made, column.attname) is None
            }
            assert empty == set(flags["missing"])
            assert set(flags["missing"].values()) == {"no source"}, flags["missing"]
            assert (flags["columns_owed"], flags["columns_known"]) == (OWED, OWED - len(empty))
            assert flags["completeness_score"] == round(1 - len(empty) / OWED, 4)

    def test_every_figure_or_its_reason(self) -> None:
        whole_market(**{"1d": 210})
        made = take_snapshot("1d", END)
        groups = made.extended_metrics or {}
        assert set(groups) == {
            "technical_indicators", "trend_metrics", "sentiment_metrics", "derivatives_metrics", "onchain_metrics",
            "composite_metrics", "correlation_metrics", "cycle_metrics", "ai_metrics", "macro_metrics",
        }  # fmt: skip
        empty = {
            f"{group}.{key}" for group, figures in groups.items() for key, value in figures.items() if value is None
        }
        assert empty == set((made.data_quality_flags or {})["missing_extended"])
        lacking = {name for name in empty if name.startswith(("technical", "trend", "correlation", "ai", "composite"))}
        assert lacking <= {"composite_metrics.breadth_new_highs_lows_ratio"}

    def test_weeks_take_what_is_shorter_from_shorter_candles(self) -> None:
        whole_market(**{"1w": 60, "1h": 180})
        weekly, daily = row("1w", END - 6 * DAY), row("1d", END - 6 * DAY)  # a Monday
        for name in ("btc_eth_correlation_30d", "btc_sp500_correlation_30d", "monthly_return", "new_highs_24h"):
            assert weekly[name] == daily[name] is not None
        assert weekly["crypto_market_breadth"] is not None

    def test_without_a_source_the_rest_stands(self) -> None:
        """No series at all: lower completeness, each absence with its reason."""
        SmallMarket().candles("1d", 75)
        made = row("1d")
        flags = made["data_quality_flags"]
        assert flags["completeness_score"] < 0.5
        assert flags["missing"]["vix_index"] == "no source"
        assert flags["missing"]["total_market_cap"] == "market caps of 0 assets are known"
        assert made["crypto_market_breadth"] is not None
        assert flags["basis"]["crypto_market_breadth"] == "23 assets ranked by dollar volume of 30 days"
        assert made["composite_sentiment"] is None

    def test_a_young_market_says_what_is_missing(self) -> None:
        """30 days of candles."""
        SmallMarket().candles("1d", 30)
        missing = row("1d")["data_quality_flags"]["missing"]
        assert missing["sma_200"] == "too little history (30 candles)"
        assert missing["crypto_market_breadth"] == "needs 20 assets with 50 candles"

    def test_no_bitcoin_no_snapshot(self) -> None:
        market = SmallMarket()
        market.candles("1d", 60)
        market.assets[0].symbol = "OTHER"
        market.assets[0].save()
        with pytest.raises(NoData, match="Bitcoin"):
            take_snapshot("1d", END)


class TestByHand:
    def test_sizes(self) -> None:
        market = SmallMarket()
        closes = market.candles("1d", 60)
        caps = {asset.symbol: 100.0 for asset in market.assets} | {"BTC": 1000.0, "ETH": 500.0, "USDT": 300.0}
        for asset in market.assets:
            cap = caps[asset.symbol]
            add_values(f"MARKET_CAP:{asset.symbol}", "market_cap", np.array([cap, cap]), END - 2 * DAY, asset=asset)
            add_values(f"VOLUME:{asset.symbol}", "volume", np.array([cap / 10]), END - DAY, asset=asset)
        made = row("1d")
        assert made["total_market_cap"] == 1000 + 500 + 300 + 21 * 100
        assert [float(made[name]) for name in ("btc_dominance", "eth_dominance", "usdt_dominance")] == pytest.approx(
            [25.64, 12.82, 7.69], abs=0.005
        )
        assert float(made["altcoin_dominance"]) == pytest.approx(100 * 2100 / 3900, abs=0.005)
        assert float(made["liquidity_score"]) == pytest.approx(0.1)
        assert made["extended_metrics"]["trend_metrics"]["btc_dominance_change_24h"] == 0
        assert float(made["weekly_return"]) == pytest.approx(100 * (closes[-1, 0] / closes[-8, 0] - 1), abs=1e-4)

    def test_a_wrapped_coin_counts_once(self) -> None:
        market = SmallMarket()
        market.candles("1d", 60)
        market.sizes()
        before = row("1d")["total_market_cap"]
        market.assets[5].metrics_details = {"pegged_to": "BTC"}
        market.assets[5].save()
        assert row("1d")["total_market_cap"] < before

    def test_a_cap_of_0_is_unknown(self) -> None:
        market = SmallMarket()
        market.candles("1d", 60)
        for place, asset in enumerate(market.assets):
            cap = np.array([100.0 if place != 3 else 0.0])
            add_values(f"MARKET_CAP:{asset.symbol}", "market_cap", cap, END - DAY, asset=asset)
        made = row("1d")
        assert made["total_market_cap"] == 2300
        assert made["extended_metrics"]["composite_metrics"]["assets_with_market_cap"] == 23

    def test_moods(self) -> None:
        market = SmallMarket()
        market.candles("1d", 60)
        add_values("FNG", "sentiment", np.array([60.0, 40.0, 75.0]), END - 3 * DAY)
        assert float(row("1d")["composite_sentiment"]) == 0.5
        add_values("FUNDING:BTCUSDT-PERP", "funding", np.array([1e-4, 2e-4]), END - 8 * HOUR, step=8 * HOUR,
                   delay=timedelta(0))  # fmt: skip
        found = row("1d")
        assert float(found["funding_rate_btc"]) == 0.0002
        assert float(found["composite_sentiment"]) == pytest.approx((0.5 + np.tanh(0.4)) / 2, abs=1e-4)
        market.news([1, 2])
        sentiment = row("1d")["extended_metrics"]["sentiment_metrics"]
        assert sentiment["sources"] == ["fear_greed", "funding", "news"]
        assert sentiment["news_sentiment"]["articles"] == 2

    def test_a_series_that_begins_later_is_no_source(self) -> None:
        """That there will be one, and since when, was not known."""
        SmallMarket().candles("1d", 60)
        add_values("VIX", "macro", np.array([15.0]), END - DAY + HOUR)
        assert row("1d")["data_quality_flags"]["missing"]["vix_index"] == "no source"

    def test_a_missing_day_of_the_mood_passes_and_a_week_does_not(self) -> None:
        """Fear & Greed lacks days; macro series lack weekends; an ended series must not stand for ever."""
        SmallMarket().candles("1d", 60)
        add_values("FNG", "sentiment", np.array([40.0]), END - 4 * DAY)
        add_values("VIX", "macro", np.array([15.0]), END - 8 * DAY)
        add_values("DXY", "macro", np.array([100.0]), END - 9 * DAY)
        made = row("1d")
        assert (made["fear_greed_index"], made["vix_index"], made["dxy"]) == (40, 15, None)
        assert made["data_quality_flags"]["missing"]["dxy"] == "stale: last value of 2024-06-21"
        assert made["data_quality_flags"]["freshness_by_source_minutes"]["VIX"] == 7 * 24 * 60

    def test_extremes_of_24_hours(self) -> None:
        """Of the day the same as of the hours, because hours say it."""
        market = whole_market(coins=24)
        hourly, daily = row("1h"), row("1d")
        assert hourly["new_highs_24h"] == daily["new_highs_24h"]
        assert hourly["new_lows_24h"] == daily["new_lows_24h"]
        high = market.assets[4]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE price_data SET close_price = close_price * 9, high_price = high_price * 9 "
                "WHERE asset_id = %s AND timeframe = '1h' AND candle_time = %s",
                [high.pk, END - HOUR],
            )
        assert row("1d")["new_highs_24h"] == daily["new_highs_24h"] + 1


class TestRepeatable:
    def test_twice_changes_nothing(self) -> None:
        whole_market()
        first = take_snapshot("1d", END)
        stamp = first.updated_at
        again = take_snapshot("1d", END)
        assert again.pk == first.pk
        assert MetricsSnapshot.objects.get().updated_at == stamp

    def test_live_is_what_a_replay_says_later(self) -> None:
        """Taken when nothing later was there; and again with ten more days in the tables."""
        whole_market()
        then = END - 10 * DAY
        with transaction.atomic():
            forget_after(then)
            live = row("1d", then)
            transaction.set_rollback(True)
        assert row("1d", then) == live

    @pytest.mark.parametrize("timeframe", ["1h", "1d"])
    def test_the_number_of_statements_does_not_grow(self, timeframe: str) -> None:
        counts = []
        for coins in (12, 30):
            with transaction.atomic():
                whole_market(coins, **{"1d": 60, "1h": 60})
                with CaptureQueriesContext(connection) as captured:
                    row(timeframe)
                counts.append(len(captured))
                transaction.set_rollback(True)
        assert counts == [QUERIES[timeframe]] * 2


def cut_points(count: int, span: int, step: timedelta) -> list[datetime]:
    """Random moments on the grid, newest first: what is cut away for one is away for those before it."""
    places = np.random.default_rng(count).choice(span, size=count, replace=False)
    return sorted((END - int(place) * step for place in places), reverse=True)


class TestBlindToTheFuture:
    @pytest.mark.parametrize("spoil", [forget_after, blur_after])
    @pytest.mark.parametrize(("timeframe", "step", "cuts"), [("1d", DAY, 6), ("1h", HOUR, 4)])
    def test_short_round(self, spoil: Any, timeframe: str, step: timedelta, cuts: int) -> None:
        whole_market()
        self.check(spoil, timeframe, cut_points(cuts, 12, step))

    @pytest.mark.full
    @pytest.mark.parametrize("spoil", [forget_after, blur_after])
    @pytest.mark.parametrize(("timeframe", "step", "cuts"), [("1d", DAY, 100), ("1h", HOUR, 100)])
    def test_long_round(self, spoil: Any, timeframe: str, step: timedelta, cuts: int) -> None:
        """200 cut points each way."""
        whole_market(days=300, **{"1d": 320, "1h": 900})
        self.check(spoil, timeframe, cut_points(cuts, 180, step))

    def check(self, spoil: Any, timeframe: str, moments: list[datetime]) -> None:
        known = {moment: row(timeframe, moment) for moment in moments}
        assert len({json.dumps(one["extended_metrics"]) for one in known.values()}) == len(moments)
        for moment in moments:
            assert spoil(moment) > 0 or moment == END
            assert row(timeframe, moment) == known[moment], moment
