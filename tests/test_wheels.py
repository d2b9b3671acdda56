"""Every locked package has a wheel for every Python that the product is meant for: nothing is built at first."""

from pathlib import Path

import pytest

from tests import wheels
from tests.wheels import Found, look


@pytest.mark.full
@pytest.mark.parametrize("python", wheels.PYTHONS)
@pytest.mark.parametrize("lock", wheels.LOCKS)
def test_every_package_has_a_wheel(lock: str, python: str) -> None:
    found = look(wheels.ROOT / lock, python, wheels.PLATFORMS[0])
    if found.is_unreached:
        pytest.skip(f"no package index can be reached: {found.fault[:200]}")
    assert found.fault == ""
    assert found.packages > 40


@pytest.mark.full
def test_one_that_has_none_is_told(tmp_path: Path) -> None:
    """A lock whose hash no wheel has, of a package that there surely is."""
    lock = tmp_path / "some.lock"
    lock.write_text(f"django==5.2 --hash=sha256:{'0' * 64}\n")
    found = look(lock, "3.12", wheels.PLATFORMS[0])
    if found.is_unreached:
        pytest.skip(f"no package index can be reached: {found.fault[:200]}")
    assert "django" in found.fault.lower()
    assert found.packages == 0


def test_who_reaches_nobody_is_told_from_who_misses_one() -> None:
    assert Found(0, "error sending request for url (https://example.org/simple/)").is_unreached
    assert not Found(0, "Because django==5.2 has no usable wheels, we can conclude …").is_unreached
