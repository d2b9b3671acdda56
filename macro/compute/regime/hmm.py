"""A Gaussian hidden Markov model of returns in units of their volatility; filtered, never smoothed.

The parameters are fitted by hmmlearn on the past. What is used at a moment is the forward pass of own: the chance of
each hidden state given the observations up to that moment. It starts a fixed number of candles before, from the model's
long-run shares, so that it is the same whatever lies further back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from assets.compute.series import log_returns, rolling_mean

Floats = NDArray[np.float64]
STATES = 3
SPANS = (5, 10, 20)
"""Periods of the returns that the model sees."""
UNIT = 60
"""Periods of the volatility that they are measured in."""
LIMIT = 4.0
STICKY = 0.95
"""Chance to stay in a state that the fit starts from."""
DEPTH = 120
"""Candles that the forward pass looks back."""
FLOOR = 1e-4
"""Least variance of an observation, so that no state closes in on a few equal days."""


@dataclass(frozen=True)
class HiddenMarkov:
    """Fitted parameters of k states over d observations.

    Attributes:
        means, variances: shape (k, d).
        transitions: chance of the next state by state, shape (k, k).
        bull: chance of a bull phase by state, counted on labelled history as if it held as much of either phase, shape
            (k,).
    """

    means: Floats
    variances: Floats
    transitions: Floats
    bull: Floats


def observations(close: Floats) -> Floats:
    """What the model sees of each candle: the returns of the last 5, 10 and 20 periods, each period's in units of the
    volatility of the 60 up to it, and their sum over the root of the span, so that pure chance has variance 1.
    Volatility itself is left out: states that follow it say nothing of the direction.

    Args:
        close: prices, shape (t,), above 0 and finite.
    Returns:
        Shape (t, 3), cut at ±4; NaN where the history is too short, or the price has not moved for 60 periods.
    """
    returns = np.nan_to_num(log_returns(close))
    unit = np.sqrt(rolling_mean(returns**2, UNIT))
    with np.errstate(invalid="ignore", divide="ignore"):
        moves = np.where(unit > 0, returns / unit, np.nan)
    seen = np.stack([rolling_mean(moves, span) * np.sqrt(span) for span in SPANS], axis=1)
    return np.asarray(np.clip(seen, -LIMIT, LIMIT))


def filtered(model: HiddenMarkov, seen: Floats) -> Floats:
    """Chance of each hidden state given the last ``DEPTH`` observations up to each candle.

    Args:
        seen: as ``observations`` returns them; an unknown figure of a candle says nothing about its state.
    Returns:
        Shape (t, k), rows sum to 1; NaN where a candle has no known figure at all.
    """
    likelihood = _likelihood(model, seen)
    padded = np.concatenate([np.ones((DEPTH - 1, likelihood.shape[1])), likelihood])
    steps = sliding_window_view(padded, DEPTH, axis=0)  # (t, k, DEPTH)
    chances = np.broadcast_to(long_run(model.transitions), likelihood.shape)
    for step in range(DEPTH):
        chances = (chances[:, :, None] * model.transitions[None]).sum(axis=1) * steps[:, :, step]
        chances = chances / chances.sum(axis=1, keepdims=True)
    known = np.asarray(np.isfinite(seen).any(axis=1))
    return np.where(known[:, None], chances, np.nan)


def bull_probability(model: HiddenMarkov, seen: Floats) -> Floats:
    """Probability of a bull phase by candle, 0-1, shape (t,)."""
    return np.asarray((filtered(model, seen) * model.bull).sum(axis=1))


def long_run(transitions: Floats) -> Floats:
    """Shares of time in each state, shape (k,): the left eigenvector of eigenvalue 1."""
    values, vectors = np.linalg.eig(transitions.T)
    share = np.abs(np.real(vectors[:, np.argmin(np.abs(values - 1))]))
    return np.asarray(share / share.sum())


def fit_hmm(histories: Sequence[Floats], labels: Sequence[NDArray[np.int64]], *, states: int = STATES) -> HiddenMarkov:
    """Fit the hidden states on observations, then count how often each lies in a bull phase. Both phases count alike:
    years with more of one of them must not colour every state. The fit starts from the candles in order of their mean
    figure, cut into as many equal parts as there are states: from a random start one candle more or less may end in
    other states.

    Args:
        histories: observations per asset, shape (t, d); candles with an unknown figure are left out.
        labels: phases of the same candles: 1 bull, 0 bear, others unknown.
        states: hidden states, at least two.
    Raises:
        ValueError: fewer than 100 whole candles per state, or only one phase among them.
    """
    from hmmlearn.hmm import GaussianHMM  # brings scikit-learn; only training needs it

    whole = [np.isfinite(seen).all(axis=1) for seen in histories]
    rows = np.concatenate([seen[known] for seen, known in zip(histories, whole, strict=True)])
    phases = np.concatenate([phase[known] for phase, known in zip(labels, whole, strict=True)])
    if len(rows) < 100 * states or not {0, 1} <= set(phases.tolist()):
        raise ValueError(f"needs {100 * states} candles without unknown figures, and both phases")
    lengths = [int(known.sum()) for known in whole if known.any()]
    fit = GaussianHMM(states, "diag", min_covar=FLOOR, n_iter=60, tol=1.0, init_params="")
    fit.startprob_ = np.full(states, 1 / states)
    fit.transmat_ = np.full((states, states), (1 - STICKY) / (states - 1))
    np.fill_diagonal(fit.transmat_, STICKY)
    ordered = np.array_split(rows[np.argsort(rows.mean(axis=1), kind="stable")], states)
    fit.means_ = np.stack([part.mean(axis=0) for part in ordered])
    fit.covars_ = np.stack([np.maximum(part.var(axis=0), FLOOR) for part in ordered])
    fit.fit(rows, lengths)
    variances = np.stack([np.diag(covariance) for covariance in fit.covars_])
    model = HiddenMarkov(fit.means_, np.maximum(variances, FLOOR), fit.transmat_, np.full(states, 0.5))
    chances = filtered(model, rows)[phases >= 0]
    bulls = phases[phases >= 0] == 1
    scale = np.where(bulls, 0.5 / bulls.mean(), 0.5 / (1 - bulls.mean()))[:, None]
    share = ((chances * bulls[:, None] * scale).sum(axis=0) + 1) / ((chances * scale).sum(axis=0) + 2)
    return HiddenMarkov(model.means, model.variances, model.transitions, share)


def _likelihood(model: HiddenMarkov, seen: Floats) -> Floats:
    """Likelihood of each candle by state, scaled so that the likeliest state has 1; shape (t, k)."""
    gap = (seen[:, None, :] - model.means[None]) ** 2 / model.variances[None]
    terms = np.where(np.isfinite(seen)[:, None, :], gap + np.log(model.variances)[None], 0.0)
    logs = -0.5 * terms.sum(axis=2)
    return np.asarray(np.maximum(np.exp(logs - logs.max(axis=1, keepdims=True)), 1e-12))
