"""The screener: filters, columns, small lines, saved views."""

import csv
import re
from datetime import timedelta
from decimal import Decimal
from math import nan
from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.models import User
from accounts.services.saved_views import LONGEST_NAME, MOST, save_view, saved_views
from assets.models import Asset
from cryptopredict.pages.screener.rows import spark
from system.exceptions import InvalidInput
from tests.doors import client_of, queries
from tests.factories import (
    AssetFactory,
    EntryFactory,
    SectorFactory,
    SectorMappingFactory,
    UserFactory,
    WatchlistFactory,
    add_candles,
)
from tests.pages import market as making
from tests.pages.html import Element, page, read

pytestmark = pytest.mark.django_db


def symbols(shown: Element) -> list[str]:
    return [row.every("bdi")[0].text for row in shown.one("table").one("tbody").every("tr")]


def three() -> None:
    """A large one that rose, a middling one that fell, and one of which nothing is known."""
    AssetFactory(
        symbol="BIG",
        current_price=10,
        market_cap=Decimal(5_000_000_000),
        total_volume=Decimal(900_000_000),
        price_change_percentage_24h=Decimal("4.5"),
        price_change_percentage_7d=Decimal(-20),
        last_price_update=making.NOW,
    )
    AssetFactory(
        symbol="MID",
        current_price=20,
        market_cap=Decimal(300_000_000),
        total_volume=Decimal(30_000_000),
        price_change_percentage_24h=Decimal("-2.5"),
        price_change_percentage_7d=Decimal(8),
        last_price_update=making.NOW - timedelta(hours=3),  # the clock goes on while the tests before this one run
    )
    AssetFactory(symbol="DARK", current_price=None, market_cap=None, total_volume=None, last_price_update=None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"cap_min": "1B"}, ["BIG"]),
        ({"cap_max": "1b"}, ["MID"]),
        ({"cap_min": "۳۰۰m", "cap_max": "300,000,000"}, ["MID"]),
        ({"volume_min": "31 M"}, ["BIG"]),
        ({"volume_max": "0.03B"}, ["MID"]),
        ({"change_min": "0"}, ["BIG"]),
        ({"change_max": "−2.5"}, ["MID"]),
        ({"change_min": "5", "period": "7d"}, ["MID"]),
        ({"age": "fresh"}, ["BIG"]),
        ({"age": "late"}, ["MID"]),
        ({"age": "stale"}, ["DARK"]),
        ({"q": "mid"}, ["MID"]),
        ({}, ["BIG", "MID", "DARK"]),
    ],
)
def test_filters_and_what_is_unknown_fits_no_bound(query: dict[str, Any], found: list[str]) -> None:
    three()
    assert symbols(page("/assets", **query)) == found


def test_a_filter_that_makes_no_sense_says_so_keeps_what_was_typed_and_filters_nothing() -> None:
    three()
    shown = page("/assets", cap_min="much", sector="77", watchlist="x")
    assert "Give a number, such as 1.5B, 300M or 20." in shown.one("p", id="filter-cap_min_error").text
    assert shown.one("input", id="filter-cap_min").attributes["value"] == "much"
    assert shown.every("p", id="filter-sector_error")
    assert shown.every("p", id="filter-watchlist_error")
    assert len(symbols(shown)) == 3
    ends = page("/assets", cap_min="2B", cap_max="1B")
    assert "less than the beginning" in ends.one("p", id="filter-cap_max_error").text
    assert symbols(ends) == ["BIG"]


def test_by_sector_as_it_is_now() -> None:
    three()
    sector = SectorFactory(name="Layer 1")
    SectorMappingFactory(asset=Asset.objects.get(symbol="MID"), sector=sector)
    SectorMappingFactory(asset=Asset.objects.get(symbol="BIG"), sector=sector, valid_to=making.NOW - timedelta(days=1))
    shown = page("/assets", sector=sector.pk, column="sector")
    assert symbols(shown) == ["MID"]
    assert shown.one("table").rows() == [["MID " + Asset.objects.get(symbol="MID").name, "Layer 1"]]


def test_by_list_but_never_by_somebody_elses() -> None:
    three()
    reader, other = UserFactory(), UserFactory()
    own, foreign = WatchlistFactory(user=reader), WatchlistFactory(user=other, name="Secret")
    EntryFactory(watchlist=own, asset=Asset.objects.get(symbol="MID"))
    EntryFactory(watchlist=foreign, asset=Asset.objects.get(symbol="BIG"))
    assert symbols(page("/assets", reader, watchlist=own.pk)) == ["MID"]
    hidden = page("/assets", reader, watchlist=foreign.pk)
    assert len(symbols(hidden)) == 3
    assert "Secret" not in hidden.text


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("some", ["UP", "DOWN"]),
        ("long", ["UP"]),
        ("short", ["DOWN"]),
        ("proven", ["DOWN"]),
        ("", ["UP", "DOWN", "BTC"]),
    ],
)
def test_by_open_signals(kind: str, found: list[str]) -> None:
    made = making.make_market()
    up, down = AssetFactory(symbol="UP", total_volume=3), AssetFactory(symbol="DOWN", total_volume=2)
    making.add_signal(made, asset=up)
    making.add_signal(made, asset=up, time_horizon_hours=48)
    making.add_signal(made, proven=True, asset=down, signal_type="short", target_price=80, stop_loss=110)
    making.add_signal(made, expires_at=making.NOW - timedelta(days=1))
    shown = page("/assets", signals=kind)
    assert symbols(shown) == found
    cells = {row[0].split()[0]: row[8] for row in shown.one("table").rows()}
    told = {"UP": "▲ long 2 unproven", "DOWN": "▼ short 1 1 proven", "BTC": "none"}
    assert cells == {symbol: told[symbol] for symbol in found}
    assert symbols(page("/assets", signals=kind, sort="-signals"))[0] == found[0]


def test_the_small_line_is_drawn_from_the_closes_of_30_days() -> None:
    asset = AssetFactory(symbol="BTC", current_price=110)
    add_candles(asset, [100, 90, 110], first=making.TODAY - timedelta(days=3))
    shown = page("/assets", column="trend")
    line = shown.one("svg", cls="spark")
    assert "up-line" in line.attributes["class"]
    assert " ".join(line.attributes["aria-label"].split()) == "30 days: +10.0 %, from 90.0000 to 110.00 USD"
    points = re.findall(r"([ML])([\d.]+) ([\d.]+)", line.one("path").attributes["d"])
    assert points == [("M", "93.1", "12.0"), ("L", "96.6", "22.0"), ("L", "100.0", "2.0")]


def test_a_day_without_a_candle_interrupts_the_line() -> None:
    line = spark([1.0, 2.0, nan, 3.0, nan])
    assert line is not None
    assert line.path == "M0.0 22.0L25.0 12.0M75.0 2.0"
    assert (line.known, line.direction) == ([1.0, 2.0, 3.0], "up")
    level = spark([5.0, 5.0])
    assert level is not None
    assert (level.path, level.direction) == ("M0.0 12.0L100.0 12.0", "flat")
    assert spark([nan, 1.0]) is None


def test_the_reader_chooses_columns_and_the_address_and_file_keep_them() -> None:
    three()
    shown = page("/assets", column=["rank", "price", "nonsense"], sort="price", cap_min="1")
    assert [head.text for head in shown.every("th", scope="col")] == ["Asset", "Price, USD", "Rank"]
    boxes = shown.every("input", type="checkbox", name="column")
    ticked = {box.attributes["value"] for box in boxes if "checked" in box.attributes}
    assert ticked == {"price", "rank"}
    assert shown.every("a", cls="sorter")[0].attributes["href"] == "?cap_min=1&column=price&column=rank&sort=asset"
    ranks = dict(Asset.objects.values_list("symbol", "market_cap_rank"))
    response = client_of().get("/assets.csv", {"column": ["rank", "price"], "sort": "price", "cap_min": "1"})
    assert list(csv.reader(response.content.decode().splitlines())) == [
        ["symbol", "name", "price_usd", "market_cap_rank"],
        ["BIG", Asset.objects.get(symbol="BIG").name, "10", str(ranks["BIG"])],
        ["MID", Asset.objects.get(symbol="MID").name, "20", str(ranks["MID"])],
    ]


def test_from_the_highest_price_ever() -> None:
    AssetFactory(symbol="HALF", current_price=50, ath=100)
    AssetFactory(symbol="TOP", current_price=99, ath=99)
    AssetFactory(symbol="NEW", current_price=1)
    shown = page("/assets", column="top", sort="-top")
    assert [row[1] for row in shown.one("table").rows()] == ["0.0 %", "−50.0 %", "–"]


def test_the_head_says_what_the_list_shows() -> None:
    three()
    assert "3 assets: 1 rose in 24 h, 1 fell" in page("/assets").text
    assert "1 asset: 0 rose in 24 h, 1 fell" in page("/assets", q="mid").text


def test_filters_that_nothing_fits_lead_back() -> None:
    three()
    shown = page("/assets", cap_min="9T")
    assert "No asset fits all these filters." in shown.text
    assert shown.one("div", cls="empty-note").one("a").attributes["href"] == "/assets"


def test_what_is_put_in_gets_the_short_address() -> None:
    three()
    query = {"q": "", "sector": "", "cap_min": "1B", "column": ["price"], "period": ""}
    response = client_of().get("/assets", query, headers={"HX-Request": "true"})
    assert response["HX-Push-Url"] == "/assets?cap_min=1B&column=price"
    assert client_of().get("/assets", {"q": ""}, headers={"HX-Request": "true"})["HX-Push-Url"] == "/assets"


def save(user: User | None, **data: Any) -> Any:
    return client_of(user).post("/assets.views", data)


def test_a_view_is_kept_by_name_shown_replaced_and_deleted() -> None:
    three()
    reader = UserFactory()
    query = urlencode({"cap_min": "1B", "sort": "price", "foreign": "x", "q": ""})
    response = save(reader, name="  Large   ones ", query=query)
    assert response["Location"] == "/assets?cap_min=1B&sort=price"
    assert [(one.name, one.query) for one in saved_views(User.objects.get(pk=reader.pk), "assets")] == [
        ("Large ones", "cap_min=1B&sort=price")
    ]
    tab = page(response["Location"], reader).one("nav", aria_label="Saved views").one("a")
    assert (tab.text, tab.attributes["href"]) == ("Large ones", "/assets?cap_min=1B&sort=price")
    assert tab.attributes["aria-current"] == "true"
    save(reader, name="Large ones", query="cap_min=2B")
    save(reader, name="Large ones", query="cap_min=2B")
    assert [one.query for one in saved_views(User.objects.get(pk=reader.pk), "assets")] == ["cap_min=2B"]
    for _twice in range(2):
        assert save(reader, delete="Large ones", query="q=x")["Location"] == "/assets?q=x"
    assert saved_views(User.objects.get(pk=reader.pk), "assets") == []
    assert not page("/assets", UserFactory()).every("nav", aria_label="Saved views")


def test_a_view_that_cannot_be_kept_is_refused_in_words_beside_its_name() -> None:
    three()
    reader = UserFactory()
    response = save(reader, name="n" * (LONGEST_NAME + 1), query="cap_min=1B")
    assert response.status_code == 400
    shown = read(response)
    assert "at most 40 characters" in shown.one("p", id="view-error").text
    assert shown.one("input", id="view-name").attributes["value"] == "n" * (LONGEST_NAME + 1)
    assert shown.one("input", id="filter-cap_min").attributes["value"] == "1B"
    assert "Give the view a name." in read(save(reader, name=" ", query="")).text
    for number in range(MOST):
        save_view(reader, "assets", name=f"view {number}", query="")
    with pytest.raises(InvalidInput, match="You have 20 views"):
        save_view(reader, "assets", name="one more", query="")
    assert save_view(reader, "assets", name="view 3", query="q=a").query == "q=a"


def test_views_are_for_people_with_an_account() -> None:
    three()
    response = save(None, name="mine", query="")
    assert response.status_code == 302
    assert response["Location"].startswith("/login")
    assert not page("/assets").every("input", id="view-name")


def test_other_preferences_stay_and_nonsense_in_them_is_passed_over() -> None:
    reader = UserFactory(preferences={"theme": "dark", "views": {"assets": {"old": 7}, "signals": {"a": "b"}}})
    assert saved_views(reader, "assets") == []
    save_view(reader, "assets", name="new", query="q=a")
    assert User.objects.get(pk=reader.pk).preferences == {
        "theme": "dark",
        "views": {"assets": {"old": 7, "new": "q=a"}, "signals": {"a": "b"}},
    }


def test_more_assets_signals_and_sectors_need_no_more_queries() -> None:
    made, reader = making.make_market(), UserFactory()

    def add(number: int) -> None:
        asset = AssetFactory(symbol=f"A{number}", current_price=number)
        add_candles(asset, [1, 2, 3], first=making.TODAY - timedelta(days=3))
        SectorMappingFactory(asset=asset, sector=SectorFactory(name=f"Sector {number}"))
        making.add_signal(made, asset=asset)
        EntryFactory(watchlist=WatchlistFactory(user=reader), asset=asset)
        save_view(reader, "assets", name=f"view {number}", query="")

    add(1)
    address = "/assets?column=sector&column=signals&column=trend&signals=some&q=A"
    one = queries(client_of(reader), address)
    for number in range(2, 6):
        add(number)
    assert queries(client_of(reader), address) == one
