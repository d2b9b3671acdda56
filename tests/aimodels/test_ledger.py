"""The ledger: forecasts are written once, outcomes once, and nobody with the application's role can bend them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import DatabaseError, transaction
from django.db.models import ProtectedError
from scipy.special import ndtri

from aimodels.compute.baseline import LEVELS
from aimodels.models import AIModel, ModelActivation, Prediction
from aimodels.selectors import Chosen, forecast_record
from aimodels.services import Issue, ensure_rules, features_hash, model_in_force, record_forecasts, score_predictions
from assets.models import Asset
from selection.rules import ASSET_RULES, FORECAST_RULES
from system.exceptions import NoData
from tests.factories import AIModelFactory, AssetFactory, PredictionFactory, UserFactory, add_candles

pytestmark = pytest.mark.django_db
AS_OF = datetime(2024, 6, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def issue(asset: Asset, hours: int = 24, price: float = 100.0, **said: Any) -> Issue:
    moves = {"quantiles": 0.05 * ndtri(np.array(LEVELS)), "naive_quantiles": 0.06 * ndtri(np.array(LEVELS))}
    chances = {"probability_up": 0.52, "naive_probability_up": 0.49}
    facts = {"inputs": {"volatility": 0.02, "base_rate": 0.49}, "context": {"market_regime": "bull"}}
    given: dict[str, Any] = chances | moves | facts | said
    return Issue(asset.pk, price, hours, AS_OF + hours * HOUR, **given)


class TestWrittenOnce:
    def test_two_rows_each_and_the_same_again_changes_nothing(self) -> None:
        model, asset = ensure_rules(ASSET_RULES), AssetFactory()
        first = record_forecasts([issue(asset)], model=model, layer=3, as_of=AS_OF)
        assert first.created == 2
        rows = list(Prediction.objects.order_by("pk").values())
        again = record_forecasts([issue(asset, price=555)], model=model, layer=3, as_of=AS_OF)
        assert again.created == 0
        assert list(Prediction.objects.order_by("pk").values()) == rows
        direction, price = Prediction.objects.order_by("prediction_type")
        assert direction.confidence_score >= Decimal("0.5")
        assert price.predicted_value is not None
        assert sorted(price.predicted_value["quantiles"]) == ["0.05", "0.25", "0.5", "0.75", "0.95"]
        assert direction.predicted_value == {"probability_up": 0.52, "naive_probability_up": 0.49}
        assert price.predicted_price == Decimal(100)
        assert (direction.market_conditions, direction.input_features) == (
            "bull",
            {"volatility": 0.02, "base_rate": 0.49},
        )
        assert (direction.training_data_end, direction.model_training_time) == (None, None)
        assert (direction.debug_info or {})["missing"]["training_data_end"] == "rules are not trained"
        model.refresh_from_db()
        assert (model.prediction_count, model.last_prediction) == (2, AS_OF)

    def test_a_forecast_without_quantiles_is_a_direction_alone(self) -> None:
        model, asset = ensure_rules(ASSET_RULES), AssetFactory()
        landed = record_forecasts([issue(asset, quantiles=None)], model=model, layer=2, as_of=AS_OF)
        assert [(row.prediction_type, row.layer_source) for row in landed.rows] == [("direction", 2)]

    def test_what_a_trained_version_was_given_and_why_it_said_so(self) -> None:
        asset, seen = AssetFactory(), np.array([0.1, np.nan, -3.0])
        model = AIModelFactory(training_data_range={"end_date": (AS_OF - DAY).isoformat()}, training_duration_minutes=2)
        names, parts = ("momentum", "vix", "rsi"), [("momentum", 0.2), ("others", -0.05)]
        given = issue(asset, features=seen, features_used=names, contributions=parts, inputs={}, context={})
        direction, price = record_forecasts([given], model=model, layer=3, as_of=AS_OF).rows
        for row in (direction, price):
            row.refresh_from_db()
            assert row.features_used == list(names)
            assert row.features_hash == features_hash(names, seen)
            assert row.input_features == {"contributions": [["momentum", 0.2], ["others", -0.05]]}
            assert (row.training_data_end, row.model_training_time) == (AS_OF - DAY, Decimal(120))
            missing = (row.debug_info or {})["missing"]
            assert missing["market_conditions"] == "no regime was known"
            assert "training_data_end" not in missing
        assert (direction.debug_info or {})["missing"]["predicted_price"] == "a direction has no price"
        assert features_hash(names, seen) != features_hash(names, np.nextafter(seen, 1))
        assert features_hash(names, seen) != features_hash(("rsi", "vix", "momentum"), seen)

    def test_a_version_from_the_future_may_not_forecast(self) -> None:
        model = AIModelFactory(training_data_range={"end_date": "2990-01-01T00:00:00+00:00"})
        with pytest.raises(DatabaseError, match="chk_prediction_no_lookahead"), transaction.atomic():
            record_forecasts([issue(AssetFactory())], model=model, layer=3, as_of=AS_OF)

    def test_a_version_from_after_its_moment_may_not_forecast(self) -> None:
        """Though its training ended before the forecast is written, as in a run of a past moment."""
        model = AIModelFactory(training_data_range={"end_date": (AS_OF + DAY).isoformat()})
        with pytest.raises(DatabaseError, match="chk_prediction_trained_before"), transaction.atomic():
            record_forecasts([issue(AssetFactory())], model=model, layer=3, as_of=AS_OF)

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("predicted_price", 1),
            ("predicted_value", {"quantiles": {}}),
            ("as_of", AS_OF),
            ("target_datetime", AS_OF + 99 * DAY),
        ],
    )
    def test_what_was_said_cannot_be_changed(self, column: str, value: object) -> None:
        PredictionFactory()
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
            Prediction.objects.update(**{column: value})
        with pytest.raises(ProtectedError):
            Prediction.objects.all().delete()

    def test_an_outcome_cannot_be_changed_either(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [100, 110], first=AS_OF - DAY)
        PredictionFactory(asset=asset, as_of=AS_OF, input_price=Decimal(100))
        assert score_predictions(AS_OF + DAY).scored == 1
        with pytest.raises(DatabaseError, match="written already"), transaction.atomic():
            Prediction.objects.update(actual_price=1)
        assert score_predictions(AS_OF + 9 * DAY).scored == 0


class TestScoring:
    def test_by_hand(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [100, 110, 999], first=AS_OF - DAY)
        chance = {"probability_up": 0.6, "naive_probability_up": 0.5}
        said = {"asset": asset, "as_of": AS_OF, "input_price": Decimal(100)}
        PredictionFactory(**said, prediction_type="direction", predicted_price=None, predicted_value=chance)
        PredictionFactory(**said, predicted_price=Decimal(105))
        assert vars(score_predictions(AS_OF + DAY)) == {"scored": 2, "unresolved": 0, "revised": 0}
        direction, price = Prediction.objects.order_by("prediction_type")
        assert (direction.actual_price, direction.is_accurate) == (Decimal(110), True)
        assert (price.absolute_error, price.squared_error) == (Decimal(5), Decimal(25))
        assert price.accuracy_percentage == Decimal("95.45")  # 100 - 100 * 5 / 110
        record = forecast_record(Chosen(horizon_hours=24))
        assert (record.n, record.hit_rate, record.base_rate) == (1, 1, 1)
        assert record.brier == pytest.approx(0.16)
        assert record.brier_naive == pytest.approx(0.25)
        assert record.skill == pytest.approx(0.36)
        assert record.skill_low is None
        assert not record.is_proven

    def test_not_before_its_time_and_not_without_its_candle(self) -> None:
        asset = AssetFactory()
        PredictionFactory(asset=asset, as_of=AS_OF)
        assert vars(score_predictions(AS_OF + DAY - HOUR)) == {"scored": 0, "unresolved": 0, "revised": 0}
        add_candles(asset, [100], first=AS_OF - DAY)
        assert vars(score_predictions(AS_OF + DAY)) == {"scored": 0, "unresolved": 1, "revised": 0}
        add_candles(asset, [101], first=AS_OF)
        assert vars(score_predictions(AS_OF + DAY)) == {"scored": 1, "unresolved": 0, "revised": 0}

    def test_the_shortest_candle_counts(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [100], first=AS_OF)
        add_candles(asset, [107], first=AS_OF + DAY - HOUR, timeframe="1h")
        PredictionFactory(asset=asset, as_of=AS_OF)
        score_predictions(AS_OF + DAY)
        assert Prediction.objects.get().actual_price == Decimal(107)

    def test_series_are_scored_apart(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [100], first=AS_OF)
        PredictionFactory(asset=asset, as_of=AS_OF, series="replay-x")
        assert score_predictions(AS_OF + DAY, "live").scored == 0
        assert forecast_record(Chosen("replay-x")).scored == 0
        assert score_predictions(AS_OF + DAY, "replay-x").scored == 1

    def test_the_public_record_has_no_requests_of_users(self) -> None:
        PredictionFactory(user=UserFactory())
        assert forecast_record().issued == 0
        PredictionFactory()
        assert forecast_record().issued == 1
        assert forecast_record(Chosen(until=datetime(2020, 1, 1, tzinfo=UTC))).issued == 0


class TestModels:
    def test_rules_name_the_candles_they_read(self) -> None:
        assert ensure_rules(ASSET_RULES).training_data_timeframe == "1d"
        assert ensure_rules(FORECAST_RULES["1h"]).training_data_timeframe == "1h"

    def test_rules_are_registered_once(self) -> None:
        model = ensure_rules(ASSET_RULES)
        assert ensure_rules(ASSET_RULES) == model
        assert model.status == "active"
        assert ModelActivation.objects.count() == 1
        assert model_in_force(ASSET_RULES, datetime(2015, 1, 1, tzinfo=UTC)) == model

    def test_a_new_version_serves_from_now_and_the_old_one_before(self) -> None:
        old = ensure_rules(ASSET_RULES)
        new = ensure_rules(replace(ASSET_RULES, version="99.0.0"))
        old.refresh_from_db()
        assert (old.is_active, old.status, new.is_active) == (False, "deprecated", True)
        assert model_in_force(ASSET_RULES, AS_OF) == old
        assert model_in_force(ASSET_RULES, datetime(2100, 1, 1, tzinfo=UTC)) == new
        assert AIModel.objects.filter(name=ASSET_RULES.name, is_active=True).count() == 1

    def test_without_any_there_is_a_sentence(self) -> None:
        with pytest.raises(NoData, match="bootstrap"):
            model_in_force(ASSET_RULES, AS_OF)
