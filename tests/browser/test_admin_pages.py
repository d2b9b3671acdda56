"""Every list and every form of the back office in a real browser: no fault, readable by everybody."""

from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse

from tests.browser.test_pages import DIRECTIONS, LOOKS, PHONE, WIDTHS
from tests.cryptopredict.admin_rows import ROWS
from tests.factories import AdminFactory


@pytest.mark.full
@pytest.mark.parametrize("look", [pytest.param(look, id="-".join(look)) for look in LOOKS])
def test_every_list_and_form_of_the_back_office_is_accessible(visit: Any, look: tuple[str, str]) -> None:
    language, theme = look
    visitor = visit(language=language, theme=theme, user=AdminFactory())
    found: dict[tuple[str, int], list[str]] = {}
    looked = 0
    for label, make_row in sorted(ROWS.items()):
        options = apps.get_model(label)._meta
        row, name = make_row(1), f"admin:{options.app_label}_{options.model_name}"
        for path in (reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])):
            for width in WIDTHS:
                visitor.widen(width)
                page = visitor.go(path)
                assert page.locator("html").get_attribute("dir") == DIRECTIONS[language]
                wrong = visitor.violations()
                if width == PHONE and visitor.width_of_content() != PHONE:
                    wrong.append(f"{visitor.width_of_content()} px wide")
                if wrong:
                    found[path, width] = wrong
                looked += 1
    assert looked == len(ROWS) * 2 * len(WIDTHS)
    assert found == {}
