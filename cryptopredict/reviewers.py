"""Scripted reviewers of a replay: fixed rules, known beforehand, that decide on the replay's copies of the lists."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from accounts.models import User
from selection.choices import Decision, Factor, SuggestionStatus
from selection.models import AISuggestion
from selection.services import review_suggestion
from system.exceptions import ConflictError, InvalidInput, LimitExceeded
from system.models import PipelineRun

REVIEW_DELAY = timedelta(seconds=1)
"""A decision comes after the run that made the suggestion, so that the same run again sees the lists as they were."""
PER_RUN = 3
"""How many the cautious reviewer looks at after each run; the others wait, and lapse where clearer ones keep coming."""
CALM = Factor.CALM.value
Decided = Iterator[tuple[AISuggestion, Decision, str]]


def _approve_all(run: PipelineRun) -> Decided:
    """Everything that the run suggests is approved."""
    for suggestion in AISuggestion.objects.filter(run=run, status=SuggestionStatus.PENDING).order_by(*ORDER):
        yield suggestion, Decision.APPROVE, ""


def _low_risk(run: PipelineRun) -> Decided:
    """Who holds that calm assets do better: a rise is approved where the asset is calmer than most, a fall where it is
    wilder than most, everything else is rejected. Nothing of it was chosen by what came of it."""
    waiting = AISuggestion.objects.filter(
        series=run.series, status=SuggestionStatus.PENDING, expires_at__gt=run.as_of + REVIEW_DELAY
    )
    for suggestion in waiting.filter(run__as_of__lte=run.as_of).order_by(*ORDER)[:PER_RUN]:
        calm = suggestion.reasoning["percentiles"].get(CALM, 0.5)
        rises = suggestion.reasoning["direction"] > 0
        fits = calm >= 0.5 if rises else calm <= 0.5
        yield (
            (suggestion, Decision.APPROVE, "")
            if fits
            else (suggestion, Decision.REJECT, "too wild" if rises else "too calm to go")
        )


ORDER = ("-confidence_score", "id")
POLICIES: dict[str, Callable[[PipelineRun], Decided]] = {
    "none": lambda _run: iter(()),
    "approve_all": _approve_all,
    "low_risk": _low_risk,
}
SHORT = {"approve_all": "reviewed", "low_risk": "low_risk"}
"""How each is called in the name of a series."""


def decide(run: PipelineRun, policy: str) -> int:
    """Let a scripted reviewer decide after a run; what is approved and cannot be carried out is rejected with the
    reason.

    Returns:
        How many were decided.
    """
    shared: dict[str, Any] = {
        "reviewer": User.objects.system(),
        "criteria": {"policy": policy},
        "at": run.as_of + REVIEW_DELAY,
    }
    decided = 0
    for suggestion, decision, notes in POLICIES[policy](run):
        try:
            review_suggestion(suggestion.pk, decision=decision, notes=notes, **shared)
        except (ConflictError, InvalidInput, LimitExceeded) as reason:
            review_suggestion(suggestion.pk, decision=Decision.REJECT, notes=str(reason), **shared)
        decided += 1
    return decided
