"""Suggestions that were settled long ago, readable: what they were about, who decided what, and what came of them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import User
from assets.models import Asset
from selection.choices import Decision
from selection.models import AISuggestionArchive, SuggestionOutcome, Watchlist


def archived_suggestions() -> QuerySet[AISuggestionArchive]:
    """The archive with ``asset_symbol``, ``list_name``, ``reviewer_email`` and ``excess_return`` (percentage points).

    An archived row's asset, list or reviewer may be deleted: then its name is None, and the row stays.
    """
    outcomes = SuggestionOutcome.objects.filter(suggestion_id=OuterRef("pk"))
    return AISuggestionArchive.objects.annotate(
        asset_symbol=Subquery(Asset.objects.filter(pk=OuterRef("asset_id")).values("symbol")),
        list_name=Subquery(Watchlist.objects.filter(pk=OuterRef("watchlist_id")).values("name")),
        reviewer_email=Subquery(User.objects.filter(pk=OuterRef("reviewed_by_id")).values("email")),
        excess_return=Subquery(outcomes.values("excess_return")),
    )


@dataclass(frozen=True)
class ArchivedReview:
    """A decision as it was kept with the suggestion; ``reviewer`` is None where the person is no more."""

    reviewed_at: datetime
    reviewer: str | None
    decision: Decision
    notes: str


def archived_reviews(suggestion: AISuggestionArchive) -> list[ArchivedReview]:
    """The decisions about an archived suggestion, oldest first."""
    rows = suggestion.reviews or []
    known = dict(User.objects.filter(pk__in={row["reviewer_id"] for row in rows}).values_list("pk", "email"))
    return [
        ArchivedReview(
            datetime.fromisoformat(row["reviewed_at"]),
            known.get(row["reviewer_id"]),
            Decision(row["decision"]),
            row["review_notes"] or "",
        )
        for row in rows
    ]
