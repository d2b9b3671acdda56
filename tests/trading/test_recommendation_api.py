"""Recommendations through the API: each person's own answer stands beside what was advised."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from tests.doors import API, answer, client_of, queries, refused
from tests.factories import AdminFactory, RecommendationFactory, RecommendationResponseFactory, UserFactory
from trading.choices import RecommendationStatus
from trading.models import Recommendation, RecommendationResponse
from trading.selectors.recommendation_states import with_state
from trading.selectors.recommendations import answer_of, status_then

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_own_and_general_ones_are_seen_with_the_own_answer() -> None:
    user, other = UserFactory(), UserFactory()
    mine = RecommendationFactory(user=user, user_rating=4, status="followed")
    general = RecommendationFactory(user=None)
    RecommendationResponseFactory(recommendation=general, user=other, status="ignored", user_rating=1)
    foreign = RecommendationFactory(user=other)
    rows = {row["id"]: row for row in answer("recommendations", user)["results"]}
    assert rows.keys() == {mine.pk, general.pk}
    assert (rows[mine.pk]["status"], rows[mine.pk]["user_rating"]) == ("followed", 4)
    assert (rows[general.pk]["status"], rows[general.pk]["user_rating"]) == ("pending", None)
    theirs = {row["id"]: row for row in answer("recommendations", other)["results"]}
    assert (theirs[general.pk]["status"], theirs[general.pk]["user_rating"]) == ("ignored", 1)
    assert len(answer("recommendations", AdminFactory())["results"]) == 3
    refused(client_of(user).get(f"{API}recommendations/{foreign.pk}"), 404)


def test_filters() -> None:
    user = UserFactory()
    done = RecommendationFactory(user=user, status="followed", priority_level="high", recommendation_type="exit")
    general = RecommendationFactory(user=None, target_entity_type="asset", target_entity_id=7)
    late = RecommendationFactory(user=user, expires_at=timezone.now() - timedelta(hours=1))

    def shown(**query: Any) -> set[int]:
        return {row["id"] for row in answer("recommendations", user, **query)["results"]}

    assert shown(status="followed") == {done.pk}
    assert shown(status="pending") == {general.pk}
    assert shown(status="expired") == {late.pk}
    assert shown(priority="high") == shown(type="exit") == {done.pk}
    assert shown(target_type="asset", target_id=7) == {general.pk}
    refused(client_of(user).get(API + "recommendations?status=lost"), 400)


def test_the_state_in_the_database_is_that_beside_the_row() -> None:
    """Every pair of states, in time and too late."""
    user, now = UserFactory(), timezone.now()
    for own, answered, late in product(
        RecommendationStatus.values, [None, *RecommendationStatus.values], [True, False]
    ):
        ends = now - timedelta(seconds=1) if late else now + timedelta(days=1)
        general = RecommendationFactory(user=None, status=own, expires_at=ends)
        if answered:
            RecommendationResponseFactory(recommendation=general, user=user, status=answered, answer=None)
        else:
            RecommendationFactory(user=user, status=own, expires_at=ends)
    rows = list(with_state(Recommendation.objects.all(), user, now))
    assert len(rows) > 100
    for row in rows:
        assert row.state == status_then(row, answer_of(row, user), now)


def test_an_answer_is_the_callers_alone() -> None:
    user = UserFactory()
    general = RecommendationFactory(user=None)
    path = f"{API}recommendations/{general.pk}/feedback"
    told = client_of(user).post(path, {"status": "followed", "user_rating": 5, "user_feedback": "Good."}, JSON).json()
    assert (told["status"], told["answer"], told["user_rating"]) == ("followed", "followed", 5)
    assert Recommendation.objects.get().status == "pending"
    assert RecommendationResponse.objects.get().user == user
    client_of(user).post(path, {"status": "implemented"}, JSON)
    assert refused(client_of(user).post(path, {"status": "ignored"}, JSON), 409)["type"].endswith("not-open")
    stranger = client_of(UserFactory())
    refused(stranger.post(f"{API}recommendations/{RecommendationFactory().pk}/feedback", {"user_rating": 1}, JSON), 404)


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "status"), ({"user_rating": 6}, "user_rating"), ({"status": "expired"}, "status"), ({"stars": 5}, "stars"),
     ({"status": "implemented", "entries": [99]}, "entries")],
)  # fmt: skip
def test_answers_that_make_no_sense(body: dict[str, Any], field: str) -> None:
    advice = RecommendationFactory()
    problem = refused(client_of(advice.user).post(f"{API}recommendations/{advice.pk}/feedback", body, JSON), 400)
    assert field in [error["field"] for error in problem["errors"]]


def test_admins_write_change_and_review() -> None:
    admin, user = AdminFactory(), UserFactory()
    client = client_of(admin)
    body = {"user_id": user.pk, "recommendation_type": "exit", "recommendation_title": "Sell half"}
    made = client.post(API + "recommendations", body, JSON)
    assert made.status_code == 201, made.content
    path = f"{API}recommendations/{made.json()['id']}"
    changed = client.patch(path, {"outcome_result": {"actual_return": 3.1}}, JSON).json()
    assert changed["outcome_result"] == {"actual_return": 3.1}
    no_reason = refused(client.post(path + "/review", {"status": "rejected"}, JSON), 400)
    assert [error["field"] for error in no_reason["errors"]] == ["reason"]
    assert client.post(path + "/review", {"status": "approved"}, JSON).json()["status"] == "approved"
    assert answer(f"recommendations/{made.json()['id']}", user)["status"] == "approved"
    for person in (user, UserFactory()):
        refused(client_of(person).post(API + "recommendations", body, JSON), 403)
        refused(client_of(person).patch(path, {"priority_level": "low"}, JSON), 403)
        refused(client_of(person).post(path + "/review", {"status": "approved"}, JSON), 403)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"user_id": 10**9}, "user_id"), ({"ai_trading_signal_id": 10**9}, "ai_trading_signal_id"),
     ({"target_entity_type": "asset"}, "target_entity_id"), ({"status": "approved"}, "status")],
)  # fmt: skip
def test_advice_that_makes_no_sense(change: dict[str, Any], field: str) -> None:
    body = {"recommendation_type": "exit", "recommendation_title": "Sell half"} | change
    problem = refused(client_of(AdminFactory()).post(API + "recommendations", body, JSON), 400)
    assert field in [error["field"] for error in problem["errors"]]
    assert not Recommendation.objects.exists()


def test_the_queries_do_not_grow() -> None:
    user = UserFactory()
    RecommendationResponseFactory(user=user)
    few = queries(client_of(user), API + "recommendations?limit=100")
    for count in (4, 45):
        RecommendationResponseFactory.create_batch(count, user=user)
        assert queries(client_of(user), API + "recommendations?limit=100") == few
