"""A version judged over days that it had not seen."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np
from django.utils.translation import gettext as _

from aimodels.choices import EvaluationType
from aimodels.compute.development import answered
from aimodels.compute.evaluation import plan_for
from aimodels.compute.report import line_of, simple_lines
from aimodels.models import AIModel, ModelPerformance
from aimodels.services.evaluations import Measured, keep_evaluation
from aimodels.services.registry import trained_until
from aimodels.services.serving import Inputs, require_fit, stored_forecaster
from aimodels.services.subjects import Subject
from system.exceptions import InvalidInput


def midnight(day: date, like: datetime) -> datetime:
    """The begin of a day, UTC as the other moment is."""
    return datetime.combine(day, time(), like.tzinfo)


def judge_version(
    model: AIModel, subject: Subject, start: date, end: date, *, kind: EvaluationType, as_of: datetime, job_id: int
) -> ModelPerformance:
    """Ask a version about the days from ``start`` to before ``end``, and keep what its answers were worth.

    Args:
        subject: what its model is about, with all rows that are known at ``as_of``.
    Raises:
        InvalidInput: it was trained on these days or does not say on which, or no outcome of them is known.
        NoData: its file is missing or was changed, or it knows features that are not there any more.
    """
    if "end_date" not in (model.training_data_range or {}):
        raise InvalidInput(f"{model} does not say until when it was trained.", field="training_data_range")
    forecaster = stored_forecaster(model.model_file_path or "")
    names = forecaster.direction.names
    require_fit(model, forecaster, Inputs(subject.generation, frozenset(subject.material.samples.names)))
    since = max(midnight(start, as_of), trained_until(model))
    until = midnight(end, as_of)
    if since >= until:
        raise InvalidInput(
            _("%(model)s was trained on these days: ask for later ones.") % {"model": model}, field="end_date"
        )
    times = subject.material.samples.times
    places = np.flatnonzero((times >= subject.number(since)) & (times < subject.number(until)))
    if not len(places):
        raise InvalidInput(_("No outcome of these days is known."), field="start_date")
    rows = subject.material.rows(places)
    said = answered(forecaster, rows.columns(names))
    plan = replace(plan_for(subject.material.samples), seed=0)
    line = line_of(model.name, rows, plan, said.chances, said.quantiles)
    block = rows.samples.times
    first, last = (subject.moment(int(number)) for number in (block.min(), block.max() + 1))
    measured = Measured(kind, rows, said.chances, said.quantiles, line, simple_lines(rows, plan), [], first, last)
    return keep_evaluation(model, measured, as_of=as_of, job_id=job_id)


def recent(subject: Subject, days: int) -> Subject:
    """The same with the rows of the newest days alone.

    Raises:
        InvalidInput: there are none.
    """
    times = subject.material.samples.times
    since = max(subject.since, subject.until - timedelta(days=days))
    places = np.flatnonzero(times >= subject.number(since))
    if not len(places):
        raise InvalidInput(_("No outcome of these days is known."), field="training_data_days")
    return replace(subject, material=subject.material.rows(places), since=since)
