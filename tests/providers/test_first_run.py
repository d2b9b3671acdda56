"""The page on which the first admin chooses real data, with a server that stands in for the exchange."""

import time
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from assets.providers.connection import connect
from system.models import AuditLog, BackgroundTask, SystemConfig
from system.selectors.settings import setting
from system.services.settings import merge_settings
from tests.doors import client_of
from tests.factories import AdminFactory, TotpDeviceFactory, UserFactory
from tests.pages import market as making
from tests.pages.html import read
from tests.providers.test_exchange import OHLC, PAIR
from tests.stubs.server import Reply, Request, StubServer

pytestmark = pytest.mark.django_db
PAGE = "/setup/data"
GIVEN = {"exchange": "kraken", "quote": "USDT", "assets": "50", "timeframes": ["1d", "1h"], "step": "begin"}
ORDERED = {"assets.sync_coins", "assets.sync_prices", "macro.sync_series", "macro.sync_news"}


@pytest.fixture
def admin() -> User:
    admin = AdminFactory()
    TotpDeviceFactory.of(admin)
    return admin


@pytest.fixture
def kraken(stub: StubServer) -> StubServer:
    """It trades one pair, and has its candles of the last hours."""
    connect.cache_clear()
    stub.answer("/0/public/AssetPairs", body={"error": [], "result": {"XBTUSDT": PAIR}})

    def candles(_request: Request) -> Reply:
        hour = int(time.time()) // 3600 * 3600
        rows = [[hour - 3600 * back, "10", "12", "9", "11", "10.5", "3", 7] for back in (2, 1, 0)]
        return Reply(body={"error": [], "result": {"XBTUSDT": rows, "last": rows[-1][0]}})

    stub.answer(OHLC, candles)
    return stub


def sent(client: Client, **changes: Any) -> Any:
    return client.post(PAGE, GIVEN | changes)


def test_the_connection_is_tested_and_nothing_is_kept(kraken: StubServer, admin: User) -> None:
    response = sent(client_of(admin), step="test")
    shown = read(response).text
    assert "It answers, and trades 1 pair against this currency. The newest candle of XBTUSDT began:" in shown
    assert setting("collection")["enabled"] is False
    assert not BackgroundTask.objects.exists()
    chosen = read(response).one("select", name="exchange").one("option", selected="")
    assert chosen.attributes["value"] == "kraken", "what was typed stays"


def test_collecting_begins_at_once_and_says_how_far_it_is(kraken: StubServer, admin: User) -> None:
    client = client_of(admin)
    assert sent(client)["Location"] == PAGE
    found = setting("collection")
    assert (found["enabled"], found["exchange"], found["quote"], found["assets"]) == (True, "kraken", "USDT", 50)
    assert found["timeframes"] == ["1h", "1d"]
    assert {row.task_name for row in BackgroundTask.objects.filter(status="pending")} == ORDERED
    assert AuditLog.objects.filter(table_name="system_config", changed_by=admin).exists()
    shown = read(client.get(PAGE))
    pieces = shown.one("section", id="pieces")
    assert [row.every("td")[0].text for row in pieces.every("tr")[1:]] == ["pending"] * 4
    assert pieces.attributes["hx-trigger"] == "every 5s"
    assert sent(client, step="begin")["Location"] == PAGE
    assert BackgroundTask.objects.count() == 4, "sent twice, it begins once"
    BackgroundTask.objects.update(status="failed", error_message="coingecko did not answer")
    pieces = read(client.get(PAGE)).one("section", id="pieces")
    assert "coingecko did not answer" in pieces.text
    assert "hx-trigger" not in pieces.attributes, "nothing goes on any more"


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"quote": "EUR"}, "quote", "kraken trades nothing against EUR."),
        ({"quote": "usdt"}, "quote", "Two to ten capital letters, such as USDT."),
        ({"exchange": "nowhere"}, "exchange", "Select a valid choice. nowhere is not one of the available choices."),
        ({"assets": "0"}, "assets", "Ensure this value is greater than or equal to 1."),
        ({"timeframes": ["5m"]}, "timeframes", "Choose at least one of the lengths that are analysed."),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    kraken: StubServer, admin: User, changes: dict[str, Any], field: str, sentence: str
) -> None:
    response = sent(client_of(admin), **changes)
    assert read(response).one("div", id=f"id_{field}_error").text == sentence
    assert setting("collection")["enabled"] is False
    assert not BackgroundTask.objects.exists()


def test_an_exchange_that_is_down_is_told_and_nothing_begins(stub: StubServer, admin: User) -> None:
    connect.cache_clear()
    stub.answer("/0/public/AssetPairs", status=503)
    shown = read(sent(client_of(admin)))
    assert "kraken" in shown.one("p", cls="form-error").text
    assert setting("collection")["enabled"] is False


def test_collecting_can_be_stopped_without_the_rest_of_the_form(admin: User) -> None:
    merge_settings({"collection": {"enabled": True}}, actor=admin)
    client = client_of(admin)
    assert read(client.get(PAGE)).one("button", value="end").text == "Stop collecting"
    assert client.post(PAGE, {"step": "end"})["Location"] == PAGE
    assert SystemConfig.objects.get(key="collection").value["enabled"] is False


def test_only_admins_are_asked(stub: StubServer) -> None:
    assert client_of().get(PAGE)["Location"] == f"/login?next={PAGE}"
    assert client_of(UserFactory()).get(PAGE).status_code == 404
    assert sent(client_of(UserFactory())).status_code == 404


def test_admins_are_led_there_while_the_demo_market_is_shown(admin: User) -> None:
    making.make_market(demo=True)
    ribbon = read(client_of(admin).get("/")).one("div", cls="demo-ribbon")
    assert ribbon.one("a").attributes["href"] == PAGE
    assert not read(client_of(UserFactory()).get("/")).one("div", cls="demo-ribbon").every("a")
