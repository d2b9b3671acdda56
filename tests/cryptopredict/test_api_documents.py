"""The pages about the API say what the API does."""

import re

from cryptopredict.api.problems import TABLE, TITLES
from cryptopredict.environment import BASE_DIR

ERRORS = BASE_DIR / "docs" / "api" / "errors.md"


def rows() -> dict[str, int]:
    """Status by kind, as the page has them."""
    found = re.findall(r"^\| (`[^|]+`) \| (\d{3}) \|", ERRORS.read_text(), re.MULTILINE)
    return {kind: int(status) for kinds, status in found for kind in re.findall(r"`([^`]+)`", kinds)}


def test_every_kind_of_problem_is_explained_with_its_status() -> None:
    documented = rows()
    for status, code in TABLE.values():
        assert documented[code.replace("_", "-")] == status


def test_every_documented_status_has_a_title() -> None:
    assert set(rows().values()) - {int(status) for status in TITLES} == set()
