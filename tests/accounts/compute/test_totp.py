"""One-time codes: the vectors of the RFC, and what counts as one."""

import pytest

from accounts.compute.totp import code_at, matching_step, step_at

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    assert code_at(SECRET, step_at(seconds), digits=8) == code


def test_a_code_counts_near_its_time_and_once() -> None:
    now = 1000
    for step in (999, 1000, 1001):
        assert matching_step(SECRET, code_at(SECRET, step), now, after=None) == step
    for step in (998, 1002):
        assert matching_step(SECRET, code_at(SECRET, step), now, after=None) is None
    assert matching_step(SECRET, code_at(SECRET, 1000), now, after=1000) is None
    assert matching_step(SECRET, code_at(SECRET, 1001), now, after=1000) == 1001


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\u0660\u0661\u0662\u0663\u0664\u0665"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert matching_step(SECRET, code, 1000, after=None) is None
