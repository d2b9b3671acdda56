"""What people order of a model version: to train its model anew, to judge it over a stretch of days. Both are jobs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from aimodels.choices import EvaluationStatus, EvaluationType, JobCategory, ModelType
from aimodels.models import AIModel, ModelJob, ModelPerformance
from aimodels.services.jobs import enqueue_job
from aimodels.services.registry import RULES
from aimodels.services.tuning import tuning
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput
from system.services import complete, record_change

STARTED = (EvaluationType.BACKTESTING, EvaluationType.FORWARD_TESTING)
"""Kinds of evaluations that a job makes; trainings and the watch over what serves make the others."""
TUNABLE = ("kinds", "optimise", "seed")
"""Choices of a training: learners that are compared, trials of settings, seed of its draws."""
GIVEN_AS = {"days": "training_data_days", "share": "validation_split"}


def order_training(
    model: AIModel,
    *,
    actor: User,
    days: int | None = None,
    share: float | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
) -> ModelJob:
    """Order a training of a version's model, which registers the next version. That one serves once it is activated.

    Args:
        days: of the newest data that are learned from and tested on; None = all there is.
        share: of the time that is the untouched final block; None = the usual one.
        hyperparameters: some of ``TUNABLE``.
    Raises:
        ConflictError: it is one of rules, which are not trained, or is being trained already.
        InvalidInput: a choice that its training does not have.
    """
    chosen = dict(hyperparameters or {})
    if model.architecture == RULES:
        raise ConflictError(_("%(model)s is one of rules: nothing is trained.") % {"model": model}, code="not_trained")
    if unknown := sorted(set(chosen) - set(TUNABLE)):
        words = {"name": unknown[0], "known": ", ".join(TUNABLE)}
        raise InvalidInput(
            _("%(name)s cannot be chosen; %(known)s can.") % words, field=f"hyperparameters.{unknown[0]}"
        )
    options = {name: value for name, value in {"days": days, "share": share, **chosen}.items() if value is not None}
    if model.model_type == ModelType.MACRO:
        if options:
            raise InvalidInput(
                _("Regimes are trained on all of their history, with settings that are fixed."),
                field=GIVEN_AS.get(next(iter(options)), "hyperparameters"),
            )
    else:
        with named_as_given():
            tuning(options)
        options["models"] = [model.name]
    return enqueue_job(model, category=JobCategory.TRAINING, job_type="retrain", actor=actor, config=options)


@contextmanager
def named_as_given() -> Iterator[None]:
    """Faults of the choices under the names that they are given by."""
    try:
        yield
    except InvalidInput as error:
        name = str(error.field).removeprefix("job_config.")
        raise InvalidInput(str(error), field=GIVEN_AS.get(name, f"hyperparameters.{name}")) from None


def order_evaluation(
    model: AIModel, *, kind: EvaluationType, start: date | None, end: date | None, actor: User
) -> ModelJob:
    """Order that a version is judged over the days from ``start`` to before ``end``, as far as it had not seen them.

    Raises:
        InvalidInput: a kind that no job makes, or days that are none.
    """
    if kind not in STARTED:
        raise InvalidInput(
            _("No job makes such an evaluation; these are made: %(known)s.") % {"known": ", ".join(STARTED)},
            field="evaluation_type",
        )
    if start is None or end is None:
        raise InvalidInput(_("A job needs the first day and the one after the last."), field="start_date")
    if start >= end:
        raise InvalidInput(_("The end must lie after the start."), field="end_date")
    if end > timezone.now().date():
        raise InvalidInput(_("It ends in the future."), field="end_date")
    config = {"evaluation_type": kind.value, "start_date": start.isoformat(), "end_date": end.isoformat()}
    return enqueue_job(model, category=JobCategory.EVALUATION, job_type="evaluate", actor=actor, config=config)


@transaction.atomic
def record_evaluation(
    model: AIModel,
    *,
    kind: EvaluationType,
    start: date | None,
    end: date | None,
    results: Mapping[str, Any],
    actor: User,
) -> ModelPerformance:
    """Keep an evaluation that was made elsewhere, as such: no gate asks it, and it has no grade of ours."""
    span = {"from": start and start.isoformat(), "to": end and end.isoformat()}
    values = {
        "model": model,
        "evaluation_date": timezone.now(),
        "evaluation_type": kind,
        "evaluation_status": EvaluationStatus.COMPLETED,
        **results,
    }
    columns, absent = complete(ModelPerformance, values, {}, by_people=["evaluation_metadata"])
    reasons = dict.fromkeys(absent, "not among the results")
    columns["evaluation_metadata"] = {"trigger": "api_request", **span, "missing": reasons}
    made = ModelPerformance.objects.create(**columns)
    record_change(made, AuditOperation.INSERT, actor=actor, new={"model": model.pk, "evaluation_type": kind, **results})
    return made


@transaction.atomic
def annotate_evaluation(evaluation: ModelPerformance, changes: Mapping[str, Any], *, actor: User) -> ModelPerformance:
    """Write notes on an evaluation, or declare it invalid, which stays so. Its figures never change. The caller holds
    its row.

    Raises:
        ConflictError: it was declared invalid, and would be valid again.
        InvalidInput: another state than invalid.
    """
    new = {name: value for name, value in changes.items() if getattr(evaluation, name) != value}
    if "evaluation_status" in new:
        if evaluation.evaluation_status == EvaluationStatus.INVALIDATED:
            raise ConflictError(_("What was declared invalid stays so."), code="wrong_state")
        if new["evaluation_status"] != EvaluationStatus.INVALIDATED:
            raise InvalidInput(_("People only declare an evaluation invalid."), field="evaluation_status")
    if new:
        old = {name: getattr(evaluation, name) for name in new}
        for name, value in new.items():
            setattr(evaluation, name, value)
        evaluation.save(update_fields=[*new])
        record_change(evaluation, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    return evaluation
