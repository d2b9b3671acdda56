"""The table of OWASP ASVS: whole, and every line of it points at something that is there."""

from collections import Counter

import pytest

from cryptopredict import asvs
from cryptopredict.asvs import Requirement


def test_every_requirement_of_the_levels_has_one_line() -> None:
    lines = asvs.requirements()
    assert len({one.number for one in lines}) == len(lines)
    assert Counter(one.level for one in lines) == asvs.REQUIREMENTS
    assert all(f"V{one.number.split('.')[0]}" == name for name, (_, found) in asvs.chapters().items() for one in found)


def test_every_line_points_at_what_is_there() -> None:
    assert [fault for one in asvs.requirements() for fault in one.faults()] == []


def test_the_page_is_that_of_the_table() -> None:
    assert asvs.PAGE.read_text() == asvs.page(), "run: manage.py asvs"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"state": "met"}, "nothing shows"),
        ({"state": "na"}, "no reason"),
        ({"state": "green", "why": "x"}, "no state"),
        ({"state": "met", "by": ("tests/test_asvs.py::test_of_nothing",)}, "there is no"),
        ({"state": "met", "by": ("docs/security.md#a-heading-that-is-not-there",)}, "there is no"),
        ({"state": "met", "by": ("cryptopredict/asvs.py::" + "no such text"[::-1],)}, "there is no"),
        ({"state": "met", "by": ("cryptopredict/nowhere.py",)}, "there is no"),
    ],
)
def test_a_line_that_says_nothing_is_named(line: dict, said: str) -> None:
    (fault,) = Requirement("0.0.0", 1, "x", **line).faults()
    assert said in fault
