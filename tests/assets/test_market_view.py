"""What is lifted at a moment: closed candles only, one market only, nothing that came later."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from assets.choices import DEMO_SOURCE, AssetType, Market
from assets.selectors import candle_panel, market_view, remembered_views, shown_market, universe
from system.exceptions import NoData
from tests.factories import AssetFactory, add_candles
from trading.services.journal.keeping import us_dollar

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_only_closed_candles_in_their_places() -> None:
    first, second, empty = AssetFactory(), AssetFactory(), AssetFactory()
    add_candles(first, [1, 2, 3, 4, 5], first=FIRST)
    add_candles(second, [30, 40], first=FIRST + 2 * DAY)
    panel = candle_panel([second.pk, empty.pk, first.pk], "1d", FIRST + 4 * DAY, bars=3)
    assert panel.times.tolist() == [int((FIRST + i * DAY).timestamp()) for i in (1, 2, 3)]
    expected = [[np.nan, np.nan, 2], [30, np.nan, 3], [40, np.nan, 4]]
    assert np.array_equal(panel.close, np.array(expected), equal_nan=True)
    assert panel.high[2, 2] == pytest.approx(4.04)
    assert panel.column(first.pk) == 2
    with pytest.raises(KeyError):
        panel.column(-1)
    assert np.array_equal(panel.take([first.pk]).close[:, 0], [2, 3, 4])


def test_a_moment_before_the_end_of_a_candle_does_not_see_it() -> None:
    asset = AssetFactory()
    add_candles(asset, [1, 2], first=FIRST)
    late = candle_panel([asset.pk], "1d", FIRST + 2 * DAY, bars=1)
    early = candle_panel([asset.pk], "1d", FIRST + 2 * DAY - timedelta(microseconds=1), bars=1)
    assert (late.close[0, 0], early.close[0, 0]) == (2, 1)


def test_the_universe_holds_what_trades() -> None:
    trading, stopped, later = AssetFactory(symbol="BTC"), AssetFactory(), AssetFactory()
    stable = AssetFactory(asset_type=AssetType.STABLECOIN)
    wrapped = AssetFactory(metrics_details={"pegged_to": "BTC"})
    perpetual, series = AssetFactory(symbol="BTCUSDT-PERP"), AssetFactory(asset_type=AssetType.INDEX)
    for asset in (trading, stable, wrapped, perpetual, series):
        add_candles(asset, [1, 2, 3, 4, 5], first=FIRST)
    add_candles(stopped, [1, 2], first=FIRST)
    add_candles(later, [1], first=FIRST + 6 * DAY)
    found = universe("1d", FIRST + 5 * DAY)
    assert found.asset_ids == [trading.pk, stable.pk, wrapped.pk]
    assert found.free == [trading.pk]
    assert (found.market, found.bitcoin, found.ether) == (Market.REAL, trading.pk, None)
    assert universe("1d", FIRST + 3 * DAY).asset_ids == [trading.pk, stopped.pk, stable.pk, wrapped.pk]


def test_what_is_switched_off_leaves_the_present_and_stays_in_the_past(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, off = AssetFactory(), AssetFactory()
    for asset in (kept, off):
        add_candles(asset, [1, 2, 3, 4, 5], first=FIRST)
    end = FIRST + 5 * DAY
    before = universe("1d", end)
    off.is_active = False
    off.save()
    for now, seen in ((end + DAY, before.asset_ids), (end + DAY / 2, [kept.pk])):
        monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
        assert universe("1d", end).asset_ids == seen
    assert universe("1d", end - DAY).asset_ids == before.asset_ids


def test_real_and_demo_market_are_never_mixed() -> None:
    demo = AssetFactory(symbol="BTC-DEMO", data_source=DEMO_SOURCE)
    add_candles(demo, [1] * 9, first=FIRST)
    assert universe("1d", FIRST + 5 * DAY).market == Market.DEMO
    real = AssetFactory(symbol="BTC")
    add_candles(real, [1, 2], first=FIRST + 3 * DAY)
    found = universe("1d", FIRST + 5 * DAY)
    assert (found.market, found.asset_ids, found.bitcoin) == (Market.REAL, [real.pk], real.pk)
    assert universe("1d", FIRST + 9 * DAY).asset_ids == [demo.pk]


def test_without_candles_the_sentence_says_what_to_do() -> None:
    with pytest.raises(
        NoData, match=r"No asset has a 1d candle that is closed at 2024-06-01 00:00 UTC .* import_market"
    ):
        universe("1d", FIRST)


def test_a_view_is_lifted_once_within_a_run(django_assert_num_queries: object) -> None:
    add_candles(AssetFactory(symbol="BTC"), [1] * 5, first=FIRST)
    with remembered_views():
        view = market_view("1d", FIRST + 5 * DAY)
        assert market_view("1d", FIRST + 5 * DAY) is view
        assert view.figure("answer", lambda: 42) == view.figure("answer", lambda: 43) == 42
    assert market_view("1d", FIRST + 5 * DAY) is not view
    assert (view.candle_time, view.closed_at) == (FIRST + 4 * DAY, FIRST + 5 * DAY)


def test_a_dollar_that_a_portfolio_keeps_is_no_price_of_the_real_market() -> None:
    AssetFactory(data_source=DEMO_SOURCE, current_price=1)
    us_dollar()
    assert shown_market() == Market.DEMO
    AssetFactory(current_price=1)
    assert shown_market() == Market.REAL
