"""Forecasts as people see them: the live series only."""

from typing import Any

from django.db.models import Q, QuerySet

from aimodels.models import Prediction
from system.choices import LIVE


def visible_predictions(user: Any, *, everything: bool = False) -> QuerySet[Prediction]:
    """Forecasts of the system and those that the user asked for; ``everything`` adds other people's, for admins."""
    live = Prediction.objects.filter(series=LIVE)
    return live if everything else live.filter(Q(user__isnull=True) | Q(user=user.pk))
