"""The state of each recommendation for one person, in the database and beside the rows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from trading.choices import RecommendationStatus
from trading.models import Recommendation, RecommendationResponse
from trading.selectors.recommendations import OPEN, Held


def with_state(advice: QuerySet[Any], user: Any, now: datetime) -> QuerySet[Any]:
    """With ``state``: what ``status_then`` says of each for a person."""
    answered = RecommendationResponse.objects.filter(recommendation=OuterRef("pk"), user=user.pk).values("status")
    is_over = Q(status__in=(RecommendationStatus.REJECTED, RecommendationStatus.EXPIRED))
    is_general = Q(own_status=RecommendationStatus.PENDING) | (
        is_over & ~Q(own_status=RecommendationStatus.IMPLEMENTED)
    )
    return advice.annotate(
        own_status=Coalesce(Subquery(answered), F("status")),
        state_in_time=Case(When(is_general, then=F("status")), default=F("own_status")),
        state=Case(
            When(state_in_time__in=OPEN, expires_at__lte=now, then=Value(RecommendationStatus.EXPIRED.value)),
            default=F("state_in_time"),
            output_field=CharField(),
        ),
    )


def in_state(advice: QuerySet[Any], user: Any, now: datetime, state: str) -> QuerySet[Any]:
    """Those whose state for a person is this one."""
    return with_state(advice, user, now).filter(state=state)


def answers_of(advice: Iterable[Recommendation], user: Any) -> dict[int, Held]:
    """Where the answer to each stands, by its id: in an advice to one person itself, in a person's response to one for
    everybody; nowhere without one. One query, however many they are."""
    rows = list(advice)
    general = [row.pk for row in rows if row.user_id is None]
    responses = RecommendationResponse.objects.filter(recommendation__in=general, user=user.pk)
    found: dict[int, Held] = {row.pk: row for row in rows if row.user_id is not None}
    return found | {one.recommendation_id: one for one in responses}
