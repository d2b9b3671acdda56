"""What the README of the shared data says of real data, each a test: days, zeros, intervals, holes, sizes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.compute.checks import check_candles
from assets.providers.text_files import read_rows
from benchmarks import alignment
from macro.compute.funding import annualised, intervals
from macro.compute.values import check_values
from macro.providers.series_files import read_values, recognise

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ON_TIME = timedelta(0)


@pytest.fixture
def data(shared: Path) -> Path:
    return shared / "data"


class TestDays:
    """Fact 1: whose close a daily value is."""

    def test_coingecko(self, data: Path) -> None:
        source = (data, {"bitcoin": "BTCUSDT"}, "daily/coingecko-2021", alignment.COINGECKO_PRICE)
        on_time, late = (np.median(alignment.differences(*source, shift)) for shift in (ON_TIME, DAY))
        assert (round(float(on_time), 2), round(float(late), 2)) == (0.24, 2.39)

    def test_coin_metrics(self, data: Path) -> None:
        source = (data, {"btc": "BTCUSDT"}, "noncommercial/daily-coinmetrics", alignment.COINMETRICS_PRICE)
        assert round(float(np.median(alignment.differences(*source, ON_TIME))), 2) == 0.14

    @pytest.mark.parametrize("coin", sorted(alignment.COINS))
    def test_every_coin_is_nearest_on_our_day(self, data: Path, coin: str) -> None:
        source = (data, {coin: alignment.COINS[coin]}, "daily/coingecko-2021", alignment.COINGECKO_PRICE)
        on_time, late, early = (np.median(alignment.differences(*source, shift)) for shift in (ON_TIME, DAY, -DAY))
        assert 5 * on_time < min(late, early)


def test_the_point_of_the_download_is_no_day(data: Path) -> None:
    """Fact 2: the files end with the moment of their download, Bitcoin's on 2021-12-31 at 13:46:11."""
    for stem in ("bitcoin", "ethereum", "solana"):
        path = data / "daily/coingecko-2021" / f"{stem}.csv.gz"
        raw, _ = read_rows(path, ("date",))
        assert not raw["date"][-1].endswith("T00:00:00Z")
        prices = alignment.values(path, alignment.COINGECKO_PRICE)
        assert prices["observed_at"].max() == datetime(2021, 12, 30, tzinfo=UTC)
        assert prices["observed_at"].is_unique().all()
        assert prices.height == raw.height - 1


def test_a_market_cap_of_0_is_unknown(data: Path) -> None:
    """Fact 3."""
    days, zeros, kept = alignment.zero_caps(data, "shiba-inu")
    assert (days, zeros) == (365, 134)
    assert kept == days - 1 - zeros


class TestFunding:
    """Fact 4."""

    def test_sol_went_to_two_hours(self, data: Path) -> None:
        times, rates = alignment.funding(data, "SOLUSDT")
        hours = intervals(times)
        assert set(np.unique(hours)) <= {1.0, 2.0, 4.0, 8.0}
        hot = np.flatnonzero(hours == 2)
        moments = [datetime.fromtimestamp(int(times[place]), UTC) for place in (hot[0], hot[-1])]
        assert datetime(2022, 11, 9, tzinfo=UTC) < moments[0] < moments[1] < datetime(2022, 11, 19, tzinfo=UTC)
        assert annualised(rates, times)[hot] == pytest.approx(4 * 100 * rates[hot] * 3 * 365)
        calm = (hours == 8) & (times < datetime(2022, 11, 1, tzinfo=UTC).timestamp())
        assert annualised(rates, times)[calm] == pytest.approx(100 * rates[calm] * 3 * 365)

    def test_its_moments_jitter_and_its_mark_price_is_empty(self, data: Path) -> None:
        path = data / "derivatives/funding/SOLUSDT.csv.gz"
        raw, _ = read_rows(path, ("funding_time", "mark_price"))
        assert not raw["funding_time"].str.contains(r"00:00\.000Z$").all()
        empty = raw.filter(pl.col("mark_price").is_null())["funding_time"]
        assert str(empty.max()) < "2023-11-01"
        (file,) = recognise(path)
        rows, rejects = read_values(file, NOW)
        assert (rows.height, rejects) == (raw.height, [])
        assert (rows["observed_at"].dt.truncate("1h") == rows["observed_at"]).all()
        assert (rows["known_at"] == rows["observed_at"]).all()


def test_every_recorded_number_of_binance_is_text(data: Path) -> None:
    """Fact 5, as far as the recordings go; the times of open interest are tested with its source."""
    rows = json.loads((data / "api-responses/binance/api-v3-klines-BTCUSDT-1d-limit1000.json").read_text())
    assert {type(row[place]) for row in rows for place in (1, 2, 3, 4, 5, 7, 9, 10)} == {str}


@pytest.mark.parametrize(("name", "missing"), [("crypto-fear-greed-daily", 4), ("sp500-daily", None)])
def test_missing_days_stay_missing(data: Path, name: str, missing: int | None) -> None:
    """Facts 6 and 7: no value is made up for a day without one, and none of them is a fault."""
    (file,) = recognise(data / "macro" / f"{name}.csv")
    rows, rejects = read_values(file, NOW)
    assert rejects == []
    found = set(rows["observed_at"].to_list())
    gone = {min(found) + i * DAY for i in range((max(found) - min(found)).days)} - found
    if missing is not None:
        assert len(gone) == missing
    else:
        assert {day.weekday() for day in found} == {0, 1, 2, 3, 4}


def test_dxy_has_empty_values_and_they_are_no_values(data: Path) -> None:
    (file,) = recognise(data / "macro" / "dxy-daily.csv")
    rows, rejects = read_values(file, NOW)
    assert (rows.height, rejects) == (3345 - 578, [])


def test_tiny_and_huge_values_stay_exact(data: Path) -> None:
    """Fact 10: prices from 8e-11, volumes to 1.2e14; the text that was sent is the text that is stored."""
    for name in ("1000SATSUSDT-1d", "BONKUSDT-1d"):
        path = data / "candles/binance-spot-2024" / f"{name}.csv.gz"
        raw, _ = read_rows(
            path, ("candle_time", "open", "high", "low", "close", "volume"), ("trade_count", "quote_volume")
        )
        checked = check_candles(raw, "1d", NOW)
        assert checked.faults == []
        assert checked.closed["close"].to_list() == raw["close"].to_list()
    smallest = min(
        alignment.values(path, alignment.COINGECKO_PRICE)["value"].cast(pl.Float64).to_numpy().min()
        for path in sorted((data / "daily/coingecko-2021").glob("*.csv.gz"))
    )
    assert 0 < smallest < 1e-10


def test_real_candles_have_no_fault_at_all(data: Path) -> None:
    """Fact 11."""
    for path in sorted((data / "candles/binance-spot-daily").glob("*.csv.gz")):
        raw, rejects = read_rows(
            path, ("candle_time", "open", "high", "low", "close", "volume"), ("trade_count", "quote_volume")
        )
        checked = check_candles(raw, "1d", NOW)
        assert (checked.closed.height, checked.faults, rejects) == (raw.height, [], [])


def test_on_chain_files(data: Path) -> None:
    """Active addresses and transactions of Coin Metrics, each on the day that it describes."""
    addresses, transactions = recognise(data / "noncommercial/daily-coinmetrics/btc.csv.gz")
    assert (addresses.code, addresses.symbol, transactions.code) == (
        "ACTIVE_ADDRESSES:{symbol}",
        "BTC",
        "TRANSACTIONS:{symbol}",
    )
    rows, rejects = read_values(addresses, NOW)
    assert (rows.height, rejects) == (4224, [])
    assert rows.row(-1) == (datetime(2020, 7, 27, tzinfo=UTC), datetime(2020, 7, 28, tzinfo=UTC), "1022491.0")
    assert recognise(data / "noncommercial/daily-coinmetrics/metrics-dictionary.csv") == []
    assert check_values(
        rows.select(pl.lit(1).alias("LINE"), pl.lit("x").alias("time"), "value"), alignment.FUNDING, NOW
    ).faults
