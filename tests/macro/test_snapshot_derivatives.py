"""Perpetuals and the chain in a snapshot: funding by its real interval, open interest, active addresses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from assets.choices import Market
from assets.selectors import market_view
from macro.compute.values import DAY
from macro.selectors.histories import known_histories
from macro.services import register_series, store_values
from macro.services.snapshot import snapshot_row
from tests.factories import AssetFactory, add_candles

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 6, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def store(code: str, kind: str, rows: list[tuple[datetime, str]], delay: timedelta = timedelta(0)) -> None:
    series = register_series(code, name=code, kind=kind, unit="x", source="binance")
    frame = pl.DataFrame(
        {
            "observed_at": [at for at, _ in rows],
            "known_at": [at + delay for at, _ in rows],
            "value": [v for _, v in rows],
        },
        schema_overrides={"observed_at": pl.Datetime("us", "UTC"), "known_at": pl.Datetime("us", "UTC")},
    )
    store_values(series, frame)


def charge(
    symbol: str, every: int, rate: str, *, until: datetime = NOON, code: str = "FUNDING:", count: int = 3
) -> None:
    store(f"{code}{symbol}", "funding", [(until - i * every * HOUR, rate) for i in range(count)])


def made(as_of: datetime = NOON, **asset: Any) -> dict[str, Any]:
    """The snapshot of a market of Bitcoin alone."""
    bitcoin = AssetFactory(**{"symbol": "BTC"} | asset)
    add_candles(bitcoin, 50 + np.arange(60) % 7, timeframe="4h", first=as_of - 60 * 4 * HOUR)
    return snapshot_row(market_view("4h", as_of), bitcoin.pk)


def derivatives(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = row["extended_metrics"]["derivatives_metrics"]
    return found


def test_rates_compare_per_8_hours() -> None:
    charge("BTCUSDT-PERP", 8, "0.0001")
    charge("SOLUSDT-PERP", 2, "-0.002")
    row = made()
    assert derivatives(row)["funding_rates"] == {"BTCUSDT-PERP": 0.0001, "SOLUSDT-PERP": -0.008}
    annual = derivatives(row)["funding_annual_pct"]
    assert annual == pytest.approx({"BTCUSDT-PERP": 10.95, "SOLUSDT-PERP": -876.0})
    assert float(row["funding_rate_btc"]) == 0.0001
    assert derivatives(row)["funding_rate_median"] == pytest.approx((0.0001 - 0.008) / 2)


def test_the_trend_of_funding() -> None:
    """Three weeks at 0.01 %, one at 0.03 %."""
    charge("BTCUSDT-PERP", 8, "0.0001", until=NOON - 7 * DAY, count=69)
    charge("BTCUSDT-PERP", 8, "0.0003", count=21)
    month = (69 * 0.0001 + 21 * 0.0003) / 90
    assert derivatives(made())["funding_rate_trend"] == pytest.approx(0.0003 - month)


def test_only_charges_that_were_known() -> None:
    charge("BTCUSDT-PERP", 8, "0.0001")
    before = known_histories(Market.REAL, NOON - 17 * HOUR, [])
    assert "FUNDING:BTCUSDT-PERP" not in before
    assert len(known_histories(Market.REAL, NOON - HOUR, [])["FUNDING:BTCUSDT-PERP"].values) == 2


def test_a_correction_counts_from_when_it_came() -> None:
    charge("BTCUSDT-PERP", 8, "0.0001")
    charge("BTCUSDT-PERP", 8, "0.0003")
    assert float(made()["funding_rate_btc"]) == 0.0001


def test_an_ended_perpetual_has_no_rate() -> None:
    charge("BTCUSDT-PERP", 8, "0.0001", until=NOON - 10 * DAY)
    row = made()
    assert (row["funding_rate_btc"], derivatives(row)["funding_rates"]) == (None, None)
    assert row["data_quality_flags"]["missing"]["funding_rate_btc"] == "stale: last value of 2024-06-02"


def test_the_demo_market_has_its_own() -> None:
    charge("BTC-DEMO-PERP", 8, "0.0002", code="DEMO:FUNDING:")
    store("DEMO:OPEN_INTEREST:BTC-DEMO-PERP", "open_interest", [(NOON - DAY, "7000000000")], DAY)
    store("DEMO:ACTIVE_ADDRESSES:BTC-DEMO", "onchain", [(NOON - DAY, "800000")], DAY)
    charge("BTCUSDT-PERP", 8, "0.0009")
    assert set(known_histories(Market.REAL, NOON, [])) == {"FUNDING:BTCUSDT-PERP"}
    row = made(symbol="BTC-DEMO", data_source="demo")
    assert float(row["funding_rate_btc"]) == 0.0002
    assert row["open_interest_btc"] == 7_000_000_000
    assert row["active_addresses_btc"] == 800_000
    assert list(derivatives(row)["funding_rates"]) == ["BTC-DEMO-PERP"]


def test_positions_and_the_chain() -> None:
    midnight = NOON.replace(hour=0)
    positions = [(midnight - DAY, "4000000000"), (midnight, "5000000000.5")]
    store("OPEN_INTEREST:BTCUSDT-PERP", "open_interest", positions)
    store("ACTIVE_ADDRESSES:BTC", "onchain", [(midnight - 2 * DAY, "900000"), (midnight - DAY, "950000")], DAY)
    store("TAKER_VOLUME:BTCUSDT-PERP", "taker_volume", [(midnight - DAY, "1.5")], DAY)
    row = made()
    assert float(row["open_interest_btc"]) == 5_000_000_000.5
    assert row["active_addresses_btc"] == 950_000
    assert derivatives(row)["oi_change_24h"] == pytest.approx(25, abs=1e-6)
    assert derivatives(row)["taker_buy_volume_btc"] == 1.5


def test_positions_that_ended_are_not_shown() -> None:
    store("OPEN_INTEREST:BTCUSDT-PERP", "open_interest", [(NOON - 30 * DAY, "5000000000")])
    row = made()
    assert row["open_interest_btc"] is None
    assert row["data_quality_flags"]["missing"]["open_interest_btc"] == "stale: last value of 2024-05-13"
