"""Outcomes: each score by hand, nothing guessed over a gap, nothing changed by scoring twice, corrections beside."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from math import log
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aimodels.models import Prediction, PredictionRevision, PredictionScore
from aimodels.services import features_hash, score_predictions
from assets.models import Asset, CandleRevision
from system.exceptions import InvalidInput
from tests.aimodels.ledger_rows import correct
from tests.factories import AssetFactory, PredictionFactory, add_candles

pytestmark = pytest.mark.django_db
AS_OF = datetime(2024, 6, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUANTILES = {"0.05": 90.0, "0.25": 96.0, "0.5": 102.0, "0.75": 108.0, "0.95": 114.0}
NAIVE = {"0.05": 80.0, "0.25": 95.0, "0.5": 100.0, "0.75": 105.0, "0.95": 109.0}


@pytest.fixture
def asset() -> Asset:
    return AssetFactory()


def direction(asset: Asset, chance: float, naive: float | None = 0.5, **columns: Any) -> Prediction:
    said = {"probability_up": chance} | ({} if naive is None else {"naive_probability_up": naive})
    return issued(asset, prediction_type="direction", predicted_price=None, predicted_value=said, **columns)


def price(asset: Asset, **columns: Any) -> Prediction:
    said = {"quantiles": QUANTILES, "naive_quantiles": NAIVE}
    return issued(asset, **{"predicted_price": Decimal(102), "predicted_value": said} | columns)


def issued(asset: Asset, **columns: Any) -> Prediction:
    return PredictionFactory(**{"asset": asset, "as_of": AS_OF, "input_price": Decimal(100)} | columns)


def pinball(quantiles: dict[str, float], actual: float) -> float:
    """Gneiting and Raftery (2007), eq. 40, of log returns from 100, mean over the levels."""
    losses = []
    for level, value in quantiles.items():
        missed = log(actual / 100) - log(value / 100)
        losses.append(max(float(level) * missed, (float(level) - 1) * missed))
    return sum(losses) / len(losses)


class TestScores:
    @pytest.mark.parametrize(("close", "rise"), [(110, 1), (95, 0), (100, 0)])
    def test_of_a_direction(self, asset: Asset, close: int, rise: int) -> None:
        add_candles(asset, [close], first=AS_OF)
        row = direction(asset, 0.6, 0.45)
        assert score_predictions(AS_OF + DAY).scored == 1
        score = PredictionScore.objects.get()
        assert (score.prediction_id, score.actual_price) == (row.pk, Decimal(close))
        assert (score.timeframe, score.candle_time) == ("1d", AS_OF)
        assert score.log_return == pytest.approx(log(close / 100), abs=1e-15)
        assert score.brier == pytest.approx((0.6 - rise) ** 2)
        assert score.brier_naive == pytest.approx((0.45 - rise) ** 2)
        assert score.log_loss == pytest.approx(-log(0.6 if rise else 0.4))
        assert score.log_loss_naive == pytest.approx(-log(0.45 if rise else 0.55))
        assert (score.pinball, score.in_interval_90, score.in_interval_50) == (None, None, None)
        row.refresh_from_db()
        assert (row.is_accurate, row.absolute_error, row.unresolved_reason) == (bool(rise), None, None)

    @pytest.mark.parametrize(
        ("close", "inside"),
        [(107, (True, True, True, False)), (113, (True, False, False, False)), (200, (False,) * 4),
         (90, (True, True, False, False)), (105, (True, True, True, True))],
    )  # fmt: skip
    def test_of_a_price(self, asset: Asset, close: int, inside: tuple[bool, ...]) -> None:
        add_candles(asset, [close], first=AS_OF)
        price(asset)
        assert score_predictions(AS_OF + DAY).scored == 1
        score = PredictionScore.objects.get()
        assert score.pinball == pytest.approx(pinball(QUANTILES, close))
        assert score.pinball_naive == pytest.approx(pinball(NAIVE, close))
        found = (score.in_interval_90, score.in_interval_90_naive, score.in_interval_50, score.in_interval_50_naive)
        assert found == inside
        assert (score.brier, score.log_loss) == (None, None)

    def test_what_was_not_forecast_is_not_scored(self, asset: Asset) -> None:
        add_candles(asset, [110], first=AS_OF)
        direction(asset, 0.6, None)
        price(asset, predicted_value={})
        assert score_predictions(AS_OF + DAY).scored == 2
        one, other = PredictionScore.objects.order_by("prediction__prediction_type")
        assert (one.brier_naive, one.log_loss_naive) == (None, None)
        assert one.brier is not None
        assert (other.pinball, other.pinball_naive, other.in_interval_90) == (None, None, None)

    def test_a_certainty_that_was_wrong_costs_much_but_not_everything(self, asset: Asset) -> None:
        add_candles(asset, [110], first=AS_OF)
        direction(asset, 0.0)
        score_predictions(AS_OF + DAY)
        assert PredictionScore.objects.get().log_loss == pytest.approx(-log(1e-15))


class TestItsCandle:
    def test_a_gap_is_not_bridged_and_is_tried_again(self, asset: Asset) -> None:
        """The candle of the day that holds the missing hour says nothing about that hour."""
        row = price(asset, prediction_horizon=13, target_datetime=AS_OF + 13 * HOUR)
        add_candles(asset, [101], first=AS_OF + 11 * HOUR, timeframe="1h")
        later = AS_OF + 2 * DAY
        assert vars(score_predictions(later)) == {"scored": 0, "unresolved": 1, "revised": 0}
        assert reason(row) == "no_candles"
        add_candles(asset, [103], first=AS_OF + 13 * HOUR, timeframe="1h")
        add_candles(asset, [120], first=AS_OF)
        assert score_predictions(later).unresolved == 1
        assert (reason(row), PredictionScore.objects.count()) == ("gap", 0)
        add_candles(asset, [102], first=AS_OF + 12 * HOUR, timeframe="1h")
        assert vars(score_predictions(later)) == {"scored": 1, "unresolved": 0, "revised": 0}
        row.refresh_from_db()
        assert (reason(row), row.actual_price) == (None, Decimal(102))

    def test_a_waiting_forecast_is_not_written_again(self, asset: Asset) -> None:
        row = price(asset)
        score_predictions(AS_OF + DAY)
        row.refresh_from_db()
        changed = row.updated_at
        assert score_predictions(AS_OF + 2 * DAY).unresolved == 1
        row.refresh_from_db()
        assert row.updated_at == changed

    def test_after_a_week_it_rests_until_candles_of_its_asset_come(self, asset: Asset) -> None:
        """However many forecasts of dead assets rest, no statement tries to score them."""
        add_candles(asset, [100, 101], first=AS_OF - 3 * DAY)
        rows = [price(asset), price(asset, as_of=AS_OF + DAY)]
        later = AS_OF + 30 * DAY
        assert (score_predictions(later).unresolved, reason(rows[0])) == (2, "no_candles")
        assert (score_predictions(later).unresolved, tried(later)) == (2, 0)
        add_candles(AssetFactory(), [7] * 9, first=AS_OF)
        assert tried(later) == 0, "those of another asset"
        add_candles(asset, [103], first=AS_OF + DAY)
        assert vars(score_predictions(later)) == {"scored": 1, "unresolved": 1, "revised": 0}
        assert (reason(rows[0]), reason(rows[1])) == ("gap", None)
        assert tried(later) == 0
        add_candles(asset, [102], first=AS_OF)
        assert vars(score_predictions(later)) == {"scored": 1, "unresolved": 0, "revised": 0}

    def test_a_week_passes_before_it_rests(self, asset: Asset) -> None:
        price(asset)
        for days, times in ((1, 1), (7, 1), (8, 0)):
            assert tried(AS_OF + days * DAY) == times

    def test_a_target_between_two_hours(self, asset: Asset) -> None:
        """The finest candle that ends then, else the hour that contains it; never a longer one."""
        target = AS_OF + DAY - timedelta(minutes=30)
        row = price(asset, target_datetime=target)
        add_candles(asset, [120], first=AS_OF)
        assert score_predictions(AS_OF + DAY).unresolved == 1
        add_candles(asset, [105], first=AS_OF + DAY - HOUR, timeframe="1h")
        assert score_predictions(target + timedelta(minutes=29)).unresolved == 1
        assert score_predictions(AS_OF + DAY).scored == 1
        row.refresh_from_db()
        assert row.actual_price == 105

    def test_another_asset_has_other_candles(self, asset: Asset) -> None:
        add_candles(AssetFactory(), [110], first=AS_OF)
        price(asset)
        assert score_predictions(AS_OF + DAY).unresolved == 1


def tried(as_of: datetime) -> int:
    """How many statements tried to score forecasts."""
    with CaptureQueriesContext(connection) as queries:
        score_predictions(as_of)
    return sum("UPDATE predictions" in one["sql"] for one in queries.captured_queries)


def reason(row: Prediction) -> str | None:
    row.refresh_from_db()
    return row.unresolved_reason


class TestAgain:
    def test_nothing_changes(self, asset: Asset) -> None:
        add_candles(asset, [110], first=AS_OF)
        direction(asset, 0.6)
        price(asset)
        assert score_predictions(AS_OF + DAY).scored == 2
        before = contents()
        assert vars(score_predictions(AS_OF + 9 * DAY)) == {"scored": 0, "unresolved": 0, "revised": 0}
        assert contents() == before

    def test_as_many_statements_for_one_as_for_many(self, asset: Asset) -> None:
        add_candles(asset, [110] * 9, first=AS_OF)
        counts = []
        for number in (1, 5):
            for _ in range(number):
                price(asset)
            with CaptureQueriesContext(connection) as queries:
                assert score_predictions(AS_OF + DAY).scored == number
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestCorrections:
    def test_a_wrong_outcome_gets_a_row_of_its_own(self, asset: Asset) -> None:
        add_candles(asset, [110], first=AS_OF)
        rows = direction(asset, 0.6, 0.45), price(asset)
        score_predictions(AS_OF + DAY)
        before = contents()[:2]
        correct(asset, 95, after=5)
        assert score_predictions(AS_OF + DAY).revised == 0, "not known then"
        now = datetime.now(UTC) + HOUR
        assert vars(score_predictions(now)) == {"scored": 0, "unresolved": 0, "revised": 2}
        assert score_predictions(now).revised == 0
        one, other = PredictionRevision.objects.order_by("prediction__prediction_type")
        assert (one.prediction, one.number, one.previous_price, one.actual_price) == (
            rows[0],
            1,
            Decimal(110),
            Decimal(95),
        )
        assert one.is_accurate is False
        assert one.brier == pytest.approx(0.36)
        assert one.brier_naive == pytest.approx(0.2025)
        assert (other.prediction, other.absolute_error, other.squared_error) == (rows[1], Decimal(7), Decimal(49))
        assert other.pinball == pytest.approx(pinball(QUANTILES, 95))
        assert contents()[:2] == before, "what was written first stays"
        correct(asset, 100, after=10)
        assert score_predictions(now).revised == 2
        prices = PredictionRevision.objects.filter(prediction=rows[1]).order_by("number")
        expected = [(1, Decimal(110), Decimal(95)), (2, Decimal(95), Decimal(100))]
        assert list(prices.values_list("number", "previous_price", "actual_price")) == expected

    def test_a_correction_of_something_else_changes_nothing(self, asset: Asset) -> None:
        add_candles(asset, [110], first=AS_OF)
        price(asset)
        score_predictions(AS_OF + DAY)
        CandleRevision.objects.create(
            asset=asset, timeframe="1d", candle_time=AS_OF, field="volume", old_value=1, new_value=2,
            corrected_at=datetime.now(UTC) + timedelta(seconds=1),
        )  # fmt: skip
        assert score_predictions(datetime.now(UTC) + HOUR).revised == 0


class TestFeatures:
    def test_every_bit_counts(self) -> None:
        values = np.array([0.1, 0.2, np.nan])
        same = features_hash(["a", "b", "c"], values)
        assert same == features_hash(("a", "b", "c"), values.copy())
        others = {
            features_hash(["a", "b", "d"], values),
            features_hash(["a", "b", "c"], np.nextafter(values, 1)),
            features_hash(["a", "b", "c"], values[:2]),
            features_hash(["a", "b", "c"], values.reshape(1, 3)),
        }
        assert len(others | {same}) == 5
        assert len(same) == 64


class TestCommand:
    def test_counts(self, asset: Asset) -> None:
        add_candles(asset, [110], first=AS_OF)
        price(asset)
        price(AssetFactory())
        price(asset, series="replay-x")
        text = StringIO()
        call_command("score_predictions", "--json", stdout=text)
        result = json.loads(text.getvalue())
        assert {name: result[name] for name in ("scored", "unresolved", "revised", "series")} == {
            "scored": 1, "unresolved": 1, "revised": 0, "series": "live",
        }  # fmt: skip
        text = StringIO()
        call_command("score_predictions", "--series", "replay-x", "--as-of", "2024-06-11", stdout=text)
        assert text.getvalue().startswith("replay-x: 1 scored, 0 without a candle at their target")

    def test_the_future_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="future"):
            call_command("score_predictions", "--as-of", "2999-01-01")


def contents() -> tuple[list[Any], ...]:
    models = (Prediction, PredictionScore, PredictionRevision)
    return tuple(list(model._default_manager.order_by("pk").values()) for model in models)


def test_what_was_not_resolved_is_looked_up_however_few_the_planner_expects(asset: Asset) -> None:
    """A plan that compares each due forecast with each resolved one takes minutes in a large market."""
    for number in range(30):
        direction(asset, 0.6, as_of=AS_OF - number * DAY)
    with CaptureQueriesContext(connection) as captured:
        score_predictions(AS_OF + 2 * DAY)
    (statement,) = [one["sql"] for one in captured if "due AS MATERIALIZED" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + statement)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "hashed SubPlan" in plan
    assert "Anti Join" not in plan
