"""What stands against a model: each gate fails for what it is there for, and for nothing else."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from aimodels.compute.bootstrap import Interval
from aimodels.compute.calibration import CalibrationError
from aimodels.compute.gates import (
    CUTS,
    Evidence,
    Failed,
    Gate,
    failed_gates,
    leakage,
    look_ahead,
    warm_up,
)
from aimodels.compute.grades import grade
from aimodels.compute.scores import SkillInterval
from assets.compute.series import ewma_volatility, rolling_mean

NAMES = ("momentum", "average", "scaled")
PRICES = np.exp(np.cumsum(0.02 * np.random.default_rng(0).standard_normal(400)))
GOOD = Evidence(
    final_uses=1,
    blocks=60,
    baseline=SkillInterval(0.03, 0.01, 0.05),
    champion=SkillInterval(0.02, 0.0, 0.04),
    has_champion=True,
    calibration=CalibrationError(5000, 0.02, 0.01, 0.0, 0.03),
    coverage=Interval(0.9, 0.88, 0.92),
)


def table(*extra: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Features that know the past alone, and others to their right."""

    def compute(prices: np.ndarray) -> np.ndarray:
        momentum = np.full(len(prices), np.nan)
        momentum[5:] = prices[5:] / prices[:-5] - 1
        return np.stack([momentum, rolling_mean(prices, 20), *(make(prices) for make in extra)], axis=1)

    return compute


def shifted(prices: np.ndarray) -> np.ndarray:
    return np.append(prices[1:] / prices[:-1] - 1, np.nan)


LOOKING: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "next return": shifted,
    "scaled by all of history": lambda prices: (prices - prices.mean()) / prices.std(),
    "centred average": lambda prices: (prices + np.append(prices[1:], prices[-1])) / 2,
    "rank among all": lambda prices: np.argsort(np.argsort(prices)) / 1000.0,
    "backward fill": lambda prices: np.where(np.arange(len(prices)) < 50, prices[min(50, len(prices) - 1)], prices),
}


@pytest.mark.parametrize("what", LOOKING)
def test_a_look_ahead_is_found_and_named(what: str) -> None:
    found = look_ahead(table(LOOKING[what]), PRICES, NAMES)
    assert [(one.gate, one.subject) for one in found] == [(Gate.LOOK_AHEAD, "scaled")]
    assert "scaled" in found[0].reason


def test_honest_features_pass_all_cuts() -> None:
    calls: list[tuple[int, float]] = []

    def counted(prices: np.ndarray) -> np.ndarray:
        calls.append((len(prices), prices[-1]))
        return table(lambda held: np.asarray(np.log(held)))(prices)

    assert look_ahead(counted, PRICES, NAMES) == []
    assert len(calls) == 1 + 2 * CUTS
    ends = {end for length, end in calls if length == len(PRICES)}
    assert len(ends) == 1 + CUTS  # the real future once, and each time another one in its place


def volatility(prices: np.ndarray) -> np.ndarray:
    return ewma_volatility(np.diff(np.log(prices), prepend=np.log(prices[:1])))


def test_a_warm_up_that_is_longer_than_declared_is_named() -> None:
    compute = table(volatility)
    found = warm_up(compute, PRICES, NAMES, length=30)
    assert [one.subject for one in found] == ["scaled"]
    assert found[0].figures["relative_gap"] > 1e-9
    assert [one.subject for one in warm_up(compute, PRICES, NAMES, length=19)] == ["average", "scaled"]
    assert warm_up(table(lambda prices: prices), PRICES, NAMES, length=20) == []
    with pytest.raises(ValueError, match="longer"):
        warm_up(compute, PRICES, NAMES, length=400)


def panel(seed: int, days: int = 400, assets: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features with an honest edge, the returns of the next day and of the next five, moments."""
    generator = np.random.default_rng(seed)
    steps = 0.02 * generator.standard_normal((days + 5, assets))
    week = np.stack([steps[day : day + 5].sum(axis=0) for day in range(days)])
    honest = 0.1 * week / week.std() + generator.standard_normal((days, assets))
    trend = np.cumsum(generator.standard_normal((days, assets)), axis=0)  # wanders like the price itself
    features = np.stack([honest.ravel(), trend.ravel(), generator.standard_normal(days * assets)], axis=1)
    futures = np.stack([week.ravel(), (week > 0).astype(float).ravel(), steps[:days].ravel()], axis=1)
    return features, futures, np.repeat(np.arange(days), assets)


@pytest.mark.parametrize("seed", range(20))
def test_honest_features_are_no_leak(seed: int) -> None:
    features, futures, times = panel(seed)
    assert leakage(features, NAMES, futures, times, horizon=5) == []


PLANTED: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "the return": lambda futures, _random: futures[:, 0],
    "its sign": lambda futures, _random: futures[:, 1],
    "bent": lambda futures, _random: -np.exp(30 * futures[:, 0]),
    "the first day of it": lambda futures, _random: futures[:, 2],
    "with holes": lambda futures, random: np.where(random.random(len(futures)) < 0.5, np.nan, futures[:, 0]),
    "with as much noise": lambda futures, random: (
        futures[:, 0] + futures[:, 0].std() * random.standard_normal(len(futures))
    ),
}


@pytest.mark.parametrize("what", PLANTED)
@pytest.mark.parametrize("seed", range(5))
def test_a_planted_future_return_is_named(what: str, seed: int) -> None:
    features, futures, times = panel(seed)
    features[:, 2] = PLANTED[what](futures, np.random.default_rng(seed))
    found = leakage(features, NAMES, futures, times, horizon=5)
    assert [(one.gate, one.subject) for one in found] == [(Gate.LEAKAGE, "scaled")]
    assert "scaled" in found[0].reason


def test_few_stretches_do_not_make_a_leak_but_the_future_itself_does() -> None:
    features, futures, times = panel(3, days=25)
    assert leakage(features, NAMES, futures, times, horizon=5) == []
    features[:, 1] = 2 * futures[:, 0]
    assert [one.subject for one in leakage(features, NAMES, futures, times, horizon=5)] == ["average"]


def test_features_that_never_vary_are_no_leak() -> None:
    features, futures, times = panel(3)
    features[:, 0], features[:, 1] = 1.0, np.nan
    assert leakage(features, NAMES, futures, times, horizon=5) == []


def test_good_evidence_passes() -> None:
    assert failed_gates(GOOD) == []
    assert failed_gates(replace(GOOD, champion=None, has_champion=False, calibration=None, coverage=None)) == []


NOTHING = float("nan")
BAD = [
    ({"final_uses": 2}, Gate.FINAL_TEST, "2 times"),
    ({"final_uses": 0}, Gate.FINAL_TEST, "0 times"),
    ({"blocks": 29}, Gate.FINAL_TEST, "29 separate"),
    ({"baseline": None}, Gate.SKILL_BASELINE, "no interval"),
    ({"baseline": SkillInterval(0.02, -0.001, 0.04)}, Gate.SKILL_BASELINE, "-0.0010"),
    ({"baseline": SkillInterval(0.0, 0.0, 0.0)}, Gate.SKILL_BASELINE, "not proven"),
    ({"baseline": SkillInterval(NOTHING, NOTHING, NOTHING)}, Gate.SKILL_BASELINE, "no interval"),
    ({"champion": SkillInterval(-0.01, -0.02, 0.0)}, Gate.SKILL_CHAMPION, "champion"),
    ({"champion": None}, Gate.SKILL_CHAMPION, "no interval"),
    ({"calibration": CalibrationError(5000, 0.07, 0.06, 0.05, 0.07)}, Gate.CALIBRATION, "0.0600"),
    ({"calibration": CalibrationError(50, 0.04, 0.0, NOTHING, NOTHING)}, Gate.CALIBRATION, "no interval"),
    ({"coverage": Interval(0.86, 0.84, 0.88)}, Gate.COVERAGE, "86.0%"),
    ({"coverage": Interval(0.94, 0.92, 0.96)}, Gate.COVERAGE, "94.0%"),
]


@pytest.mark.parametrize(("changes", "gate", "said"), BAD)
def test_each_gate_fails_alone_with_its_reason(changes: dict[str, object], gate: Gate, said: str) -> None:
    found = failed_gates(replace(GOOD, **changes))  # type: ignore[arg-type]
    assert [one.gate for one in found] == [gate]
    assert said in found[0].reason


def test_all_that_failed_is_listed() -> None:
    before = Failed(Gate.LEAKAGE, "The feature x is a leak.", "x")
    found = failed_gates(replace(GOOD, final_uses=3, blocks=2, baseline=None), found_before=[before])
    assert [one.gate for one in found] == [Gate.LEAKAGE, Gate.FINAL_TEST, Gate.FINAL_TEST, Gate.SKILL_BASELINE]


GOOD_ERROR, BAD_ERROR = CalibrationError(5000, 0.02, 0.01, 0.0, 0.03), CalibrationError(5000, 0.1, 0.09, 0.08, 0.1)
GRADES = [
    (SkillInterval(0.05, 0.02, 0.08), GOOD_ERROR, Interval(0.9, 0.88, 0.92), "A"),
    (SkillInterval(0.05, 0.019, 0.08), GOOD_ERROR, Interval(0.9, 0.88, 0.92), "B"),
    (SkillInterval(0.05, 0.0, 0.08), None, None, "B"),
    (SkillInterval(0.05, 0.03, 0.08), BAD_ERROR, None, "C"),
    (SkillInterval(0.05, 0.03, 0.08), GOOD_ERROR, Interval(0.8, 0.78, 0.82), "C"),
    (SkillInterval(0.05, -0.01, 0.08), GOOD_ERROR, None, "D"),
    (SkillInterval(0.0, 0.0, 0.0), GOOD_ERROR, None, "D"),
    (SkillInterval(-0.02, -0.05, 0.0), GOOD_ERROR, None, "D"),
    (SkillInterval(-0.05, -0.08, -0.01), GOOD_ERROR, None, "F"),
]


@pytest.mark.parametrize(("skill", "error", "coverage", "letter"), GRADES)
def test_grades_follow_the_published_rule(
    skill: SkillInterval, error: CalibrationError | None, coverage: Interval | None, letter: str
) -> None:
    found = grade(skill, error, coverage)
    assert found is not None
    assert (found.letter, found.is_passing) == (letter, letter in "AB")


def test_without_an_interval_there_is_no_grade() -> None:
    assert grade(None, GOOD_ERROR) is None
    assert grade(SkillInterval(NOTHING, 0.1, 0.2)) is None
