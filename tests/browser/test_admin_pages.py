"""Every list and every form of the back office in a real browser: no fault, readable by everybody."""

from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.test_pages import DIRECTIONS, LOOKS, PHONE, WIDTHS
from tests.cryptopredict.admin_rows import ROWS
from tests.factories import AdminFactory, AssetFactory


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
            visitor.widen(WIDTHS[0])
            page = visitor.go(path)
            assert page.locator("html").get_attribute("dir") == DIRECTIONS[language]
            for width in WIDTHS:
                visitor.widen(width)
                wrong = visitor.violations()
                if width == PHONE and visitor.width_of_content() != PHONE:
                    wrong.append(f"{visitor.width_of_content()} px wide")
                if wrong:
                    found[path, width] = wrong
                looked += 1
    print(f"{looked} looks in {language}, {theme}")  # noqa: T201
    assert found == {}


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_frame_of_the_back_office_is_used_by_keyboard(visit: Any, language: str) -> None:
    AssetFactory()
    visitor = visit(language=language, width=PHONE, user=AdminFactory())
    page = visitor.go("/admin/assets/asset/")
    assert visitor.violations() == []
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    menu = page.locator("#nav-sidebar-inner")
    expect(menu).not_to_be_in_viewport()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "button"
    page.keyboard.press("Enter")
    expect(menu).to_be_in_viewport()
