"""Flows between sectors: exact sums, and nothing taken for a flow that is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sectors.compute.rotation import match, mean_known, net_changes

NAN = float("nan")


def test_by_hand() -> None:
    """A has 60, B 40; both prices double; A then issues units worth 30: 150 of 230, and 60 % without them."""
    net = net_changes(np.array([60.0, 40.0]), np.array([150.0, 80.0]), np.array([2.0, 2.0]), np.eye(2))
    assert net == pytest.approx([100 * 150 / 230 - 60, 100 * 80 / 230 - 40])
    flows = match(net)
    assert flows.matrix == pytest.approx(np.array([[0, 0], [net[0], 0]]))


def test_prices_alone_move_no_capital() -> None:
    before, growth = np.array([60.0, 30.0, 10.0]), np.array([3.0, 0.2, 1.0])
    net = net_changes(before, before * growth, growth, np.eye(3))
    assert net is not None
    assert np.abs(net).max() < 1e-12
    assert match(net).moved == 0


def test_new_ones_dead_ones_and_changes_of_membership_are_no_flows() -> None:
    before = np.array([60.0, 40.0, NAN, 500.0])
    after = np.array([60.0, 40.0, 900.0, NAN])
    growth = np.array([1.0, 1.0, NAN, NAN])
    share = np.array([[1, 0, 1, 0], [0, 1, 0, 1]])
    assert net_changes(before, after, growth, share) == pytest.approx([0, 0])
    assert net_changes(before, after, growth, share[::-1]) == pytest.approx([0, 0])


def test_fewer_than_two_sectors_have_no_flows() -> None:
    ones = np.ones(2)
    assert net_changes(ones, ones, ones, np.array([[1, 1], [0, 0]])) is None
    assert net_changes(np.full(2, NAN), ones, ones, np.eye(2)) is None
    assert net_changes(np.zeros(2), np.zeros(2), ones, np.eye(2)) is None


def test_shares_of_two_who_lose_and_two_who_gain() -> None:
    flows = match(np.array([-3.0, 1.0, -1.0, 3.0]))
    assert flows.matrix.tolist() == [[0, 0.75, 0, 2.25], [0, 0, 0, 0], [0, 0.25, 0, 0.75], [0, 0, 0, 0]]
    assert flows.moved == 4


@settings(max_examples=300)
@given(st.integers(0, 10**6), st.integers(2, 14), st.integers(2, 60))
def test_rows_sum_to_what_left_and_columns_to_what_arrived(seed: int, sectors: int, assets: int) -> None:
    generator = np.random.default_rng(seed)
    share = generator.random((sectors, assets)) * (generator.random((sectors, assets)) < 0.5)
    share /= np.maximum(share.sum(axis=0), 1)
    before = 10 ** generator.uniform(3, 13, assets)
    growth = np.exp(generator.normal(0, 0.3, assets))
    after = before * growth * np.exp(generator.normal(0, 0.2, assets))
    for values in (before, after, growth):
        values[generator.random(assets) < 0.05] = NAN
    net = net_changes(before, after, growth, share)
    if net is None:
        return
    assert abs(net.sum()) < 1e-9
    flows = match(net)
    assert (flows.matrix >= 0).all()
    assert np.trace(flows.matrix) == 0
    assert flows.matrix.sum(axis=1) == pytest.approx(np.maximum(-net, 0), abs=1e-9)
    assert flows.matrix.sum(axis=0) == pytest.approx(np.maximum(net, 0), abs=1e-9)
    assert flows.left.sum() == pytest.approx(flows.arrived.sum(), abs=1e-9)


def test_mean_of_what_is_known() -> None:
    assert mean_known(np.array([[1.0, NAN], [3.0, NAN]])) == pytest.approx([2, NAN], nan_ok=True)
