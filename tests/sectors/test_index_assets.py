"""Indexes as assets: their candles are the levels, stand once stored, and stay away from everything meant for coins."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import transaction

from assets.choices import DEMO_SOURCE, AssetType
from assets.models import Asset, CandleGap, PriceData
from assets.selectors import market_view, universe
from assets.selectors.market import BARS
from assets.selectors.shown import assets_of, price_ages
from assets.services import find_gaps
from sectors.compute.index import linked
from sectors.models import Sector, SectorMapping
from sectors.selectors import SectorMarket, sector_market
from sectors.selectors.indexes import SOURCE
from sectors.services.index_assets import Indexes, ensure_indexes, land_indexes
from selection.services import add_to_watchlist
from system.exceptions import InvalidInput
from tests.factories import AdminFactory, SectorFactory, SectorMappingFactory, WatchlistFactory
from tests.sectors.sector_market import DAY, DAYS, END, FIRST, store_candles, store_market

pytestmark = pytest.mark.django_db
NAMES = ["Apps", "Base", "Left", "Right", "Single", "Stablecoins"]


def market_at(day: int) -> SectorMarket:
    found = sector_market(market_view("1d", FIRST + day * DAY))
    assert found is not None
    return found


def landed(day: int) -> Indexes:
    return land_indexes(market_at(day))


def candles(symbol: str) -> list[PriceData]:
    return list(PriceData.objects.filter(asset__symbol=symbol, timeframe="1d").order_by("candle_time"))


class TestLinked:
    def test_by_hand(self) -> None:
        level = np.array([[100.0, np.nan], [110.0, 100.0], [99.0, 200.0], [198.0, 100.0]])
        gone = np.full(4, np.nan)
        assert linked(level, np.column_stack([gone, gone])) == pytest.approx(level, nan_ok=True)
        stored = np.column_stack([[np.nan, 55.0, np.nan, np.nan], [np.nan, np.nan, 8.0, 5.0]])
        expected = [[50, np.nan], [55, 4], [49.5, 8], [99, 5]]
        assert linked(level, stored) == pytest.approx(np.array(expected), nan_ok=True)

    def test_what_is_stored_stands_even_if_it_moved_otherwise(self) -> None:
        level, stored = np.array([[100.0], [200.0], [100.0]]), np.array([[10.0], [11.0], [np.nan]])
        assert linked(level, stored)[:, 0].tolist() == [10.0, 11.0, 5.5]


class TestCandles:
    def test_go_from_level_to_level(self) -> None:
        store_market()
        found = landed(DAYS)
        market = market_at(DAYS)
        assert Asset.objects.filter(asset_type=AssetType.INDEX).count() == len(found.asset_ids) == len(NAMES) + 1
        level = market.level[:, NAMES.index("Base")]
        rows = candles("BASE-INDEX")
        priced = level[np.isfinite(level)]
        assert [float(row.close_price) for row in rows] == pytest.approx(priced[1:].tolist(), rel=1e-11)
        assert [float(row.open_price) for row in rows] == pytest.approx(priced[:-1].tolist(), rel=1e-11)
        assert all(row.high_price == max(row.open_price, row.close_price) for row in rows)
        assert all(row.low_price == min(row.open_price, row.close_price) for row in rows)
        assert rows[-1].candle_time == END - DAY
        assert found.close[NAMES.index("Base")] == pytest.approx(float(rows[-1].close_price), rel=1e-11)

    def test_volume_is_what_was_traded_in_the_members(self) -> None:
        """ETH counts half in each of its two sectors; WBTC repeats BTC and counts nowhere."""
        store_market()
        landed(DAYS)
        traded = dict(PriceData.objects.filter(candle_time=END - DAY).values_list("asset__symbol", "volume"))
        assert float(candles("BASE-INDEX")[-1].volume) == pytest.approx(
            float(traded["BTC"] + traded["ETH"] / 2), abs=0.02
        )
        coins = [name for name in traded if not name.endswith("-INDEX") and name != "WBTC"]
        assert float(candles("TOTAL-INDEX")[-1].volume) == pytest.approx(
            float(sum(traded[one] for one in coins)), abs=0.1
        )

    def test_only_what_is_closed_and_the_same_again_changes_nothing(self) -> None:
        store_market()
        assert landed(DAYS - 20).landed > 0
        assert candles("APPS-INDEX")[-1].candle_time == END - 21 * DAY
        before = list(PriceData.objects.order_by("pk").values())
        assert landed(DAYS - 20).landed == 0
        assert list(PriceData.objects.order_by("pk").values()) == before
        assert landed(DAYS).landed == 20 * (len(NAMES) + 1)

    def test_day_by_day_is_all_at_once(self) -> None:
        store_market()
        for day in range(DAYS - 5, DAYS + 1):
            landed(day)
        step_by_step = [float(row.close_price) for row in candles("TOTAL-INDEX")]
        level = market_at(DAYS).total.level
        assert step_by_step == pytest.approx(level[np.isfinite(level)][1:].tolist(), rel=1e-10)

    def test_levels_do_not_hang_on_which_moment_was_run_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Views of 30 days, so that neither moment sees the candles of the other."""
        monkeypatch.setitem(BARS, "1d", 30)
        store_market()
        found = []
        for days in ((DAYS - 60, DAYS), (DAYS, DAYS - 60)):
            with transaction.atomic():
                for day in days:
                    landed(day)
                found.append({row.candle_time: float(row.close_price) for row in candles("APPS-INDEX")})
                transaction.set_rollback(True)
        assert found[0].keys() == found[1].keys()
        assert len(found[0]) == DAYS - 1
        assert list(found[0].values()) == pytest.approx(list(found[1].values()), rel=1e-9)

    def test_a_corrected_member_moves_no_level_that_stands(self) -> None:
        store_market()
        landed(DAYS - 5)
        before = [row.close_price for row in candles("SINGLE-INDEX")]
        PriceData.objects.filter(asset__symbol="ALONE", candle_time=FIRST + (DAYS - 40) * DAY).update(
            close_price=Decimal(4)
        )
        landed(DAYS)
        after = [row.close_price for row in candles("SINGLE-INDEX")]
        assert after[: len(before)] == before
        level = market_at(DAYS).level[:, NAMES.index("Single")]
        assert float(after[-1] / before[-1]) == pytest.approx(level[-1] / level[-6], rel=1e-10)

    def test_an_earlier_moment_finds_what_a_later_one_has_stored(self) -> None:
        store_market()
        landed(DAYS)
        later = [row.close_price for row in candles("LEFT-INDEX")]
        found = landed(DAYS - 30)
        assert found.landed == 0
        assert found.close[NAMES.index("Left")] == float(later[-31])

    def test_a_day_on_which_nothing_traded_has_no_candle(self) -> None:
        store_market()
        silent = FIRST + (DAYS - 3) * DAY
        PriceData.objects.filter(asset__symbol="ALONE", candle_time=silent).delete()
        landed(DAYS)
        rows = candles("SINGLE-INDEX")
        assert silent not in [row.candle_time for row in rows]
        assert rows[-2].open_price == rows[-3].close_price


class TestAssets:
    def test_stay_out_of_what_is_meant_for_coins(self) -> None:
        store_market()
        ids = set(landed(DAYS).asset_ids)
        assert not ids & set(universe("1d", END).asset_ids)
        assert not ids & set(market_at(DAYS).asset_ids.tolist())
        assert not assets_of(market_at(DAYS).view.market).filter(pk__in=ids).exists()
        assert SOURCE not in [age.source for age in price_ages(market_at(DAYS).view.market)]
        PriceData.objects.filter(asset__in=ids, candle_time=END - 3 * DAY).delete()
        find_gaps("1d")
        assert not CandleGap.objects.filter(asset__in=ids).exists()
        with pytest.raises(InvalidInput, match="not supported"):
            add_to_watchlist(WatchlistFactory(), Asset.objects.get(symbol="TOTAL-INDEX"), actor=AdminFactory())

    def test_their_own_levels_change_no_index(self) -> None:
        store_market()
        before = market_at(DAYS).level.copy()
        landed(DAYS)
        assert np.array_equal(market_at(DAYS).level, before, equal_nan=True)

    def test_tickers_are_readable_and_each_is_one(self) -> None:
        assets = store_market()
        for name in ("De-Fi", "DE FI!", "A very long name of a sector", "Total"):
            SectorMappingFactory(asset=assets["APP"], sector=SectorFactory(name=name, coingecko_id=f"local:{name}"))
        made = [asset.symbol for asset in ensure_indexes(market_at(DAYS))]
        assert {"DE-FI-INDEX", "DE-FI-2-INDEX", "A-VERY-LONG-NA-INDEX", "TOTAL-INDEX", "TOTAL-2-INDEX"} <= set(made)
        assert len(set(made)) == len(made)
        assert [asset.symbol for asset in ensure_indexes(market_at(DAYS))] == made

    def test_a_renamed_sector_keeps_its_index(self) -> None:
        store_market()
        before = landed(DAYS).asset_ids
        Sector.objects.filter(name="Single").update(name="Alone")
        assert sorted(landed(DAYS).asset_ids) == sorted(before)

    def test_those_of_the_demo_market_are_marked(self) -> None:
        store_market()
        Asset.objects.update(data_source=DEMO_SOURCE)
        found = Asset.objects.filter(pk__in=landed(DAYS).asset_ids)
        assert {asset.data_source for asset in found} == {DEMO_SOURCE}
        assert all(asset.symbol.endswith("-INDEX-DEMO") and asset.name.endswith("(demo)") for asset in found)
        Asset.objects.filter(asset_type__in=["crypto", "stablecoin"]).update(data_source="coingecko")
        assert not set(landed(DAYS).asset_ids) & set(found.values_list("pk", flat=True))

    def test_a_sector_without_history_has_no_candle_yet(self) -> None:
        assets = store_market()
        fresh = SectorFactory(name="Fresh")
        SectorMapping.objects.filter(asset=assets["ALONE"]).delete()
        PriceData.objects.filter(asset=assets["ALONE"], candle_time__lt=END - DAY).delete()
        SectorMappingFactory(asset=assets["ALONE"], sector=fresh)
        landed(DAYS)
        assert candles("FRESH-INDEX") == []
        store_candles(assets["ALONE"], np.full(DAYS + 1, 7.0), (DAYS, DAYS + 1))
        for symbol in ("BTC", "ETH"):
            store_candles(assets[symbol], np.full(DAYS + 1, 50.0), (DAYS, DAYS + 1))
        landed(DAYS + 1)
        assert [row.candle_time for row in candles("FRESH-INDEX")] == [END]
        assert candles("FRESH-INDEX")[0].candle_time + timedelta(days=1) == END + DAY
