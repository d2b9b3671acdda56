"""Whether versions in force are still what was let in: their features, and their skill in use.

Features are not stored a second time beside the forecasts: they follow from candles by pure functions, so the layer
that owns them computes those of the last years anew and hands them in. The ledger's hash of each forecast's features
says whether they are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import NotificationType, UserRole
from accounts.models import User
from accounts.services import Message, notify_all
from aimodels.compute.gates import Failed, Gate
from aimodels.compute.scores import SkillInterval
from aimodels.compute.stability import LEAST_WINDOWS, Shift, Windows, has_lost_skill, shift_of
from aimodels.models import AIModel
from aimodels.selectors import Chosen, forecast_record
from aimodels.services.activation import demote
from aimodels.services.model_health import forecasts_directions, note
from system.choices import Priority
from system.services import plain

WINDOW = timedelta(days=180)
"""Over which skill in use is judged: with a horizon of a week about a dozen blocks."""
NAMED = 5
"""Features that a message and the registry name."""


@dataclass(frozen=True)
class Drift:
    """What was found of a version in force.

    Attributes:
        shift: of its features; None where none were handed in.
        skill: over the naive forecast, of the forecasts it made in the last months; None where too few are scored.
        was_demoted: whether it was taken out of force.
    """

    model: AIModel
    shift: Shift | None = None
    skill: SkillInterval | None = None
    was_demoted: bool = False


@transaction.atomic
def check_drift(model: AIModel, as_of: datetime, windows: Windows | None = None) -> Drift:
    """Look at a version in force. One that is proven worse than the naive forecast in use is taken out of force, the
    rules serve again, and the admins are told; shifted features are an alert, told once a week as long as they last.

    Args:
        windows: features as its layer computes them now.
    """
    shift = None if windows is None else shift_of(windows)
    skill = rolling_skill(model, as_of)
    model.refresh_from_db()
    health = model.health_status or {}
    known = health.get("data_quality") or {}
    facts = {
        "performance_metrics": {"rolling_skill": None if skill is None else plain(vars(skill))},
        "data_quality": known | {"shift": None if shift is None else plain(_words(shift))},
    }
    shifted = () if shift is None else shift.shifted
    alert = {"kind": "features", "features": {name: shift.indices[name] for name in shifted}} if shift else None
    note(model, as_of, kind="features", alert=plain(alert) if shifted else None, **facts)
    if shifted:
        _tell_of_shift(model, shifted, as_of)
    if skill is None or not has_lost_skill(skill):
        return Drift(model, shift, skill)
    return Drift(_take_out(model, as_of, skill), shift, skill, was_demoted=True)


def rolling_skill(model: AIModel, as_of: datetime) -> SkillInterval | None:
    """Brier skill of the forecasts that a version in force made in the last months, with its interval; the last
    correction of an outcome counts. None of one that writes no forecasts of directions."""
    if not forecasts_directions(model):
        return None
    activation = model.activations.filter(valid_to__isnull=True).first()
    since = as_of - WINDOW
    if activation is not None and activation.valid_from is not None:
        since = max(since, activation.valid_from)
    hours = (model.configuration or {})["horizon_hours"]
    found = forecast_record(Chosen(model=model.name, horizon_hours=hours, since=since, until=as_of))
    if found.skill is None or found.skill_low is None or found.skill_high is None:
        return None
    return SkillInterval(found.skill, found.skill_low, found.skill_high)


def _words(shift: Shift) -> dict[str, Any]:
    """As the registry keeps it: the features that moved most, and whether it could be said that they have shifted."""
    largest = sorted(shift.indices, key=lambda name: -shift.indices[name])[:NAMED]
    return {
        "psi": {name: round(shift.indices[name], 4) for name in largest},
        "windows": shift.windows,
        "is_judged": bool(shift.indices) and shift.windows >= LEAST_WINDOWS,
    }


def _take_out(model: AIModel, as_of: datetime, skill: SkillInterval) -> AIModel:
    figures = {"skill": skill.skill, "low": skill.low, "high": skill.high}
    reason = f"In use it was worse than the naive forecast: skill {skill.skill:.4f}, at most {skill.high:.4f}."
    failed = Failed(Gate.LIVE_SKILL, reason, figures=figures)
    demote(model.pk, at=as_of, actor=None, reason=reason, failed=[failed])
    title = _("%(model)s was taken out of force") % {"model": model}
    text = _("In use it was worse than the naive forecast (skill %(skill)s, at most %(high)s). The rules serve again.")
    words = {name: f"{value:.4f}" for name, value in figures.items()}
    _tell(model, title, text % words, f"model-demoted:{model.pk}", Priority.HIGH)
    model.refresh_from_db()
    return model


def _tell_of_shift(model: AIModel, shifted: Sequence[str], as_of: datetime) -> None:
    title = _("The features of %(model)s have shifted") % {"model": model}
    names = ", ".join(shifted[:NAMED])
    text = _("%(count)s features are not as they were when it was trained, first of all: %(names)s.")
    key = f"model-shifted:{model.pk}:{as_of:%G-%V}"
    _tell(model, title, text % {"count": len(shifted), "names": names}, key, Priority.NORMAL)


def _tell(model: AIModel, title: str, text: str, key: str, priority: str) -> None:
    """Leave a message for every admin; the same key again writes nothing."""
    people = User.objects.filter(role=UserRole.ADMIN, is_active=True).order_by("pk").values_list("pk", flat=True)
    notify_all(
        [
            Message(user, NotificationType.SYSTEM, title, text, key, {"model": model.pk}, priority=priority)
            for user in people
        ]
    )
