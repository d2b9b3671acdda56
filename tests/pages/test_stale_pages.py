"""Pages whose data is old or whose source is down say so, as a whole and in the part that it concerns."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from assets.models import Asset
from macro.models import AIRegimeAnalysis
from system.http.gate import key, server
from system.models import PipelineRun
from tests.factories import UserFactory
from tests.pages import every
from tests.pages import market as making
from tests.pages.html import page

pytestmark = pytest.mark.django_db
Market = making.Market
OLD = ("/", "/market", "/sectors", "/record", "/assets", "/assets/BTC", f"/signals/{every.SIGNAL}", "/data-quality")


def aged(market: Market) -> None:
    """Nothing came for ten days."""
    long = timedelta(days=10)
    Asset.objects.update(last_price_update=making.NOW - long)
    AIRegimeAnalysis.objects.update(analysis_time=market.regime.analysis_time - long)
    PipelineRun.objects.update(as_of=making.TODAY - long)


@pytest.fixture(scope="module")
def old(module_rows: Any) -> Market:
    """The market of all pages, ten days later."""
    with module_rows():
        made = every.market()
        every.signal_of(made, UserFactory())
        every.sectors_of(made, UserFactory())
        aged(made)
    return made


@pytest.mark.parametrize("path", OLD)
def test_old_data_is_called_stale_on_every_page(old: Market, path: str) -> None:
    shown = page(path)
    (whole,) = shown.every("summary", data_worst="")
    assert whole.attributes["data-state"] == "stale"
    assert "stale" in whole.text


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/", "1d"),
        ("/market", "1d"),
        ("/assets/BTC", "Binance"),
        (f"/signals/{every.SIGNAL}", "Binance"),
        ("/data-quality", "Prices: Binance"),
    ],
)
def test_the_part_itself_says_that_it_is_old(old: Market, path: str, label: str) -> None:
    main = page(path).one("main")
    stale = [one for name in ("span", "li") for one in main.every(name, data_state="stale")]
    assert label in [one.every("span")[1].text.removesuffix(" late stale") for one in stale]


@pytest.fixture
def noted() -> Iterator[Callable[..., None]]:
    """What the workers note about the source of prices."""
    kept, name = server(settings.REDIS_URL), key("binance")
    kept.delete(name)

    def note(**values: datetime) -> None:
        kept.hset(name, mapping={what: moment.timestamp() for what, moment in values.items()})

    yield note
    kept.delete(name)


@pytest.mark.parametrize("path", OLD)
def test_a_source_that_is_down_is_named_where_its_data_is_shown(
    old: Market, noted: Callable[..., None], path: str
) -> None:
    noted(error_at=making.NOW)
    told = "Binance did not answer as it should when it was asked last"
    shown = page(path)
    lists = shown.every("ul", cls="freshness-list")
    assert told in lists[0].text
    if path in {"/assets/BTC", f"/signals/{every.SIGNAL}"}:
        assert told in shown.one("main").one("span", cls="fault").text
    noted(banned_until=datetime.now(UTC) + timedelta(hours=1))
    assert "Binance is closed to us until" in page(path).every("ul", cls="freshness-list")[0].text


def test_a_source_is_not_blamed_for_what_was_mended_or_is_fresh(old: Market, noted: Callable[..., None]) -> None:
    noted(error_at=making.NOW - timedelta(days=11))
    assert not page("/").every("span", cls="fault")
    noted(error_at=making.NOW)
    Asset.objects.update(last_price_update=making.NOW)
    assert not [one for one in page("/").every("span", cls="fault") if "Binance" in one.text]
