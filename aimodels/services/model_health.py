"""Whether every version in force is there as it was stored, and is still given what it was learned from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from aimodels.models import AIModel
from aimodels.services.artefacts import load_artefact
from aimodels.services.registry import RULES
from aimodels.services.serving import read_forecaster
from system.exceptions import NoData, UnavailableError

HEALTHY, DEGRADED = "healthy", "degraded"
Requirement = Callable[[AIModel], None]
"""Raises NoData with the reason why a version cannot serve, or UnavailableError where nobody can say."""


@dataclass(frozen=True)
class Broken:
    """A version in force that cannot serve; the rules do instead."""

    name: str
    version: str
    reason: str


def trained_in_force() -> QuerySet[AIModel]:
    """Versions in force that were trained."""
    return AIModel.objects.filter(is_active=True).exclude(architecture=RULES).order_by("name")


def forecasts_directions(model: AIModel) -> bool:
    """Whether a version is one of those that ``training_runs`` makes, not of a layer that keeps its own parameters."""
    return "horizon_hours" in (model.configuration or {})


def require_whole(model: AIModel) -> None:
    """What can be said of a version without its layer.

    Raises:
        NoData: its file is missing, was changed or holds no version.
        UnavailableError: the bucket of the files does not answer, so that nobody knows.
    """
    path = model.model_file_path or ""
    if forecasts_directions(model):
        read_forecaster(path, fresh=True)
    else:
        load_artefact(path, fresh=True)


def broken_versions(require: Requirement = require_whole) -> list[Broken]:
    """Versions in force that cannot serve. Changes nothing.

    Args:
        require: what is asked of each.
    """
    faults = ((model, _fault(model, require)) for model in trained_in_force())
    return [Broken(model.name, model.version, fault) for model, fault in faults if fault]


@transaction.atomic
def check_health(now: datetime, require: Requirement = require_whole) -> list[Broken]:
    """Look at every version in force, and note in the registry how it is.

    Args:
        require: what is asked of each.
    """
    found = []
    for model in trained_in_force().select_for_update():
        fault = _fault(model, require)
        alert = {"kind": "artefact", "text": fault} if fault else None
        note(model, now, kind="artefact", alert=alert)
        if fault:
            found.append(Broken(model.name, model.version, fault))
    return found


def note(model: AIModel, now: datetime, *, kind: str, alert: dict[str, Any] | None, **facts: Any) -> None:
    """Write how a version is: the alert of a kind takes the place of the one before; without alerts it is healthy.

    Args:
        facts: further parts of ``health_status``.
    """
    health = model.health_status or {}
    alerts = [one for one in health.get("alerts", []) if one.get("kind") != kind]
    if alert is not None:
        alerts.append(alert)
    status = DEGRADED if alerts else HEALTHY
    model.health_status = health | facts | {"alerts": alerts, "status": status, "last_health_check": now.isoformat()}
    model.save(update_fields=["health_status", "updated_at"])


def _fault(model: AIModel, require: Requirement) -> str:
    try:
        require(model)
    except (NoData, UnavailableError) as error:
        return str(error)
    return ""
