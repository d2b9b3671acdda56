"""The one look at the final block: whether it may be, what it shows, and what serves beside it."""

from datetime import datetime

import numpy as np
from django.utils import timezone

from aimodels.choices import EvaluationType
from aimodels.compute import development
from aimodels.compute.evaluation import split_final, step_of, stretches
from aimodels.compute.forecaster import Forecaster
from aimodels.compute.gates import LEAST_BLOCKS, Evidence, Failed, touched_gate
from aimodels.compute.learners import Kind
from aimodels.compute.report import line_of, simple_lines
from aimodels.models import ModelTrial
from aimodels.services import trials
from aimodels.services.champions import Heard, hear
from aimodels.services.evaluations import Measured
from aimodels.services.training_steps import Work, outcome_of


def look(work: Work, trial: ModelTrial) -> list[Failed]:
    """Ask to look at the final block. Empty: the look is noted. Otherwise why there is none: too little of the block is
    untouched, and what there is of it stays so.

    A first look may be at a short block: it fails the gate, and shows figures.
    """
    outcome, samples = outcome_of(work.subject), work.whole.samples
    since = work.touched.until(outcome)
    if since is not None:
        block, start = samples.times[work.final.test], work.subject.number(since)
        is_whole = samples.times[split_final(samples, work.plan).test].min() >= start
        is_first = work.touched.looked is None and is_whole
        if not is_first and stretches(block[block >= start], work.plan) < LEAST_BLOCKS:
            return [_waits(work, since)]
    used = trials.claim_look(trial, work.span, work.subject.material.digest(), outcome=outcome)
    return [] if used is None else [_waits(work, used.until(outcome) or work.span[1])]


def _waits(work: Work, since: datetime) -> Failed:
    """Why it cannot be looked at, with when it may be: there are enough stretches then, and the last share of the time
    holds as many."""
    times, plan, start = work.whole.samples.times, work.plan, work.subject.number(since)
    needed = LEAST_BLOCKS * plan.block * step_of(times)
    end = max(start + needed, int(times.min()) + int(needed / plan.share)) + work.whole.samples.horizon
    return touched_gate(stretches(times[times >= start], plan), work.subject.moment(end).timestamp())


def measured_final(work: Work, tested: Forecaster, kind: Kind, heard: Heard) -> Measured:
    """Figures of the look at the final block, after it was noted."""
    block = work.subject.material.rows(work.final.test)
    said = development.answered(tested, block)
    line = line_of(kind, block, work.plan, said.chances, said.quantiles, champion=heard.chances)
    others = simple_lines(block, work.plan)
    return Measured(
        EvaluationType.BACKTESTING, block, said.chances, said.quantiles, line, others, [], work.span[0], work.span[1]
    )


def heard(work: Work) -> Heard:
    """What serves now, and what it says of the final block where it had not seen it."""
    return hear(work.subject, work.whole.rows(work.final.test), timezone.now())


def evidence(work: Work, final: Measured | None, trial: ModelTrial, heard: Heard) -> Evidence:
    """What the gates ask, of the final block; nothing where it was not looked at."""
    if final is None:
        return Evidence(final_uses=0, blocks=0, baseline=None, has_champion=True)
    figures, values = final.line.figures, final.line.values
    asked = final.material.samples.times[np.isfinite(heard.chances)]
    return Evidence(
        final_uses=trials.final_uses(trial),
        blocks=figures.blocks,
        baseline=figures.brier_skill,
        champion=figures.champion_skill,
        has_champion=True,
        calibration=figures.calibration,
        coverage=None if values is None else values.coverage,
        champion_blocks=None if heard.who["id"] is None else stretches(asked, work.plan),
        champion_lacks=heard.lacks,
    )
