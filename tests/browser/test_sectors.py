"""The sectors in a real browser: as of another moment, sorted, compared, by keyboard, as a picture."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.factories import MetricsSnapshotFactory
from tests.pages import market as making
from tests.pages import sectors as sectoring

WEEK = "#table tbody tr:first-child td:nth-child(4)"


@pytest.fixture
def market(address: str) -> making.Market:
    """Four sectors today, one of them yesterday too."""
    made = making.make_market()
    sectoring.sectors(made)
    snapshot = MetricsSnapshotFactory(snapshot_time=making.TODAY - timedelta(days=1), data_source="aggregated")
    before = making.Market(made.asset, snapshot, made.regime, made.tier)
    sectoring.analysed(before, "AI", 1, performance_7d_pct=Decimal(-3))
    return made


def test_the_slider_shows_the_past_and_the_address_keeps_it(market: making.Market, visit: Any) -> None:
    page = visit().go("/sectors")
    expect(page.locator(WEEK)).to_have_text("+9.0\N{NO-BREAK SPACE}%")
    page.locator("#when-place").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(WEEK)).to_have_text("−3.0\N{NO-BREAK SPACE}%")
    yesterday = making.TODAY - timedelta(days=1)
    expect(page.locator("#when-moment")).to_have_text(f"{yesterday:%Y-%m-%d} 00:00 UTC")
    page.wait_for_url(f"**/sectors?at={yesterday:%Y-%m-%d}*")
    page.locator("#table a.sorter", has_text="Dominance").click()
    page.wait_for_url("**sort=-dominance*")
    expect(page.locator(WEEK)).to_have_text("−3.0\N{NO-BREAK SPACE}%")
    page.locator("#when-newest").click()
    expect(page.locator(WEEK)).not_to_have_text("−3.0\N{NO-BREAK SPACE}%")
    page.wait_for_url(lambda address: "at=" not in address)


def test_a_tile_leads_to_its_sector_by_keyboard_and_drawings_are_saved(market: making.Market, visit: Any) -> None:
    page = visit(theme="dark").go("/sectors")
    for name in ("map", "rotation", "flows"):
        with page.expect_download() as download:
            page.locator(f"#drawing-{name} [data-drawing-file]").click()
        assert download.value.suggested_filename == f"{name}.png"
        picture = download.value.path().read_bytes()
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        assert len(picture) > 3000
    page.locator(".treemap a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sectors/ai")
    expect(page.locator("h1")).to_contain_text("AI")
