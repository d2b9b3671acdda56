"""The learned part: boosted trees that tell a bull phase from a bear phase by the path of the price.

Real history holds a few dozen turning points: too few to learn from. So the trees learn from histories that are made,
and dated like real ones: they learn the geometry of a phase. They have seen no real price, so no past moment is ever
judged by its own future. They are kept as plain tables of numbers: a version gives the same figures wherever it runs.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.tables import Trees, raw_scores, tables_of

Floats = NDArray[np.float64]
SCALE = 0.045
"""Volatility of a made day."""
DRIFT, TURN = 0.15, 120
"""Drift in units of the volatility, and days until it turns, on average: chosen on data up to 2021."""
TAIL = 5
REACTION, PERSISTENCE = 0.07, 0.90


def bull_probability(trees: Trees, features: Floats) -> Floats:
    """Probability of a bull phase by row.

    Args:
        trees: as ``fit_trees`` returns them.
        features: shape (t, k); NaN is unknown.
    Returns:
        0-1, shape (t,).
    """
    from scipy.special import expit

    return np.asarray(expit(raw_scores(trees, features)))


def fit_trees(features: Floats, labels: NDArray[np.int64], settings: dict[str, Any], *, seed: int = 0) -> Trees:
    """Boosted trees for samples of known phase, by scikit-learn's histogram gradient boosting.

    Args:
        features: shape (n, k); NaN is unknown.
        labels: 1 bull, 0 bear, shape (n,).
        settings: of ``HistGradientBoostingClassifier``.
        seed: of its generator.
    Raises:
        ValueError: only one phase among the labels.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # takes a second; only training needs it

    if len(np.unique(labels)) != 2:
        raise ValueError("labels must hold both phases")
    model = HistGradientBoostingClassifier(random_state=seed, early_stopping=False, **settings)
    return tables_of(model.fit(features, labels))


def made_history(generator: np.random.Generator, length: int) -> Floats:
    """Prices of a history that never was: heavy-tailed returns whose volatility clusters (GARCH) around a drift that
    changes its sign now and then.

    ``return[t] = SCALE * (drift[t] + sqrt(h[t]) * z[t])``, ``h[t] = 1 - a - b + a * h[t-1] * z[t-1]² + b * h[t-1]``
    with z of Student's t (``TAIL`` degrees of freedom) scaled to variance 1, and drift ±``DRIFT``, which turns after
    ``TURN`` days on average. Both directions are made alike, so neither phase is learned as the usual one.

    Args:
        generator: of the random numbers.
        length: how many prices.
    Source: Bollerslev (1987), A conditionally heteroskedastic time series model; Hamilton (1989), A new approach to
        the economic analysis of nonstationary time series and the business cycle.
    """
    shocks = generator.standard_t(TAIL, length) * np.sqrt((TAIL - 2) / TAIL)
    turns = generator.random(length) < 1 / TURN
    side = 1.0 if generator.random() < 0.5 else -1.0
    drift = DRIFT * side * np.where(np.cumsum(turns) % 2 == 0, 1.0, -1.0)
    noise = np.empty(length)
    variance = 1.0
    for i, shock in enumerate(shocks):
        noise[i] = np.sqrt(variance) * shock
        variance = 1 - REACTION - PERSISTENCE + REACTION * noise[i] ** 2 + PERSISTENCE * variance
    return np.asarray(np.exp(np.cumsum(SCALE * (drift + noise))))
