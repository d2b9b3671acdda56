"""Forecasts of a run: by the rules or the version in force, and the same that training sees, to the last bit."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from aimodels.compute import forecaster, learners
from aimodels.compute.baseline import LEVELS
from aimodels.compute.calibration import Calibration, calibrated
from aimodels.compute.material import Material
from aimodels.models import AIModel, Prediction
from aimodels.services import ensure_rules, features_hash, serving
from aimodels.services.artefacts import keep_artefact
from aimodels.services.model_health import broken_versions, check_health
from aimodels.services.price_forecasts import RULE_INPUTS
from cryptopredict.watching import require_usable
from macro.models import MetricsSnapshot
from selection.compute.features import GENERATION, feature_names
from selection.rules import FORECAST_RULES, SPANS
from selection.services import forecast_assets, training
from tests.factories import AIModelFactory, MetricsSnapshotFactory, ModelActivationFactory, RegimeFactory
from tests.selection.asset_market import DAY, DAYS, END, FIRST, MadeMarket, lifted, made_market

__all__ = ["made_market"]
pytestmark = pytest.mark.django_db
NAME = "asset_direction_1d_24h"
AS_OF = END - 10 * DAY
"""Ten days before the end: training at the end knows what came of it."""


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.CRYPTOPREDICT_HOME = tmp_path
    serving.forget()
    yield
    serving.forget()


@pytest.fixture
def snapshot(made_market: MadeMarket) -> MetricsSnapshot:
    ensure_rules(FORECAST_RULES["1d"])
    return MetricsSnapshotFactory(snapshot_time=AS_OF)


@pytest.fixture
def material(made_market: MadeMarket) -> Material:
    return training.material(NAME, END, lifted=lifted(END)).material


def serve(material: Material, *, with_quantiles: bool = True, generation: str = GENERATION) -> AIModel:
    """A version in force at ``AS_OF`` that has learned from rows before."""
    samples = material.samples
    model = learners.train("logistic", samples.features[:600], samples.names, samples.outcomes[:600])
    version = forecaster.Forecaster(
        direction=model,
        calibration=Calibration("platt", np.array([0.5, 0.1]), np.empty(0)),
        levels=LEVELS if with_quantiles else (),
        quantiles=None,
        offsets=np.array([-1.2, -0.4, 0.1, 0.5, 1.1]) if with_quantiles else None,
        reference=samples.features[:300],
    )
    row = AIModelFactory(
        name=NAME,
        is_active=True,
        configuration={"generation": generation, "horizon_hours": 24},
        model_file_path=keep_artefact(*forecaster.to_artefact(version)),
        training_data_range={"end_date": (AS_OF - 90 * DAY).isoformat()},
    )
    ModelActivationFactory(model=row, valid_from=AS_OF - DAY)
    return row


def place(material: Material, asset_id: int) -> int:
    """The row of an asset at ``AS_OF``."""
    number = int(AS_OF.timestamp()) // 86400
    return int(np.flatnonzero((material.asset_ids == asset_id) & (material.samples.times == number))[0])


def told(row: Prediction, which: str = "quantiles") -> list[float]:
    """Prices at the levels, lowest first."""
    return [(row.predicted_value or {})[which][f"{level:g}"] for level in LEVELS]


def prices(row: Prediction, quantiles: np.ndarray) -> list[float]:
    return (float(row.input_price) * np.exp(quantiles)).tolist()


def test_all_horizons_by_the_rules(snapshot: MetricsSnapshot, made_market: MadeMarket) -> None:
    regime = RegimeFactory(metrics_snapshot=snapshot)
    landed = forecast_assets(snapshot, regime)
    ids = {coin.pk for coin in made_market.coins}
    keys = {(row.asset_id, row.prediction_horizon, row.prediction_type) for row in landed.rows}
    assert keys == {(pk, hours, kind) for pk in ids for hours in (24, 72, 168) for kind in ("direction", "price")}
    assert landed.created == len(keys)
    for row in landed.rows:
        assert (row.model_name, row.model_version, row.layer_source) == ("forecast_rules_1d", "2.0.0", 3)
        assert row.target_datetime == AS_OF + timedelta(hours=row.prediction_horizon)
        assert row.market_conditions == regime.current_regime
        assert row.training_data_end is None
    again = forecast_assets(snapshot, regime)
    assert (again.created, again.equal) == (0, len(keys))


def test_what_the_rules_said_follows_from_what_they_were_given(snapshot: MetricsSnapshot, material: Material) -> None:
    assert material.values is not None
    for row in forecast_assets(snapshot, None).rows:
        given = row.input_features or {}
        assert row.features_used == list(RULE_INPUTS)
        assert row.features_hash == features_hash(RULE_INPUTS, np.array([given[name] for name in RULE_INPUTS]))
        if row.prediction_horizon != 24:
            continue
        said, at = row.predicted_value or {}, place(material, row.asset_id)
        if row.prediction_type == "direction":
            assert said == {"probability_up": material.rules[at], "naive_probability_up": material.naive[at]}
            assert (given["chance"], given["base_rate"]) == (material.rules[at], material.naive[at])
        else:
            moves = np.array([given[f"move_{100 * level:g}"] for level in LEVELS])
            assert np.array_equal(moves * given["volatility"], material.values.rules[at])
            assert told(row) == prices(row, material.values.rules[at])
            assert told(row, "naive_quantiles") == prices(row, material.values.naive[at])
            assert row.predicted_price == pytest.approx(Decimal(told(row)[2]))


def test_a_version_in_force_sees_what_training_sees(snapshot: MetricsSnapshot, material: Material) -> None:
    version = serve(material)
    held = serving.stored_forecaster(version.model_file_path or "")
    landed = forecast_assets(snapshot, None)
    assert {row.model_name for row in landed.rows if row.prediction_horizon != 24} == {"forecast_rules_1d"}
    found = [row for row in landed.rows if row.prediction_horizon == 24]
    assert len(found) == 10
    assert material.values is not None
    for row in found:
        at = place(material, row.asset_id)
        seen = material.samples.features[[at]]
        expected = forecaster.answer(held, seen, material.values.scale[[at]])
        assert (row.model_name, row.ai_model_id) == (NAME, version.pk)
        assert row.training_data_end == AS_OF - 90 * DAY
        assert row.features_used == list(material.samples.names)
        assert row.features_hash == features_hash(material.samples.names, seen[0])
        said = row.predicted_value or {}
        if row.prediction_type == "direction":
            assert said["probability_up"] == pytest.approx(expected.chances[0], rel=1e-12)
            assert said["naive_probability_up"] == material.naive[at]
        else:
            assert expected.quantiles is not None
            assert told(row) == pytest.approx(prices(row, expected.quantiles[0]), rel=1e-12)


def test_the_strongest_contributions_are_kept_and_sum_to_the_forecast(
    snapshot: MetricsSnapshot, material: Material
) -> None:
    held = serving.stored_forecaster(serve(material).model_file_path or "")
    base = learners.contributions(held.direction, np.zeros((1, len(material.samples.names)))).base
    forecast_assets(snapshot, None)
    rows = list(Prediction.objects.filter(prediction_horizon=24, prediction_type="direction"))
    assert rows
    for row in rows:
        parts = json.loads(json.dumps(row.input_features))["contributions"]
        assert len(parts) == 6
        assert [name for name, _amount in parts][-1] == "others"
        sizes = [abs(amount) for _name, amount in parts[:-1]]
        assert sizes == sorted(sizes, reverse=True)
        chance = calibrated(held.calibration, expit(np.array([base + sum(amount for _name, amount in parts)])))
        assert (row.predicted_value or {})["probability_up"] == pytest.approx(chance[0], abs=1e-6)


def test_a_version_without_quantiles_leaves_them_to_the_rules(snapshot: MetricsSnapshot, material: Material) -> None:
    serve(material, with_quantiles=False)
    assert material.values is not None
    for row in forecast_assets(snapshot, None).rows:
        if row.model_name == NAME and row.prediction_type == "price":
            expected = prices(row, material.values.rules[place(material, row.asset_id)])
            assert told(row) == expected


def test_where_its_file_is_gone_the_rules_serve(snapshot: MetricsSnapshot, material: Material, tmp_path: Path) -> None:
    version = serve(material)
    (tmp_path / "models" / (version.model_file_path or "")).unlink()
    assert {row.model_name for row in forecast_assets(snapshot, None).rows} == {"forecast_rules_1d"}


def renamed(material: Material) -> Material:
    """The same with one feature under another name."""
    samples = material.samples
    return replace(material, samples=replace(samples, names=("gone", *samples.names[1:])))


@pytest.mark.parametrize(
    ("change", "generation", "reason"),
    [
        (renamed, GENERATION, "not there any more: gone"),
        (lambda material: material, "0", "generation 0; those of today are of generation"),
        (lambda material: material, "", "generation unknown"),
    ],
)
def test_a_version_of_other_features_does_not_serve_and_health_says_so(
    snapshot: MetricsSnapshot,
    material: Material,
    change: Callable[[Material], Material],
    generation: str,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    version = serve(change(material), generation=generation)
    with caplog.at_level(logging.ERROR):
        rows = forecast_assets(snapshot, None).rows
        forecast_assets(MetricsSnapshotFactory(snapshot_time=AS_OF + DAY), None)
    assert {row.model_name for row in rows} == {"forecast_rules_1d"}
    assert {row.prediction_horizon for row in rows} == {24, 72, 168}
    (told,) = [record for record in caplog.records if record.name == serving.__name__]
    assert reason in told.message
    (broken,) = broken_versions(require_usable)
    assert (broken.name, broken.version) == (NAME, version.version)
    assert reason in broken.reason
    check_health(AS_OF, require_usable)
    version.refresh_from_db()
    assert reason in (version.health_status or {})["alerts"][0]["text"]


def test_the_names_of_the_features_are_known_without_a_market(material: Material) -> None:
    assert lifted(END).features.names == feature_names(SPANS["1d"])


def test_a_coin_is_forecast_from_sixty_returns_on(made_market: MadeMarket) -> None:
    ensure_rules(FORECAST_RULES["1d"])
    early = MetricsSnapshotFactory(snapshot_time=FIRST + 60 * DAY)
    assert not forecast_assets(early, None).rows
    next_day = MetricsSnapshotFactory(snapshot_time=FIRST + 61 * DAY)
    assert {row.asset_id for row in forecast_assets(next_day, None).rows} == {
        coin.pk for coin in (*made_market.coins, made_market.ended)
    }


def test_the_late_coin_has_too_little_history(snapshot: MetricsSnapshot, made_market: MadeMarket) -> None:
    assert DAYS - 400 < 60
    assert made_market.late.pk not in {row.asset_id for row in forecast_assets(snapshot, None).rows}
