"""Training of a version: from the material of a layer to a registered version with its evidence. It never puts anything
into force; that is ``activation.activate``."""

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from aimodels.compute import development
from aimodels.compute.boosting import Stopped
from aimodels.compute.bootstrap import Interval
from aimodels.compute.gates import failed_gates
from aimodels.compute.learners import Kind
from aimodels.compute.report import Line, Report
from aimodels.compute.scores import SkillInterval
from aimodels.models import ModelTrial
from aimodels.services import final_look
from aimodels.services import training_steps as steps
from aimodels.services.evaluations import Measured, keep_evaluation, line_words
from aimodels.services.subjects import Subject, TrainedRun
from aimodels.services.training_steps import Progress, Stop
from aimodels.services.version_rows import VersionFacts
from system.exceptions import InvalidInput

__all__ = [
    "Interval",
    "Line",
    "Report",
    "SkillInterval",
    "Stopped",
    "Subject",
    "TrainedRun",
    "train_version",
    "walk_forward_report",
]


def silent(_phase: str, _share: float) -> None:
    """Nobody is told how far it is."""


def train_version(
    subject: Subject,
    *,
    as_of: datetime,
    kinds: Sequence[Kind] | None = None,
    optimise: int = 0,
    seed: int = 0,
    share: float | None = None,
    job_id: int | None = None,
    progress: Progress = silent,
    stop: Stop = bool,
) -> TrainedRun:
    """Train, test once, and register a version with its evidence. The same again gives the same rows.

    Variants are chosen between on folds inside the training part. Where this generation has tested one before, and no
    other is asked for, its settings stand: that one learns anew. It is judged on what came after all that the
    generation has looked at or learned from; where that is too little, it is registered without a look, and may not
    serve. What is tested knows the training part alone; a version that passes learns anew from all rows with the same
    settings, and the tested ones serve replays of their own time.

    Args:
        as_of: nothing later is known.
        kinds: that are compared; None = all.
        optimise: trials of settings of boosted trees.
        seed: of the models, the search and the draws.
        share: of the time that is the untouched block; None = the usual one.
        job_id: the job that asked.
        progress: told the phase and the share that is done.
        stop: asked inside and between fits.
    Raises:
        InvalidInput: with the reason why nothing can be learned from the material.
        Stopped: ``stop`` said so; nothing was registered.
    """
    begun = time.monotonic()
    keeps_settings = kinds is None and not optimise
    work = steps.begin(subject, as_of, seed, job_id, progress, stop, keeps_settings=keeps_settings, share=share)
    try:
        tried = steps.tried(work, kinds, optimise)
        progress("quantiles", 0.5)
        best = development.best_of([one for one, _row in tried])
        trial = next(row for one, row in tried if one is best)
        values = development.fold_values(best.variant, work.past, work.plan, stop=stop)
        progress("learning", 0.7)
        tested = development.learn(best, values, work.past, work.plan, stop=stop)
        before = [*subject.proofs, *development.find_leaks(work.past)]
        progress("testing", 0.8)
        before = before or final_look.look(work, trial)
        heard = final_look.heard(work)
        folds = steps.measured_folds(work, best, values, [one for one, _row in tried], failed=before)
        final = None if before else final_look.measured_final(work, tested, best.variant.kind, heard)
        evidence = final_look.evidence(work, final, trial, heard)
        failed = before or failed_gates(evidence)
        versions = [] if failed else list(steps.fold_versions(work, best, values, tested))
        progress("learning anew", 0.85)
        serving = tested if failed else steps.learned_anew(work, best, values, tested)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    if stop():
        raise Stopped
    progress("registering", 0.95)
    facts = VersionFacts(
        kind=best.variant.kind,
        settings=best.variant.words(),
        tested_on=(len(work.final.train), len(best.folds.places), 0 if before else len(work.final.test)),
        line=None if final is None else final.line,
        evidence=evidence,
        found_before=before,
        failed=failed,
        champion=heard.who,
        trial=trial.number,
        as_of=as_of,
        minutes=-int(-(time.monotonic() - begun) // 60),
    )
    with transaction.atomic():
        model = steps.register(work, facts, serving, versions, is_final=not failed)
        for one in (folds, None if final is None else Measured(**vars(final) | {"failed": failed})):
            if one is not None:
                keep_evaluation(model, one, as_of=as_of, job_id=job_id)
        words = None if final is None else line_words(final.line)
        ModelTrial.objects.filter(pk=trial.pk).update(model=model, final_figures=words)
    progress("registering", 1.0)
    return TrainedRun(model, failed, steps.report(work, folds), steps.report(work, final))


def walk_forward_report(
    subject: Subject,
    *,
    kinds: Sequence[Kind] | None = None,
    seed: int = 0,
    progress: Progress = silent,
    stop: Stop = bool,
) -> Report:
    """Figures of the naive forecast, the rules and each kind of model out of fold, on the training part; the untouched
    block is not looked at. What is tried is counted.

    Raises:
        InvalidInput: as ``train_version``, or too few folds for an honest calibration.
        Stopped: ``stop`` said so.
    """
    work = steps.begin(subject, subject.until, seed, None, progress, stop)
    try:
        tried = [one for one, _row in steps.tried(work, kinds, 0)]
        best = development.best_of(tried)
        progress("quantiles", 0.6)
        values = development.fold_values(best.variant, work.past, work.plan, stop=stop)
        report = steps.report(work, steps.measured_folds(work, best, values, tried, failed=[]))
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    if report is None:
        raise InvalidInput("A single fold has enough to learn from: nothing can be calibrated and judged.")
    progress("done", 1.0)
    return report
