"""Splits for validation: nothing that is learned from touches what is tested."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimodels.compute.validation import equal_edges, walk_forward


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
