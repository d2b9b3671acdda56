"""Advice: once for each change, one for each position; messages once for each person, however many they are."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Notification
from macro.models import MetricsSnapshot
from selection.models import PortfolioAsset
from system.models import PipelineRun
from tests.factories import (
    AdminFactory,
    AIModelFactory,
    AssetFactory,
    MetricsSnapshotFactory,
    PipelineRunFactory,
    PortfolioFactory,
    PositionFactory,
    RegimeFactory,
    SuggestionFactory,
    UserFactory,
)
from tests.factories.base import EPOCH
from trading.models import AIPortfolioAssetAnalysis, Recommendation
from trading.services import recommend, tell_people

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def day(number: int, statuses: dict[PortfolioAsset, str | None], **run: Any) -> list[Recommendation]:
    """What the run of a day advises after it has seen positions so."""
    at = EPOCH + number * DAY
    row = PipelineRunFactory(**{"as_of": at, "status": "done"} | run)
    snapshot = MetricsSnapshot.objects.filter(snapshot_time=at, timeframe=row.timeframe).first()
    snapshot = snapshot or MetricsSnapshotFactory(snapshot_time=at, timeframe=row.timeframe)
    for position, status in statuses.items():
        AIPortfolioAssetAnalysis.objects.create(
            portfolio_asset=position,
            metrics_snapshot=snapshot,
            ai_model=AIModelFactory(),
            analysis_time=at,
            position_status=status,
            recommended_action="tighten_sl",
            recommendation_reason="close to the stop",
            run=row,
            series=row.series,
        )
    return recommend(snapshot, None, run=row, series=row.series)


class TestPositions:
    def test_advice_comes_when_the_status_changes(self) -> None:
        one = PositionFactory()
        said = [
            len(day(number, {one: status}))
            for number, status in enumerate(["at_risk", "at_risk", "critical", "critical", "healthy", "critical", None])
        ]
        assert said == [1, 0, 1, 0, 0, 1, 0]

    def test_a_position_that_was_not_held_meanwhile_is_new(self) -> None:
        one, other = PositionFactory(), PositionFactory()
        day(0, {one: "critical"})
        day(1, {other: "healthy"})
        assert len(day(2, {one: "critical"})) == 1

    def test_a_series_and_a_timeframe_have_their_own_before(self) -> None:
        one = PositionFactory()
        day(0, {one: "at_risk"})
        assert len(day(1, {one: "at_risk"}, series="replay")) == 1
        assert len(day(2, {one: "at_risk"}, timeframe="4h")) == 1
        assert day(3, {one: "at_risk"}) == []

    def test_each_position_of_a_portfolio_has_its_own(self) -> None:
        portfolio, asset = PortfolioFactory(), AssetFactory()
        long = PositionFactory(portfolio=portfolio, asset=asset)
        short = PositionFactory(portfolio=portfolio, asset=asset, asset_type="Short Position")
        advice = day(0, {long: "at_risk", short: "critical"})
        assert [(one.recommendation_payload or {})["position_id"] for one in advice] == [long.pk, short.pk]
        assert [one.priority_level for one in advice] == ["high", "urgent"]
        assert {one.user for one in advice} == {portfolio.user}

    def test_the_same_run_again_advises_nothing_new(self) -> None:
        portfolio = PortfolioFactory()
        first = day(
            0, {PositionFactory(portfolio=portfolio): "at_risk", PositionFactory(portfolio=portfolio): "critical"}
        )
        run = PipelineRun.objects.get()
        again = recommend(MetricsSnapshot.objects.get(), None, run=run)
        assert [row.pk for row in again] == [row.pk for row in first]
        assert Recommendation.objects.count() == 2


def advised(run: PipelineRun) -> list[Recommendation]:
    """A changed regime, for everybody, and one position."""
    one = PositionFactory()
    AIPortfolioAssetAnalysis.objects.create(
        portfolio_asset=one,
        metrics_snapshot=MetricsSnapshotFactory(snapshot_time=run.as_of),
        ai_model=AIModelFactory(),
        analysis_time=run.as_of,
        position_status="critical",
        recommended_action="full_exit",
        run=run,
    )
    snapshot = MetricsSnapshot.objects.get()
    regime = RegimeFactory(metrics_snapshot=snapshot, run=run)
    return recommend(snapshot, regime, run=run)


class TestTelling:
    def test_everybody_of_the_market_owners_of_their_positions_admins_of_the_queue(self) -> None:
        admin, _reader, _gone = AdminFactory(), UserFactory(), UserFactory(is_active=False)
        run = PipelineRunFactory()
        advice = advised(run)
        SuggestionFactory(run=run)
        people = UserFactory._meta.model.objects.filter(is_active=True).count()
        assert tell_people(run, advice) == people + 1 + 1
        assert tell_people(run, advice) == 0
        owner = next(one.user for one in advice if one.user)
        assert Notification.objects.get(notification_type="alert").user == owner
        assert Notification.objects.get(data__key=f"suggestions:{run.pk}").user == admin
        row = Notification.objects.filter(user=admin).first()
        assert row is not None
        assert row.expires_at is not None
        assert row.sent_at is None

    def test_work_does_not_grow_with_people(self) -> None:
        counts, told = [], []
        UserFactory()
        for _ in range(2):
            run = PipelineRunFactory()
            advice = Recommendation.objects.bulk_create([Recommendation(run=run, recommendation_title="all")])
            with CaptureQueriesContext(connection) as queries:
                told.append(tell_people(run, advice))
            counts.append(len(queries))
            for _more in range(20):
                UserFactory()
        assert (told, counts[1]) == ([1, 21], counts[0])


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_tellers_at_once_tell_once() -> None:
    """The second one waits for the first, and then sees what it has said."""
    UserFactory()
    run = PipelineRunFactory()
    advice = Recommendation.objects.bulk_create([Recommendation(run=run, recommendation_title="all")])
    told: list[int] = []

    def tell() -> None:
        try:
            told.append(tell_people(run, advice))
        finally:
            connection.close()

    other = threading.Thread(target=tell)
    with transaction.atomic():
        told.append(tell_people(run, advice))
        other.start()
        other.join(1)
        assert other.is_alive(), "it did not wait"
    other.join(20)
    assert (told, Notification.objects.count()) == ([1, 0], 1)
