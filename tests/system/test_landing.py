"""Landing: what is the same changes nothing, what does not fit is null with a reason."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from assets.models import PriceData
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from system.services import complete, fitted, land, plain
from tests.factories import RegimeFactory

pytestmark = pytest.mark.django_db
TIME = datetime(2024, 6, 1, tzinfo=UTC)
KEY = ("snapshot_time", "timeframe")


def row(**values: object) -> dict[str, object]:
    return {"snapshot_time": TIME, "timeframe": "1d", "btc_price_usd": 67234.5, **values}


def test_new_equal_changed() -> None:
    assert land(MetricsSnapshot, [row()], key=KEY).created == 1
    before = MetricsSnapshot.objects.get()
    again = land(MetricsSnapshot, [row()], key=KEY)
    assert (again.created, again.changed, again.equal) == (0, 0, 1)
    assert again.rows[0].pk == before.pk
    assert MetricsSnapshot.objects.get().updated_at == before.updated_at
    assert land(MetricsSnapshot, [row(btc_price_usd=1)], key=KEY).changed == 1
    assert MetricsSnapshot.objects.get().btc_price_usd == 1


def test_rows_come_back_in_their_order() -> None:
    times = [datetime(2024, 6, day, tzinfo=UTC) for day in (3, 1, 2)]
    land(MetricsSnapshot, [row(snapshot_time=times[1])], key=KEY)
    landed = land(MetricsSnapshot, [row(snapshot_time=time) for time in times], key=KEY)
    assert [one.snapshot_time for one in landed.rows] == times
    assert (landed.created, landed.equal) == (2, 1)


def test_written_once_stays_whatever_comes() -> None:
    land(MetricsSnapshot, [row()], key=KEY)
    landed = land(MetricsSnapshot, [row(btc_price_usd=5)], key=KEY, written_once=True)
    assert (landed.equal, landed.rows[0].btc_price_usd) == (1, Decimal("67234.5"))


def test_times_of_writing_make_no_row_different() -> None:
    land(MetricsSnapshot, [row(snapshot_version="1")], key=KEY)
    landed = land(MetricsSnapshot, [row(snapshot_version="2")], key=KEY, wall_clock=("snapshot_version",))
    assert (landed.changed, MetricsSnapshot.objects.get().snapshot_version) == (0, "1")


def test_numbers_fit_their_columns() -> None:
    values = fitted(AIRegimeAnalysis, {"regime_confidence": 0.123456, "current_regime": "Bull"})
    assert values == {"regime_confidence": Decimal("0.12"), "current_regime": "Bull"}
    assert fitted(AIRegimeAnalysis, {"regime_confidence": float("nan")}) == {"regime_confidence": None}
    assert fitted(AIRegimeAnalysis, {"regime_confidence": np.float64(0.5)}) == {"regime_confidence": Decimal("0.50")}
    assert fitted(MetricsSnapshot, {"btc_price_usd": 1e30}) == {"btc_price_usd": None}
    assert fitted(PriceData, {"close_price": Decimal("98765432109876543210.123456789012345678")}) == {
        "close_price": Decimal("98765432109876543210.123456789012345678")
    }
    regime = RegimeFactory()
    assert fitted(AIRegimeAnalysis, {"metrics_snapshot": regime.metrics_snapshot}) == {
        "metrics_snapshot_id": regime.metrics_snapshot_id
    }


def test_every_null_column_has_its_reason() -> None:
    values, absent = complete(AIRegimeAnalysis, {"current_regime": "Bull"}, {"risk_level": "no source"})
    assert absent["risk_level"] == "no source"
    assert "current_regime" not in absent
    assert set(absent.values()) == {"no source", "not computed yet"}
    attributes = {field.name: field.attname for field in AIRegimeAnalysis._meta.concrete_fields}
    assert all(values[attributes[name]] is None for name in absent)


def test_a_number_that_does_not_fit_is_named_as_that() -> None:
    given = {"current_regime": "Bull", "regime_duration_days": float("nan"), "volume_surge_ratio": 1e9}
    values, absent = complete(AIRegimeAnalysis, given, {"volume_surge_ratio": "no source"})
    assert (values["volume_surge_ratio"], absent["volume_surge_ratio"]) == (None, "too large for its column")
    assert absent["regime_duration_days"] == "not computed yet"


def test_json_keeps_no_nan() -> None:
    mixed = {"a": np.float64("nan"), 1: [np.int64(3), Decimal("1.50"), float("inf")], "t": (np.array([1.0, 2.0]),)}
    assert plain(mixed) == {"a": None, "1": [3, "1.50", None], "t": [[1.0, 2.0]]}
