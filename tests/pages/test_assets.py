"""The list of assets."""

import csv
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.doors import client_of, queries
from tests.factories import AssetFactory
from tests.pages.html import Element, page

pytestmark = pytest.mark.django_db


def symbols(shown: Element) -> list[str]:
    return [row.every("bdi")[0].text for row in shown.one("tbody").every("tr")]


def test_an_empty_list_says_how_to_fill_it() -> None:
    assert [code.text for code in page("/assets").every("code")] == ["manage.py import_market …"]


def test_a_row_has_price_changes_volume_age_and_source() -> None:
    AssetFactory(
        symbol="PEPE",
        name="Pepe",
        current_price=Decimal("0.00000812"),
        price_change_percentage_24h=Decimal("-3.21"),
        total_volume=Decimal(36420000),
        data_source="binance",
    )
    (row,) = page("/assets").one("table").rows()
    assert row == ["PEPE Pepe", "0.00000812", "−3.2 %", "–", "–", "–", "–", "36.42 M", "none", "– Binance"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["B", "A", "C"]),
        ("price", ["C", "B", "A"]),
        ("-price", ["B", "C", "A"]),
        ("asset", ["A", "B", "C"]),
        ("-asset", ["C", "B", "A"]),
        ("nonsense", ["B", "A", "C"]),
        ("-volume", ["B", "A", "C"]),
    ],
)
def test_sorting_puts_what_is_unknown_last(sort: str, order: list[str]) -> None:
    AssetFactory(symbol="A", current_price=None, total_volume=5)
    AssetFactory(symbol="B", current_price=20, total_volume=9)
    AssetFactory(symbol="C", current_price=10, total_volume=None)
    assert symbols(page("/assets", sort=sort)) == order


def test_the_head_says_how_it_is_sorted_and_leads_to_the_other_way() -> None:
    AssetFactory(symbol="A")
    heads = {head.text: head for head in page("/assets", sort="-price").every("th", scope="col")}
    assert heads["Price, USD"].attributes["aria-sort"] == "descending"
    assert heads["Price, USD"].one("a").attributes["href"] == "?sort=price"
    assert heads["24 h"].attributes["aria-sort"] == "none"
    assert heads["24 h"].one("a").attributes["href"] == "?sort=-24h"
    assert heads["Asset"].one("a").attributes["href"] == "?sort=asset"


def test_search_looks_into_symbol_and_name_and_stays_while_sorting() -> None:
    AssetFactory(symbol="BTC", name="Bitcoin")
    AssetFactory(symbol="WBTC", name="Wrapped")
    AssetFactory(symbol="SOL", name="Solana")
    shown = page("/assets", q="btc")
    assert sorted(symbols(shown)) == ["BTC", "WBTC"]
    assert shown.one("input", id="filter-q").attributes["value"] == "btc"
    assert shown.every("a", cls="sorter")[1].attributes["href"] == "?q=btc&sort=-price"
    assert symbols(page("/assets", q="solan")) == ["SOL"]


def test_a_search_without_result_leads_back() -> None:
    AssetFactory()
    shown = page("/assets", q="<b>none</b>")
    assert "No asset that fits has “<b>none</b>” in its symbol or name." in shown.text
    assert not shown.one("div", id="asset-list").every("b")


def test_what_no_text_can_hold_is_no_part_of_a_search() -> None:
    AssetFactory(symbol="BTC")
    AssetFactory(symbol="SOL", name="Solana")
    assert sorted(symbols(page("/assets", q="\x00"))) == ["BTC", "SOL"]
    assert symbols(page("/assets", q="b\x00tc")) == ["BTC"]
    response = client_of().get("/assets.csv", {"q": "\x00so"})
    assert [row[0] for row in csv.reader(response.content.decode().splitlines())] == ["symbol", "SOL"]


@pytest.mark.parametrize("address", ["/assets/%00", "/assets/B%00TC", "/assets/%00/candles.csv?timeframe=1d"])
def test_a_symbol_that_no_text_can_hold_is_not_found(address: str) -> None:
    response = client_of().get(address)
    assert response.status_code == 404
    assert b"<html" in response.content


def test_fifty_rows_a_page() -> None:
    for number in range(51):
        AssetFactory(symbol=f"A{number:02}", total_volume=1000 - number)
    first = page("/assets")
    assert len(symbols(first)) == 50
    assert "1–50 of 51" in first.text
    assert first.one("a", rel="next").attributes["href"] == "?page=2"
    last = page("/assets", page="2")
    assert symbols(last) == ["A50"]
    assert last.one("a", rel="prev").attributes["href"] == "?"
    assert symbols(page("/assets", page="999")) == ["A50"]
    assert symbols(page("/assets", page="x"))[0] == "A00"


def test_hidden_assets_stay_hidden() -> None:
    AssetFactory(symbol="SEEN")
    AssetFactory(is_active=False)
    AssetFactory(is_supported=False)
    assert symbols(page("/assets")) == ["SEEN"]


def test_the_file_is_what_is_shown_and_harmless_in_a_spreadsheet() -> None:
    AssetFactory(symbol="EVIL", name="=HYPERLINK(1)", current_price=Decimal("0.000008120"), data_source="binance")
    AssetFactory(symbol="SOL")
    response = client_of().get("/assets.csv", {"q": "evil"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="assets.csv"'
    head, row = csv.reader(response.content.decode().splitlines())
    assert head[:3] == ["symbol", "name", "price_usd"]
    assert row[:4] == ["EVIL", "'=HYPERLINK(1)", "0.00000812", ""]
    assert row[-1] == "binance"


def test_more_rows_need_no_more_queries() -> None:
    AssetFactory()
    one = queries(client_of(), "/assets")
    for _ in range(5):
        AssetFactory()
    assert queries(client_of(), "/assets") == one


def test_the_frame_asks_little() -> None:
    """Without anything on it a page needs a handful of queries: which market, its prices, the runs."""
    with CaptureQueriesContext(connection) as captured:
        client_of().get("/login")
    assert len(captured) <= 6, [query["sql"][:80] for query in captured]
