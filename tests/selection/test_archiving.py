"""Implemented suggestions move to their archive after their age, with their reviews."""

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
    refused = SuggestionFactory(status=SuggestionStatus.REJECTED, reviewed_at=CUTOFF - SECOND)
    reviews = [
        ReviewFactory(suggestion=old, decision=decision, review_notes=str(decision))
        for decision in (Decision.DEFER, Decision.APPROVE)
    ]
    kept_review = ReviewFactory(suggestion=kept)
    columns = [field.attname for field in AISuggestion._meta.concrete_fields]
    before = AISuggestion.objects.values(*columns).get(pk=old.pk)
    assert sweep_old_rows(NOW).rows["ai_suggestions"] == 1
    assert set(AISuggestion.objects.all()) == {kept, refused}
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
