"""Forecasts of the indexes: kept, scored like any other, the same whatever comes after, by rules or by a version."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from aimodels.choices import ModelType
from aimodels.compute.calibration import Calibration
from aimodels.compute.forecaster import Forecaster, answer, to_artefact
from aimodels.compute.learners import Boosting, train
from aimodels.models import AIModel, ModelActivation, Prediction, PredictionScore
from aimodels.services import serving
from aimodels.services.artefacts import keep_artefact
from aimodels.services.registry import TrainedModel, ensure_rules, register_trained
from aimodels.services.scoring import score_predictions
from assets.models import Asset, PriceData
from assets.selectors import market_view
from macro.models import MetricsSnapshot
from sectors.compute.features import GENERATION, feature_names, features
from sectors.models import SectorMapping
from sectors.rules import SECTOR_FORECAST_RULES, SECTOR_PRICES, SPANS
from sectors.selectors import sector_market
from sectors.selectors.lines import lines_of
from sectors.services.forecasts import forecast_sectors
from tests.sectors.sector_market import DAY, DAYS, END, FIRST, snapshot, store_market

pytestmark = pytest.mark.django_db
INDEXES = 6
"""Apps, Base, Left, Right, Single and the total market; the stablecoins stand still and get no forecast."""


@pytest.fixture(autouse=True)
def market() -> Iterator[None]:
    store_market()
    ensure_rules(SECTOR_FORECAST_RULES["1d"])
    serving.forget()
    yield
    serving.forget()


def forecasts(day: int) -> dict[tuple[str, str, int], dict[str, Any]]:
    made = forecast_sectors(snapshot(FIRST + day * DAY), None)
    symbols = dict(Asset.objects.values_list("pk", "symbol"))
    columns = ("predicted_value", "input_price", "features_hash", "input_features", "target_datetime", "model_name")
    return {
        (symbols[row.asset_id], row.prediction_type, row.prediction_horizon): {
            one: getattr(row, one) for one in columns
        }
        for row in made.rows
    }


class TestByRules:
    def test_every_index_over_every_horizon(self) -> None:
        found = forecasts(DAYS)
        assert {hours for _symbol, _kind, hours in found} == {24, 72, 168}
        assert len(found) == INDEXES * 3 * 2
        assert set(Prediction.objects.values_list("layer_source", "model_name")) == {(2, "sector_forecast_rules_1d")}
        direction = found["TOTAL-INDEX", "direction", 24]
        assert 0 < direction["predicted_value"]["probability_up"] < 1
        price = found["APPS-INDEX", "price", 168]
        quantiles = [float(value) for _level, value in sorted(price["predicted_value"]["quantiles"].items())]
        assert quantiles == sorted(quantiles)
        assert price["target_datetime"] == END + 7 * DAY
        stored = PriceData.objects.get(asset__symbol="APPS-INDEX", candle_time=END - DAY).close_price
        assert float(price["input_price"]) == pytest.approx(float(stored), rel=1e-11)

    def test_the_same_again_adds_nothing(self) -> None:
        forecasts(DAYS)
        before = list(Prediction.objects.order_by("pk").values())
        assert forecast_sectors(MetricsSnapshot.objects.get(snapshot_time=END), None).created == 0
        assert list(Prediction.objects.order_by("pk").values()) == before

    def test_they_are_scored_on_the_candles_of_the_indexes(self) -> None:
        forecasts(DAYS - 8)
        forecasts(DAYS)
        scored = score_predictions(END)
        assert (scored.scored, scored.unresolved) == (INDEXES * 3 * 2, 0)
        score = PredictionScore.objects.select_related("prediction").get(
            prediction__asset__symbol="BASE-INDEX",
            prediction__prediction_type="direction",
            prediction__prediction_horizon=72,
            prediction__as_of=END - 8 * DAY,
        )
        candle = PriceData.objects.get(asset__symbol="BASE-INDEX", candle_time=END - 6 * DAY)
        assert score.actual_price == candle.close_price
        level = np.log(float(candle.close_price) / float(score.prediction.input_price))
        assert score.log_return == pytest.approx(level, abs=1e-9)

    def test_the_future_changes_nothing(self) -> None:
        with transaction.atomic():
            expected = forecasts(DAYS - 30)
            transaction.set_rollback(True)
        PriceData.objects.filter(candle_time__gte=END - 30 * DAY).delete()
        assert forecasts(DAYS - 30) == expected

    def test_without_sectors_there_is_nothing_to_forecast(self) -> None:
        SectorMapping.objects.all().delete()
        assert forecast_sectors(snapshot(END), None).rows == []


class TestByVersion:
    @pytest.fixture
    def version(self) -> Forecaster:
        """Learned from noise, in force since day 100, for 24 hours."""
        market = sector_market(market_view("1d", END))
        assert market is not None
        found = features(lines_of(market), SPANS["1d"])
        names = tuple(name for name in found.names if name.startswith(("momentum", "strength", "market")))
        rows = found.taken(names)[90:].reshape(-1, len(names))
        outcomes = np.random.default_rng(3).integers(0, 2, len(rows))
        learned = train("logistic", rows, names, outcomes, settings=Boosting(rounds=5))
        forecaster = Forecaster(learned, Calibration("none", np.empty(0), np.empty(0)), (), None, None, rows[:50])
        arrays, meta = to_artefact(forecaster)
        model = register_trained(
            TrainedModel(
                name=SECTOR_PRICES.name("1d", 24), version="1", model_type=ModelType.SECTOR, target="direction",
                path=keep_artefact(arrays, meta), trained_from=FIRST, trained_until=FIRST + 90 * DAY,
                samples=len(rows), configuration={"generation": GENERATION, "horizon_hours": 24}, metrics={},
            )
        )  # fmt: skip
        ModelActivation.objects.create(model=model, valid_from=FIRST + 100 * DAY, evidence={})
        return forecaster

    def test_serves_its_horizon_and_says_why(self, version: Forecaster) -> None:
        found = forecasts(DAYS)
        told = found["BASE-INDEX", "direction", 24]
        assert told["model_name"] == SECTOR_PRICES.name("1d", 24)
        assert found["BASE-INDEX", "direction", 72]["model_name"] == "sector_forecast_rules_1d"
        market = sector_market(market_view("1d", END))
        assert market is not None
        row = features(lines_of(market), SPANS["1d"]).taken(version.direction.names)[-1, [1]]
        said = answer(version, row, np.ones(1))
        assert told["predicted_value"]["probability_up"] == pytest.approx(float(said.chances[0]), abs=1e-12)
        kept = told["input_features"]["contributions"]
        assert len(kept) == 6
        total = said.contributions.base + sum(amount for _name, amount in kept)
        assert total == pytest.approx(float(said.contributions.total[0]), abs=1e-9)

    @pytest.mark.usefixtures("version")
    def test_of_another_generation_it_does_not_serve(self) -> None:
        AIModel.objects.filter(name=SECTOR_PRICES.name("1d", 24)).update(configuration={"generation": "0"})
        assert {one["model_name"] for one in forecasts(DAYS).values()} == {"sector_forecast_rules_1d"}

    def test_the_names_of_the_features_are_known_without_a_market(self) -> None:
        market = sector_market(market_view("1d", END))
        assert market is not None
        assert features(lines_of(market), SPANS["1d"]).names == feature_names(SPANS["1d"])

    @pytest.mark.usefixtures("version")
    def test_before_it_was_in_force_the_rules_serve(self) -> None:
        assert {one["model_name"] for one in forecasts(95).values()} == {"sector_forecast_rules_1d"}

    @pytest.mark.usefixtures("version")
    def test_the_demo_market_is_served_by_the_rules(self) -> None:
        Asset.objects.update(data_source="demo")
        assert {one["model_name"] for one in forecasts(DAYS).values()} == {"sector_forecast_rules_1d"}
