"""The page of drafts: what a program suggests is told in words, of the reader's language, with what it is about."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ChangeDraft, Notification, User
from accounts.services import create_api_token, deliver_notifications
from cryptopredict import drafting
from cryptopredict.pages.draft_cards import Card, cards
from system import formats
from system.exceptions import InvalidInput
from tests.doors import client_of, queries
from tests.factories import AssetFactory, SectorFactory, UserFactory
from tests.pages import market as making
from tests.pages.every import market as a_market
from tests.pages.messages import add_drafts

pytestmark = pytest.mark.django_db
PATH = "/account/drafts"


@pytest.fixture
def reader() -> User:
    found: User = UserFactory()
    return found


@pytest.fixture
def market() -> making.Market:
    return a_market()


def told(reader: User) -> list[Card]:
    """Oldest first."""
    return cards(reader, timezone.now())[::-1]


def facts(card: Card) -> dict[str, tuple[str, str]]:
    return {fact.label: (fact.value, fact.href) for fact in card.facts}


def propose(user: User, **content: Any) -> ChangeDraft:
    token = create_api_token(user, name="assistant", scopes=["write"])[0]
    return drafting.propose(token, "alert", content, now=timezone.now())


def test_each_says_what_it_would_do_and_to_what(market: making.Market, reader: User) -> None:
    add_drafts(market, reader)
    approve, reject, defer, no_suggestion, price, no_asset, no_kind = told(reader)
    symbol = market.asset.symbol
    kind = drafting.suggestion_of(reader, approve.draft.content, as_admin=False).get_suggestion_type_display()
    assert approve.title == f"Approve: {kind} {symbol} on Core"
    assert reject.title == f"Reject: {kind} {symbol} on Core"
    assert facts(approve)["Asset"] == (f"{symbol} · {market.asset.name}", f"/assets/{symbol}")
    assert facts(approve)["List"][0] == "Core"
    assert facts(approve)["Note"] == ("It <b>grows</b>.", "")
    assert "at once" in approve.effect
    assert "closed" in reject.effect
    assert facts(defer)["Deferred until"] == ("2099-06-01 07:00 UTC", "")
    assert price.title == f"{symbol} at or above 100,000.50 USD"
    assert facts(price)["Message"] == ("Look at it.", "")
    assert [card.is_gone for card in (no_suggestion, no_asset, no_kind)] == [True] * 3
    assert [card.is_gone for card in (approve, reject, defer, price)] == [False] * 4


def test_the_page_has_one_button_to_confirm_each_that_can_be(market: making.Market, reader: User) -> None:
    add_drafts(market, reader)
    page = client_of(reader).get(PATH).content.decode()
    assert page.count('/confirm"') == 4
    assert page.count('/discard"') == 7
    assert "It &lt;b&gt;grows&lt;/b&gt;." in page
    assert page.count("decided before") == 2


def test_it_is_in_the_language_of_the_reader(market: making.Market, reader: User) -> None:
    add_drafts(market, reader)
    page = client_of(reader).get(PATH, headers={"Accept-Language": "fa"}).content.decode()
    assert "at or above" not in page
    assert market.asset.symbol in page
    assert "۱۰۰" in page


def test_what_was_suggested_is_kept_in_the_persons_language() -> None:
    asset = AssetFactory(symbol="ABC")
    given = {"asset_id": asset.pk, "alert_type": "price_target", "trigger_value": "5", "condition": "above"}
    english = propose(UserFactory(language="en"), **given)
    persian = propose(UserFactory(language="fa"), **given)
    assert english.summary.startswith("New alert: ")
    assert "ABC" in english.summary
    assert str(asset.pk) not in english.summary.partition("ABC")[2].replace("5", "")
    assert "New alert" not in persian.summary
    assert "ABC" in persian.summary


def test_a_message_says_that_one_waits_and_leads_to_it() -> None:
    user = UserFactory(language="en")
    given = {"asset_id": AssetFactory(symbol="ABC").pk, "alert_type": "price_target", "trigger_value": "5"}
    draft = propose(user, **given, condition="above")
    note = Notification.objects.get()
    assert (note.user, note.title) == (user, "assistant suggests a change")
    assert note.message.startswith(draft.summary)
    deliver_notifications(timezone.now())
    client = client_of(user)
    assert "To the drafts" in client.get("/notifications").content.decode()
    assert client.post(f"/notifications/{note.pk}/open")["Location"] == PATH


def test_what_could_not_be_confirmed_leaves_no_message(reader: User) -> None:
    with pytest.raises(InvalidInput):
        propose(reader, asset_id=AssetFactory().pk, alert_type="price_target", trigger_value="much")
    assert not Notification.objects.exists()


def test_each_kind_of_alert_has_a_sentence(market: making.Market, reader: User) -> None:
    sector = SectorFactory(name="Storage")
    about = {"asset_id": market.asset.pk}
    propose(reader, **about, alert_type="price_target", trigger_value="5", condition="percentage_change")
    propose(reader, alert_type="sector_rotation", trigger_value="0.2", parameters={"sector": sector.pk})
    propose(reader, alert_type="regime_change", trigger_value="0")
    change, rotation, regime = told(reader)
    assert change.title == f"{market.asset.symbol} moves by 5{formats.NO_BREAK}% within 24 candles"
    assert "Storage" in rotation.title
    assert regime.title == "The market changes its state"
    assert "Asset" not in facts(regime)


def test_more_drafts_need_no_more_queries(market: making.Market, reader: User) -> None:
    client, counted = client_of(reader), []
    for _round in range(2):
        add_drafts(market, reader)
        counted.append(queries(client, PATH))
    assert counted[0] == counted[1]


def test_who_is_not_logged_in_is_asked_to() -> None:
    assert client_of().get(PATH)["Location"].startswith("/login")
