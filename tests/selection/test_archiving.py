"""Settled suggestions move to their archive after their age, with their reviews."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from selection.choices import Decision, SuggestionStatus
from selection.models import AISuggestion, AISuggestionArchive, SuggestionReview
from selection.services import archive_suggestions
from system.services import sweep_old_rows
from tests.factories import ReviewFactory, SuggestionFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
NOW = datetime(2024, 5, 31, 12, tzinfo=UTC)
CUTOFF = datetime(2024, 2, 29, 12, tzinfo=UTC)
"""Three calendar months before."""
SECOND = timedelta(seconds=1)


def implemented(moment: datetime, **columns: Any) -> AISuggestion:
    row: AISuggestion = SuggestionFactory(
        status=SuggestionStatus.IMPLEMENTED, implemented_at=moment, reviewed_at=moment, **columns
    )
    return row


def test_they_move_whole_with_their_reviews() -> None:
    old = implemented(CUTOFF - SECOND, target_position=3)
    kept = implemented(CUTOFF)
    open_ones = [
        SuggestionFactory(status=status, reviewed_at=CUTOFF - SECOND, expires_at=NOW)
        for status in (SuggestionStatus.APPROVED, SuggestionStatus.DEFERRED, SuggestionStatus.PENDING)
    ]
    reviews = [
        ReviewFactory(suggestion=old, decision=decision, review_notes=str(decision))
        for decision in (Decision.DEFER, Decision.APPROVE)
    ]
    kept_review = ReviewFactory(suggestion=kept)
    columns = [field.attname for field in AISuggestion._meta.concrete_fields]
    before = AISuggestion.objects.values(*columns).get(pk=old.pk)
    assert sweep_old_rows(NOW).rows["ai_suggestions"] == 1
    assert set(AISuggestion.objects.all()) == {kept, *open_ones}
    assert SuggestionReview.objects.get() == kept_review
    assert AISuggestionArchive.objects.values(*columns).get() == before
    archived = AISuggestionArchive.objects.get()
    assert [(one["reviewer_id"], one["decision"], one["review_notes"]) for one in archived.reviews or []] == [
        (review.reviewer_id, review.decision, review.review_notes) for review in reviews
    ]
    assert sweep_old_rows(NOW).rows["ai_suggestions"] == 0


def test_a_batch_is_bounded_and_one_without_reviews_has_none() -> None:
    for _ in range(3):
        implemented(CUTOFF - SECOND)
    assert [archive_suggestions(CUTOFF, 2) for _ in range(3)] == [2, 1, 0]
    assert list(AISuggestionArchive.objects.values_list("reviews", flat=True)) == [[], [], []]


def test_rejected_and_lapsed_ones_move_too() -> None:
    """Each by the time at which it was settled."""
    old = [
        SuggestionFactory(status=SuggestionStatus.REJECTED, reviewed_at=CUTOFF - SECOND, expires_at=NOW),
        SuggestionFactory(status=SuggestionStatus.EXPIRED, expires_at=CUTOFF - SECOND),
    ]
    SuggestionFactory(status=SuggestionStatus.REJECTED, reviewed_at=CUTOFF, expires_at=CUTOFF - SECOND)
    SuggestionFactory(status=SuggestionStatus.EXPIRED, expires_at=CUTOFF)
    assert archive_suggestions(CUTOFF, 10) == 2
    assert set(AISuggestionArchive.objects.values_list("pk", flat=True)) == {one.pk for one in old}
