"""Help, its words, and the palette of commands."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from cryptopredict.pages.help.keys import GO
from cryptopredict.pages.help.terms import CHAPTERS, TERMS
from tests.doors import client_of
from tests.factories import AdminFactory, AssetFactory, UserFactory
from tests.pages import market as making
from tests.pages.html import browser, page

pytestmark = pytest.mark.django_db


def found(text: str, user: object = None, language: str = "en") -> dict[str, list[dict[str, str]]]:
    """Items of the palette by the title of their group."""
    response = browser(user, language=language).get("/palette", {"q": text})  # type: ignore[arg-type]
    assert response.status_code == 200
    return {group["title"]: group["items"] for group in response.json()["groups"]}


class TestGlossary:
    def test_every_word_has_a_formula_and_a_place(self) -> None:
        shown = page("/help")
        for key, term in TERMS.items():
            article = shown.one("article", id=f"term-{key}")
            assert str(term.explanation.formula) in article.text
            assert not term.page or reverse(term.page)
        assert len(TERMS) == sum(len(chapter.terms) for chapter in CHAPTERS), "a key is used twice"

    def test_templates_explain_only_words_that_there_are(self) -> None:
        folder = Path(settings.BASE_DIR, "templates")
        used = [
            key
            for file in folder.rglob("*.html")
            for key in re.findall(r'{% explain "(\w+)" %}', file.read_text(encoding="utf-8"))
        ]
        assert used
        assert set(used) <= TERMS.keys()

    def test_it_is_searched(self) -> None:
        shown = page("/help?q=sharpe")
        assert [one.attributes["id"] for one in shown.every("article")] == [
            "term-sharpe",
            "term-deflated_sharpe",
        ]
        assert "No word holds “zzz”." in page("/help?q=zzz").text
        assert page("/help?q=%00").every("article") == []

    def test_a_popover_leads_to_its_word(self) -> None:
        making.make_market()
        shown = page("/suggestions")
        popover = shown.one("div", id="explain-precision")
        assert popover.one("a").attributes["href"] == "/help#term-precision"


class TestKeys:
    def test_each_page_lists_them_and_where_they_go(self) -> None:
        dialog = page("/").one("dialog", id="keys-dialog")
        rows = {row.attributes["data-after"]: row.attributes["data-go"] for row in dialog.every("div", data_go="")}
        assert rows == {letter: reverse(name) for letter, (name, _label) in GO.items()}
        for address in rows.values():
            assert client_of().get(address).status_code == 200


class TestPalette:
    def test_without_letters_it_offers_pages_and_actions(self) -> None:
        groups = found("")
        assert list(groups) == ["Pages", "Actions"]
        assert {"label": "Market", "note": "", "address": "/market", "press": ""} in groups["Pages"]
        assert "Log in" in [item["label"] for item in groups["Actions"]]

    def test_the_symbol_itself_comes_first_then_what_begins_so(self) -> None:
        making.make_market()
        AssetFactory(symbol="WBTC", name="Wrapped", data_source="binance", total_volume=9)
        AssetFactory(symbol="BTCX", name="Other", data_source="binance", current_price=None)
        AssetFactory(symbol="OFF", name="btc off", data_source="binance", is_active=False)
        assets = found("btc")["Assets"]
        assert [item["label"] for item in assets] == ["BTC", "BTCX", "WBTC"]
        assert assets[0] == {
            "label": "BTC",
            "note": "Bitcoin · 67,234.50",
            "address": "/assets/BTC",
            "press": "",
        }
        assert assets[1]["note"] == "Other"

    def test_words_lead_to_the_glossary(self) -> None:
        (item,) = found("brier")["Words and formulas"]
        assert item["address"] == "/help#term-brier"

    def test_it_offers_what_one_may_do(self) -> None:
        def labels(user: object) -> set[str]:
            return {item["label"] for items in found("", user).values() for item in items}

        visitor, person, admin = labels(None), labels(UserFactory()), labels(AdminFactory())
        assert {"Log in"} <= visitor - person
        assert {"Log out", "Look at drafts of programs"} <= person - visitor
        assert {"Admin"} <= admin - person

    @pytest.mark.parametrize("text", ["\x00", "%", "x" * 5000, "﷽", "' OR 1=1"])
    def test_strange_letters_find_nothing_and_break_nothing(self, text: str) -> None:
        making.make_market()
        assert "Assets" not in found(text)

    def test_it_is_kept_by_nobody(self) -> None:
        assert "no-store" in client_of().get("/palette")["Cache-Control"]

    def test_an_action_speaks_the_language(self) -> None:
        english = {item["press"] for item in found("")["Actions"]}
        persian = {item["press"] for items in found("", language="fa").values() for item in items}
        assert english <= persian
