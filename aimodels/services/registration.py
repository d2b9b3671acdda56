"""Versions that people register, and what they change about one. What a version is, and its evidence, comes from its
training alone; so one that was registered by hand never passes the gates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from aimodels.choices import ModelStatus
from aimodels.models import AIModel, Prediction
from aimodels.services.artefacts import load_artefact
from aimodels.services.registry import RULES
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NoData
from system.json_values import json_fault
from system.services import record_change

CHANGEABLE = frozenset(
    {
        "training_notes",
        "framework",
        "input_schema",
        "output_schema",
        "deployment_environment",
        "min_confidence_threshold",
        "max_predictions_per_hour",
        "requires_manual_approval",
    }
)
"""What may change about every version; forecasts and evaluations rest on the others."""
GIVEN = CHANGEABLE | {
    "name",
    "version",
    "architecture",
    "model_type",
    "configuration",
    "training_features",
    "training_data_range",
    "training_data_timeframe",
    "target_variable",
    "model_file_path",
}
BY_TRAINING = ("serves_from", "serves_to", "trial")
"""What makes a version serve replays of its own time; a training proves it."""


@transaction.atomic
def register_version(values: Mapping[str, Any], *, actor: User) -> AIModel:
    """Register a version that was made elsewhere; it is not in force, and nothing here is known of its skill.

    Raises:
        InvalidInput: a column that is not given by hand, or a value that breaks a rule.
        ConflictError: this version of the name exists.
    """
    _require_known(values, GIVEN)
    _require_span(values.get("training_data_range") or {})
    _require_file(values.get("model_file_path"))
    if AIModel.objects.filter(name=values.get("name"), version=values.get("version")).exists():
        raise _exists(values)
    model = AIModel(**values, status=ModelStatus.INACTIVE, is_active=False)
    _require_sound(model)
    made, created = AIModel.objects.get_or_create(
        name=model.name,
        version=model.version,
        defaults={**values, "status": ModelStatus.INACTIVE, "is_active": False},
    )
    if not created:
        raise _exists(values)
    record_change(made, AuditOperation.INSERT, actor=actor, new=dict(values))
    return made


@transaction.atomic
def change_version(model: AIModel, changes: Mapping[str, Any], *, actor: User) -> AIModel:
    """Change the limits and descriptions of a version, and all that was given about one that nothing rests on yet.
    Equal values change nothing. The caller holds its row.

    Raises:
        InvalidInput: a column that is not given by hand, or a value that breaks a rule.
        ConflictError: it would become another version than the one that was trained, judged or served.
    """
    _require_known(changes, GIVEN)
    new = {name: value for name, value in changes.items() if getattr(model, name) != value}
    if fixed := sorted(set(new) - CHANGEABLE):
        _require_unused(model, fixed[0])
        _require_span(new.get("training_data_range") or {})
        _require_file(new.get("model_file_path"))
        _require_free(model, new)
    old = {name: getattr(model, name) for name in new}
    for name, value in new.items():
        setattr(model, name, value)
    _require_sound(model)
    if new:
        try:
            with transaction.atomic():
                model.save(update_fields=[*new, "updated_at"])
        except IntegrityError as error:  # somebody registered it after we had looked
            if "unique_ai_models_name_version" not in str(error):
                raise
            raise _exists({"name": model.name, "version": model.version}) from error
        record_change(model, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    return model


def _require_unused(model: AIModel, name: str) -> None:
    """Whatever points at a version means what it was."""
    is_used = (
        model.last_trained is not None
        or model.architecture == RULES
        or any(
            rows.exists()
            for rows in (model.activations.all(), model.evaluations.all(), Prediction.objects.filter(ai_model=model))
        )
    )
    if is_used:
        raise ConflictError(
            _("%(model)s was trained, judged or used: what it is stays.") % {"model": model},
            field=name,
            code="version_in_use",
        )


def _require_free(model: AIModel, new: Mapping[str, Any]) -> None:
    wanted = {"name": new.get("name", model.name), "version": new.get("version", model.version)}
    if AIModel.objects.filter(**wanted).exclude(pk=model.pk).exists():
        raise _exists(wanted)


def _exists(values: Mapping[str, Any]) -> ConflictError:
    return ConflictError(
        _("%(name)s %(version)s exists already.") % dict(values), field="version", code="version_exists"
    )


def _require_known(values: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(set(values) - known):
        raise InvalidInput(_("%(name)s is not changed by hand.") % {"name": unknown[0]}, field=unknown[0])


def _require_span(span: Mapping[str, Any]) -> None:
    """Whether the data that a version was trained on can be read as such."""
    for name in BY_TRAINING:
        if name in span:
            raise InvalidInput(_("%(name)s is told by a training alone.") % {"name": name}, field="training_data_range")
    for name in ("start_date", "end_date"):
        if name in span:
            try:
                is_whole = datetime.fromisoformat(span[name]).tzinfo is not None
            except (TypeError, ValueError):
                is_whole = False
            if not is_whole:
                raise InvalidInput(
                    _("%(name)s must be a time with its zone, such as 2024-12-31T00:00:00Z.") % {"name": name},
                    field="training_data_range",
                )


def _require_file(path: str | None) -> None:
    if not path:
        return
    try:
        load_artefact(path, fresh=True)
    except NoData as error:
        raise InvalidInput(str(error), field="model_file_path") from error


def _require_sound(model: AIModel) -> None:
    """Columns that hold free JSON may be empty, which the check of the row takes for missing."""
    objects = [column.name for column in AIModel._meta.concrete_fields if column.get_internal_type() == "JSONField"]
    for name in objects:
        if fault := json_fault(getattr(model, name)):
            raise InvalidInput(fault, field=name)
    try:
        model.full_clean(exclude=objects, validate_unique=False)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), field=next(iter(error.message_dict), None)) from error
