"""The record: figures by hand, in parts, with the outcome that counts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from aimodels.models import Prediction
from aimodels.selectors import Chosen, ForecastRecord, Part, forecast_record, record_by
from aimodels.selectors.outstanding import next_due, open_forecasts
from aimodels.selectors.reliability import expected_calibration_error, reliability
from aimodels.services import score_predictions
from assets.models import Asset
from tests.aimodels.ledger_rows import AS_OF, DAY, correct
from tests.factories import AssetFactory, PredictionFactory, add_candles, scored_direction

pytestmark = pytest.mark.django_db


def direction(asset: Asset, chance: float, naive: float = 0.5, **columns: object) -> Prediction:
    said = {"probability_up": chance, "naive_probability_up": naive}
    return PredictionFactory(
        asset=asset,
        input_price=Decimal(100),
        prediction_type="direction",
        predicted_price=None,
        predicted_value=said,
        **({"as_of": AS_OF} | columns),
    )


def interval(asset: Asset, low: float, high: float, **columns: object) -> Prediction:
    middle = (low + high) / 2
    quantiles = {"0.05": low, "0.25": middle - 1, "0.5": middle, "0.75": middle + 1, "0.95": high}
    said = {"quantiles": quantiles, "naive_quantiles": quantiles}
    return PredictionFactory(
        asset=asset, input_price=Decimal(100), predicted_value=said, **({"as_of": AS_OF} | columns)
    )


@pytest.fixture
def risen() -> Asset:
    """From 100 to 110 in a day."""
    asset = AssetFactory()
    add_candles(asset, [100, 110], first=AS_OF - DAY)
    return asset


class TestParts:
    def test_each_part_has_its_own_figures(self, risen: Asset) -> None:
        fallen = AssetFactory()
        add_candles(fallen, [100, 90], first=AS_OF - DAY)
        direction(risen, 0.6, market_conditions="bull", confidence_score=Decimal("0.6"))
        direction(fallen, 0.8, market_conditions="bear", confidence_score=Decimal("0.8"))
        interval(risen, 105, 115, market_conditions="bull")
        interval(fallen, 95, 105, prediction_horizon=48, target_datetime=AS_OF + DAY)
        score_predictions(AS_OF + DAY)
        by_regime = record_by(Part.REGIME)
        assert list(by_regime) == ["", "bear", "bull"]
        assert by_regime["bull"].brier == pytest.approx(0.16)
        assert by_regime["bull"].coverage_90 == 1
        assert by_regime["bear"].brier == pytest.approx(0.64)
        assert by_regime["bear"].hit_rate == 0
        assert (by_regime[""].n, by_regime[""].coverage_90) == (0, 0)
        assert {name: one.issued for name, one in record_by(Part.HORIZON).items()} == {"24": 3, "48": 1}
        assert list(record_by(Part.CONFIDENCE, Chosen(horizon_hours=24, regime="bear"))) == ["0.80"]
        assert list(record_by(Part.MONTH)) == ["2024-06"]
        groups = {"both": [risen.pk, fallen.pk], "one": [risen.pk]}
        by_group = record_by(Part.ASSETS, groups=groups)
        assert {name: (one.issued, one.n) for name, one in by_group.items()} == {"both": (4, 2), "one": (2, 1)}

    def test_what_is_not_scored_counts_as_issued(self, risen: Asset) -> None:
        direction(risen, 0.6)
        assert forecast_record() == ForecastRecord(issued=1, scored=0)
        assert forecast_record(Chosen("replay-x")) == ForecastRecord(issued=0, scored=0)

    def test_intervals_come_with_enough_moments(self) -> None:
        asset = AssetFactory()
        add_candles(asset, [100 + number % 3 for number in range(40)], first=AS_OF - DAY)
        for number in range(30):
            direction(asset, 0.55, as_of=AS_OF + number * DAY)
            interval(asset, 100.5, 103, as_of=AS_OF + number * DAY)
        score_predictions(AS_OF + 60 * DAY)
        record = forecast_record(Chosen(horizon_hours=24))
        assert (record.n, record.moments, record.n_intervals) == (30, 30, 30)
        assert record.skill_low is not None
        assert record.skill is not None
        assert record.skill_low <= record.skill
        assert record.coverage_90 == pytest.approx(20 / 30)
        assert record.coverage_90_low is not None
        assert record.coverage_90_low <= 20 / 30 <= (record.coverage_90_high or 0)


class TestLate:
    """Forecasts that were written when their target had passed: anybody could have known how they would end."""

    def test_are_kept_and_count_nowhere(self, risen: Asset) -> None:
        direction(risen, 0.6)
        direction(risen, 1.0, created_at=AS_OF + DAY)
        interval(risen, 109, 111, created_at=AS_OF + 9 * DAY)
        assert score_predictions(AS_OF + DAY).scored == 3
        found = forecast_record()
        assert (found.issued, found.scored, found.late) == (1, 1, 2)
        assert (found.n, found.n_intervals) == (1, 0)
        assert found.brier == pytest.approx(0.16)
        assert [one.n for one in reliability()] == [1]

    def test_are_not_waited_for(self, risen: Asset) -> None:
        direction(risen, 0.6, created_at=AS_OF + 2 * DAY)
        assert open_forecasts(risen.pk) == []
        assert next_due([risen.pk]) is None

    def test_are_all_that_a_replay_has(self, risen: Asset) -> None:
        direction(risen, 0.6, created_at=AS_OF + 9 * DAY, series="replay-x")
        score_predictions(AS_OF + DAY)
        found = forecast_record(Chosen("replay-x"))
        assert (found.issued, found.n, found.late) == (1, 1, 0)


class TestProof:
    """Beyond chance: over many stretches, over the naive forecast and a coin, however many records are looked at."""

    @staticmethod
    def made(days: int, *, right: float, naive: float = 0.5, horizon: int = 24, seed: int = 0) -> None:
        """Forecasts of 60 % a day apart, whose share that came true is about ``right``."""
        asset = AssetFactory()
        came_true = np.random.default_rng(seed).random(days) < right
        for day, is_true in enumerate(came_true.tolist()):
            scored_direction(
                0.6,
                Decimal(110 if is_true else 90),
                naive=naive,
                asset=asset,
                input_price=Decimal(100),
                prediction_horizon=horizon,
                as_of=AS_OF + day * DAY,
                evaluated_at=AS_OF + (day + 9) * DAY,
            )

    def test_needs_thirty_stretches_of_two_horizons(self) -> None:
        self.made(50, right=0.95)
        few = forecast_record(Chosen(horizon_hours=24))
        assert few.skill_low is not None
        assert few.skill_low > 0
        assert (few.is_proven, few.proven_low) == (False, None)
        self.made(70, right=0.95)
        many = forecast_record(Chosen(horizon_hours=24))
        assert many.stretches == 35
        assert many.is_proven

    def test_needs_skill_over_a_coin_too(self) -> None:
        """A naive forecast that is worse than a coin is beaten by anybody."""
        self.made(80, right=0.4, naive=0.9)
        found = forecast_record(Chosen(horizon_hours=24))
        assert found.skill_low is not None
        assert found.skill_low > 0
        assert not found.is_proven

    def test_is_harder_with_each_horizon_that_is_looked_at(self) -> None:
        self.made(80, right=0.75)
        alone = record_by(Part.HORIZON)["24"]
        for hours in (25, 26, 27):
            self.made(80, right=0.5, horizon=hours)
        among = record_by(Part.HORIZON)["24"]
        assert (among.skill, among.skill_low) == (alone.skill, alone.skill_low)
        assert alone.proven_low is not None
        assert among.proven_low is not None
        assert among.proven_low < alone.proven_low


def test_the_last_correction_is_the_outcome_that_counts(risen: Asset) -> None:
    direction(risen, 0.6)
    interval(risen, 105, 115)
    score_predictions(AS_OF + DAY)
    first = forecast_record()
    assert (first.hit_rate, first.coverage_90) == (1, 1)
    assert [(one.middle, one.observed, one.n) for one in reliability()] == [(0.625, 1, 1)]
    correct(risen, 80, after=5)
    correct(risen, 90, after=10)
    assert score_predictions(datetime.now(UTC) + timedelta(hours=1)).revised == 2
    assert forecast_record().hit_rate == 0
    assert forecast_record().brier == pytest.approx(0.36)
    assert forecast_record().coverage_90 == 0
    assert [(one.observed, one.n) for one in reliability()] == [(0, 1)]


def test_a_calibration_error_needs_many_forecasts(risen: Asset) -> None:
    direction(risen, 0.6)
    score_predictions(AS_OF + DAY)
    assert expected_calibration_error(reliability()) is None
