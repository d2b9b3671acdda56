"""The demo market's generator: the same for everybody, never changed by time, and like a market."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from assets.providers import demo
from system.exceptions import InvalidInput
from tests.conftest import ROOT

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
FREE = np.array([not coin.is_stable for coin in demo.COINS])
ELSEWHERE = """
import hashlib, sys
from datetime import datetime
from assets.providers import demo
candles = demo.hourly_candles(demo.simulate(datetime.fromisoformat(sys.argv[1])), datetime.fromisoformat(sys.argv[2]))
print(hashlib.sha256(candles.close.tobytes() + candles.base_volume.tobytes()).hexdigest())
"""


def market(until: datetime, since: datetime) -> demo.DemoCandles:
    return demo.hourly_candles(demo.simulate(until), since)


def digest(candles: demo.DemoCandles, rows: int | None = None) -> str:
    """Of everything that would be stored of the first ``rows`` hours."""
    columns = (candles.open, candles.high, candles.low, candles.close, candles.base_volume, candles.quote_volume)
    parts = [np.ascontiguousarray(values[:rows]).tobytes() for values in (candles.times, *columns)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.fixture(scope="module")
def hourly() -> demo.DemoCandles:
    """Three years."""
    return market(NOW, datetime(2023, 11, 22, tzinfo=UTC))


@pytest.fixture(scope="module")
def daily(hourly: demo.DemoCandles) -> demo.DemoCandles:
    return demo.aggregate(hourly, DAY)


@pytest.fixture(scope="module")
def returns(daily: demo.DemoCandles) -> np.ndarray:
    """Daily log returns of what is not pegged."""
    return np.diff(np.log(daily.close[:, FREE]), axis=0)


class TestWhatWasShownStays:
    SINCE = datetime(2025, 6, 1, tzinfo=UTC)

    UNTIL = datetime(2025, 9, 10, 13, tzinfo=UTC)

    def test_a_later_end_changes_nothing_before(self) -> None:
        """Also over the borders of the blocks in which it is simulated."""
        first = market(self.UNTIL, self.SINCE)
        for later in (timedelta(hours=1), 90 * DAY, 400 * DAY):
            longer = market(self.UNTIL + later, self.SINCE)
            assert len(longer.times) == len(first.times) + later // timedelta(hours=1)
            assert digest(longer, len(first.times)) == digest(first)

    def test_where_one_begins_to_look_changes_nothing(self, hourly: demo.DemoCandles) -> None:
        place = int(np.flatnonzero(hourly.times == self.SINCE.timestamp())[0])
        part = market(NOW, self.SINCE)
        assert np.array_equal(part.close, hourly.close[place:])
        assert np.array_equal(part.base_volume, hourly.base_volume[place:])

    def test_another_process_makes_the_same(self) -> None:
        arguments = [sys.executable, "-c", ELSEWHERE, self.UNTIL.isoformat(), self.SINCE.isoformat()]
        result = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
        here = market(self.UNTIL, self.SINCE)
        assert result.stdout.strip() == hashlib.sha256(here.close.tobytes() + here.base_volume.tobytes()).hexdigest()

    def test_before_its_first_hour_there_is_no_market(self) -> None:
        with pytest.raises(ValueError, match="begins on 2022-01-01"):
            next(demo.simulate(demo.START + timedelta(minutes=59)))


class TestCandles:
    def test_prices_are_in_order_and_follow_each_other(self, hourly: demo.DemoCandles) -> None:
        assert (hourly.low <= np.minimum(hourly.open, hourly.close)).all()
        assert (hourly.high >= np.maximum(hourly.open, hourly.close)).all()
        assert (hourly.low > 0).all()
        assert (hourly.base_volume > 0).all()
        assert np.array_equal(hourly.open[1:], hourly.close[:-1])

    def test_days_are_made_of_their_hours(self, hourly: demo.DemoCandles, daily: demo.DemoCandles) -> None:
        assert (daily.times % 86400 == 0).all()
        hours = slice(240, 264)
        day = 10
        assert daily.times[day] == hourly.times[240]
        assert np.array_equal(daily.open[day], hourly.open[240])
        assert np.array_equal(daily.close[day], hourly.close[263])
        assert np.array_equal(daily.high[day], hourly.high[hours].max(axis=0))
        assert np.array_equal(daily.low[day], hourly.low[hours].min(axis=0))
        np.testing.assert_allclose(daily.base_volume[day], hourly.base_volume[hours].sum(axis=0))

    def test_a_day_that_is_not_over_is_no_candle(self) -> None:
        part = demo.aggregate(market(NOW, datetime(2026, 11, 17, 5, tzinfo=UTC)), DAY)
        assert [datetime.fromtimestamp(time, UTC).day for time in part.times] == [18, 19, 20]

    def test_the_running_day_is_what_its_hours_have_been(self, hourly: demo.DemoCandles) -> None:
        day = demo.running_day(hourly)
        assert [datetime.fromtimestamp(time, UTC) for time in day.times] == [NOW.replace(hour=0)]
        assert day.length == 86400
        assert np.array_equal(day.open[0], hourly.open[-7])
        assert np.array_equal(day.low[0], hourly.low[-7:].min(axis=0))
        assert np.array_equal(day.close[0], hourly.close[-1])
        midnight = demo.running_day(market(NOW.replace(hour=0), NOW - DAY))
        assert len(midnight.times) == 0

    def test_what_is_not_listed_has_no_candles(self, daily: demo.DemoCandles) -> None:
        for symbol, first, last in (
            ("MATIC", "2023-11-22", "2024-09-09"),
            ("POL", "2024-09-13", "2026-11-20"),
            ("BTC", "2023-11-22", "2026-11-20"),
        ):
            times = demo.candle_frame(daily, demo.PLACES[symbol], demo.START)["candle_time"].dt.date().to_list()
            assert [str(times[0]), str(times[-1])] == [first, last]

    def test_an_outage_leaves_its_hours_out_and_keeps_the_day(
        self, hourly: demo.DemoCandles, daily: demo.DemoCandles
    ) -> None:
        first = datetime(2026, 3, 18, tzinfo=UTC)
        hours = demo.candle_frame(hourly, 0, first)["candle_time"].head(20).dt.hour().to_list()
        assert hours == [0, 1, *range(6, 24)]
        assert demo.candle_frame(daily, 0, first)["candle_time"][0] == first


class TestAskedLikeAnExchange:
    def test_it_tells_what_the_market_has(self, hourly: demo.DemoCandles) -> None:
        first = datetime(2026, 3, 18, tzinfo=UTC)
        found = demo.DemoSource().fetch_candles("BTC", "1h", first, first + DAY, now=NOW)
        assert (found.complete, found.error) == (True, None)
        assert found.rows["candle_time"][0] == "2026-03-18T00:00:00+00:00"
        assert [int(time[11:13]) for time in found.rows["candle_time"]] == [0, 1, *range(6, 24)]
        place = int(np.flatnonzero(hourly.times == first.timestamp())[0])
        assert float(found.rows["close"][0]) == hourly.close[place, 0]

    def test_nothing_of_the_present_hour_or_later(self) -> None:
        found = demo.DemoSource().fetch_candles(
            "ETH", "1h", NOW - timedelta(hours=2), NOW + DAY, now=NOW + timedelta(minutes=59)
        )
        assert [time[11:13] for time in found.rows["candle_time"]] == ["05", "06"]
        later = demo.DemoSource().fetch_candles("ETH", "1d", NOW + DAY, NOW + 2 * DAY, now=NOW)
        assert (later.complete, later.rows.height) == (True, 0)

    @pytest.mark.parametrize(("pair", "timeframe"), [("BTC", "5m"), ("NOBODY", "1h")])
    def test_what_it_does_not_trade_is_refused(self, pair: str, timeframe: str) -> None:
        with pytest.raises(InvalidInput):
            demo.DemoSource().fetch_candles(pair, timeframe, NOW - DAY, NOW, now=NOW)


class TestLikeAMarket:
    def test_three_years_hold_every_regime(self) -> None:
        paths = list(demo.simulate(NOW))
        regimes = np.concatenate([part.regime for part in paths])[-3 * 365 * 24 :]
        share = np.bincount(regimes, minlength=4) / len(regimes)
        assert (share[[demo.Regime.RISE, demo.Regime.FALL, demo.Regime.RANGE]] > 0.15).all()
        assert share[demo.Regime.PANIC] > 0.005
        assert np.count_nonzero(np.diff(regimes)) < 30, "a regime lasts for weeks"

    def test_coins_move_together_but_not_as_one(self, returns: np.ndarray) -> None:
        table = np.corrcoef(returns.T)
        pairs = table[np.triu_indices(len(table), 1)]
        low, median, high = np.percentile(pairs, [5, 50, 95])
        assert 0.4 < low < median < high < 0.85
        assert 0.5 < median < 0.7

    def test_coins_of_a_sector_move_together_more(self, returns: np.ndarray) -> None:
        sectors = np.array([coin.sector for coin in demo.COINS])[FREE]
        table = np.corrcoef(returns.T)
        np.fill_diagonal(table, np.nan)
        same = sectors[:, None] == sectors
        assert np.nanmean(table[same]) > np.nanmean(table[~same]) + 0.03

    def test_tails_are_fat(self, returns: np.ndarray) -> None:
        deviations = (returns - returns.mean(axis=0)) / returns.std(axis=0)
        assert np.median((deviations**4).mean(axis=0)) > 4.5, "3 is normal"

    def test_wild_days_come_in_clusters(self, hourly: demo.DemoCandles) -> None:
        moves = np.abs(np.diff(np.log(hourly.close[:, FREE]), axis=0))
        for lag, least in ((1, 0.12), (24, 0.08)):
            linked = [np.corrcoef(coin[:-lag], coin[lag:])[0, 1] for coin in moves.T]
            assert np.median(linked) > least

    def test_trade_swells_when_prices_move(self, daily: demo.DemoCandles, returns: np.ndarray) -> None:
        volume = np.log(daily.base_volume[1:, FREE])
        linked = [np.corrcoef(np.abs(move), traded)[0, 1] for move, traded in zip(returns.T, volume.T, strict=True)]
        assert np.median(linked) > 0.3

    def test_volatility_is_of_a_sensible_size(self, returns: np.ndarray) -> None:
        yearly = returns.std(axis=0) * np.sqrt(365)
        assert 0.35 < yearly[0] < 0.75, "Bitcoin"
        assert 0.5 < np.median(yearly) < 1.1

    def test_no_price_leaves_its_bounds_in_ten_years(self) -> None:
        """Within a factor of thirty of where it began, whatever happens."""
        *_, last = demo.simulate(datetime(2032, 1, 1, tzinfo=UTC))
        moved = np.abs(last.close - np.log([coin.price for coin in demo.COINS]))
        assert moved.max() < np.log(30)
        assert moved[:, ~FREE].max() < 0.02, "a stablecoin is worth a dollar"

    def test_stablecoins_stay_near_one_and_still_move(self, hourly: demo.DemoCandles) -> None:
        stable = hourly.close[:, ~FREE]
        assert np.abs(stable - 1).max() < 0.02
        assert (stable.std(axis=0) > 0.0001).all()

    def test_the_order_of_the_caps_is_plausible(self, daily: demo.DemoCandles) -> None:
        caps = daily.close[-1] * [coin.supply for coin in demo.COINS]
        order = [demo.COINS[place].symbol for place in np.argsort(-caps)]
        assert order[:2] == ["BTC", "ETH"]
        assert {"USDT", "BNB", "SOL", "XRP"} <= set(order[:8])
        assert 0.35 < caps[0] / caps.sum() < 0.7
