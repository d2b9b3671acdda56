"""The demo market in the database: loaded whole, continued without touching what was shown, gone when data is real."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from assets.models import Asset, AssetListing, CandleGap, CandleRevision, IngestState, OpenCandle, PriceData
from assets.providers.demo import COINS
from assets.services.gaps import find_gaps
from cryptopredict import demo
from cryptopredict.demo import ensure_demo_market
from macro.models import ExternalSeries, ExternalValue
from sectors.models import SectorMapping
from sectors.services import ensure_sectors
from tests.factories import AssetFactory, add_candles

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 9, 20, 7, 5, tzinfo=UTC)
"""Within days of the end of one coin and the beginning of another."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SPANS", {"1d": 40 * DAY, "1h": 3 * DAY})
    ensure_sectors()


def load(now: datetime = NOW) -> demo.DemoLoaded:
    found = ensure_demo_market(now)
    assert found is not None
    return found


def candles(symbol: str, timeframe: str) -> list[datetime]:
    wanted = PriceData.objects.filter(asset__symbol=f"{symbol}-DEMO", timeframe=timeframe)
    return list(wanted.order_by("candle_time").values_list("candle_time", flat=True))


def everything() -> set[tuple[Any, ...]]:
    """What is stored of candles and values."""
    prices = ("open_price", "high_price", "low_price", "close_price", "base_volume", "volume", "trade_count", "vwap")
    values = ExternalValue.objects.values_list("series__code", "observed_at", "known_at", "value")
    return {*PriceData.objects.values_list("asset_id", "timeframe", "candle_time", *prices), *values}


def test_the_first_load_is_whole_and_the_same_again_changes_nothing() -> None:
    loaded = load()
    assert (loaded.candles.changed, loaded.values.changed) == (0, 0)
    assert loaded.candles.new == PriceData.objects.count()
    assert loaded.values.new == ExternalValue.objects.count()
    assert candles("BTC", "1d") == [datetime(2024, 8, 11, tzinfo=UTC) + DAY * n for n in range(40)]
    assert candles("BTC", "1h") == [datetime(2024, 9, 17, 7, tzinfo=UTC) + HOUR * n for n in range(72)]
    assert_assets_are_complete()
    assert_listings_are_known()
    assert_values_are_known()
    before = everything()
    again = load()
    assert (again.candles.new, again.candles.changed, again.values.new, again.values.changed) == (0, 0, 0, 0)
    assert everything() == before


def assert_assets_are_complete() -> None:
    listed = [coin for coin in COINS if coin.listed_at is None or coin.listed_at <= NOW]
    assets = {asset.symbol.removesuffix("-DEMO"): asset for asset in Asset.objects.all()}
    assert len(assets) == len(listed) == 59, "one of sixty is listed later"
    assert SectorMapping.objects.filter(is_primary_sector=True).count() == len(listed)
    bitcoin = assets["BTC"]
    assert bitcoin.last_price_update == NOW.replace(minute=0)
    assert bitcoin.current_price is not None
    assert bitcoin.market_cap == round(bitcoin.current_price * 19_600_000, 2)
    assert bitcoin.market_cap_rank == 1
    ranks = sorted(asset.market_cap_rank for asset in assets.values() if asset.market_cap_rank is not None)
    assert ranks == list(range(1, 59))
    assert assets["MATIC"].market_cap_rank is None, "no longer traded"
    assert assets["USDT"].asset_type == "stablecoin"


def assert_listings_are_known() -> None:
    listings = {one.asset.symbol.removesuffix("-DEMO"): one for one in AssetListing.objects.select_related("asset")}
    assert len(listings) == 59
    assert listings["MATIC"].delisted_at == datetime(2024, 9, 10, tzinfo=UTC)
    assert (listings["POL"].listed_at, listings["POL"].delisted_at) == (datetime(2024, 9, 13, tzinfo=UTC), None)
    assert listings["EOS"].delisted_at is None, "its end has not come yet"
    assert [day.day for day in candles("POL", "1d")] == [13, 14, 15, 16, 17, 18, 19]
    assert candles("MATIC", "1d")[-1] == datetime(2024, 9, 9, tzinfo=UTC)
    state = IngestState.objects.get(timeframe="1h", asset__symbol="BTC-DEMO")
    assert (state.status, state.expected, state.stored) == ("done", 72, 72)
    find_gaps("1h")
    find_gaps("1d")
    gaps = CandleGap.objects.values_list("asset__symbol", "timeframe", "reason", "missing")
    assert sorted(gaps) == [("MATIC-DEMO", "1d", "not_listed", 10), ("POL-DEMO", "1d", "not_listed", 33)]


def assert_values_are_known() -> None:
    kinds = set(ExternalSeries.objects.values_list("kind", flat=True))
    assert kinds == {"macro", "sentiment", "onchain", "funding", "open_interest", "market_cap", "volume"}
    assert set(ExternalSeries.objects.values_list("source", flat=True)) == {"demo"}
    assert not ExternalValue.objects.filter(known_at__gt=NOW).exists()


@pytest.mark.long
def test_time_adds_and_never_changes_and_real_data_ends_it() -> None:
    load()
    passed, days = timedelta(0), 0
    for step in (HOUR, 16 * HOUR, 32 * HOUR):
        before, passed = everything(), passed + step
        added = load(NOW + passed)
        midnights = (NOW + passed).toordinal() - NOW.toordinal() - days
        days += midnights
        assert (added.candles.changed, added.values.changed) == (0, 0)
        assert added.candles.new == 58 * (step // HOUR + midnights)
        assert before < everything()
        assert len(candles("BTC", "1h")) == 72 + passed // HOUR
    assert not CandleRevision.objects.exists()
    state = IngestState.objects.get(timeframe="1h", asset__symbol="BTC-DEMO")
    assert (state.expected, state.stored) == (72 + 49, 72 + 49)
    assert_today_is_running(NOW + passed)
    add_candles(AssetFactory(symbol="BTC", data_source="binance"), [1.0], first=NOW - DAY)
    before = everything()
    assert ensure_demo_market(NOW + 5 * DAY) is None
    assert everything() == before


def assert_today_is_running(now: datetime) -> None:
    """It is what its hours have been so far."""
    running = OpenCandle.objects.get(asset__symbol="BTC-DEMO", timeframe="1d")
    hours = PriceData.objects.filter(asset=running.asset, timeframe="1h", candle_time__gte=running.candle_time)
    assert running.candle_time == now.replace(hour=0, minute=0)
    assert running.open_price == hours.order_by("candle_time")[0].open_price
    assert running.close_price == running.asset.current_price
    assert running.high_price == max(hour.high_price for hour in hours)
    assert not OpenCandle.objects.filter(asset__symbol="MATIC-DEMO").exists()


def test_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What dies on its way leaves no half of a market, and the next start loads it whole."""

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo, "store_series", dies)
        with pytest.raises(KeyboardInterrupt):
            load()
    assert not PriceData.objects.exists()
    assert not Asset.objects.exists()
    load()
    assert len(candles("ONDO", "1d")) == 40


def test_a_market_of_an_older_version_is_replaced() -> None:
    """No price jumps where the two would meet."""
    load()
    whole = everything()
    stored = PriceData.objects.filter(asset__symbol="BTC-DEMO")
    stored.update(close_price=F("close_price") * 2, high_price=F("high_price") * 2)
    replaced = load()
    assert (replaced.candles.new, replaced.candles.changed) == (0, 112)
    assert everything() == whole


def test_gaps_are_looked_into_like_anybodys() -> None:
    """What it has is fetched again; what it has not is confirmed; nothing stays open."""
    load()
    gone = PriceData.objects.filter(asset__symbol="BTC-DEMO", timeframe="1h").order_by("candle_time")[5]
    PriceData.objects.filter(pk=gone.pk).delete()
    demo.settle_gaps()
    assert PriceData.objects.filter(pk=gone.pk, close_price=gone.close_price).exists()
    assert CandleGap.objects.get(asset=gone.asset, timeframe="1h").status == "repaired"
    assert not CandleGap.objects.filter(status="open").exists()
