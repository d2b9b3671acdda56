"""Grade of a model, A to F, by a rule that is published with it.

| grade | what is proven on the untouched block |
|---|---|
| A | as B, and the lower bound of the skill is at least 2 % |
| B | skill above the baseline's with its lower 95 % bound at least 0, calibrated, intervals that hold |
| C | such skill, but the calibration error is above 0.05, or the 90 % interval holds less than 87 or more than 93 % |
| D | no proven skill |
| F | worse than the baseline: the upper bound is below 0 |

Without an interval of the skill there is no grade.
"""

from dataclasses import dataclass

import numpy as np

from aimodels.compute.bootstrap import Interval
from aimodels.compute.calibration import CalibrationError
from aimodels.compute.gates import Gate, calibration_gate, coverage_gate, skill_gate
from aimodels.compute.scores import SkillInterval

CLEAR = 0.02
"""Lower bound of the skill that makes an A."""
PASSING = ("A", "B")


@dataclass(frozen=True)
class Grade:
    """A letter and whether it is one that a model may serve with."""

    letter: str
    is_passing: bool


def grade(
    skill: SkillInterval | None, calibration: CalibrationError | None = None, coverage: Interval | None = None
) -> Grade | None:
    """Grade by the published rule.

    Args:
        skill: over the baseline.
        calibration: None for a model that gives no probabilities.
        coverage: of the 90 % interval; None for a model that gives none.
    Returns:
        None where the skill has no interval.
    """
    if skill is None or not np.isfinite([skill.skill, skill.low, skill.high]).all():
        return None
    letter = _letter(skill, calibration, coverage)
    return Grade(letter, letter in PASSING)


def _letter(skill: SkillInterval, calibration: CalibrationError | None, coverage: Interval | None) -> str:
    if skill.high < 0:
        return "F"
    if skill_gate(Gate.SKILL_BASELINE, "", skill):
        return "D"
    if (calibration and calibration_gate(calibration)) or (coverage and coverage_gate(coverage)):
        return "C"
    return "A" if skill.low >= CLEAR else "B"
