"""Backtests that people order: written down, and queued as a job."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from aimodels.choices import JobCategory, ModelType
from aimodels.models import AIModel
from aimodels.services.jobs import enqueue_job
from system.exceptions import ConflictError, LimitExceeded
from trading.models import Backtest
from trading.services.backtests.keeping import OPEN, request_backtest
from trading.services.backtests.requests import request_of

JOB = "backtest"
MOST_WAITING = 5
"""A person's backtests that have not ended: each keeps a worker busy."""


@transaction.atomic
def order_backtest(configuration: Mapping[str, Any], *, actor: User) -> Backtest:
    """Write a backtest down and put it into the queue.

    Args:
        configuration: as at the command line.
        actor: who orders it.
    Raises:
        InvalidInput: naming the field that is unknown, missing or out of range.
        LimitExceeded: as many of theirs as are allowed have not ended yet.
        ConflictError: no model of signals is there that could run it.
    """
    request = request_of(configuration)
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if Backtest.objects.filter(created_by=actor, status__in=OPEN).count() >= MOST_WAITING:
        message = _("%(most)s of your backtests have not ended yet.") % {"most": MOST_WAITING}
        raise LimitExceeded(message, code="too_many_backtests")
    model = AIModel.objects.filter(model_type=ModelType.TIMING, is_active=True).order_by("pk").first()
    if model is None:
        raise ConflictError(_("No model of signals is in force yet."), code="no_model")
    job = enqueue_job(
        model,
        category=JobCategory.EVALUATION,
        job_type=JOB,
        actor=actor,
        name=request.name,
        config=configuration,
    )
    row = request_backtest(configuration, actor=actor, job=job)
    record_activity(actor, activity_type="ai_interaction", action="create", entity=row)
    return row
