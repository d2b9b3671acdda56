"""What people make of advice: their own only, one step at a time, each with its audit row."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Notification, User, UserActivity
from system.exceptions import ConflictError, DomainError, InvalidInput, NoData, NotAllowed
from system.models import AuditLog
from tests.factories import AdminFactory, RecommendationFactory, TradeActionFactory, UserFactory
from trading.models import Recommendation, RecommendationResponse
from trading.services import expire_recommendations, respond_to_recommendation, review_recommendation

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ALLOWED = {
    "pending": {"approved", "rejected", "followed", "ignored", "implemented"},
    "approved": {"rejected", "followed", "ignored", "implemented"},
    "followed": {"ignored", "implemented"},
    "ignored": {"followed", "implemented"},
    "rejected": set(),
    "implemented": set(),
    "expired": set(),
}
STEPS = ("approved", "rejected", "followed", "ignored", "implemented")


def step(advice: Recommendation, user: User, to: str) -> Any:
    if to in {"approved", "rejected"}:
        return review_recommendation(advice.pk, reviewer=user, decision=to, reason="not for me")
    return respond_to_recommendation(advice.pk, user=user, status=to)


@pytest.mark.parametrize(("before", "after"), list(product(ALLOWED, STEPS)))
def test_every_step_is_taken_or_refused_by_name(before: str, after: str) -> None:
    advice = RecommendationFactory(status=before)
    assert advice.user is not None
    if after in ALLOWED[before]:
        step(advice, advice.user, after)
    else:
        with pytest.raises(ConflictError, match=f"{before} cannot become {after}"):
            step(advice, advice.user, after)
    advice.refresh_from_db()
    assert advice.status == (after if after in ALLOWED[before] else before)
    changes = AuditLog.objects.filter(table_name="recommendations", record_id=advice.pk)
    assert changes.count() == UserActivity.objects.count() == (after in ALLOWED[before])


def test_an_audit_row_says_who_and_from_what_to_what() -> None:
    advice = RecommendationFactory()
    assert advice.user is not None
    review_recommendation(advice.pk, reviewer=advice.user, decision="rejected", reason=" too late ")
    row = AuditLog.objects.get(table_name="recommendations")
    assert row.old_values is not None
    assert row.new_values is not None
    assert (row.changed_by, row.old_values["status"], row.new_values["status"]) == (advice.user, "pending", "rejected")
    advice.refresh_from_db()
    assert (advice.rejection_reason, advice.reviewed_by) == ("too late", advice.user)


class TestWhose:
    def test_a_foreign_one_is_as_if_there_was_none(self) -> None:
        advice, stranger = RecommendationFactory(), UserFactory()
        for number in (advice.pk, advice.pk + 1):
            for deed in (
                lambda pk: respond_to_recommendation(pk, user=stranger, status="followed"),
                lambda pk: review_recommendation(pk, reviewer=stranger, decision="approved"),
            ):
                with pytest.raises(NoData, match="There is no such recommendation"):
                    deed(number)

    def test_an_admin_reviews_but_does_not_answer_for_others(self) -> None:
        advice, admin = RecommendationFactory(), AdminFactory()
        assert review_recommendation(advice.pk, reviewer=admin, decision="approved").status == "approved"
        with pytest.raises(NoData):
            respond_to_recommendation(advice.pk, user=admin, status="followed")

    def test_a_replay_is_nobodys(self) -> None:
        advice = RecommendationFactory(series="replay-a")
        assert advice.user is not None
        with pytest.raises(NoData):
            respond_to_recommendation(advice.pk, user=advice.user, status="followed")


class TestToEverybody:
    def test_each_person_has_their_own_state(self) -> None:
        advice, one, other = RecommendationFactory(user=None), UserFactory(), UserFactory()
        respond_to_recommendation(advice.pk, user=one, status="followed", rating=4)
        respond_to_recommendation(advice.pk, user=other, status="ignored", feedback="no")
        respond_to_recommendation(advice.pk, user=one, status="implemented")
        rows = RecommendationResponse.objects.values_list("user", "status", "answer", "user_rating", "user_feedback")
        assert sorted(rows) == [
            (one.pk, "implemented", "followed", 4, None),
            (other.pk, "ignored", "ignored", None, "no"),
        ]
        advice.refresh_from_db()
        assert (advice.status, advice.answer, advice.user_rating) == ("pending", None, None)

    def test_it_is_reviewed_by_an_admin(self) -> None:
        advice = RecommendationFactory(user=None)
        with pytest.raises(NotAllowed):
            review_recommendation(advice.pk, reviewer=UserFactory(), decision="approved")
        review_recommendation(advice.pk, reviewer=AdminFactory(), decision="rejected", reason="wrong figures")
        with pytest.raises(ConflictError, match="rejected cannot become followed"):
            respond_to_recommendation(advice.pk, user=UserFactory(), status="followed")

    def test_a_rating_alone_is_no_answer(self) -> None:
        advice, one = RecommendationFactory(user=None), UserFactory()
        respond_to_recommendation(advice.pk, user=one, rating=1)
        held = respond_to_recommendation(advice.pk, user=one, status="ignored")
        assert (held.status, held.user_rating, RecommendationResponse.objects.count()) == ("ignored", 1, 1)


class TestSense:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({}, "status"),
            ({"status": "approved"}, "status"),
            ({"status": "expired"}, "status"),
            ({"rating": 0}, "user_rating"),
            ({"rating": 6}, "user_rating"),
            ({"status": "followed", "entries": [1]}, "entries"),
            ({"status": "implemented", "entries": [987654]}, "entries"),
        ],
    )
    def test_what_makes_none_is_refused_by_field(self, given: dict[str, Any], field: str) -> None:
        advice = RecommendationFactory()
        assert advice.user is not None
        with pytest.raises(InvalidInput) as refused:
            respond_to_recommendation(advice.pk, user=advice.user, **given)
        assert refused.value.field == field
        assert not AuditLog.objects.filter(table_name="recommendations").exists()

    @pytest.mark.parametrize(
        ("given", "field"), [({"decision": "followed"}, "decision"), ({"decision": "rejected"}, "reason")]
    )
    def test_a_review_too(self, given: dict[str, Any], field: str) -> None:
        advice = RecommendationFactory()
        assert advice.user is not None
        with pytest.raises(InvalidInput) as refused:
            review_recommendation(advice.pk, reviewer=advice.user, **given)
        assert refused.value.field == field

    def test_entries_of_ones_own_journal_are_linked_others_refused(self) -> None:
        advice, own, foreign = RecommendationFactory(), TradeActionFactory(), TradeActionFactory()
        Recommendation.objects.filter(pk=advice.pk).update(user=own.portfolio_asset.portfolio.user)
        owner = own.portfolio_asset.portfolio.user
        with pytest.raises(InvalidInput, match=str(foreign.pk)):
            respond_to_recommendation(advice.pk, user=owner, status="implemented", entries=[own.pk, foreign.pk])
        respond_to_recommendation(advice.pk, user=owner, status="implemented", entries=[own.pk])
        assert list(own.recommendations.values_list("pk", flat=True)) == [advice.pk]
        advice.refresh_from_db()
        assert advice.implemented_at is not None


class TestLapsing:
    def test_open_ones_lapse_and_what_was_answered_stays_known(self) -> None:
        now = timezone.now()
        rows = {status: RecommendationFactory(status=status, expires_at=now) for status in ALLOWED}
        Recommendation.objects.filter(pk=rows["followed"].pk).update(answer="followed")
        later = RecommendationFactory(expires_at=now + DAY)
        other = RecommendationFactory(expires_at=now, series="replay-a")
        general = RecommendationFactory(user=None, expires_at=now)
        respond_to_recommendation(general.pk, user=UserFactory(), status="ignored", at=now - DAY)
        assert expire_recommendations(now) == 5
        assert expire_recommendations(now) == 0
        found = dict(Recommendation.objects.values_list("pk", "status"))
        assert {status: found[row.pk] for status, row in rows.items()} == {
            "pending": "expired", "approved": "expired", "followed": "expired", "ignored": "expired",
            "rejected": "rejected", "implemented": "implemented", "expired": "expired",
        }  # fmt: skip
        assert (found[later.pk], found[other.pk], found[general.pk]) == ("pending", "pending", "expired")
        rows["followed"].refresh_from_db()
        assert rows["followed"].answer == "followed"
        held = RecommendationResponse.objects.get()
        assert (held.status, held.answer) == ("expired", "ignored")
        assert AuditLog.objects.filter(details="expire").count() == 5

    def test_one_that_ran_out_is_expired_before_the_sweep(self) -> None:
        advice = RecommendationFactory(expires_at=timezone.now() - DAY)
        assert advice.user is not None
        with pytest.raises(DomainError, match="expired cannot become followed"):
            respond_to_recommendation(advice.pk, user=advice.user, status="followed")
        held = respond_to_recommendation(advice.pk, user=advice.user, rating=2)
        assert held.user_rating == 2


def test_whom_a_decision_of_somebody_else_concerns_is_told() -> None:
    admin, advice = AdminFactory(), RecommendationFactory(user__language="en")
    review_recommendation(advice.pk, reviewer=admin, decision="approved")
    review_recommendation(advice.pk, reviewer=admin, decision="rejected", reason="Too risky.")
    approved, rejected = Notification.objects.filter(user=advice.user).order_by("pk")
    assert approved.title == "Your recommendation was approved: Take profit"
    assert (rejected.title, rejected.message) == ("Your recommendation was rejected: Take profit", "Too risky.")
    assert (rejected.data or {})["recommendation_id"] == advice.pk
    assert (rejected.notification_type, rejected.sent_at) == ("alert", None)


def test_nobody_is_told_of_their_own_decision_or_of_advice_to_everybody() -> None:
    own, gone = RecommendationFactory(), RecommendationFactory(user__is_active=False)
    assert own.user is not None
    review_recommendation(own.pk, reviewer=own.user, decision="approved")
    for advice in (RecommendationFactory(user=None), gone):
        review_recommendation(advice.pk, reviewer=AdminFactory(), decision="approved")
    assert not Notification.objects.exists()
