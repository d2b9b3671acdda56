"""Recommendations as people see them: one's own and those for everybody, each with one's own answer."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from system.choices import LIVE
from trading.choices import RecommendationStatus
from trading.models import Recommendation, RecommendationResponse

OPEN = (
    RecommendationStatus.PENDING,
    RecommendationStatus.APPROVED,
    RecommendationStatus.FOLLOWED,
    RecommendationStatus.IGNORED,
)
"""States that lapse with their time."""
Held = Recommendation | RecommendationResponse
"""Where a person's answer stands."""


def visible_recommendations(user: Any, *, everything: bool = False) -> QuerySet[Recommendation]:
    """Live advice to a person and to everybody; all of it for who acts as an admin."""
    rows = Recommendation.objects.filter(series=LIVE)
    return rows if everything else rows.filter(Q(user=user.pk) | Q(user__isnull=True))


def answer_of(recommendation: Recommendation, user: User) -> Held | None:
    """Where a person's answer stands: in an advice to them itself, else in their response; None without one."""
    if recommendation.user_id == user.pk:
        return recommendation
    return RecommendationResponse.objects.filter(recommendation=recommendation, user=user).first()


def status_then(recommendation: Recommendation, held: Held | None, at: datetime | None = None) -> str:
    """State of an advice for the person whose answer ``held`` is. One that has run out is expired, even before the
    sweep has said so; a general one that was rejected is so for everybody."""
    own = recommendation.status if held is None else held.status
    is_over = recommendation.status in (RecommendationStatus.REJECTED, RecommendationStatus.EXPIRED)
    is_done = own == RecommendationStatus.IMPLEMENTED
    status = recommendation.status if own == RecommendationStatus.PENDING or (is_over and not is_done) else own
    ran_out = recommendation.expires_at is not None and recommendation.expires_at <= (at or timezone.now())
    return RecommendationStatus.EXPIRED.value if ran_out and status in OPEN else status
