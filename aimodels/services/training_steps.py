"""The steps of a training, each from what the one before has left."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

import numpy as np

from aimodels.choices import EvaluationType
from aimodels.compute import development
from aimodels.compute.boosting import Boosting, Stopped, engine
from aimodels.compute.development import FoldValues, FoldVersion, Tried, Variant
from aimodels.compute.evaluation import Plan, plan_for, split_final
from aimodels.compute.forecaster import Forecaster, Said
from aimodels.compute.gates import Failed
from aimodels.compute.learners import Kind
from aimodels.compute.material import Material, check_material
from aimodels.compute.overfitting import choice_of
from aimodels.compute.report import Line, Report, line_of, simple_lines
from aimodels.compute.search import search
from aimodels.compute.validation import Split
from aimodels.models import AIModel, ModelTrial
from aimodels.services import trials
from aimodels.services.evaluations import Measured
from aimodels.services.subjects import Subject
from aimodels.services.trials import Touched
from aimodels.services.version_rows import VersionFacts, keep_version
from system.exceptions import InvalidInput

Progress = Callable[[str, float], None]
Stop = Callable[[], bool]
DEFAULT = Boosting()
"""Settings of boosted trees that nothing was searched for."""


@dataclass(frozen=True)
class Work:
    """A training under way.

    Attributes:
        subject: with the features that are learned from.
        whole: its material with all features that there are.
        final: places of the training part and of the final block.
        past: rows of the training part.
        span: the final block in time.
        touched: what was used up before.
        frozen: the variant whose settings stand; None = they are chosen anew.
    """

    subject: Subject
    whole: Material
    as_of: datetime
    plan: Plan
    final: Split
    past: Material
    span: tuple[datetime, datetime]
    touched: Touched
    frozen: ModelTrial | None
    job_id: int | None
    progress: Progress
    stop: Stop


def begin(
    subject: Subject,
    as_of: datetime,
    seed: int,
    job_id: int | None,
    progress: Progress,
    stop: Stop,
    *,
    keeps_settings: bool = False,
    share: float | None = None,
) -> Work:
    """Check the material, and set the final block aside: it begins after all that was used up before.

    Args:
        keeps_settings: those that the generation has tested stand, if it has.
        share: of the time that is the final block; None = the usual one.
    """
    progress("checking", 0.0)
    whole = subject.material
    touched = trials.touched_before(subject.name, subject.generation, as_of)
    try:
        check_material(whole)
        plan = plan_for(whole.samples, seed=seed)
        plan = plan if share is None else replace(plan, share=share)
        since = touched.until(outcome_of(subject))
        final = split_final(whole.samples, plan, since=None if since is None else subject.number(since))
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    _require_times(subject, as_of)
    block = whole.samples.times[final.test]
    start, end = (subject.moment(int(number)) for number in (block.min(), block.max() + 1))
    frozen = _frozen(subject, as_of, start) if keeps_settings else None
    used = whole if frozen is None else whole.columns(_features(frozen, whole))
    return Work(
        replace(subject, material=used), whole, as_of, plan, final, used.rows(final.train), (start, end), touched,
        frozen, job_id, progress, stop,
    )  # fmt: skip


def outcome_of(subject: Subject) -> timedelta:
    """How long after the end of a block its last outcome is known: the last row of it was made one candle before."""
    return subject.moment(subject.material.samples.horizon - 1) - subject.moment(0)


def _frozen(subject: Subject, as_of: datetime, start: datetime) -> ModelTrial | None:
    found = trials.frozen_variant(subject.name, subject.generation, as_of=as_of, final_from=start)
    return found if found is not None and found.kind in ("base_rate", "logistic", engine()) else None


def _features(frozen: ModelTrial, whole: Material) -> list[str]:
    """Features of a frozen variant that there are still; all, if it does not say or has none of them left."""
    return [name for name in frozen.features if name in whole.samples.names] or [*whole.samples.names]


def _require_times(subject: Subject, as_of: datetime) -> None:
    samples = subject.material.samples
    last = subject.moment(int(samples.times.max()) + samples.horizon)
    if subject.until > as_of or last > subject.until:
        raise InvalidInput(f"Outcomes up to {last} are given, data up to {subject.until}, knowledge up to {as_of}.")
    if subject.moment(int(samples.times.min())) < subject.since:
        raise InvalidInput("Times of samples count candles since 1970: these begin before the data do.")


def tried(work: Work, kinds: Sequence[Kind] | None, optimise: int) -> list[tuple[Tried, ModelTrial]]:
    """Every variant with its row, in the order in which they were tried."""
    found: list[tuple[Tried, ModelTrial]] = []

    def attempt(variant: Variant) -> float:
        if work.stop():
            raise Stopped
        begun = time.monotonic()
        tried = development.try_variant(variant, work.past, work.plan, stop=work.stop)
        found.append((tried, _keep(work, tried, time.monotonic() - begun)))
        work.progress("variants", min(0.49, 0.05 + 0.44 * len(found) / (2 + optimise)))
        return tried.log_skill

    if work.frozen is not None:
        attempt(_variant(work.frozen))
        return found
    for kind in kinds or ("logistic", engine()):
        attempt(Variant(kind, DEFAULT if kind in ("lightgbm", "histogram") else None))
    if optimise:
        by = engine()
        search(lambda settings: attempt(Variant(by, settings)), trials=optimise, seed=work.plan.seed)
    return found


def _variant(row: ModelTrial) -> Variant:
    return Variant(cast("Kind", row.kind), Boosting(**row.settings) if row.settings else None)


def _keep(work: Work, tried: Tried, seconds: float) -> ModelTrial:
    subject, variant = work.subject, tried.variant
    digest = variant.digest(work.past.samples.names, work.plan.seed)
    values = {
        "kind": variant.kind,
        "settings": variant.words(),
        "features": list(work.past.samples.names),
        "final_from": work.span[0],
        "final_to": work.span[1],
        "fold_figures": {"log_skill": tried.log_skill, "sharpe": tried.sharpe, "rows": len(tried.folds.places)},
        "source_job_id": work.job_id,
        "duration_seconds": round(seconds, 2),
    }
    return trials.keep_trial(subject.name, subject.generation, digest, as_of=work.as_of, values=values)


def measured_folds(
    work: Work, best: Tried, values: FoldValues | None, tried: Sequence[Tried], *, failed: list[Failed]
) -> Measured | None:
    """Figures out of fold, each fold calibrated by those before it; None with a single fold.

    Args:
        failed: what stands against the version whatever it shows.
    """
    kinds = {
        kind: development.best_of([one for one in tried if one.variant.kind == kind])
        for kind in dict.fromkeys(one.variant.kind for one in tried)
    }
    lines: list[Line] = []
    for kind, one in kinds.items():
        versions = list(development.fold_versions(one, values, work.past))
        if not versions:
            return None
        places, said = _together(versions)
        rows = work.past.rows(places)
        lines.append(line_of(kind, rows, work.plan, said.chances, said.quantiles))
        if one is best:
            ours = lines[-1], rows, said
    line, rows, said = ours
    start, end = (
        work.subject.moment(int(number)) for number in (rows.samples.times.min(), rows.samples.times.max() + 1)
    )
    others = (*simple_lines(rows, work.plan), *(other for other in lines if other is not line))
    kind_of = EvaluationType.CROSS_VALIDATION
    choice = choice_of(tried, work.past)
    return Measured(kind_of, rows, said.chances, said.quantiles, line, others, failed, start, end, choice)


def _together(versions: Sequence[FoldVersion]) -> tuple[development.Integers, Said]:
    quantiles = [version.said.quantiles for version in versions if version.said.quantiles is not None]
    return np.concatenate([version.places for version in versions]), Said(
        np.concatenate([version.said.chances for version in versions]),
        np.concatenate(quantiles) if quantiles else None,
    )


def learned_anew(work: Work, best: Tried, values: FoldValues | None, tested: Forecaster) -> Forecaster:
    material = work.subject.material
    longer, more = development.with_block(best, values, tested, material, work.final)
    return development.learn(longer, more, material, work.plan, stop=work.stop)


def fold_versions(
    work: Work, best: Tried, values: FoldValues | None, tested: Forecaster
) -> Iterator[tuple[Forecaster, datetime, datetime, int]]:
    """The versions that knew the past of a stretch alone, the tested one the last, with the time that each may serve
    and the rows it knew."""
    material = work.subject.material
    longer, more = development.with_block(best, values, tested, material, work.final)
    versions = list(development.fold_versions(longer, more, material))
    ends = [*(work.subject.moment(version.start) for version in versions[1:]), work.as_of]
    for version, end in zip(versions, ends, strict=True):
        known = int((material.samples.times <= version.start - material.samples.horizon).sum())
        yield version.forecaster, work.subject.moment(version.start), end, known


def register(
    work: Work,
    facts: VersionFacts,
    serving: Forecaster,
    versions: Sequence[tuple[Forecaster, datetime, datetime, int]],
    *,
    is_final: bool,
) -> AIModel:
    until = work.subject.until if is_final else work.span[0]
    rows = work.subject.material if is_final else work.past
    for forecaster, start, end, known in versions:
        keep_version(work.subject, facts, forecaster, work.past, until=start, samples=known, serves=(start, end))
    return keep_version(work.subject, facts, serving, rows, until=until, samples=len(rows.naive))


def report(work: Work, measured: Measured | None) -> Report | None:
    if measured is None:
        return None
    times = measured.material.samples.times
    lines = (*measured.others, measured.line)
    name = work.subject.name
    return Report(name, int(times.min()), int(times.max()), len(times), lines, trials.trial_count(name))
