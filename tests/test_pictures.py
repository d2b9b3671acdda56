"""Pictures of the pages: none is forgotten, and the documentation says what was measured."""

import io
import re
from datetime import date
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from PIL import Image

from cryptopredict.pages.navigation import PLACES
from pictures.__main__ import DOCS, FOLDER
from pictures.pages import NO_PAGES, PAGES, Page
from pictures.taking import COLOURS, LOOKS, Measured, compressed
from pictures.writing import PARTS, album, missed, table

KEYS = "action alert backtest entry feedback import model other portfolio position setting signal tier watchlist"
THINGS = dict.fromkeys(KEYS.split(), 7) | {"symbol": "BTC-DEMO", "sector": "layer-1"}
BACK_OFFICE_AND_PROGRAMS = ("admin/", "api/", "healthz", "readyz", "metrics", "journal/screenshots/")


def names(resolver: URLResolver) -> set[str]:
    """Of all addresses that people open, without those of the back office and of programs."""
    found = set[str]()
    for one in resolver.url_patterns:
        if str(one.pattern).startswith(BACK_OFFICE_AND_PROGRAMS):
            continue
        if isinstance(one, URLResolver):
            found |= names(one)
        elif isinstance(one, URLPattern) and one.name:
            found.add(one.name)
    return found


def test_every_address_has_a_picture_or_is_no_page() -> None:
    pictured = {page.route for page in PAGES}
    there = names(get_resolver())
    assert there - pictured - NO_PAGES == set(), "a new page: put it into pictures/pages.py"
    assert NO_PAGES - there == set()
    assert pictured & NO_PAGES == set()
    assert {place.name for place in PLACES} - pictured == {"docs"}, "the reference of the API is a program of others"


def test_pages_have_names_of_their_own_and_addresses() -> None:
    assert len({page.name for page in PAGES}) == len(PAGES)
    addresses = [page.address(THINGS) for page in PAGES]
    assert len({(page.who, address) for page, address in zip(PAGES, addresses, strict=True)}) == len(PAGES)
    assert "/assets/BTC-DEMO" in addresses
    assert "/signals?view=table&proof=all" in addresses
    assert all(page.question.strip() for page in PAGES)


def test_the_album_shows_every_picture_that_is_there_and_no_other() -> None:
    there = {path.name for path in (DOCS / FOLDER).iterdir()}
    text = album(PAGES, FOLDER, there)
    assert (DOCS / "screenshots.md").read_text() == text, "run: make screenshots"
    assert set(re.findall(rf'["(]{FOLDER}/([^")]+)[")]', text)) == there
    assert re.findall(r"^### (\S+)$", text, re.MULTILINE) == [
        page.name for _title, readers in PARTS for page in PAGES if page.who in readers
    ]


def test_a_page_without_a_picture_says_so() -> None:
    page, (look, *_others) = Page("home", "home", "What now?"), LOOKS
    assert "No picture yet." in album([page], "here", set())
    shown = album([page], "here", {f"home-{look.name}.webp"})
    assert "No picture yet." not in shown
    assert f"(here/home-{look.name}.webp)" in shown


def test_pages_that_were_measured_are_pages() -> None:
    rows = re.findall(r"^\| (\S+) \| \d+ \| [\d.]+ \| [\d.]+ \|$", (DOCS / "browser.md").read_text(), re.MULTILINE)
    assert rows
    assert rows == [page.name for page in PAGES if page.name in rows]


def test_a_picture_has_few_colours() -> None:
    whole = Image.linear_gradient("L").resize((60, 500)).convert("RGB")
    whole.putpixel((0, 0), (255, 0, 0))
    raw = io.BytesIO()
    whole.save(raw, "PNG")
    small = Image.open(io.BytesIO(compressed(raw.getvalue())))
    assert (small.format, small.size) == ("WEBP", (60, 500))
    assert len(small.getcolors(COLOURS + 1) or []) <= COLOURS


@pytest.fixture
def measured() -> list[Measured]:
    return [
        Measured("home", "en-light-1280", 300, 0.01, 90_000, (), ()),
        Measured("home", "fa-dark-360", 500, 0.2, 91_000, ("div.card",), ()),
        Measured("asset", "en-light-1280", 1600, 0, 251_000, (), ()),
    ]


def test_the_table_has_the_worst_of_each_page(measured: list[Measured]) -> None:
    pages = [Page("home", "home", "?"), Page("asset", "asset", "?"), Page("other", "help", "?")]
    text = table(pages, measured, date(2026, 1, 2), 3.2, 2)
    assert "| home | 500 | 0.200 | 91.0 |" in text
    assert "| asset | 1600 | 0.000 | 251.0 |" in text
    assert "| other" not in text
    assert "2026-01-02" in text
    assert "3 programs wanted one of 2 processors" in text
    assert "500 ms in the middle, 1600 at worst" in text
    assert "- home (fa-dark-360): shifts by 0.200: div.card" in text


def test_what_is_over_a_limit_is_told(measured: list[Measured]) -> None:
    assert missed(measured[:1]) == []
    assert missed(measured) == [
        "home (fa-dark-360): shifts by 0.200: div.card",
        "asset (en-light-1280): first content after 1600 ms",
        "asset (en-light-1280): 251 kB of scripts",
    ]


def test_no_picture_is_heavy() -> None:
    sizes = [path.stat().st_size for path in Path(DOCS / FOLDER).glob("*.webp")]
    assert sum(sizes) < 16_000_000
