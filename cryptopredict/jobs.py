"""Work on models: what does each kind of job, and the processes that do it.

A job runs in a process of its own, so that hours of training hold up nothing else, what it uses is measured, and one
that does not stop when asked can be ended. Celery wakes such processes; without it ``run_model_jobs --watch`` does.
"""

import os
import subprocess
import sys
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from aimodels import services as aimodels
from aimodels.choices import EvaluationType, ModelType
from aimodels.compute.boosting import Stopped
from aimodels.models import ModelActivation, ModelJob, ModelPerformance
from aimodels.services import jobs
from aimodels.services.model_orders import STARTED
from aimodels.services.tuning import tuning
from system.choices import LIVE
from system.exceptions import InvalidInput

SEARCHED = 20
"""Trials of settings of a search that does not say how many."""


def train_regimes(job: jobs.JobContext) -> dict[str, Any]:
    """Train the regimes as of one moment, which stays the same when the job is taken up again. Config: ``activate``,
    ``as_of``."""
    from macro.services import training

    as_of, activate = kept_moment(job), wants_activation(job)
    trained = training.train_regimes(as_of, put_into_force=activate, progress=job.progress, stop=job.should_stop)
    failed = [one.gate for one in trained.failed]
    verdict = "in force" if trained.model.is_active else "registered"
    job.log(f"{trained.model}: {verdict}" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return {
        "model": trained.model.pk,
        "as_of": as_of.isoformat(),
        "verdict": verdict,
        "failed_gates": failed,
        "performance_summary": trained.evidence,
    }


def evaluate_regimes(job: jobs.JobContext) -> dict[str, Any]:
    """Judge a span of days by versions that were trained before it. Config: ``start_date``, ``end_date``."""
    from macro.selectors.daily import daily_market
    from macro.services import evaluation

    as_of = kept_moment(job)
    done = ModelPerformance.objects.filter(source_job_id=job.job_id).first()
    if done is not None:  # the worker was lost after it was written
        return {"evaluation": done.pk}
    start, end = day(job, "start_date"), day(job, "end_date")
    until = datetime.fromisoformat(f"{end}T00:00:00+00:00")
    if start >= end or until > timezone.now():
        raise InvalidInput("start_date must lie before end_date, and end_date not in the future.", field="end_date")
    job.progress("evaluating", 0.05)
    found = evaluation.evaluate(daily_market(until), start, end)
    with job.landing():
        row = evaluation.keep_evaluation(found, job.model, as_of)
        row.source_job_id = job.job_id
        row.save(update_fields=["source_job"])
    return {"evaluation": row.pk, "start": start.isoformat(), "end": end.isoformat()}


def train_models(job: jobs.JobContext) -> dict[str, Any]:
    """Train the models of a layer, one after the other. After its worker was lost it goes on, as of the same moment,
    with the model that was in training; what had ended stands. Config: ``models`` (names) or ``timeframe`` (1d by
    default), ``optimise``, ``activate``, ``as_of``.
    """
    from cryptopredict import learning

    as_of = kept_moment(job)
    names, activate = listed(job, "models"), wants_activation(job)
    choices = tuning(job.config, searched=SEARCHED if job.job_type == "hyperparameter_search" else 0)
    frames = [] if names else [job.config.get("timeframe", "1d")]
    chosen = learning.trainables(types=[job.model.model_type], timeframes=frames, names=names)
    results: dict[str, Any] = dict(job.state.get("models", {}))
    waiting = [one for one in chosen if results.get(one.name, {}).get("model") is None]

    def tell(_model: learning.Trainable, phase: str, share: float) -> None:
        job.progress(phase[: jobs.LONGEST_PHASE], (len(results) + share) / len(chosen))

    runs = learning.train(
        waiting,
        as_of,
        choices=choices,
        put_into_force=activate,
        progress=tell,
        stop=job.should_stop,
        job_id=job.job_id,
    )
    try:
        for one in runs:
            verdict = one.fault or ("in force" if one.is_active else "registered")
            failed = [] if one.run is None else [failed.gate for failed in one.run.failed]
            job.log(f"{one.model.name}: {verdict}" + (f"; failed: {', '.join(failed)}" if failed else ""))
            version = None if one.run is None else one.run.model.pk
            results[one.model.name] = {"model": version, "verdict": verdict, "failed_gates": failed}
            job.checkpoint({"as_of": as_of.isoformat(), "models": results})
    except Stopped:
        job.check()
        raise
    if all(one["model"] is None for one in results.values()):
        raise InvalidInput("; ".join(f"{name}: {one['verdict']}" for name, one in results.items()))
    return {"as_of": as_of.isoformat(), "models": results}


def evaluate_version(job: jobs.JobContext) -> dict[str, Any]:
    """Judge the job's version over days that it had not seen. Config: ``start_date``, ``end_date``,
    ``evaluation_type``."""
    from cryptopredict import learning

    as_of = kept_moment(job)
    kind = job.config.get("evaluation_type", EvaluationType.BACKTESTING.value)
    if kind not in STARTED:
        raise InvalidInput(f"evaluation_type must be one of: {', '.join(STARTED)}.", field="job_config")
    start, end = day(job, "start_date"), day(job, "end_date")
    job.progress("evaluating", 0.05)
    try:
        row = learning.judge(
            job.model, start, end, kind=EvaluationType(kind), as_of=as_of, job_id=job.job_id, stop=job.should_stop
        )
    except Stopped:
        job.check()
        raise
    return {"evaluation": row.pk, "start": start.isoformat(), "end": end.isoformat()}


def run_backtest(job: jobs.JobContext) -> dict[str, Any]:
    """Backtest what the configuration asks for, as the command does; taken up again, it begins anew. Config: that of
    the command's file."""
    from trading.services import backtests

    ordered = ModelJob.objects.select_related("initiated_by").get(pk=job.job_id)
    row = backtests.request_backtest(job.config, actor=ordered.initiated_by, job=ordered)

    def tell(phase: str, share: float) -> None:
        job.progress(phase[: jobs.LONGEST_PHASE], share)

    try:
        done = backtests.run_backtest(row, progress=tell, stop=job.should_stop)
    except Stopped:
        job.check()
        raise
    return {"backtest": row.pk, "trades": done.result.figures.closed, "fingerprint": row.fingerprint}


def deploy(job: jobs.JobContext) -> dict[str, Any]:
    """Put the job's version into force, if it passes every gate."""
    from aimodels.services.activation import activate

    begun = kept_moment(job)
    done = ModelActivation.objects.filter(model=job.model, valid_from__gte=begun, valid_to__isnull=True).first()
    if done is None:  # else it was done before its worker was lost
        ordered = ModelJob.objects.select_related("initiated_by").get(pk=job.job_id)
        done = activate(job.model.pk, at=timezone.now(), actor=ordered.initiated_by)
    return {"model": job.model.pk, "valid_from": done.valid_from.isoformat() if done.valid_from else None}


def forecast(job: jobs.JobContext) -> dict[str, Any]:
    """Forecast every asset and sector on the newest snapshot. Config: ``timeframe``."""
    from cryptopredict import learning

    job.progress("forecasting", 0.1)
    return learning.forecast(job.config.get("timeframe", "1d"))


def score_predictions(job: jobs.JobContext) -> dict[str, Any]:
    """Score the live forecasts that have come due."""
    as_of = kept_moment(job)
    job.progress("scoring", 0.1)
    found = aimodels.score_predictions(as_of, series=LIVE)
    return {"as_of": as_of.isoformat(), "scored": found.scored, "unresolved": found.unresolved}


LEARNED = (ModelType.SECTOR, ModelType.ASSET, ModelType.TIMING)
HANDLERS: jobs.Handlers = {
    ("full_training", ModelType.MACRO): train_regimes,
    ("retrain", ModelType.MACRO): train_regimes,
    ("backtest", ModelType.MACRO): evaluate_regimes,
    ("evaluate", ModelType.MACRO): evaluate_regimes,
    ("backtest", ModelType.TIMING): run_backtest,
    **{("evaluate", one): evaluate_version for one in LEARNED},
    **{(kind, one): train_models for kind in ("full_training", "retrain", "hyperparameter_search") for one in LEARNED},
    **{("deploy", one): deploy for one in ModelType.values},
    **{(kind, one): forecast for kind in ("batch_prediction", "live_prediction") for one in LEARNED[:2]},
    ("score_predictions", ModelType.ASSET): score_predictions,
}
"""By kind of job and type of model."""


def kept_moment(job: jobs.JobContext) -> datetime:
    """The moment that a job is about: what was asked for, else when it was due, else when it first began.

    Raises:
        InvalidInput: what was asked for is no time with a zone, or is to come.
    """
    if job.state is None:
        text = job.config.get("as_of")
        try:
            as_of = datetime.fromisoformat(text) if text else (job.due_at or timezone.now())
        except (TypeError, ValueError):
            raise InvalidInput(f"as_of: {text!r} is no ISO time.", field="job_config") from None
        if as_of.tzinfo is None:
            raise InvalidInput(f"as_of: {text!r} has no time zone.", field="job_config")
        if as_of > timezone.now():
            raise InvalidInput(f"as_of: {text!r} is to come.", field="job_config")
        job.checkpoint({"as_of": as_of.isoformat()})
    return datetime.fromisoformat(job.state["as_of"])


def listed(job: jobs.JobContext, name: str) -> list[str]:
    """Words of the configuration; none if it has no such entry.

    Raises:
        InvalidInput: it is no list of words.
    """
    found = job.config.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InvalidInput(f"{name} must be a list of names.", field="job_config")
    return found


def wants_activation(job: jobs.JobContext) -> bool:
    """Whether the configuration asks to put into force what passes.

    Raises:
        InvalidInput: it says something else than yes or no.
    """
    found = job.config.get("activate", False)
    if not isinstance(found, bool):
        raise InvalidInput("activate must be true or false.", field="job_config")
    return found


def day(job: jobs.JobContext, name: str) -> date:
    """A day of the configuration.

    Raises:
        InvalidInput: it is missing, or no ISO date.
    """
    try:
        return date.fromisoformat(job.config[name])
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(f"{name} must be a day, such as 2024-12-31.", field="job_config") from None


def keep_up(now: datetime) -> tuple[int, list[int]]:
    """Make the jobs that are due, take back those of lost workers, and end what ended jobs have left behind.

    Returns:
        How many were made, and which were taken back.
    """
    from trading.services import backtests

    made, lost = jobs.enqueue_due_jobs(now), jobs.reap_lost_jobs(jobs.timing())
    backtests.settle_backtests()
    return made, lost


_begun: list["subprocess.Popen[bytes]"] = []
"""Processes that this one has woken; those that have ended are forgotten at the next look."""


def wake_workers() -> bool:
    """Begin a process that works until nothing waits, if a job waits that may run. It ends with this process.

    Returns:
        Whether one was begun.
    """
    _begun[:] = [process for process in _begun if process.poll() is None]
    if len(_begun) >= jobs.timing().running_max or not jobs.has_work():
        return False
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_model_jobs", "--parent", str(os.getpid())]
    _begun.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
    return True
