"""What would have come of following advice: by hand from the candles, whatever was done with it."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from assets.models import Asset, PriceData
from macro.models import MetricsSnapshot
from system.models import PipelineRun
from tests.factories import (
    AIModelFactory,
    AssetFactory,
    MetricsSnapshotFactory,
    PipelineRunFactory,
    PositionFactory,
    RecommendationFactory,
    RegimeFactory,
    add_candles,
)
from tests.factories.base import EPOCH
from trading.models import AIPortfolioAssetAnalysis, Recommendation, RecommendationOutcome
from trading.selectors.recommendation_report import recommendation_report
from trading.services import recommend, score_recommendations

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AS_OF = EPOCH + 10 * DAY
DUE = AS_OF + 7 * DAY


@pytest.fixture
def asset() -> Asset:
    """At 100 until the advice, then 98, 96, 94, 92, 92, 92 and 90; each candle spans one percent."""
    found = AssetFactory(symbol="BTC")
    add_candles(found, [100] * 10 + [98, 96, 94, 92, 92, 92, 90, 90, 90])
    return found


def advice(asset: Asset, action: str, stop: int | None = None, **position: Any) -> Recommendation:
    """What a run at ``AS_OF`` advises about a position."""
    series = position.pop("series", "live")
    run = PipelineRun.objects.filter(as_of=AS_OF, series=series).first()
    run = run or PipelineRunFactory(as_of=AS_OF, status="done", timeframe="1d", series=series)
    snapshot = MetricsSnapshot.objects.filter(snapshot_time=AS_OF).first()
    snapshot = snapshot or MetricsSnapshotFactory(snapshot_time=AS_OF)
    held = PositionFactory(asset=asset, **position)
    AIPortfolioAssetAnalysis.objects.create(
        portfolio_asset=held,
        metrics_snapshot=snapshot,
        ai_model=AIModelFactory(),
        analysis_time=AS_OF,
        position_status="critical",
        recommended_action=action,
        suggested_sl_price=stop,
        run=run,
        series=series,
    )
    made = recommend(snapshot, None, run=run, series=series)
    return next(one for one in made if (one.recommendation_payload or {})["position_id"] == held.pk)


def outcome(row: Recommendation) -> RecommendationOutcome:
    return RecommendationOutcome.objects.get(recommendation=row)


class TestScoring:
    @pytest.mark.parametrize(
        ("action", "stop", "kind", "without", "followed"),
        [
            ("full_exit", None, "Crypto Asset", -10, 0),
            ("partial_exit_25", None, "Crypto Asset", -10, -7.5),
            ("partial_exit_50", None, "Crypto Asset", -10, -5),
            ("partial_exit_75", None, "Short Position", 10, 2.5),
            ("tighten_sl", 95, "Crypto Asset", -10, -6),  # 96 reaches down to 95.04; 94 opens below: left at its open
            ("tighten_sl", 97, "Crypto Asset", -10, -4),  # the low of 98 is 97.02; 96 opens below 97
            ("tighten_sl", 50, "Crypto Asset", -10, -10),
            ("tighten_sl", 120, "Short Position", 10, 10),
            ("move_sl_to_be", None, "Crypto Asset", -10, -10),  # its entry is 80
        ],
    )
    def test_by_hand(
        self, asset: Asset, action: str, stop: int | None, kind: str, without: float, followed: float
    ) -> None:
        row = advice(asset, action, stop, asset_type=kind)
        assert score_recommendations(DUE - timedelta(seconds=1)).scored == 0
        assert score_recommendations(DUE).scored == 1
        found = outcome(row)
        assert (found.started_at, found.ended_at) == (AS_OF, DUE)
        assert (found.start_price, found.end_price) == (Decimal(100), Decimal(90))
        assert [float(one or 0) for one in (found.return_without, found.return_with)] == [without, followed]
        assert float(found.advantage or 0) == followed - without
        row.refresh_from_db()
        better = 1.0 if followed > without else 0.5 if followed == without else 0.0
        assert row.outcome_result is not None
        assert row.outcome_result["success_score"] == better
        assert Decimal(row.outcome_result["actual_return"]) == Decimal(str(followed))

    def test_the_market_is_measured_by_bitcoin_and_the_exposure_before(self, asset: Asset) -> None:
        earlier = MetricsSnapshotFactory(snapshot_time=AS_OF - DAY)
        RegimeFactory(
            metrics_snapshot=earlier, analysis_time=AS_OF - DAY, current_regime="Bull", recommended_exposure="0.8"
        )
        snapshot = MetricsSnapshotFactory(snapshot_time=AS_OF)
        run = PipelineRunFactory(as_of=AS_OF, timeframe="1d")
        regime = RegimeFactory(
            metrics_snapshot=snapshot, analysis_time=AS_OF, current_regime="Bear", recommended_exposure="0.3", run=run
        )
        (row,) = recommend(snapshot, regime, run=run)
        assert score_recommendations(DUE).scored == 1
        found = outcome(row)
        assert (found.asset, found.advantage) == (asset, Decimal(5))
        assert (found.return_without, found.return_with) == (Decimal(-8), Decimal(-3))

    def test_what_cannot_be_compared_says_so_once(self, asset: Asset) -> None:
        row = advice(asset, "tighten_sl", None)
        assert score_recommendations(AS_OF).unresolved == 1
        assert outcome(row).unresolved_reason == "no_course"
        assert score_recommendations(DUE).unresolved == 0

    def test_one_that_a_person_entered_about_an_asset(self, asset: Asset) -> None:
        rows = [
            RecommendationFactory(target_entity_type="asset", target_entity_id=asset.pk, recommendation_type=kind)
            for kind in ("entry", "exit", "learning")
        ]
        Recommendation.objects.update(created_at=AS_OF + timedelta(hours=5))
        score_recommendations(DUE)
        assert [(outcome(row).return_without, outcome(row).return_with) for row in rows] == [
            (0, -10), (-10, 0), (None, None)
        ]  # fmt: skip

    def test_the_same_again_changes_nothing(self, asset: Asset) -> None:
        row = advice(asset, "full_exit")
        score_recommendations(DUE)
        before = outcome(row)
        PriceData.objects.filter(candle_time=DUE - DAY).update(close_price=1000, high_price=1000)
        assert score_recommendations(DUE + DAY).scored == 0
        assert (outcome(row).advantage, outcome(row).updated_at) == (Decimal(10), before.updated_at)

    def test_an_outcome_is_written_once_and_goes_with_its_advice(self, asset: Asset) -> None:
        row = advice(asset, "full_exit")
        score_recommendations(DUE)
        with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
            RecommendationOutcome.objects.update(advantage=99)
        row.delete()
        assert not RecommendationOutcome.objects.exists()

    @pytest.mark.parametrize("back", [1, 4])
    def test_a_missing_candle_is_named_and_awaited(self, asset: Asset, back: int) -> None:
        """The last one for the price, one on the way for the stop."""
        row = advice(asset, "tighten_sl", 97 if back == 1 else 50)
        held = PriceData.objects.get(asset=asset, candle_time=DUE - back * DAY)
        PriceData.objects.filter(pk=held.pk).delete()
        assert (score_recommendations(DUE).unresolved, score_recommendations(DUE).unresolved) == (1, 1)
        assert (outcome(row).unresolved_reason, outcome(row).advantage) == ("no_candle", None)
        PriceData.objects.bulk_create([held])
        assert score_recommendations(DUE + DAY).scored == 1
        assert outcome(row).unresolved_reason is None

    def test_it_is_not_awaited_for_ever(self, asset: Asset) -> None:
        advice(asset, "tighten_sl", 50)
        PriceData.objects.filter(candle_time=DUE - 4 * DAY).delete()
        assert score_recommendations(DUE).unresolved == 1
        assert score_recommendations(DUE + 61 * DAY).unresolved == 0

    def test_a_series_has_its_own(self, asset: Asset) -> None:
        live, other = advice(asset, "full_exit"), advice(asset, "full_exit", series="replay-a")
        assert (score_recommendations(DUE, "replay-a").scored, outcome(other).series) == (1, "replay-a")
        assert not RecommendationOutcome.objects.filter(recommendation=live).exists()

    def test_the_future_does_not_count(self, asset: Asset) -> None:
        row = advice(asset, "full_exit")
        PriceData.objects.filter(candle_time__gte=DUE).delete()
        score_recommendations(DUE)
        assert outcome(row).advantage == 10


class TestReport:
    def test_by_kind_and_by_what_people_did(self, asset: Asset) -> None:
        """Half was sold before a fall by two who followed, one who ignored; one had a stop that nothing reached."""
        rows = [advice(asset, "partial_exit_50") for _ in range(3)] + [advice(asset, "tighten_sl", 50)]
        for row, answer in zip(rows, ("followed", "ignored", "followed", None), strict=True):
            Recommendation.objects.filter(pk=row.pk).update(answer=answer, status=answer or "expired")
        Recommendation.objects.filter(pk=rows[2].pk).update(status="implemented")
        unmeasured = RecommendationFactory(user=None)
        score_recommendations(DUE)
        report = recommendation_report()
        assert (report.every.due, report.every.scored, report.every.unmeasured) == (5, 4, 1)
        assert (report.every.right.value, report.every.advantage.value) == (0.75, 3.75)
        assert report.every.right.low is not None
        assert 0 < report.every.right.low < 0.75
        assert {name: (group.scored, group.right.value) for name, group in report.by_deed.items()} == {
            "followed": (1, 1), "ignored": (1, 1), "implemented": (1, 1), "to everybody": (0, None),
            "unanswered": (1, 0),
        }  # fmt: skip
        assert report.by_kind["risk_management"].scored == 4
        assert outcome(unmeasured).unresolved_reason == "no_course"
        assert recommendation_report(since=DUE).every.due == 0

    def test_the_command_prints_it(self, asset: Asset) -> None:
        advice(asset, "full_exit")
        said = StringIO()
        call_command("score_recommendations", "--as-of", DUE.isoformat(), stdout=said)
        assert "live: 1 recommendations scored, 0 not measured" in said.getvalue()
        assert "unanswered: 1 due, 1 scored, 0 unmeasured, following was better in +1.000" in said.getvalue()
