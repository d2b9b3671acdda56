"""Made markets whose truth is known: moments with several assets, an edge of chosen size, shocks that a day shares."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from aimodels.compute.samples import Samples

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
