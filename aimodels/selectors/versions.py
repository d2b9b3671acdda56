"""Model versions as people look at them: by name, with what each has shown, and the work that is done on them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from aimodels.choices import EvaluationStatus, EvaluationType, JobStatus
from aimodels.models import AIModel, ModelActivation, ModelJob, ModelPerformance, ModelTrial

FOLD = "training_data_range__has_key"
SERVES_FROM = "serves_from"
"""Key of versions that serve replays of their own time alone."""
UNDER_WAY = (JobStatus.RUNNING, JobStatus.PENDING, JobStatus.PAUSED)
INVALID = EvaluationStatus.INVALIDATED


def whole_versions() -> QuerySet[AIModel]:
    """Versions that may serve the present, not those of folds: by name, the one in force first, then the newest."""
    found = AIModel.objects.exclude(**{FOLD: SERVES_FROM})
    return found.order_by("model_type", "name", "-is_active", "-created_at", "-pk")


@dataclass(frozen=True)
class Fold:
    """A stretch of time that a version forecast which knew the time before it alone.

    Attributes:
        start, end: of the stretch.
        samples: rows that it had learned from.
    """

    start: datetime
    end: datetime
    samples: int | None


def folds(model: AIModel) -> list[Fold]:
    """The walk-forward folds of a version's name and generation, oldest first; of each stretch the newest training."""
    generation = (model.configuration or {}).get("generation")
    rows = AIModel.objects.filter(name=model.name, configuration__generation=generation, **{FOLD: SERVES_FROM})
    found: dict[str, Fold] = {}
    for kept in rows.order_by("created_at", "pk").values_list("training_data_range", flat=True):
        span: dict[str, Any] = kept or {}
        start, end = span[SERVES_FROM], span["serves_to"]
        found[start] = Fold(datetime.fromisoformat(start), datetime.fromisoformat(end), span.get("total_samples"))
    return [found[start] for start in sorted(found)]


def newest_tests(models: Iterable[AIModel]) -> dict[int, ModelPerformance]:
    """The newest test on the untouched block of each version that has one, by its key."""
    rows = ModelPerformance.objects.filter(
        model__in=[one.pk for one in models], evaluation_type=EvaluationType.BACKTESTING
    ).exclude(evaluation_status=INVALID)
    return {row.model_id: row for row in rows.order_by("model", "-evaluation_date", "-pk").distinct("model")}


def evaluations_of(model: AIModel) -> list[ModelPerformance]:
    """Evaluations of a version, oldest first; those declared invalid are left out."""
    rows = ModelPerformance.objects.filter(model=model).exclude(evaluation_status=INVALID)
    return list(rows.order_by("evaluation_date", "pk"))


def activations_of(name: str) -> QuerySet[ModelActivation]:
    """When which version of a name was in force, the newest first."""
    found = ModelActivation.objects.filter(model__name=name).select_related("model", "activated_by")
    return found.order_by("-valid_from", "-pk")


def trials_of(model: AIModel) -> QuerySet[ModelTrial]:
    """Variants that were tried for a version's name and generation, the newest first."""
    generation = (model.configuration or {}).get("generation") or ""
    return ModelTrial.objects.filter(name=model.name, generation=generation).order_by("-number", "-pk")


def jobs_to_watch(most: int, model: AIModel | None = None) -> list[ModelJob]:
    """Work on models: what runs, then what waits, then what ended last. Schedules are left out.

    Args:
        most: so many at most.
        model: only about this version.
    """
    jobs = _jobs(model)
    waiting = jobs_under_way(most, model)
    ended = jobs.exclude(job_status__in=UNDER_WAY).order_by("-created_at")[: most - len(waiting)]
    return [*waiting, *ended]


def jobs_under_way(most: int, model: AIModel | None = None) -> list[ModelJob]:
    """What runs, then what waits, then what is paused; so many at most."""
    return list(_jobs(model).filter(job_status__in=UNDER_WAY).order_by("-job_status", "-created_at")[:most])


def _jobs(model: AIModel | None) -> QuerySet[ModelJob]:
    jobs = ModelJob.objects.filter(is_recurring=False).select_related("model")
    return jobs if model is None else jobs.filter(model=model)


def lines_of(row: ModelPerformance) -> list[dict[str, Any]]:
    """Figures of the forecasters that an evaluation tells side by side, the version itself last; empty: it has none."""
    told = row.detailed_metrics or {}
    return [*told.get("others", {}).values(), told["version"]] if "version" in told else []
