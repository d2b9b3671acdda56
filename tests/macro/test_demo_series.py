"""The demo market's series: from its factor, known when they could be, never changed by time."""

from datetime import UTC, datetime

import numpy as np
import pytest

from assets.providers import demo
from macro.providers.demo import DemoSeries, demo_series

DAY = 86400


def series_until(now: datetime) -> tuple[dict[str, DemoSeries], np.ndarray]:
    """Series by code, and the market's level at the end of each day."""
    blocks = list(demo.simulate(now))
    level = np.concatenate([paths.level for paths in blocks])
    stress = np.concatenate([paths.stress for paths in blocks])
    return {series.code: series for series in demo_series(demo.START, level, stress)}, level[23::24]


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, DemoSeries], np.ndarray]:
    return series_until(datetime(2026, 11, 21, 7, tzinfo=UTC))


@pytest.fixture(scope="module")
def series(made: tuple[dict[str, DemoSeries], np.ndarray]) -> dict[str, DemoSeries]:
    return made[0]


@pytest.mark.parametrize("until", [datetime(2024, 5, 4, 3, tzinfo=UTC), datetime(2026, 11, 20, 23, tzinfo=UTC)])
def test_a_later_end_changes_nothing_before(until: datetime, series: dict[str, DemoSeries]) -> None:
    earlier, _ = series_until(until)
    assert earlier.keys() == series.keys()
    for code, short in earlier.items():
        count = len(short.values)
        assert count
        assert np.array_equal(short.values, series[code].values[:count]), code
        assert np.array_equal(short.observed, series[code].observed[:count]), code


def test_exchanges_rest_at_weekends_and_coins_do_not(series: dict[str, DemoSeries]) -> None:
    for code in ("SP500", "GOLD", "DXY", "US10Y", "OIL", "VIX"):
        assert set((series[code].observed // DAY + 3) % 7) == {0, 1, 2, 3, 4}
    assert set(np.diff(series["FNG"].observed)) == {DAY}


def test_a_value_of_a_day_is_known_when_the_day_is_over(series: dict[str, DemoSeries]) -> None:
    now = datetime(2026, 11, 21, 7, tzinfo=UTC).timestamp()
    for code, one in series.items():
        assert np.array_equal(one.known, one.observed + (0 if code.startswith("FUNDING:") else DAY)), code
        assert one.known.max() <= now, code
        assert np.isfinite(one.values).all()


def test_funding_is_paid_every_eight_hours(series: dict[str, DemoSeries]) -> None:
    rates = series["FUNDING:BTC-DEMO-PERP"]
    assert set(np.diff(rates.observed)) == {8 * 3600}
    assert set(rates.observed % DAY) == {0, 8 * 3600, 16 * 3600}
    assert np.abs(rates.values).max() < 0.002
    assert (rates.values < 0).any()


def test_macro_moves_with_the_market(made: tuple[dict[str, DemoSeries], np.ndarray]) -> None:
    """Correlation of changes over the days on which both are known."""
    series, level = made
    first = int(demo.START.timestamp())
    for code, low, high in (("SP500", 0.15, 0.7), ("VIX", -0.8, -0.1), ("DXY", -0.5, -0.05), ("GOLD", -0.4, 0.1)):
        one = series[code]
        day = (one.observed - first) // DAY
        linked = np.corrcoef(np.diff(np.log(one.values)), np.diff(level[day]))[0, 1]
        assert low < linked < high, (code, linked)


def test_values_stay_where_such_values_are(series: dict[str, DemoSeries]) -> None:
    for code, low, high in (
        ("SP500", 2500, 15000),
        ("GOLD", 900, 6000),
        ("DXY", 80, 130),
        ("US10Y", 0.5, 8),
        ("OIL", 25, 200),
        ("VIX", 9, 80),
        ("FNG", 3, 97),
        ("ACTIVE_ADDRESSES:BTC-DEMO", 3e5, 3e6),
        ("OPEN_INTEREST:BTC-DEMO-PERP", 1e9, 6e10),
    ):
        values = series[code].values
        assert low <= values.min() < values.max() <= high, (code, values.min(), values.max())
    assert np.ptp(series["FNG"].values) > 50
