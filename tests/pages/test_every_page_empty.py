"""The same for an installation in which there is nothing yet: what a page then says stands in other parts of it."""

import pytest

from tests.factories import AdminFactory, UserFactory
from tests.pages import every
from tests.pages.html import browser, read
from tests.pages.test_every_page import ALL, assert_names_are_unique, assert_the_policy_is_kept

pytestmark = pytest.mark.django_db


@ALL
def test_nothing_is_inline_and_no_name_is_there_twice(one: every.Shown) -> None:
    """The page of a row that is not there is that of an address that leads nowhere."""
    response = browser(AdminFactory() if one.needs_admin else UserFactory() if one.needs_login else None).get(one.path)
    assert response.status_code in {one.status, 404}
    shown = read(response)
    assert_the_policy_is_kept(response, shown)
    assert_names_are_unique(shown)
