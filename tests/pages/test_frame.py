"""What surrounds every page: language, direction, freshness, policy."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from system.choices import RunStatus
from tests.doors import client_of
from tests.factories import AdminFactory, AssetFactory, PipelineRunFactory, UserFactory
from tests.pages import every, holding
from tests.pages import market as making
from tests.pages.html import Element, page, read

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("fa", "rtl")])
def test_language_and_direction(language: str, direction: str) -> None:
    root = page("/", language=language).one("html")
    assert (root.attributes["lang"], root.attributes["dir"]) == (language, direction)
    sheets = [link.attributes["href"] for link in root.every("link", rel="stylesheet")]
    assert any("tabler.rtl.min.css" in sheet for sheet in sheets) is (direction == "rtl")


@pytest.mark.parametrize(("language", "family"), [("en", "inter"), ("fa", "vazirmatn")])
def test_fonts_of_the_language_come_with_the_style_sheets(language: str, family: str) -> None:
    links = page("/", language=language).every("link", rel="preload")
    assert {link.attributes["as"] for link in links} == {"font"}
    assert all(f"/vendor/{family}/" in link.attributes["href"] for link in links)
    assert all("crossorigin" in link.attributes for link in links), "without it the font is fetched twice"


def test_the_language_switch_stays_on_the_page_and_is_remembered() -> None:
    client = Client(enforce_csrf_checks=True)
    shown = read(client.get("/assets?q=x"))
    form = shown.one("form", action="/language")
    given = {field.attributes["name"]: field.attributes["value"] for field in form.every("input")}
    assert given["next"] == "/assets?q=x"
    button = form.one("button")
    answer = client.post("/language", given | {button.attributes["name"]: button.attributes["value"]})
    assert (answer.status_code, answer["Location"]) == (302, "/assets?q=x")
    assert read(client.get("/")).one("html").attributes["lang"] == "fa"


def test_figures_are_persian_where_the_page_is() -> None:
    making.add_sector(making.make_market(), "Layer 1", 1)
    shown = page("/", language="fa")
    assert "۶۷٬۲۳۴٫۵۰" in shown.text
    assert "۶۴٫۴٪" in shown.text
    names = r"\b1d\b|[a-z_]+_\d+ v1|COIN\d+"
    assert not re.search(r"[0-9]", re.sub(names, "", shown.one("main").text)), shown.one("main").text


def test_the_demo_market_is_marked_on_every_page_and_the_real_one_on_none() -> None:
    making.make_market(demo=True)
    for path in ("/", "/market", "/record", "/assets", "/assets/BTC-DEMO", "/login"):
        ribbon = page(path).one("div", cls="demo-ribbon")
        assert ribbon.text.startswith("demo These prices are generated")
    AssetFactory(data_source="binance")
    for path in ("/", "/market", "/record", "/assets", "/login"):
        assert not page(path).every("div", cls="demo-ribbon")


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(minutes=119), "fresh"),
        (timedelta(hours=2, minutes=1), "late"),
        (timedelta(hours=5, minutes=1), "stale"),
    ],
)
def test_prices_turn_amber_past_two_hours_and_red_past_five(age: timedelta, state: str) -> None:
    from django.utils import timezone

    AssetFactory(symbol="BTC", data_source="binance", last_price_update=timezone.now() - age)
    chip = page("/assets/BTC").one("header", cls="asset-head").one("span", cls="chip")
    assert chip.attributes["data-state"] == state
    assert page("/").one("summary", data_worst="").attributes["data-state"] == state


def test_freshness_names_every_source_and_timeframe_and_what_failed() -> None:
    """Nobody collects candles of four hours: that they were asked for once makes nothing late."""
    making.make_market()
    PipelineRunFactory(timeframe="4h", as_of=making.NOW, status=RunStatus.FAILED)
    PipelineRunFactory(timeframe="1h", as_of=making.NOW, status=RunStatus.DONE)
    PipelineRunFactory(timeframe="1d", as_of=making.TODAY + timedelta(days=1), status=RunStatus.FAILED)
    PipelineRunFactory(timeframe="1w", as_of=making.NOW, status=RunStatus.DONE, series="replay")
    lines = [line.text for line in page("/").one("ul", cls="freshness-list").every("li")]
    assert [line.split(" ")[0:2] for line in lines] == [
        ["Prices:", "Binance"],
        ["Analysis:", "1h"],
        ["Analysis:", "1d"],
    ]
    assert "failed; the one before is shown." in lines[2]


def test_who_is_logged_in_sees_the_own_name_and_only_admins_the_admin() -> None:
    visitor, person, admin = page("/"), UserFactory(), AdminFactory()
    assert visitor.one("a", href="/login?next=/")
    assert not visitor.every("form", action="/logout")
    for user in (person, admin):
        shown = page("/", user)
        assert user.email in shown.text
        assert shown.every("form", action="/logout")
        assert bool(shown.every("a", href="/admin/")) is (user is admin)


def test_every_link_of_the_frame_leads_somewhere() -> None:
    client = client_of(AdminFactory())
    shown = read(client.get("/"))
    for link in [*shown.one("nav", aria_label="Main").every("a"), *shown.one("header").every("a")]:
        assert client.get(link.attributes["href"]).status_code == 200, link.attributes
    current = shown.one("a", aria_current="page")
    assert current.attributes["href"] == "/"


def test_messages_show_as_toasts() -> None:
    from django.contrib.messages import constants
    from django.contrib.messages.storage.base import Message
    from django.template.loader import render_to_string

    text = render_to_string("components/toasts.html", {"messages": [Message(constants.ERROR, "It <failed>")]})
    assert "It &lt;failed&gt;" in text
    assert 'class="toast-note error"' in text


def crumbs(shown: Element) -> list[tuple[str, str]]:
    """The way to a page: words and addresses, from the section on."""
    ways = shown.every("nav", cls="crumbs")
    assert len(ways) <= 1
    return [(one.text, one.attributes["href"]) for way in ways for one in way.every("a")]


def test_a_page_below_a_section_leads_back_to_it() -> None:
    made, reader = every.market(), AdminFactory()
    for one in every.EVERY:
        one.make(made, reader)
    portfolio = f"/portfolios/{holding.NUMBER}"
    ways = {
        "/sectors/ai": [("Sectors", "/sectors")],
        "/assets/BTC": [("Assets", "/assets")],
        f"/signals/{every.SIGNAL}": [("Signals", "/signals")],
        f"/watchlists/{every.LIST}": [("Watchlists", "/watchlists")],
        portfolio: [("Portfolios", "/portfolios")],
        "/portfolios/new": [("Portfolios", "/portfolios")],
        f"{portfolio}/lots": [("Portfolios", "/portfolios"), ("Savings", portfolio)],
        f"{portfolio}/import/{holding.NUMBER}": [("Portfolios", "/portfolios"), ("Savings", portfolio)],
        f"/journal/{holding.NUMBER}": [("Journal", "/journal")],
        "/notifications/deliveries": [("Messages", "/notifications")],
        "/backtests/new": [("Backtests", "/backtests")],
        **{path: [] for path in ("/", "/market", "/assets", "/record", "/journal", "/login", "/nowhere")},
    }
    for path, way in ways.items():
        status = 404 if path == "/nowhere" else 200
        assert crumbs(page(path, None if path == "/login" else reader, status=status)) == way, path
