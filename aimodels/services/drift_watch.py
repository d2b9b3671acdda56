"""Whether versions in force are still what was let in: their features, and their skill in use.

Features are not stored a second time beside the forecasts: they follow from candles by pure functions, so the layer
that owns them computes those of the last months anew and hands them in. The ledger's hash of each forecast's features
says whether they are the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from accounts.choices import NotificationType, UserRole
from accounts.models import User
from accounts.services import Message, notify_all
from aimodels.compute.forecaster import feature_shifts
from aimodels.compute.gates import Failed, Gate
from aimodels.compute.scores import SkillInterval
from aimodels.compute.stability import has_lost_skill, shifted_features
from aimodels.models import AIModel
from aimodels.selectors import Chosen, forecast_record
from aimodels.services.activation import demote
from aimodels.services.model_health import forecasts_directions, note, trained_in_force
from aimodels.services.serving import stored_forecaster
from system.choices import Priority
from system.exceptions import NoData
from system.services import plain

Floats = NDArray[np.float64]
WINDOW = timedelta(days=180)
"""Over which skill in use is judged: with a horizon of a week about a dozen blocks."""
NAMED = 5
"""Shifted features that a message names."""


@dataclass(frozen=True)
class Drift:
    """What was found of a version in force.

    Attributes:
        shifts: PSI of each feature; empty where no recent features were handed in.
        shifted: features above the limit, the most shifted first.
        skill: over the naive forecast, of the forecasts it made in the last months; None where too few are scored.
        was_demoted: whether it was taken out of force.
    """

    model: AIModel
    shifts: Mapping[str, float] = field(default_factory=dict)
    shifted: Sequence[str] = ()
    skill: SkillInterval | None = None
    was_demoted: bool = False


def check_drift(as_of: datetime, recent: Mapping[str, Floats] | None = None) -> list[Drift]:
    """Look at every version in force that forecasts directions. One that is proven worse than the naive forecast in
    use is taken out of force, the rules serve again, and the admins are told; shifted features are an alert, told once
    per version.

    Args:
        recent: by name of the model, features of recent moments as its layer computes them now, shape (m, k).
    """
    watched = [model for model in trained_in_force() if forecasts_directions(model)]
    return [_check(model, as_of, (recent or {}).get(model.name)) for model in watched]


def rolling_skill(model: AIModel, as_of: datetime) -> SkillInterval | None:
    """Brier skill of the forecasts that a version in force made in the last months, with its interval; the last
    correction of an outcome counts."""
    activation = model.activations.filter(valid_to__isnull=True).first()
    since = as_of - WINDOW
    if activation is not None and activation.valid_from is not None:
        since = max(since, activation.valid_from)
    hours = (model.configuration or {})["horizon_hours"]
    found = forecast_record(Chosen(model=model.name, horizon_hours=hours, since=since, until=as_of))
    if found.skill is None or found.skill_low is None or found.skill_high is None:
        return None
    return SkillInterval(found.skill, found.skill_low, found.skill_high)


@transaction.atomic
def _check(model: AIModel, as_of: datetime, recent: Floats | None) -> Drift:
    shifts = _shifts(model, recent)
    shifted = shifted_features(shifts)
    skill = rolling_skill(model, as_of)
    model.refresh_from_db()
    alert = {"kind": "features", "features": {name: shifts[name] for name in shifted}} if shifted else None
    facts = {"performance_metrics": {"rolling_skill": None if skill is None else plain(vars(skill))}}
    note(model, as_of, kind="features", alert=alert if alert is None else plain(alert), **facts)
    if shifted:
        _tell_of_shift(model, shifted)
    if skill is None or not has_lost_skill(skill):
        return Drift(model, shifts, shifted, skill)
    demoted = _take_out(model, as_of, skill)
    return Drift(demoted, shifts, shifted, skill, was_demoted=True)


def _shifts(model: AIModel, recent: Floats | None) -> dict[str, float]:
    """PSI of each feature; of a version that cannot be read ``model_health`` tells."""
    if recent is None:
        return {}
    try:
        forecaster = stored_forecaster(model.model_file_path or "")
    except NoData:
        return {}
    if recent.shape[1:] != (len(forecaster.direction.names),):
        raise ValueError(f"{model}: features of shape {recent.shape} are not those that it was trained on")
    return feature_shifts(forecaster, recent)


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


def _tell_of_shift(model: AIModel, shifted: Sequence[str]) -> None:
    title = _("The features of %(model)s have shifted") % {"model": model}
    names = ", ".join(shifted[:NAMED])
    text = _("%(count)s features are not as they were when it was trained, first of all: %(names)s.")
    _tell(model, title, text % {"count": len(shifted), "names": names}, f"model-shifted:{model.pk}", Priority.NORMAL)


def _tell(model: AIModel, title: str, text: str, key: str, priority: str) -> None:
    """Leave a message for every admin; the same key again writes nothing."""
    people = User.objects.filter(role=UserRole.ADMIN, is_active=True).order_by("pk").values_list("pk", flat=True)
    notify_all(
        [
            Message(user, NotificationType.SYSTEM, title, text, key, {"model": model.pk}, priority=priority)
            for user in people
        ]
    )
