"""Perpetuals and the chain in a snapshot: funding by its real interval, open interest, active addresses."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from assets.choices import Market
from macro.compute.values import DAY
from macro.selectors.funding import newest_charges
from macro.selectors.series import latest_values
from macro.services import register_series, store_values
from macro.services.snapshot_parts import outside

pytestmark = pytest.mark.django_db
NOON = datetime(2022, 11, 12, 12, tzinfo=UTC)
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


def charge(symbol: str, every: int, rate: str, *, until: datetime = NOON, code: str = "FUNDING:") -> None:
    store(f"{code}{symbol}", "funding", [(until - i * every * HOUR, rate) for i in range(3)])


def derivatives(as_of: datetime = NOON) -> tuple[dict[str, float], dict[str, float], float | None]:
    part = outside(latest_values(Market.REAL, as_of), newest_charges(Market.REAL, as_of), as_of)
    metrics = part.extended["derivatives_metrics"]
    return metrics["funding_rates"], metrics["funding_annual_pct"], part.values["funding_rate_btc"]


def test_rates_compare_per_8_hours() -> None:
    charge("BTCUSDT-PERP", 8, "0.0001")
    charge("SOLUSDT-PERP", 2, "-0.002")
    rates, annual, bitcoin = derivatives()
    assert rates == {"BTCUSDT-PERP": 0.0001, "SOLUSDT-PERP": -0.008}
    assert annual == pytest.approx({"BTCUSDT-PERP": 10.95, "SOLUSDT-PERP": -876.0})
    assert bitcoin == 0.0001


def test_only_charges_that_were_known() -> None:
    charge("BTCUSDT-PERP", 8, "0.0001")
    assert newest_charges(Market.REAL, NOON - 17 * HOUR) == {}
    assert derivatives(NOON - timedelta(microseconds=1))[2] == 0.0001
    assert len(newest_charges(Market.REAL, NOON - HOUR)["BTCUSDT-PERP"].times) == 2


def test_the_latest_correction_of_a_charge_counts() -> None:
    charge("BTCUSDT-PERP", 8, "0.0001")
    charge("BTCUSDT-PERP", 8, "0.0003")
    assert derivatives()[2] == 0.0001
    now = datetime.now(UTC)
    assert newest_charges(Market.REAL, now) == {}


def test_an_ended_perpetual_has_no_rate() -> None:
    charge("BTCUSDT-PERP", 8, "0.0001", until=NOON - 10 * DAY)
    assert derivatives() == ({}, {}, None)


def test_the_demo_market_has_its_own() -> None:
    charge("BTC-DEMO-PERP", 8, "0.0002", code="DEMO:FUNDING:")
    assert newest_charges(Market.REAL, NOON) == {}
    assert list(newest_charges(Market.DEMO, NOON)) == ["BTC-DEMO-PERP"]


def test_open_interest_and_active_addresses() -> None:
    midnight = NOON.replace(hour=0)
    store("OPEN_INTEREST:BTCUSDT-PERP", "open_interest", [(midnight, "5000000000.5")])
    store("ACTIVE_ADDRESSES:BTC", "onchain", [(midnight - 2 * DAY, "900000"), (midnight - DAY, "950000")], DAY)
    store("TAKER_VOLUME:BTCUSDT-PERP", "taker_volume", [(midnight - DAY, "1.5")], DAY)
    part = outside(latest_values(Market.REAL, NOON), {}, NOON)
    assert part.values["open_interest_btc"] == 5000000000.5
    assert part.values["active_addresses_btc"] == 950000
    later = NOON + 30 * DAY
    stale = outside(latest_values(Market.REAL, later), {}, later)
    assert "open_interest_btc" not in stale.values
