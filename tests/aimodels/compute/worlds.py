"""Made markets whose truth is known: moments with several assets, an edge of chosen size, shocks that a day shares."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri

from aimodels.compute.baseline import LEVELS
from aimodels.compute.boosting import Boosting
from aimodels.compute.development import Tried, Variant, answered, learn, try_variant
from aimodels.compute.evaluation import Plan, split_final
from aimodels.compute.forecaster import Forecaster, Said
from aimodels.compute.gates import Evidence, Failed, failed_gates
from aimodels.compute.learners import Kind, base_rate
from aimodels.compute.material import Material, Trades, Values
from aimodels.compute.report import Line, line_of
from aimodels.compute.samples import Samples
from aimodels.compute.validation import Split

NAMES = ("momentum", "volume", "funding", "breadth")


@dataclass(frozen=True)
class World:
    """Samples, and the chance with which each outcome really came."""

    samples: Samples
    truth: np.ndarray


def world(seed: int, *, edge: float, moments: int = 600, assets: int = 8) -> World:
    """Features of assets over moments; the log odds of a rise are ``edge * (momentum + (funding > 1) - 0.16)``."""
    generator = np.random.default_rng(seed)
    n = moments * assets
    features = generator.standard_normal((n, len(NAMES)))
    features[:, 3] = np.repeat(generator.standard_normal(moments), assets)
    truth = expit(edge * (features[:, 0] + (features[:, 2] > 1) - 0.16))
    features[generator.random(n) < 0.05, 1] = np.nan
    outcomes = (generator.random(n) < truth).astype(np.int64)
    times = np.repeat(np.arange(moments), assets)
    return World(Samples(features, NAMES, outcomes, times, 1), truth)


def material(made: World, *, with_values: bool = False, naive: np.ndarray | None = None) -> Material:
    """What a layer would hand in: the naive forecast and the rules know the base rate of the first quarter.

    With values: the change is up where the outcome is 1, its size twice as large where ``volume`` is above 0, which the
    scale does not know.
    """
    samples = made.samples
    count = len(samples.outcomes)
    moments, assets = len(np.unique(samples.times)), int((samples.times == 0).sum())
    naive = np.full(count, base_rate(samples.outcomes[: count // 4])) if naive is None else naive
    generator = np.random.default_rng(count)
    scale = 0.02 * np.exp(0.3 * generator.standard_normal(count))
    size = np.abs(generator.standard_normal(count)) * np.where(samples.features[:, 1] > 0, 1.5, 0.75)
    change = scale * size * np.where(samples.outcomes == 1, 1, -1)
    simple = scale[:, None] * 1.1 * ndtri(np.array(LEVELS))
    place = np.tile(np.arange(assets), moments)
    return Material(
        samples=samples,
        asset_ids=place + 1,
        naive=naive,
        rules=naive,
        futures=np.stack([change, samples.outcomes.astype(float)], axis=1),
        values=Values(change, scale, simple, simple) if with_values else None,
        trades=Trades(np.expm1(change).reshape(moments, assets), samples.times, place, 365.0) if with_values else None,
        groups={"technical_indicators": ["momentum", "volume"], "market_data": ["funding", "breadth"]},
    )


@dataclass(frozen=True)
class Tested:
    """A version of one variant, and its figures on the untouched block."""

    tried: Tried
    forecaster: Forecaster
    final: Split
    answer: Said
    line: Line

    @property
    def failed(self) -> list[Failed]:
        figures = self.line.figures
        has_champion = figures.champion_skill is not None
        evidence = Evidence(
            1, figures.blocks, figures.brier_skill, figures.champion_skill, has_champion, figures.calibration
        )
        return failed_gates(evidence)


def developed(
    kind: Kind, rows: Material, plan: Plan, *, settings: Boosting | None = None, champion: np.ndarray | None = None
) -> Tested:
    """One variant from rows to figures."""
    final = split_final(rows.samples, plan)
    past, block = rows.rows(final.train), rows.rows(final.test)
    tried = try_variant(Variant(kind, settings), past, plan)
    forecaster = learn(tried, None, past, plan)
    said = answered(forecaster, block)
    rival = None if champion is None else champion[final.test]
    return Tested(tried, forecaster, final, said, line_of(kind, block, plan, said.chances, None, champion=rival))
