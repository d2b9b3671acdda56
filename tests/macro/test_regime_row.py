"""The regime row: complete, repeatable, blind to the future, and honest about what is missing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction

from aimodels.choices import EvaluationStatus, PerformanceGrade
from aimodels.services import ensure_rules
from macro.compute.regime.guidance import SectorReturns
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.rules import REGIME_RULES
from macro.services import detect_regime
from macro.services.regime_review import review_regime
from system.exceptions import NoData
from tests.factories import AdminFactory, ModelPerformanceFactory
from tests.macro.regime_market import DAYS, FIRST, business, made_market, made_surroundings, snapshot_at

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AS_OF = FIRST + 400 * DAY
NOISE = """
UPDATE price_data SET open_price = x, high_price = 2 * x, low_price = x / 2, close_price = x, volume = 1000 * x,
       trade_count = 1 + x
FROM (SELECT 1 + 1000 * random() AS x) AS noise WHERE candle_time >= %(as_of)s
"""


@pytest.fixture
def rules() -> None:
    ensure_rules(REGIME_RULES)


@pytest.fixture
def market(rules: None) -> None:
    made_market()
    made_surroundings()


@contextmanager
def undone() -> Iterator[None]:
    """What happens in the block is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def execute(statement: str, as_of: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"as_of": as_of})


def detected(moment: datetime = AS_OF, timeframe: str = "1d", **columns: Any) -> AIRegimeAnalysis:
    return detect_regime(snapshot_at(moment, timeframe, **columns))


def add_hours(start: datetime) -> None:
    """300 hours that move as the first 300 days did."""
    execute(
        """INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price,
                                   volume)
           SELECT asset_id, '1h', %(as_of)s + (row_number() OVER (PARTITION BY asset_id ORDER BY candle_time) - 1)
                  * interval '1 hour', open_price, high_price, low_price, close_price, volume
           FROM price_data WHERE timeframe = '1d' AND candle_time < '2023-10-28'""",
        start,
    )


def flags(row: AIRegimeAnalysis) -> dict[str, Any]:
    return row.validation_flags or {}


def missing(row: AIRegimeAnalysis) -> dict[str, str]:
    return flags(row)["missing"]


def check_whole(row: AIRegimeAnalysis) -> None:
    """Every column has a value or its reason, and no number is none."""
    exempt = {"analyst_notes", "run", "id", "created_at", "updated_at"}
    empty = {field.name for field in row._meta.concrete_fields if getattr(row, field.attname) is None} - exempt
    assert empty == set(missing(row))
    assert all(reason and reason != "not computed yet" for reason in missing(row).values())
    json.dumps([row.analysis_data, row.key_levels, row.validation_flags], allow_nan=False)


class TestWhole:
    @pytest.mark.usefixtures("market")
    def test_every_column_is_filled_when_everything_is_known(self) -> None:
        times = np.array([int((FIRST + day * DAY).timestamp()) for day in range(DAYS)])
        returns = 0.02 * np.random.default_rng(1).standard_normal((DAYS, 2))
        add_hours(AS_OF - timedelta(hours=300))
        row = detect_regime(snapshot_at(AS_OF), sectors=SectorReturns(("DeFi", "AI"), times, returns))
        check_whole(row)
        unmeasured = {"model_performance_rating", "ai_confidence_score"}
        no_breakout = {"breakout_type", "breakout_level", "volume_confirmation", "retest_confirmation"}
        assert set(missing(row)) <= unmeasured | no_breakout
        assert set(row.sector_regime_impact or {}) == {"DeFi", "AI"}
        assert row.analysis_validated

    @pytest.mark.usefixtures("market")
    def test_the_same_again_changes_nothing(self) -> None:
        snapshot = snapshot_at(AS_OF)
        first, second = detect_regime(snapshot), detect_regime(snapshot)
        assert (first.pk, first.updated_at) == (second.pk, second.updated_at)
        other = detect_regime(snapshot, series="replay")
        assert business(other) == business(first) | {"data_source": "simulation"}

    @pytest.mark.usefixtures("market")
    def test_what_a_person_has_said_of_it_survives_the_same_run_again(self) -> None:
        snapshot = snapshot_at(AS_OF)
        first = detect_regime(snapshot)
        review_regime(first, {"analysis_validated": False, "analyst_notes": "Too early."}, actor=AdminFactory())
        again = detect_regime(snapshot)
        assert (again.pk, again.analysis_validated, again.analyst_notes) == (first.pk, False, "Too early.")
        assert detect_regime(snapshot).updated_at == again.updated_at
        assert (again.validation_flags or {})["reviewed"]["validated"] is False
        assert detect_regime(snapshot, series="replay").analysis_validated

    @pytest.mark.usefixtures("market")
    def test_probabilities_and_contributions_add_up(self) -> None:
        data = detected().analysis_data or {}
        assert sum(data["probabilities"].values()) == pytest.approx(1)
        shown = sum(one["contribution"] for one in data["primary_signals"])
        assert shown == pytest.approx(data["direction"])
        sizes = [abs(one["contribution"]) for one in data["primary_signals"]]
        assert sizes == sorted(sizes, reverse=True)
        assert sum(data["forecast"]["at_next_change"].values()) == pytest.approx(1)

    @pytest.mark.usefixtures("market")
    def test_the_states_before_are_kept_with_the_moment_from_which_each_was_known(self) -> None:
        row = detected()
        states = (row.analysis_data or {})["states"]
        assert states[-1]["regime"] == row.current_regime
        since = (row.regime_statistics or {})["since"]
        assert datetime.fromisoformat(states[-1]["from"]) == datetime.fromisoformat(since) + timedelta(days=1)
        times = [one["from"] for one in states]
        assert times == sorted(set(times))
        assert all(one["regime"] != other["regime"] for one, other in pairwise(states))

    @pytest.mark.usefixtures("market")
    def test_the_rating_is_that_of_the_newest_evaluation_known_then(self) -> None:
        model = ensure_rules(REGIME_RULES)
        for days, grade in ((-20, PerformanceGrade.F), (-10, PerformanceGrade.B), (1, PerformanceGrade.A)):
            ModelPerformanceFactory(
                model=model, evaluation_date=AS_OF + days * DAY, performance_grade=grade,
                evaluation_status=EvaluationStatus.COMPLETED,
            )  # fmt: skip
        assert detected().model_performance_rating == "good"

    @pytest.mark.usefixtures("market")
    def test_only_analogues_that_were_over(self) -> None:
        told = (detected().analysis_data or {})["analogues"]
        assert told
        assert all(datetime.fromisoformat(one["time"]) + 90 * DAY <= AS_OF for one in told)

    @pytest.mark.usefixtures("market")
    def test_timeframes_without_candles_are_named(self) -> None:
        told = detected().timeframe_alignment or {}
        assert set(told["missing"]) == {"1h", "4h", "1w"}
        assert all("candle near" in reason for reason in told["missing"].values())


class TestTimeframes:
    @pytest.mark.usefixtures("market")
    def test_two_that_are_known_are_compared(self) -> None:
        start = AS_OF - timedelta(hours=300)
        add_hours(start)
        row = detected()
        told = row.timeframe_alignment or {}
        assert set(told["missing"]) == {"4h", "1w"}
        assert row.multi_timeframe_agreement == ((told["1h"]["bull_phase"] > 0.5) == (told["1d"]["bull_phase"] > 0.5))
        pulls = [told[name]["direction"] for name in ("1h", "1d")]
        assert float(row.timeframe_consensus_score or 0) == pytest.approx(
            abs(sum(pulls)) / sum(map(abs, pulls)), abs=0.01
        )


class TestBlindToTheFuture:
    @staticmethod
    def _check(cuts: int, seed: int) -> None:
        for moment in np.random.default_rng(seed).choice(np.arange(150, DAYS - 5), cuts, replace=False):
            as_of = FIRST + int(moment) * DAY
            snapshot = snapshot_at(as_of)
            found = []
            for change in (
                (),
                ("DELETE FROM price_data WHERE candle_time >= %(as_of)s",
                 "DELETE FROM external_values WHERE known_at > %(as_of)s"),
                (NOISE, "UPDATE external_values SET value = 1 + 99 * random() WHERE known_at > %(as_of)s"),
            ):  # fmt: skip
                with undone():
                    for statement in change:
                        execute(statement, as_of)
                    found.append(business(detect_regime(snapshot)))
            assert found[0] == found[1], as_of
            assert found[0] == found[2], as_of

    @pytest.mark.usefixtures("market")
    def test_some_cuts(self) -> None:
        self._check(8, seed=1)

    @pytest.mark.full
    @pytest.mark.usefixtures("market")
    def test_many_cuts(self) -> None:
        self._check(200, seed=2)


class TestBadInput:
    @pytest.mark.usefixtures("rules")
    def test_too_short_a_history_is_named(self) -> None:
        made_market(days=30)
        with pytest.raises(NoData, match="Bitcoin"):
            detected(FIRST + 30 * DAY)
        assert not AIRegimeAnalysis.objects.exists()

    @pytest.mark.usefixtures("rules")
    def test_the_shortest_history_that_is_enough(self) -> None:
        made_market(days=110)
        row = detected(FIRST + 110 * DAY)
        check_whole(row)
        assert row.historical_analogue is None
        assert row.ai_confidence_score is None
        assert "past moments" in missing(row)["historical_analogue"]

    @pytest.mark.usefixtures("rules")
    def test_a_price_that_never_moves_is_no_regime(self) -> None:
        made_market(days=200)
        execute("UPDATE price_data SET open_price = 5, high_price = 5, low_price = 5, close_price = 5", AS_OF)
        with pytest.raises(NoData):
            detected(FIRST + 200 * DAY)

    @pytest.mark.usefixtures("market")
    def test_a_price_that_stands_still_at_the_end(self) -> None:
        execute(
            "UPDATE price_data SET open_price = 5, high_price = 5, low_price = 5, close_price = 5 "
            "WHERE candle_time >= %(as_of)s - interval '25 days'",
            AS_OF,
        )
        row = detected()
        check_whole(row)
        assert row.risk_adjustment_factor is None
        assert row.position_sizing_guidance is None

    @pytest.mark.usefixtures("market")
    def test_a_series_without_volume(self) -> None:
        execute("UPDATE price_data SET volume = 0, trade_count = NULL WHERE candle_time >= '2022-01-01'", AS_OF)
        row = detected()
        check_whole(row)
        assert missing(row)["volume_surge_ratio"] == "no volume in the 20 candles before"
        assert row.retail_participation_score is None
        assert row.volume_confirmation is None

    @pytest.mark.usefixtures("market")
    def test_a_coin_that_dies_and_one_that_splits(self) -> None:
        execute(
            "DELETE FROM price_data WHERE candle_time >= '2023-10-01' "
            "AND asset_id = (SELECT id FROM assets WHERE symbol = 'MADE3')",
            AS_OF,
        )
        execute(
            "UPDATE price_data SET open_price = open_price / 1000, high_price = high_price / 1000, "
            "low_price = low_price / 1000, close_price = close_price / 1000 WHERE candle_time >= '2023-08-01' "
            "AND asset_id = (SELECT id FROM assets WHERE symbol = 'MADE4')",
            AS_OF,
        )
        check_whole(detected())

    @pytest.mark.usefixtures("market")
    def test_missing_sources_widen_the_probabilities(self) -> None:
        with undone():
            whole = detected()
        execute("DELETE FROM price_data WHERE asset_id IN (SELECT id FROM assets WHERE symbol LIKE 'MADE%%')", AS_OF)
        execute("DELETE FROM external_values", AS_OF)
        poor = detected(
            fear_greed_index=None, composite_sentiment=None, funding_rate_btc=None, sp500=None, is_validated=False
        )
        check_whole(poor)
        assert flags(whole)["completeness_check"] == 1
        assert flags(poor)["completeness_check"] == pytest.approx(1 - (1.5 + 3 * 0.5) / (8.5 + 3 * 0.5))
        assert flags(poor)["missing_sources"] == ["breadth", "sentiment", "derivatives", "outside_markets"]
        chances = [(row.analysis_data or {})["probabilities"] for row in (whole, poor)]
        assert min(chances[1].values()) >= (1 - flags(poor)["completeness_check"]) / 6
        assert max(chances[1].values()) < max(chances[0].values())
        assert not poor.analysis_validated
        assert {"sentiment_regime", "global_risk_appetite", "correlation_stability"} <= set(missing(poor))

    @pytest.mark.usefixtures("market")
    def test_no_column_of_the_row_is_a_constant(self) -> None:
        rows = [business(detected(FIRST + day * DAY)) for day in range(160, 420, 26)]
        same = {name for name in rows[0] if all(row[name] == rows[0][name] for row in rows)}
        named = {"ai_model_id", "analysis_timeframe", "data_source", "analysis_version", "analyst_notes"}
        depend_on_the_snapshot = {"sentiment_regime", "fear_greed_impact"}
        unknown_here = {"sector_regime_impact", "model_performance_rating"} | {
            "multi_timeframe_agreement", "timeframe_consensus_score",
        }  # fmt: skip
        rare = {"risk_on_off_regime", "analysis_validated", "whale_activity_influence"}
        assert same <= named | depend_on_the_snapshot | unknown_here | rare
        assert MetricsSnapshot.objects.count() == len(rows)
