"""What a person says of a regime: remarks, and whether it holds. The figures of the run stay."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from macro.models import AIRegimeAnalysis
from system.services import change_row

REVIEWED = "reviewed"
"""In ``validation_flags``: a person has said whether the analysis holds, and the same run again does not unsay it."""


def review_regime(analysis: AIRegimeAnalysis, changes: Mapping[str, Any], *, actor: Any) -> AIRegimeAnalysis:
    """Keep a person's remarks and verdict. Equal values change nothing.

    Args:
        analysis: locked by the caller.
        changes: ``analyst_notes`` and ``analysis_validated``, either or both.
        actor: who.
    """
    wanted = dict(changes)
    verdict = wanted.get("analysis_validated", analysis.analysis_validated)
    if verdict != analysis.analysis_validated:
        told = {"validated": verdict, "at": timezone.now().isoformat()}
        wanted["validation_flags"] = {**(analysis.validation_flags or {}), REVIEWED: told}
    return change_row(analysis, actor=actor, changes=wanted)


def verdict_of_person(key: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a person has said of the analysis with this key, if somebody has; nobody says anything else until the end of
    the transaction."""
    flags = (
        AIRegimeAnalysis.objects.select_for_update().filter(**key).values_list("validation_flags", flat=True).first()
    )
    return (flags or {}).get(REVIEWED)
