"""Weights of the factors: from ended weeks alone, drawn towards equal ones, right where an edge is planted."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from selection.compute import weights
from selection.compute.ranking import NAMES, Span, combined
from selection.compute.weights import Past
from tests.rounds import examples
from tests.selection.compute.made import Made

SPAN = Span(7, 30, 90)
COUNT = len(NAMES)


def past(seed: int, edges: list[float], moments: int = 80, assets: int = 40) -> Past:
    """Weeks in which each factor orders the next return as strongly as its edge says."""
    generator = np.random.default_rng(seed)
    table = generator.random((moments, COUNT, assets))
    noise = 0.3 * generator.standard_normal((moments, assets))
    return Past(table, np.einsum("mkn,k->mn", table - 0.5, np.array(edges)) + noise)


def estimated(found: Past) -> weights.Weights:
    return weights.estimated(weights.factor_correlations(found), weights.breadths(found))


def test_rank_correlation_is_scipys() -> None:
    generator = np.random.default_rng(0)
    for _ in range(20):
        one, other = generator.integers(0, 9, 30).astype(float), generator.standard_normal(30)
        assert weights.rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)


@pytest.mark.parametrize(("left", "right"), [(np.ones(9), np.arange(9.0)), (np.arange(7.0), np.arange(7.0))])
def test_a_rank_correlation_that_says_nothing_is_unknown(left: np.ndarray, right: np.ndarray) -> None:
    assert np.isnan(weights.rank_correlation(left, right))


def test_a_planted_edge_gets_the_weight() -> None:
    found = estimated(past(1, [0.5] + [0.0] * (COUNT - 1)))
    assert found.is_estimated
    assert found.values.sum() == pytest.approx(1)
    assert found.values[0] > 2 * found.values[1:].max()


def test_a_factor_that_orders_the_wrong_way_gets_none_but_what_stays_equal() -> None:
    found = estimated(past(2, [-0.5] + [0.1] * (COUNT - 1)))
    assert found.values[0] == pytest.approx((1 - found.trust) / COUNT)
    assert found.trust > 0.9


def test_without_an_edge_they_stay_near_equal() -> None:
    """What chance could explain moves them little: over 15 made pasts they follow it by less than a third."""
    trusts = [estimated(past(seed, [0.0] * COUNT)).trust for seed in range(15)]
    assert np.mean(trusts) < 1 / 3
    assert estimated(past(1, [0.5] + [0.0] * (COUNT - 1))).trust > 0.9


def test_before_half_a_year_they_are_equal() -> None:
    found = estimated(past(3, [0.5] + [0.0] * (COUNT - 1), moments=25))
    assert not found.is_estimated
    assert found.values == pytest.approx(np.full(COUNT, 1 / COUNT))
    assert np.isnan(found.measured).all()
    assert estimated(past(3, [0.5] + [0.0] * (COUNT - 1), moments=26)).is_estimated


def test_the_mean_and_its_error_by_hand() -> None:
    lines = [level + np.tile([-0.1, 0.1], 15) for level in (0.2, 0.1, -0.3)]
    found = weights.estimated(np.column_stack([*lines, np.full(30, np.nan)]), np.full(30, 10.0), tuple("abcd"))
    assert found.measured[:3] == pytest.approx([0.2, 0.1, -0.3])
    assert found.errors[:3] == pytest.approx(np.full(3, 0.1 / np.sqrt(30)))
    trust = 1 - (0.01 / 30) / 0.07
    worth = np.array([0.5, 0.25, 0.0, 0.25])
    assert found.trust == pytest.approx(trust)
    assert found.values == pytest.approx((1 - trust) / 4 + trust * worth)


def test_walk_forward_learns_from_ended_weeks_alone() -> None:
    """Another outcome of a week changes the weights of no moment up to it; a purge of 0 is refused."""
    found = past(4, [0.4] * 3 + [0.0] * (COUNT - 3))
    correlations, breadth = weights.factor_correlations(found), weights.breadths(found)
    first = weights.walk_forward(found, correlations, breadth, 1)
    known = np.isfinite(first.correlations)
    assert known.sum() == 80 - 26
    assert first.correlations[known].mean() > 0.1
    for moment in (30, 50, 79):
        ahead = found.ahead.copy()
        ahead[moment:] = -ahead[moment:]
        other = Past(found.percentiles, ahead)
        again = weights.walk_forward(other, weights.factor_correlations(other), breadth, 1)
        assert np.array_equal(again.places[: moment + 1], first.places[: moment + 1], equal_nan=True)
    with pytest.raises(ValueError, match="purge"):
        weights.walk_forward(found, correlations, breadth, 0)


def test_how_often_it_was_right() -> None:
    found = weights.WalkForward(
        np.zeros(1), np.array([[0.0, 0.2, 0.8, 1.0, np.nan]]), np.array([[0.0, 1.0, 1.0, 0.0, 1.0]])
    )
    assert weights.share_right(found, 0.8, rises=True) == (0.5, 2)
    assert weights.share_right(found, 0.0, rises=False) == (1.0, 1)
    assert weights.share_right(found, 1.1, rises=True)[1] == 0


def test_an_order_that_stays_and_one_that_goes() -> None:
    generator = np.random.default_rng(5)
    fixed = np.tile(generator.permutation(20) / 19, (40, 1))
    assert weights.steady_moments(fixed) == weights.LONGEST_LAG
    assert weights.steady_moments(np.array([generator.permutation(20) / 19 for _ in range(40)])) == 1
    assert weights.steady_moments(fixed[:20]) is None


def weights_at(market: Made, row: int) -> tuple[weights.Weights, np.ndarray, np.ndarray]:
    """What a run at a row makes of its candles: weights, their walk-forward record and the last weighted score."""
    candles = market.candles.until(row)
    rows = np.arange(row - 7, 29, -7)[::-1]
    found = weights.past_moments(candles, market.sector, SPAN, rows, 7)
    correlations, breadth = weights.factor_correlations(found), weights.breadths(found)
    held = weights.estimated(correlations, breadth)
    record = weights.walk_forward(found, correlations, breadth, 1)
    return held, record.correlations, combined(found.percentiles[-1], held.values)


def test_without_the_future_weights_and_weighted_scores_are_the_same() -> None:
    """40 cut points, 200 with ``--full``; the rest cut off or replaced by other prices: 0 differences."""
    cuts = examples(40, 200)
    whole, other = Made(7, 252, 10), Made(8, 252, 10)
    differences = compared = 0
    for number, row in enumerate(np.random.default_rng(2).integers(220, 251, cuts).tolist()):
        seen = weights_at(whole, row)
        found = weights_at((whole.cut(row), whole.mixed(row, other))[number % 2], row)
        compared += seen[0].is_estimated
        same = (
            np.array_equal(one, two, equal_nan=True)
            for one, two in ((seen[0].values, found[0].values), (seen[1], found[1]), (seen[2], found[2]))
        )
        differences += not all(same)
    assert (compared, differences) == (cuts, 0)
