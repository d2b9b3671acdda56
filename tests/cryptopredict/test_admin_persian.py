"""The admin in Persian: whatever it says of itself is translated; what people and sources wrote stays as they did."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.test import RequestFactory
from django.urls import reverse
from django.utils.translation import override

from aimodels.admin_filters import ModelFilter
from cryptopredict import urls  # noqa: F401 - loads the pages of the admin
from cryptopredict.admin_site import navigation
from system.column_words import NOTATION
from tests import factories as make
from tests.cryptopredict.test_admin_pages import ROWS, page_of
from tests.pages.html import Element, browser, read

LATIN = re.compile(r"[A-Za-z]{2,}")
PERSIAN = re.compile(r"[\u0600-\u06ff]")
NAMES = {"API", "CryptoPredict", "MACD", "MAE", "MFE", "SHA-256", "S&P 500", "VWAP", "ntfy"}
"""What is written in Latin letters in Persian, too."""
DATA = {"readonly", "material-symbols-outlined"}
"""Classes of values, and of icons, whose names are text to a program only."""
METHODS = re.compile(r"http_method__exact=")
"""Methods of HTTP are codes, although their column has words for them."""
LATIN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EMAIL = re.compile(r"\S+@\S+")


def own_words(element: Element) -> Iterator[str]:
    """Texts of a page that no row holds."""
    for child in element.children:
        if isinstance(child, str):
            yield " ".join(child.split())
        elif not is_data(child):
            yield from (child.attributes.get(name, "") for name in ("title", "placeholder", "aria-label", "alt"))
            yield from own_words(child)


def is_data(element: Element) -> bool:
    classes = set(element.attributes.get("class", "").split())
    if element.tag in {"script", "style", "textarea", "kbd", "pre", "code"} or classes & DATA:
        return True
    if element.tag in {"td", "th"} and any(one.startswith("field-") for one in classes):
        return True
    return element.tag == "a" and METHODS.search(element.attributes.get("href", "")) is not None


def untranslated(page: Element, row: str) -> set[str]:
    """Texts with a Latin word and without a Persian one, but for names and for what the row is called."""
    called = re.compile(rf"(?<!\w){re.escape(row)}(?!\w)", re.IGNORECASE)
    plain = {EMAIL.sub("", NOTATION.sub("", called.sub("", text))).strip() for text in own_words(page)}
    return {text for text in plain if LATIN.search(text) and not PERSIAN.search(text)} - NAMES


def values_to_choose(changelist: ChangeList) -> set[str]:
    """What filters offer that rows hold: values of columns without words of their own, names of models, other rows."""
    specs = [
        one for one in changelist.filter_specs
        if isinstance(one, ModelFilter) or (hasattr(one, "field") and not one.field.choices)
    ]  # fmt: skip
    return {str(choice["display"]) for spec in specs for choice in list(spec.choices(changelist))[1:]}


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("label", ROWS)
def test_a_list_and_a_row_are_told_in_persian(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    monkeypatch.setattr(admin.site, "get_sidebar_list", lambda _request: [])
    client, model = browser(make.AdminFactory(), "fa"), apps.get_model(label)
    ROWS[label](1)
    row = model._default_manager.order_by("pk").last()
    assert row is not None
    with override("fa"):
        assert not LATIN_DAY.search(str(row)), "its dates are told as the reader tells them"
    listed = client.get(page_of(model))
    assert untranslated(read(listed), str(row)) <= values_to_choose(listed.context["cl"])
    opened = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk]))
    assert untranslated(read(opened), str(row)) == set()


def test_the_sidebar_is_told_in_persian() -> None:
    with override("fa"):
        groups = navigation(RequestFactory().get("/admin/"))
    titles = [group["title"] for group in groups] + [item["title"] for group in groups for item in group["items"]]
    assert len(titles) > 100
    assert [title for title in titles if not PERSIAN.search(title)] == []


def test_a_word_that_nobody_translated_is_found() -> None:
    """That the two tests above can fail."""
    page = Element("div", {}, [Element("label", {"title": "Made up"}, ["Forgotten name", "قیمت RSI"])])
    assert untranslated(page, "row") == {"Made up", "Forgotten name"}
