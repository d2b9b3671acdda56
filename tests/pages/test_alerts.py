"""The page of alerts: their words, states and doors, and what would have come of them."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from accounts.models import User
from tests.accounts.channels import channel_of
from tests.doors import client_of, queries
from tests.factories import AlertFactory, AssetFactory, UserFactory, add_candles
from tests.pages import market as making
from tests.pages.alerts import add_alert, add_every, add_fired
from tests.pages.html import Element, page, read
from trading.models import SignalAlert
from trading.services.alerts.past import CANDLES, Watch, past_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def user() -> User:
    person: User = UserFactory()
    return person


@pytest.fixture
def market() -> making.Market:
    return making.make_market()


def rows(shown: Element) -> dict[str, str]:
    """State of each alert by its sentence."""
    return {one.one("h3").text: one.attributes["data-alert-state"] for one in shown.every("li", cls="alert-row")}


def given(**values: Any) -> dict[str, Any]:
    """A form as a browser sends it."""
    usual = {
        "asset": "btc",
        "condition": "above",
        "level": "70,000",
        "timeframe": "1h",
        "rearm": "manual",
        "pause": "0",
    }
    return usual | values


def test_visitors_log_in_first() -> None:
    for path in ("/alerts", "/alerts/1", "/alerts.csv"):
        assert client_of().get(path)["Location"].startswith("/login?next=")


def test_every_kind_is_told_in_a_sentence_with_its_state(market: making.Market, user: User) -> None:
    add_every(market, user)
    AlertFactory(asset=market.asset)  # somebody else's
    shown = page("/alerts", user)
    assert shown.one("h1").text == "1 alert has fired"
    assert rows(shown) == {
        "BTC at or above 67,000.00 USD": "seen",
        "BTC at or above 70,000.00 USD": "waiting",
        "BTC crosses 60,000.00 USD downwards": "paused",
        "BTC reaches 61,000.00 USD": "expired",
        "BTC rises by 5 % within 12 candles": "cooling",
        "Volume of BTC 4 deviations above the median of 48 candles": "waiting",
        "RSI 14 of BTC crosses 30 downwards": "waiting",
        "New signal for BTC, probability from 60 %": "waiting",
        "The market turns to bear market and distribution": "waiting",
        "At least 30 % of the moving capital goes into any sector": "waiting",
    }
    assert "also by Telegram" in shown.text
    fired = page("/alerts", user, state="fired").one("li", cls="alert-row").text
    assert "67,100.00" in fired
    assert "Look at the book of orders." in fired


def test_the_way_to_a_level_is_told(market: making.Market, user: User) -> None:
    add_alert(market, user, "70000")
    add_alert(market, user, "67000")
    near = page("/alerts", user, sort="near").every("li", cls="alert-row")
    assert "it is there already" in near[0].text
    assert "+4.1 % to go" in near[1].text  # (70000 - 67234.5) / 67234.5


def test_without_alerts_the_next_step_is_named(user: User) -> None:
    assert page("/alerts", user).one("a", href="/alerts?new=price#new", cls="primary")
    assert "Make the first alert" in page("/alerts", user).text
    assert "No alert fits" in page("/alerts", user, kind="price").text


def test_an_alert_is_made_from_the_page_of_an_asset(market: making.Market, user: User) -> None:
    field = page("/alerts", user, new="price", asset="BTC").one("input", id="id_asset")
    assert field.attributes["value"] == "BTC"
    client = client_of(user)
    answer = client.post("/alerts/new/price", given(level="۷۰٬۵۰۰", cross="on", message="sell half"))
    assert answer["Location"] == "/alerts"
    alert = SignalAlert.objects.get()
    assert (alert.user, alert.asset, alert.condition, alert.trigger_value) == (
        user,
        market.asset,
        "above",
        Decimal(70500),
    )
    words = {"rearm": "manual", "urgent": False, "timeframe": "1h", "cross": True, "touch": False}
    assert (alert.parameters, alert.message) == (words, "sell half")
    again = read(client.post("/alerts/new/price", given(level="70500", cross="on")))
    assert [one.text for one in again.every("p", role="alert")] == ["You have this alert already."]
    assert again.one("input", name="level").attributes["value"] == "70500"
    assert SignalAlert.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "values", "alert_type", "threshold", "words"),
    [
        ("change", {"level": "5", "direction": "down", "window": "12"}, "price_target", 5,
         {"timeframe": "1h", "window": 12, "direction": "down"}),
        ("volume", {"level": "3.5", "measure": "multiple", "window": "20"}, "volume_spike", Decimal("3.5"),
         {"timeframe": "1h", "window": 20, "measure": "multiple"}),
        ("indicator", {"level": "-2.5", "indicator": "RSI_14"}, "indicator_level", Decimal("-2.5"),
         {"timeframe": "1h", "indicator": "RSI_14", "cross": False}),
        ("signal", {"level": "60", "direction": "long"}, "signal_generated", Decimal("0.6"),
         {"direction": "long", "unproven": False}),
        ("regime", {"level": "0", "to": ["Bear"], "timeframe": "1d"}, "regime_change", 0,
         {"timeframe": "1d", "to": ["Bear"], "from": []}),
        ("rotation", {"level": "25", "direction": "out", "sector": "", "timeframe": "1d"}, "sector_rotation",
         Decimal("0.25"), {"timeframe": "1d", "sector": None, "direction": "out"}),
    ],
)  # fmt: skip
def test_each_kind_is_made_and_changed_back_by_its_form(
    market: making.Market, user: User, kind: str, values: dict[str, Any], alert_type: str, threshold: Any, words: Any
) -> None:
    client = client_of(user)
    assert client.post(f"/alerts/new/{kind}", given(**values)).status_code == 302
    alert = SignalAlert.objects.get()
    assert (alert.alert_type, alert.trigger_value) == (alert_type, threshold)
    assert alert.parameters == {"rearm": "manual", "urgent": False, **words}
    shown = read(client.get(f"/alerts/{alert.pk}")).one("form", action=f"/alerts/{alert.pk}#trial")
    filled = {one.attributes["name"]: one.attributes.get("value", "") for one in shown.every("input")
              if one.attributes.get("type") != "checkbox" or "checked" in one.attributes}  # fmt: skip
    for select in shown.every("select"):
        options = select.every("option")
        chosen = [one for one in options if "selected" in one.attributes] or options[:1]
        filled[select.attributes["name"]] = chosen[0].attributes["value"]
    assert client.post(f"/alerts/{alert.pk}", filled).status_code == 302
    after = SignalAlert.objects.get()
    assert (after.arming, after.parameters) == (alert.arming, alert.parameters)  # nothing else is watched now


@pytest.mark.parametrize(
    ("kind", "values", "field", "words"),
    [
        ("price", {"level": "0"}, "level", "Give a number above 0."),
        ("price", {"level": "x"}, "level", "Enter a number."),
        ("price", {"asset": "NIX"}, "asset", "There is no such asset."),
        ("price", {"until": "2020-01-01T00:00"}, "until", "This time has passed."),
        ("signal", {"level": "101", "direction": "any"}, "level", "Give a number from 0 to 100."),
        ("change", {"level": "5", "direction": "up", "window": "501"}, "window", "500"),
    ],
)
def test_refusals_stand_beside_their_field(
    market: making.Market, user: User, kind: str, values: dict[str, str], field: str, words: str
) -> None:
    shown = read(client_of(user).post(f"/alerts/new/{kind}", given(**values)))
    assert words in shown.one("div", id=f"id_{field}_error").text
    assert shown.one("input", id=f"id_{field}").attributes["value"] == values[field]
    assert not SignalAlert.objects.exists()


def test_the_service_has_the_last_word(market: making.Market, user: User) -> None:
    """The form cannot know how many alerts one may have."""
    from system.services import change_setting
    from tests.factories import AdminFactory

    change_setting("alerts", {"most_per_person": 1}, actor=AdminFactory())
    add_alert(market, user)
    shown = read(client_of(user).post("/alerts/new/price", given(level="1")))
    assert "You may have 1 alerts." in shown.text


def test_a_fired_alert_is_noted_armed_again_paused_resumed_and_deleted(market: making.Market, user: User) -> None:
    alert, client = add_fired(market, user), client_of(user)

    def act(action: str) -> SignalAlert:
        answer = client.post(f"/alerts/{alert.pk}/{action}")
        assert answer["Location"] == "/alerts"
        return SignalAlert.objects.get(pk=alert.pk)

    assert act("acknowledge").acknowledged_at is not None
    armed = act("rearm")
    assert (armed.is_triggered, armed.arming) == (False, 2)
    assert "This alert has not fired." in page_after(client, f"/alerts/{alert.pk}/rearm")
    assert not act("pause").is_active
    assert act("resume").is_active
    assert "Pause" in read(client.get("/alerts")).text
    client.post(f"/alerts/{alert.pk}/delete")
    assert not SignalAlert.objects.exists()
    assert client.post(f"/alerts/{alert.pk}/delete").status_code == 302
    assert "67,100.00" in read(client.get("/alerts")).text  # why it fired stays
    assert client.post(f"/alerts/{alert.pk}/explode").status_code == 404


def page_after(client: Any, path: str) -> str:
    return str(read(client.post(path, follow=True)).text)


def test_what_is_not_ones_own_is_not_there(market: making.Market, user: User) -> None:
    other, client = AlertFactory(asset=market.asset), client_of(user)
    assert client.get(f"/alerts/{other.pk}").status_code == 404
    assert client.post(f"/alerts/{other.pk}", given()).status_code == 404
    assert client.post(f"/alerts/{other.pk}/pause").status_code == 404
    assert SignalAlert.objects.get().is_active
    assert client.post("/alerts/new/nothing", given()).status_code == 404


def test_channels_that_are_connected_are_offered(market: making.Market, user: User) -> None:
    channel_of(user)
    select = page("/alerts", user, new="price").one("select", name="also_by")
    assert [one.attributes["value"] for one in select.every("option")] == ["", "telegram"]


def test_the_files_say_what_is_shown(market: making.Market, user: User) -> None:
    add_every(market, user)
    client = client_of(user)
    lines = list(csv.DictReader(StringIO(client.get("/alerts.csv?state=fired").content.decode())))
    assert [(one["alert"], one["state"], one["value"]) for one in lines] == [
        ("BTC at or above 67,000.00 USD", "fired", "67100")
    ]
    firings = list(csv.DictReader(StringIO(client.get("/alerts/firings.csv").content.decode())))
    assert [(one["kind"], one["asset"], one["value"]) for one in firings] == [("price", "BTC", "67100")] * 2


def test_the_number_of_queries_does_not_depend_on_the_number_of_alerts(market: making.Market, user: User) -> None:
    add_fired(market, user)
    client = client_of(user)
    few = queries(client, "/alerts")
    for level in range(5):
        add_fired(market, user, str(67000 + level))
        add_alert(market, user, str(level + 1))
    assert queries(client, "/alerts") == few


# -- what would have come of it ---------------------------------------------------------------------------------------
CLOSES = [100.0, 101, 105, 106, 104, 99, 98, 103, 107, 100, 100, 95]
UNTIL = datetime(2024, 6, 10, 12, tzinfo=UTC)


def watch(closes: list[float] = CLOSES, **values: Any) -> Watch:
    """An alert on hourly candles that end at noon."""
    asset = AssetFactory()
    add_candles(asset, closes, timeframe="1h", first=UNTIL - len(closes) * HOUR)
    usual = {"alert_type": "price_target", "condition": "above", "trigger_value": Decimal(104), "asset_id": asset.pk,
             "parameters": {}, "cooldown_minutes": 0}  # fmt: skip
    return Watch.wanted(usual | values, user_id=1)


def fired(one: Watch) -> list[tuple[int, float]]:
    """Hour of the day, and what was measured."""
    return [(time.known_at.hour, round(time.value, 4)) for time in past_of(one, UNTIL).times]


def test_a_level_counts_once_for_each_time_that_it_began_to_hold() -> None:
    assert fired(watch()) == [(3, 105), (9, 107)]  # closes of 02:00 and 08:00 UTC are known at their end
    assert fired(watch(condition="below", trigger_value=Decimal(99))) == [(6, 99), (12, 95)]


def test_a_crossing_needs_the_other_side() -> None:
    assert fired(watch(parameters={"cross": True})) == [(3, 105), (9, 107)]
    always = watch([110.0, 111, 112], parameters={"cross": True})
    assert fired(always) == []
    assert fired(watch([110.0, 111, 112])) == [(11, 111)]


def test_a_pause_is_kept() -> None:
    assert fired(watch(cooldown_minutes=360)) == [(3, 105)]
    assert fired(watch(cooldown_minutes=359)) == [(3, 105), (9, 107)]


def test_a_change_is_measured_over_its_window() -> None:
    one = watch(condition="percentage_change", trigger_value=Decimal(5), parameters={"window": 2, "direction": "up"})
    assert fired(one) == [(3, 5), (9, 9.1837)]  # 105 after 100, 107 after 98


def test_nothing_known_is_said(user: User, market: making.Market) -> None:
    past = past_of(watch([]), UNTIL)
    assert (past.since, past.times) == (None, [])
    assert past_of(watch([100.0]), UNTIL).since is None
    shown = page(f"/alerts/{add_alert(market, user).pk}", user)
    assert "Nothing is known yet of what it watches." in shown.text


def test_an_alert_is_tried_on_the_past_before_it_is_made(market: making.Market, user: User) -> None:
    add_candles(market.asset, CLOSES, first=making.TODAY - timedelta(days=len(CLOSES)))
    filled = given(level="104", timeframe="1d", **{"try": "1"})
    shown = read(client_of(user).post("/alerts/new/price", filled))
    assert "It would have fired 2 times since" in shown.one("div", id="trial").text
    assert [row[1] for row in shown.one("div", id="trial").rows()] == ["107.00", "105.00"]
    assert not SignalAlert.objects.exists()


def test_the_other_kinds_have_a_past_too(market: making.Market, user: User) -> None:
    add_every(market, user)
    for alert in SignalAlert.objects.all():
        shown = page(f"/alerts/{alert.pk}", user)
        assert shown.one("div", id="trial").text
    assert CANDLES == 1000
