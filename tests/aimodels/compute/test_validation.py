"""Splits for validation: nothing that is learned from touches what is tested."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimodels.compute.validation import combinatorial, equal_edges, hold_out, walk_forward


def test_folds_by_hand() -> None:
    splits = list(walk_forward(np.arange(12), edges=[3, 6, 9, 12], horizon=1, purge=1, embargo=1))
    assert [(split.train.tolist(), split.test.tolist()) for split in splits] == [
        ([0], [3, 4, 5]),
        ([0, 1, 2, 3], [6, 7, 8]),
        ([0, 1, 2, 3, 4, 5, 6], [9, 10, 11]),
    ]


def test_samples_of_one_moment_stay_together() -> None:
    times = np.repeat(np.arange(10), 3)
    for split in walk_forward(times, edges=equal_edges(times, 4), horizon=2, purge=2):
        assert not set(times[split.train]) & set(times[split.test])
        assert all((times == moment).sum() == 3 for moment in set(times[split.test]))


def test_a_fold_with_too_little_to_learn_from_is_left_out() -> None:
    assert len(list(walk_forward(np.arange(12), edges=[3, 6, 9, 12], horizon=0, purge=0, least=4))) == 2


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=80),
    st.lists(st.integers(0, 500), min_size=2, max_size=6, unique=True).map(sorted),
    st.integers(0, 60),
    st.integers(0, 30),
    st.integers(0, 20),
)
def test_labels_never_reach_into_the_test(
    moments: list[int], edges: list[int], horizon: int, more: int, embargo: int
) -> None:
    times = np.array(moments)
    tested: list[int] = []
    for split in walk_forward(times, edges=edges, horizon=horizon, purge=horizon + more, embargo=embargo):
        assert times[split.train].max() + horizon + embargo < times[split.test].min()
        tested += split.test.tolist()
    assert len(tested) == len(set(tested))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"purge": 59}, "labels would leak"),
        ({"edges": [300]}, "edges"),
        ({"edges": [300, 300]}, "edges"),
        ({"horizon": -1}, "horizon"),
        ({"embargo": -1}, "embargo"),
        ({"least": 0}, "least"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"edges": [300, 600], "horizon": 60, "purge": 60}
    with pytest.raises(ValueError, match=said):
        list(walk_forward(np.arange(900), **given | changes))


def test_without_samples_there_is_no_split() -> None:
    with pytest.raises(ValueError, match="no samples"):
        list(walk_forward(np.arange(0), edges=[0, 3], horizon=1, purge=1))


def test_equal_folds_leave_as_much_to_learn_from() -> None:
    assert equal_edges(np.arange(100, 112), 3) == [103, 106, 109, 112]
    with pytest.raises(ValueError, match="folds"):
        equal_edges(np.arange(3), 3)


def test_every_choice_of_groups_is_tested_once() -> None:
    splits = list(combinatorial(np.arange(20), edges=[0, 5, 10, 15, 20], horizon=1, purge=1, tested=2))
    assert len(splits) == 6
    assert splits[1].test.tolist() == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
    assert splits[1].train.tolist() == [6, 7, 8, 16, 17, 18, 19]
    assert np.bincount(np.concatenate([split.test for split in splits])).tolist() == [3] * 20


@given(
    st.lists(st.integers(-20, 320), min_size=1, max_size=80),
    st.lists(st.integers(0, 300), min_size=3, max_size=6, unique=True).map(sorted),
    st.integers(0, 30),
    st.integers(0, 10),
    st.integers(1, 2),
)
def test_labels_of_neither_side_reach_the_other(
    moments: list[int], edges: list[int], horizon: int, embargo: int, tested: int
) -> None:
    """Labels span [t, t + horizon]: no span of what is learned from touches one of what is tested."""
    times = np.array(moments)
    tested = min(tested, len(edges) - 2)
    for split in combinatorial(times, edges=edges, horizon=horizon, purge=horizon, embargo=embargo, tested=tested):
        gaps = np.abs(times[split.train][:, None] - times[split.test][None, :])
        assert gaps.min() > embargo + horizon - 1
        assert gaps.min() > 0
        assert times[split.train].min() >= edges[0]
        assert times[split.train].max() < edges[-1]


@pytest.mark.parametrize("tested", [0, 3])
def test_as_many_groups_as_there_are_cannot_be_tested(tested: int) -> None:
    with pytest.raises(ValueError, match="tested"):
        list(combinatorial(np.arange(30), edges=[0, 10, 20, 30], horizon=1, purge=1, tested=tested))
    with pytest.raises(ValueError, match="labels would leak"):
        list(combinatorial(np.arange(30), edges=[0, 10, 20, 30], horizon=5, purge=4, tested=1))


def test_the_last_block_is_kept_apart() -> None:
    split = hold_out(np.arange(100), share=0.25, horizon=3, purge=4, embargo=2)
    assert split.test.tolist() == list(range(75, 100))
    assert split.train.tolist() == list(range(69))


@pytest.mark.parametrize(("since", "start"), [(70, 75), (75, 75), (90, 90), (99, 99), (100, 75), (500, 75)])
def test_the_last_block_begins_after_what_was_used_up_unless_nothing_is_left(since: int, start: int) -> None:
    split = hold_out(np.arange(100), share=0.25, horizon=3, purge=4, embargo=2, since=since)
    assert split.test.tolist() == list(range(start, 100))
    assert split.train.tolist() == list(range(start - 6))


@pytest.mark.parametrize(
    ("times", "share", "said"),
    [(100, 0.0, "share"), (100, 1.0, "share"), (0, 0.5, "no samples"), (10, 0.9, "no sample is left")],
)
def test_a_last_block_that_cannot_be_is_refused(times: int, share: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        hold_out(np.arange(times), share=share, horizon=1, purge=1)
