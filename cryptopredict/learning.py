"""The models that can be trained, of all layers: what they are, and what they are trained on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.utils import timezone

from aimodels.choices import EvaluationType, ModelType
from aimodels.models import AIModel, ModelPerformance
from aimodels.services.activation import activate
from aimodels.services.judging import judge_version, recent
from aimodels.services.subjects import Subject, TrainedRun
from aimodels.services.training_runs import train_version
from aimodels.services.tuning import Tuning
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.services import training as sectors
from sectors.services.forecasts import forecast_sectors
from selection.services import forecast_assets
from selection.services import training as selection
from system.choices import LIVE, RunTimeframe
from system.exceptions import ConflictError, DomainError, InvalidInput, NoData
from trading.services import training as trading

Stop = Callable[[], bool]
UNTUNED = Tuning()
LAYERS: dict[str, Any] = {ModelType.SECTOR: sectors, ModelType.ASSET: selection, ModelType.TIMING: trading}
"""Regimes are trained by ``macro.services.training.train_regimes``: they are states, not forecasts of a price."""


@dataclass(frozen=True)
class Trainable:
    """A model that can be trained."""

    name: str
    model_type: str
    timeframe: str
    hours: int


def trainables(
    *, types: Sequence[str] = (), timeframes: Sequence[str] = (), names: Sequence[str] = ()
) -> list[Trainable]:
    """The models of some layers and timeframes, of all without a choice; or the named ones.

    Raises:
        InvalidInput: a type, a timeframe or a name that there is none of.
    """
    for field, chosen, known in (("type", types, [*LAYERS]), ("timeframe", timeframes, RunTimeframe.values)):
        if strange := sorted(set(chosen) - set(known)):
            raise InvalidInput(f"{field} must be one of: {', '.join(known)}; not {strange[0]}.", field=field)
    every = [
        Trainable(key.name, model_type, timeframe, key.hours)
        for model_type, layer in LAYERS.items()
        for timeframe in RunTimeframe.values
        for key in layer.subjects(timeframe)
    ]
    if strange := sorted(set(names) - {one.name for one in every}):
        raise InvalidInput(f"There is no model {strange[0]}.", field="model")
    found = [
        one
        for one in every
        if (not types or one.model_type in types)
        and (not timeframes or one.timeframe in timeframes)
        and (not names or one.name in names)
    ]
    if strange := sorted(set(names) - {one.name for one in found}):
        raise InvalidInput(f"{strange[0]} is of another layer or timeframe than was asked for.", field="model")
    return found


def subjects(
    chosen: Sequence[Trainable], as_of: datetime, *, stop: Stop = bool
) -> Iterator[tuple[Trainable, Subject | DomainError]]:
    """What each model is trained on; the market of a layer and timeframe is read once. Where there is too little, why.

    Args:
        as_of: nothing later is read.
        stop: asked on the way.
    Raises:
        Stopped: ``stop`` said so.
    """
    lifted: dict[tuple[str, str], Any] = {}
    for one in chosen:
        layer, key = LAYERS[one.model_type], (one.model_type, one.timeframe)
        try:
            if not hasattr(layer, "lift"):
                yield one, layer.material(one.name, as_of, stop=stop)
                continue
            if key not in lifted:
                lifted = {key: layer.lift(one.timeframe, as_of)}
            yield one, layer.material(one.name, as_of, lifted=lifted[key])
        except DomainError as error:
            yield one, error


@dataclass(frozen=True)
class Learned:
    """What the training of one model came to.

    Attributes:
        run: the version and its figures; None where it could not be trained.
        fault: why it could not be.
        refusal: why it was not put into force, if that was asked.
    """

    model: Trainable
    run: TrainedRun | None = None
    fault: str = ""
    refusal: str = ""

    @property
    def is_active(self) -> bool:
        return self.run is not None and self.run.model.is_active


def train(
    chosen: Sequence[Trainable],
    as_of: datetime,
    *,
    choices: Tuning = UNTUNED,
    put_into_force: bool = False,
    actor: Any = None,
    progress: Callable[[Trainable, str, float], None] = lambda *_: None,
    stop: Stop = bool,
    job_id: int | None = None,
) -> Iterator[Learned]:
    """Train models one after the other; what cannot be trained is told and passed over.

    Args:
        as_of: nothing later is known.
        choices: of each training.
        put_into_force: try to activate each version; its gates decide.
        actor: who asks.
        progress: told the model, the phase and the share of it that is done.
        stop: asked on the way.
        job_id: the job that asked.
    Raises:
        Stopped: ``stop`` said so.
    """
    for one, found in subjects(chosen, as_of, stop=stop):
        if isinstance(found, DomainError):
            yield Learned(one, fault=str(found))
            continue
        try:
            run = train_version(
                found if choices.days is None else recent(found, choices.days),
                as_of=as_of,
                kinds=choices.kinds,
                optimise=choices.optimise,
                seed=choices.seed,
                share=choices.share,
                progress=partial(progress, one),
                stop=stop,
                job_id=job_id,
            )
        except DomainError as error:
            yield Learned(one, fault=str(error))
            continue
        refusal = ""
        if put_into_force and not run.model.is_active:
            refusal = _activated(run, timezone.now(), actor)
        yield Learned(one, run, refusal=refusal)


def _activated(run: TrainedRun, at: datetime, actor: Any) -> str:
    """Why it was not put into force; empty if it was."""
    try:
        activate(run.model.pk, at=at, actor=actor)
    except ConflictError as refusal:
        return str(refusal)
    run.model.refresh_from_db()
    return ""


def judge(
    model: AIModel, start: date, end: date, *, kind: EvaluationType, as_of: datetime, job_id: int, stop: Stop = bool
) -> ModelPerformance:
    """Judge a version of a price or a plan over days that it had not seen.

    Raises:
        DomainError: why it cannot be judged.
        Stopped: ``stop`` said so.
    """
    chosen = trainables(names=[model.name])
    _one, found = next(subjects(chosen, as_of, stop=stop))
    if isinstance(found, DomainError):
        raise found
    return judge_version(model, found, start, end, kind=kind, as_of=as_of, job_id=job_id)


def forecast(timeframe: str) -> dict[str, Any]:
    """Forecast all assets and sectors on the newest live snapshot of a timeframe; what stands in the ledger stays.

    Raises:
        NoData: there is none.
    """
    snapshot = MetricsSnapshot.objects.filter(timeframe=timeframe).order_by("-snapshot_time").first()
    if snapshot is None:
        raise NoData(f"There is no snapshot of timeframe {timeframe}; run the pipeline first.")
    regime = AIRegimeAnalysis.objects.filter(metrics_snapshot=snapshot, series=LIVE).order_by("-pk").first()
    made = [forecast_sectors(snapshot, regime), forecast_assets(snapshot, regime)]
    return {
        "as_of": snapshot.snapshot_time.isoformat(),
        "forecasts": sum(part.count for part in made),
        "new": sum(part.created for part in made),
    }
