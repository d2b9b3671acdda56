"""Values from outside: known when they could be known, corrected without losing what was believed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from assets.choices import Market
from assets.models import PriceData
from assets.providers.text_files import UnreadableFile
from assets.services import Stored
from macro.models import ExternalSeries, ExternalValue
from macro.providers.series_files import read_values, recognise
from macro.selectors.histories import History, known_histories
from macro.selectors.series import daily_history
from macro.services import copy_market_caps, register_series, store_values
from tests.factories import AssetFactory, add_candles

DAY = timedelta(days=1)
FIRST = datetime(2024, 6, 3, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def frame(values: list[str], first: datetime = FIRST) -> pl.DataFrame:
    observed = [first + i * DAY for i in range(len(values))]
    return pl.DataFrame(
        {"observed_at": observed, "known_at": [day + DAY for day in observed], "value": values},
        schema_overrides={"observed_at": pl.Datetime("us", "UTC"), "known_at": pl.Datetime("us", "UTC")},
    )


def series(code: str = "VIX", kind: str = "macro", **fields: Any) -> ExternalSeries:
    return register_series(code, name=code, kind=kind, unit="points", source="file", **fields)


def vix(as_of: datetime, *named: str) -> History:
    return known_histories(Market.REAL, as_of, named)["VIX"]


@pytest.mark.django_db
class TestStoring:
    def test_new_then_equal(self) -> None:
        assert store_values(series(), frame(["12.5", "13"])) == Stored(new=2)
        assert store_values(series(), frame(["12.50", "13"])) == Stored(equal=2)

    def test_a_correction_is_known_from_now_on_only(self) -> None:
        row = series()
        store_values(row, frame(["12.5"]))
        assert store_values(row, frame(["99"])) == Stored(changed=1)
        assert ExternalValue.objects.count() == 2
        assert vix(FIRST + 2 * DAY).values.tolist() == [12.5]
        assert len(vix(datetime.now(UTC)).values) == 0  # too long ago to stand for today
        assert store_values(row, frame(["99"])) == Stored(equal=1)

    @pytest.mark.parametrize("ahead", [timedelta(hours=-1), 10 * DAY])
    def test_a_correction_is_known_after_what_it_corrects(self, ahead: timedelta) -> None:
        """Also where that is not known yet itself; and the correction stands."""
        row, observed = series(), datetime.now(UTC) + ahead
        store_values(row, frame(["12.5"], observed))
        assert store_values(row, frame(["99"], observed)) == Stored(changed=1)
        believed, corrected = ExternalValue.objects.order_by("value")
        assert observed + DAY == believed.known_at < corrected.known_at
        assert store_values(row, frame(["99"], observed)) == Stored(equal=1)
        assert store_values(row, frame(["98"], observed)) == Stored(changed=1)
        assert store_values(row, frame(["98"], observed)) == Stored(equal=1)


@pytest.mark.django_db
class TestReading:
    def test_a_value_is_not_known_before_its_day_is_over(self) -> None:
        store_values(series(), frame(["12.5", "13"]))
        assert known_histories(Market.REAL, FIRST + DAY - timedelta(microseconds=1), []) == {}
        assert vix(FIRST + DAY).values.tolist() == [12.5]
        assert vix(FIRST + 2 * DAY).values.tolist() == [12.5, 13]

    def test_history_as_it_was_known(self) -> None:
        store_values(series(), frame(["12.5", "13", "14"]))
        days, values = daily_history("VIX", Market.REAL, FIRST + 2 * DAY, 30)
        assert [date(1970, 1, 1) + int(day) * DAY for day in days] == [date(2024, 6, 3), date(2024, 6, 4)]
        assert values.tolist() == [12.5, 13]

    def test_an_ended_series_grows_stale(self) -> None:
        store_values(series(), frame(["12.5"]))
        assert not vix(FIRST + 8 * DAY).is_stale(FIRST + 8 * DAY)
        assert vix(FIRST + 9 * DAY).is_stale(FIRST + 9 * DAY)
        assert vix(FIRST + 500 * DAY, "VIX").newest == FIRST

    def test_named_series_reach_back_a_year(self) -> None:
        store_values(series(), frame([str(day) for day in range(60)]))
        known = FIRST + 60 * DAY
        assert len(vix(known).values) == 11  # 12 days, the last of them not over
        assert vix(known, "VIX").values.tolist() == list(range(60))
        assert vix(known, "VIX").back(7 * DAY) == 52

    def test_a_value_of_a_while_ago(self) -> None:
        """That of the day; where it lacks the one before, unless that is too old; never a later one."""
        rows = frame([str(day) for day in range(30)])
        store_values(series(), rows.filter(~pl.col("value").is_in(["10", "11", "12", *map(str, range(20))])))
        known = vix(FIRST + 30 * DAY, "VIX")
        assert known.values.tolist() == list(range(20, 30))
        assert known.back(5 * DAY) == 24
        assert np.isnan(known.back(10 * DAY))

    def test_assets_are_described(self) -> None:
        wrapped = AssetFactory(metrics_details={"pegged_to": "BTC"})
        dollar = AssetFactory(asset_type="stablecoin", metrics_details={"pegged_to": "USD"})
        for code, asset in (("MARKET_CAP:A", wrapped), ("MARKET_CAP:B", dollar)):
            store_values(series(code, "market_cap", asset=asset), frame(["5"]))
        found = known_histories(Market.REAL, FIRST + DAY, [])
        flags = [(one.symbol, one.is_stable, one.is_wrapped) for one in found.values()]
        assert flags == [(wrapped.symbol, False, True), (dollar.symbol, True, False)]

    def test_the_demo_market_has_series_of_its_own(self) -> None:
        store_values(series(), frame(["12.5"]))
        store_values(series("DEMO:VIX"), frame(["55"]))
        assert vix(FIRST + DAY).values.tolist() == [12.5]
        assert known_histories(Market.DEMO, FIRST + DAY, [])["VIX"].values.tolist() == [55]

    def test_caps_come_to_stand_beside_their_candles(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [1, 2, 3], first=FIRST)
        store_values(series("MARKET_CAP:X", "market_cap", asset=asset), frame(["1000.567", "2000"]))
        assert copy_market_caps() == 2
        assert copy_market_caps() == 0
        caps = PriceData.objects.order_by("candle_time").values_list("market_cap", flat=True)
        assert [str(cap) for cap in caps] == ["1000.57", "2000.00", "None"]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class TestFiles:
    def test_fred_form(self, tmp_path: Path) -> None:
        path = write(
            tmp_path,
            "sp500-daily.csv",
            "observation_date,SP500\n2024-06-03,5283.40\n2024-06-04,\n2024-06-05,.\n2024-06-06,x\n",
        )
        (file,) = recognise(path)
        rows, rejects = read_values(file, NOW)
        assert rows.rows() == [(FIRST, FIRST + DAY, "5283.40")]
        assert [(reject.line, reject.reason) for reject in rejects] == [(5, "sp500 x is no number")]

    def test_what_is_not_known_yet_is_refused(self, tmp_path: Path) -> None:
        lines = ["2024-06-03,1", "2024-06-04,2", "2024-06-05,3", "2999-01-01,4", "0000-06-03,5"]
        (file,) = recognise(write(tmp_path, "dxy-daily.csv", "\n".join(["date,dxy", *lines])))
        rows, rejects = read_values(file, FIRST + 2 * DAY + timedelta(hours=5))
        assert rows["value"].to_list() == ["1", "2"]
        assert {reject.line: reject.reason for reject in rejects} == {
            4: "dxy of 2024-06-05 is not known yet",
            5: "date 2999-01-01 lies in the future",
            6: "date 0000-06-03 lies before all records",
        }

    def test_a_symbol_that_no_column_holds(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFile, match="has more than 20 characters"):
            recognise(tmp_path / "funding" / f"{'A' * 16}.csv")

    def test_a_month_is_known_when_it_is_over(self, tmp_path: Path) -> None:
        (file,) = recognise(write(tmp_path, "gold-monthly.csv", "Date,Price\n2024-01,2034.1\n"))
        rows, _ = read_values(file, NOW)
        assert rows.rows() == [(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC), "2034.1")]

    def test_funding_counts_at_its_moment_without_jitter(self, tmp_path: Path) -> None:
        text = "funding_time,symbol,funding_rate,mark_price\n2024-06-03T08:00:00.004Z,SOLUSDT,0.00010000,\n"
        (file,) = recognise(write(tmp_path, "funding/SOLUSDT.csv", text))
        rows, _ = read_values(file, NOW)
        moment = datetime(2024, 6, 3, 8, tzinfo=UTC)
        assert rows.rows() == [(moment, moment, "0.00010000")]
        assert file.symbol == "SOLUSDT-PERP"

    def test_coingecko_dates_the_close_of_the_day_before(self, tmp_path: Path) -> None:
        text = (
            "date,coin_id,symbol,price_usd,market_cap_usd,total_volume_usd\n"
            "2024-06-04T00:00:00Z,bitcoin,btc,1,1300,55\n2024-06-05T00:00:00Z,bitcoin,btc,1,0,66\n"
            "2024-06-05T13:46:11Z,bitcoin,btc,1,1400,77\n"
        )
        caps, volumes = recognise(write(tmp_path, "coingecko-2024/bitcoin.csv", text))
        assert read_values(caps, NOW)[0].rows() == [
            (FIRST, FIRST + DAY, "1300")
        ]  # 0 is unknown, the download's moment no day
        assert read_values(volumes, NOW)[0]["value"].to_list() == ["55", "66"]

    def test_two_values_for_one_day(self, tmp_path: Path) -> None:
        (file,) = recognise(
            write(tmp_path, "dxy-daily.csv", "date,dxy\n2024-06-03,1\n2024-06-03,2\n2024-06-04,3\n2024-06-04,3\n")
        )
        rows, rejects = read_values(file, NOW)
        assert rows["value"].to_list() == ["3"]
        assert [reject.line for reject in rejects] == [2, 3]

    def test_the_real_shift_of_coingecko(self, shared: Path) -> None:
        """Fact 1 of the data: shifted by a day, its prices are the exchange's closes; unshifted they are not."""
        from assets.providers.candle_files import read_candles
        from assets.providers.candle_files import recognise as candle_file
        from assets.providers.text_files import read_rows

        path = shared / "data" / "daily" / "coingecko-2021" / "bitcoin.csv.gz"
        prices, _ = read_rows(path, ("date", "price_usd"))
        theirs = {row[1][:10]: float(row[2]) for row in prices.iter_rows() if row[1].endswith("T00:00:00Z")}
        candles = candle_file(shared / "data" / "candles" / "binance-spot-daily" / "BTCUSDT-1d.csv.gz")
        assert candles is not None
        rows, _ = read_candles(candles, datetime(2026, 1, 1, tzinfo=UTC))
        closes = {f"{time:%Y-%m-%d}": float(close) for time, close in rows.select("candle_time", "close").iter_rows()}

        def median_gap(shift: timedelta) -> float:
            gaps = sorted(
                abs(price / closes[f"{datetime.fromisoformat(day) - shift:%Y-%m-%d}"] - 1)
                for day, price in theirs.items()
                if f"{datetime.fromisoformat(day) - shift:%Y-%m-%d}" in closes
            )
            return gaps[len(gaps) // 2]

        assert median_gap(DAY) < 0.004
        assert median_gap(timedelta(0)) > 0.02
