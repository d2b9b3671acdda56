"""What holds for every page, whatever it shows: the policy, and the names of its elements."""

from typing import Any

import pytest

from accounts.models import User
from tests.factories import AdminFactory
from tests.pages import every
from tests.pages.html import Element, browser, read

pytestmark = pytest.mark.django_db
ALL = pytest.mark.parametrize("one", every.EVERY, ids=lambda one: one.path)


@pytest.fixture(scope="module")
def made(module_rows: Any) -> User:
    """Somebody who finds something on every page."""
    with module_rows():
        return every.make_all()


def assert_the_policy_is_kept(response: Any, shown: Element) -> None:
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert not shown.every("style")
    assert not shown.every(style="")
    for script in shown.every("script"):
        assert (
            script.attributes.get("src", "").startswith("/static/") or script.attributes["type"] == "application/json"
        )
    for element in shown.every():
        assert not [name for name in element.attributes if name.startswith("on")], element
        for name in ("src", "action"):
            assert element.attributes.get(name, "/").startswith("/"), element
    outside = [link.attributes["href"] for link in shown.every("a") if "//" in link.attributes["href"]]
    assert outside in ([], ["https://www.tradingview.com/"])


def assert_names_are_unique(shown: Element) -> None:
    """And what is named exists."""
    names = [element.attributes["id"] for element in shown.every(id="")]
    assert len(names) == len(set(names))
    for attribute in ("aria-labelledby", "popovertarget", "for"):
        for element in shown.every(**{attribute.replace("-", "_"): ""}):
            assert element.attributes[attribute] in names, element.attributes


@ALL
@pytest.mark.parametrize("language", ["en", "fa"])
def test_nothing_is_inline_and_no_name_is_there_twice(made: User, one: every.Shown, language: str) -> None:
    response = browser(AdminFactory() if one.needs_admin else made if one.needs_login else None, language).get(one.path)
    assert response.status_code == one.status
    shown = read(response)
    assert_the_policy_is_kept(response, shown)
    assert_names_are_unique(shown)
