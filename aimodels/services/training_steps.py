"""The steps of a training, each from what the one before has left."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import numpy as np

from aimodels.choices import EvaluationType
from aimodels.compute import development
from aimodels.compute.boosting import Boosting, Stopped, engine
from aimodels.compute.development import FoldValues, FoldVersion, Tried, Variant
from aimodels.compute.evaluation import Plan, plan_for, split_final
from aimodels.compute.forecaster import Forecaster, Said
from aimodels.compute.gates import Evidence, Failed
from aimodels.compute.learners import Kind
from aimodels.compute.material import Material, check_material
from aimodels.compute.overfitting import choice_of
from aimodels.compute.report import Line, Report, line_of, simple_lines
from aimodels.compute.search import search
from aimodels.compute.validation import Split
from aimodels.models import AIModel, ModelTrial
from aimodels.services import trials
from aimodels.services.evaluations import Measured
from aimodels.services.registry import trained_until
from aimodels.services.serving import Inputs, forecaster_in_force
from aimodels.services.subjects import Subject
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
        final: places of the training part and of the untouched block.
        past: rows of the training part.
        span: the untouched block in time.
    """

    subject: Subject
    as_of: datetime
    plan: Plan
    final: Split
    past: Material
    span: tuple[datetime, datetime]
    job_id: int | None
    progress: Progress
    stop: Stop


def begin(subject: Subject, as_of: datetime, seed: int, job_id: int | None, progress: Progress, stop: Stop) -> Work:
    """Check the material, and set the untouched block aside."""
    progress("checking", 0.0)
    samples = subject.material.samples
    try:
        check_material(subject.material)
        plan = plan_for(samples, seed=seed)
        final = split_final(samples, plan)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    _require_times(subject, as_of)
    block = samples.times[final.test]
    start, end = (subject.moment(int(number)) for number in (block.min(), block.max() + 1))
    past = subject.material.rows(final.train)
    return Work(subject, as_of, plan, final, past, (start, end), job_id, progress, stop)


def _require_times(subject: Subject, as_of: datetime) -> None:
    samples = subject.material.samples
    last = subject.moment(int(samples.times.max()) + samples.horizon)
    if subject.until > as_of or last > subject.until:
        raise InvalidInput(f"Outcomes up to {last} are given, data up to {subject.until}, knowledge up to {as_of}.")
    if subject.moment(int(samples.times.min())) < subject.since:
        raise InvalidInput("Times of samples count candles since 1970: these begin before the data do.")


def tried(
    work: Work, kinds: Sequence[Kind] | None, optimise: int, *, choose_anew: bool = False
) -> list[tuple[Tried, ModelTrial]]:
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

    frozen = None
    if kinds is None and not optimise and not choose_anew:
        frozen = trials.frozen_variant(work.subject.name, work.subject.generation, *work.span)
    if frozen is not None and frozen.kind in ("base_rate", "logistic", engine()):
        attempt(_variant(frozen))
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


def measured_final(work: Work, tested: Forecaster, kind: Kind, trial: ModelTrial) -> Measured:
    """The one look at the untouched block, noted before it happens."""
    trials.note_final_read(trial)
    block = work.subject.material.rows(work.final.test)
    said = development.answered(tested, block)
    line = line_of(kind, block, work.plan, said.chances, said.quantiles, champion=_champion(work, block))
    others = simple_lines(block, work.plan)
    return Measured(
        EvaluationType.BACKTESTING, block, said.chances, said.quantiles, line, others, [], work.span[0], work.span[1]
    )


def _champion(work: Work, block: Material) -> development.Floats:
    """What serves said of the block: the version in force if it had not seen it, else the rules."""
    serving = forecaster_in_force(work.subject.name, work.as_of, Inputs(work.subject.generation))
    if serving is None or trained_until(serving[0]) > work.span[0]:
        return block.rules
    if serving[1].direction.names != block.samples.names:
        return block.rules
    return development.answered(serving[1], block).chances


def evidence(final: Measured | None, uses: int) -> Evidence:
    if final is None:
        return Evidence(final_uses=0, blocks=0, baseline=None, has_champion=True)
    figures, values = final.line.figures, final.line.values
    return Evidence(
        final_uses=uses,
        blocks=figures.blocks,
        baseline=figures.brier_skill,
        champion=figures.champion_skill,
        has_champion=True,
        calibration=figures.calibration,
        coverage=None if values is None else values.coverage,
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
