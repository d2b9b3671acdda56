"""The pages of lists: read, ordered, changed, looked at in the past, taken back."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from cryptopredict.pages.watchlists.changes import words
from selection.models import AISuggestion, Watchlist
from selection.selectors.stays import stays
from selection.services import add_to_watchlist, remove_from_watchlist
from tests.doors import client_of, queries
from tests.factories import (
    AdminFactory,
    AssetFactory,
    DefaultListFactory,
    EntryFactory,
    RankingFactory,
    SuggestionFactory,
    UserFactory,
    WatchlistFactory,
)
from tests.pages import market as making
from tests.pages.html import Element, browser, page, read

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def filled(user: User | None = None, symbols: str = "ADA BTC SOL", **columns: Any) -> Watchlist:
    """A list with assets in this order; of the person, else of tier 2."""
    one: Watchlist = WatchlistFactory(user=user, **columns) if user else DefaultListFactory(**columns)
    actor = user or AdminFactory()
    for symbol in symbols.split():
        add_to_watchlist(one, AssetFactory(symbol=symbol, current_price=Decimal(100)), actor=actor)
    return Watchlist.objects.get(pk=one.pk)


def order(one: Watchlist) -> list[str]:
    return list(one.entries.order_by("sort_order").values_list("asset__symbol", flat=True))


def entry(one: Watchlist, symbol: str) -> int:
    return one.entries.get(asset__symbol=symbol).pk


def version(client: Client, one: Watchlist) -> str:
    """Of the list as it is shown now."""
    shown = read(client.get(f"/watchlists/{one.pk}"))
    return shown.one("form", id="order-form").one("input", name="version").attributes["value"]


def act(client: Client, one: Watchlist, symbol: str, action: str, **given: Any) -> Element:
    """Something is done with an entry; the page after it."""
    address = f"/watchlists/{one.pk}/entries/{entry(one, symbol)}/{action}"
    return read(client.post(address, given, follow=True))


def toast(shown: Element) -> str:
    """The newest word on what came of it."""
    return shown.every("div", cls="toast-note")[-1].one("p").text


class TestLists:
    def test_default_and_own_ones_are_told_in_short(self) -> None:
        reader = UserFactory()
        filled(name="Admin Tier 2")
        mine = filled(reader, "DOT XRP", name="Mine")
        for symbol, change in (("DOT", 4), ("XRP", -1)):
            asset = mine.entries.get(asset__symbol=symbol).asset
            asset.price_change_percentage_24h = Decimal(change)
            asset.save()
        SuggestionFactory(watchlist=mine)
        filled(UserFactory(), "LTC", name="Theirs")
        shown = page("/watchlists", reader)
        tier, own = (table.rows() for table in shown.every("table"))
        assert tier[0][:2] == ["Admin Tier 2 tier 2", "3 / 100"]
        assert own[0][0] == "Mine"
        assert own[0][1:3] == ["2 / 25", "+1.5 %"]
        assert own[0][5] == "1"
        assert "Theirs" not in shown.text

    def test_visitors_read_the_default_ones_only(self) -> None:
        theirs = filled(UserFactory())
        shown = page("/watchlists")
        assert "With an account you keep lists of your own" in shown.text
        assert not shown.every("form", action="/watchlists/new")
        assert page(f"/watchlists/{theirs.pk}", status=404)
        assert page(f"/watchlists/{theirs.pk}.csv", status=404)

    def test_a_list_is_made_once_under_a_name(self) -> None:
        reader = UserFactory()
        client = browser(reader)
        given = {"name": "Layer 1", "description": "what I hold"}
        made = client.post("/watchlists/new", given, follow=True)
        assert toast(read(made)) == "Made. Now put assets on it."
        again = client.post("/watchlists/new", given)
        assert again.status_code == 422
        assert read(again).one(id="new-name_error").text == "There is a list called Layer 1 already."
        assert Watchlist.objects.get(user=reader).description == "what I hold"

    def test_own_ones_are_ordered(self) -> None:
        reader = UserFactory()
        first, second = (filled(reader, "", name=name, sort_order=place) for place, name in enumerate("AB"))
        browser(reader).post(f"/watchlists/{second.pk}/place/up")
        assert [row[0] for row in page("/watchlists", reader).every("table")[-1].rows()] == ["B", "A"]
        assert browser(UserFactory()).post(f"/watchlists/{first.pk}/place/up").status_code == 404

    def test_a_deleted_one_is_brought_back(self) -> None:
        reader = UserFactory()
        one = filled(reader, name="Mine")
        client = browser(reader)
        shown = read(client.post(f"/watchlists/{one.pk}/delete", follow=True))
        assert toast(shown) == "Deleted. It can be brought back here."
        back = shown.one("form", action=f"/watchlists/{one.pk}/undo")
        client.post(f"/watchlists/{one.pk}/undo", {"change": back.one("input", name="change").attributes["value"]})
        one.refresh_from_db()
        assert one.is_active
        assert order(one) == ["ADA", "BTC", "SOL"]

    def test_a_default_one_is_copied(self) -> None:
        reader, one = UserFactory(), filled(name="Admin Tier 2")
        browser(reader).post(f"/watchlists/{one.pk}/copy")
        copy = Watchlist.objects.get(user=reader)
        assert (copy.name, order(copy)) == ("Admin Tier 2, my copy", ["ADA", "BTC", "SOL"])

    def test_more_lists_need_no_more_queries(self) -> None:
        reader = UserFactory()
        client = client_of(reader)
        filled(reader, "ADA")
        few = queries(client, "/watchlists")
        for number in range(5):
            EntryFactory(watchlist=WatchlistFactory(user=reader, name=f"L{number}"))
        assert queries(client, "/watchlists") == few <= 16


class TestEntries:
    def test_they_stand_with_their_place_in_the_newest_ranking(self) -> None:
        made, reader = making.make_market(), UserFactory()
        one = filled(reader, "ADA SOL")
        scores = [{"asset_id": one.entries.get(asset__symbol="SOL").asset_id, "rank": 1, "score": 0.93}]
        RankingFactory(watchlist=one, metrics_snapshot=made.snapshot, asset_scores=scores)
        making.add_signal(made, asset=one.entries.get(asset__symbol="SOL").asset)
        rows = page(f"/watchlists/{one.pk}", reader).every("table")[0].rows()
        assert rows[1][:4] == ["2", "SOL", "long", "100.00"]
        assert rows[1][6] == "1 93 %"
        assert rows[1][8] == "1"
        assert rows[0][6] == "–"
        best = page(f"/watchlists/{one.pk}?sort=rank", reader).every("table")[0].rows()
        assert [row[1] for row in best] == ["SOL", "ADA"]
        sorted_page = page(f"/watchlists/{one.pk}?sort=-asset", reader)
        assert "Back to the order of the list" in sorted_page.text
        assert not sorted_page.every("form", id="order-form")

    def test_moved_step_by_step_or_all_at_once(self) -> None:
        reader = UserFactory()
        one, client = filled(reader), browser(reader)
        answer = client.post(f"/watchlists/{one.pk}/entries/{entry(one, 'SOL')}/up")
        assert answer["Location"] == f"/watchlists/{one.pk}#up-{entry(one, 'SOL')}"
        assert order(one) == ["ADA", "SOL", "BTC"]
        keys = ",".join(str(entry(one, symbol)) for symbol in ("BTC", "ADA", "SOL"))
        client.post(f"/watchlists/{one.pk}/order", {"order": keys, "version": version(client, one)})
        assert order(one) == ["BTC", "ADA", "SOL"]
        shown = read(client.post(f"/watchlists/{one.pk}/order", {"order": keys.rpartition(",")[0]}, follow=True))
        assert toast(shown) == "These are not named: SOL."

    def test_the_buttons_of_all_entries_belong_to_one_form(self) -> None:
        admin = AdminFactory()
        one, client = filled(), browser(admin)
        shown = read(client.get(f"/watchlists/{one.pk}"))
        version_seen = shown.one("form", id="entries-form").one("input", name="version").attributes["value"]
        buttons = [cell.every("button", cls="move") for cell in shown.every("div", cls="moves")]
        assert [len(row) for row in buttons] == [4, 4, 4]
        assert {button.attributes["form"] for row in buttons for button in row} == {"entries-form"}
        client.post(buttons[2][0].attributes["formaction"], {"version": version_seen})
        assert order(one) == ["ADA", "SOL", "BTC"]
        client.post(buttons[2][-1].attributes["formaction"], {"version": version(client, one)})
        assert order(one) == ["ADA", "BTC"]

    def test_what_somebody_else_has_changed_meanwhile_is_refused_and_shown(self) -> None:
        reader = UserFactory()
        one, client = filled(reader), browser(reader)
        read_before = version(client, one)
        act(client, one, "SOL", "up")
        shown = act(client, one, "ADA", "remove", version=read_before)
        assert "has changed since you opened it" in toast(shown)
        assert order(one) == ["ADA", "SOL", "BTC"]

    def test_added_paused_changed_and_removed(self) -> None:
        making.make_market()
        reader = UserFactory()
        one, client = filled(reader, "ADA"), browser(reader)
        given = {"symbol": "btc", "position_type": "short", "notes": "too dear"}
        client.post(f"/watchlists/{one.pk}/add", given)
        added = one.entries.get(asset__symbol="BTC")
        assert (added.position_type, added.notes, added.sort_order) == ("short", "too dear", 2)
        twice = client.post(f"/watchlists/{one.pk}/add", given)
        assert twice.status_code == 422
        shown = read(twice)
        assert shown.one(id="add-symbol_error").text == "BTC is on this list already."
        assert shown.one("input", id="add-notes").attributes["value"] == "too dear"
        unknown = read(client.post(f"/watchlists/{one.pk}/add", given | {"symbol": "NOPE"}))
        assert unknown.one(id="add-symbol_error").text == "No asset is called NOPE."
        assert "paused" in act(client, one, "BTC", "pause").every("table")[0].text
        change = {"position_type": "long", "weight": "40", "target_allocation": "", "notes": "", "is_active": "on"}
        client.post(f"/watchlists/{one.pk}/entries/{added.pk}/change", change)
        added.refresh_from_db()
        assert (added.position_type, added.weight, added.notes, added.is_active) == ("long", Decimal("0.4"), None, True)
        told = read(client.get(f"/watchlists/{one.pk}/entries/{added.pk}")).one("footer").text
        assert f"CryptoPredict {settings.VERSION}" in told, "the version of the list is none of the product"
        heavy = client.post(f"/watchlists/{one.pk}/entries/{entry(one, 'ADA')}/change", change | {"weight": "70"})
        assert "they are shares of 1" in read(heavy).one(id="id_weight_error").text
        assert toast(act(client, one, "BTC", "remove")) == "BTC is off the list."
        assert order(one) == ["ADA"]

    def test_the_last_change_is_taken_back_by_who_made_it(self) -> None:
        reader = UserFactory()
        one, client = filled(reader), browser(reader)
        shown = act(client, one, "BTC", "remove")
        undo, told = shown.every("form", action=f"/watchlists/{one.pk}/undo")
        assert (
            undo.one("input", name="change").attributes["value"] == told.one("input", name="change").attributes["value"]
        )
        number = undo.one("input", name="change").attributes["value"]
        assert "remove BTC from" in shown.one("section", aria_labelledby="changes-title").text
        client.post(f"/watchlists/{one.pk}/undo", {"change": number})
        assert order(one) == ["ADA", "BTC", "SOL"]
        stale = read(client.post(f"/watchlists/{one.pk}/undo", {"change": number}, follow=True))
        assert "since" in toast(stale)

    def test_nobody_changes_what_is_not_theirs(self) -> None:
        reader = UserFactory()
        default, theirs = filled(), filled(UserFactory(), "DOT")
        client = browser(reader)
        for one in (default, theirs):
            key = one.entries.first()
            assert key is not None
            for address in (f"entries/{key.pk}/remove", "order", "add", "change", "delete", "undo"):
                assert client.post(f"/watchlists/{one.pk}/{address}").status_code == 404, address
            assert client.get(f"/watchlists/{one.pk}/entries/{key.pk}").status_code == 404
        assert not read(client.get(f"/watchlists/{default.pk}")).every("div", cls="moves")
        assert browser().post(f"/watchlists/{default.pk}/order")["Location"].startswith("/login")

    def test_admins_promote_and_demote(self) -> None:
        admin = AdminFactory()
        below, above = filled(), filled(symbols="", tier="tier1", name="One")
        client = browser(admin)
        assert toast(act(client, below, "SOL", "promote")) == "SOL was promoted."
        assert (order(below), order(above)) == (["ADA", "BTC"], ["SOL"])
        assert toast(act(client, above, "SOL", "demote")) == "SOL was demoted."
        assert order(above) == []

    def test_more_entries_need_no_more_queries(self) -> None:
        making.make_market()
        reader = UserFactory()
        one, client = filled(reader, "ADA"), client_of(reader)
        few = queries(client, f"/watchlists/{one.pk}")
        for symbol in ["DOT", "SOL", "XRP", "LTC"]:
            add_to_watchlist(one, AssetFactory(symbol=symbol), actor=reader)
        assert queries(client, f"/watchlists/{one.pk}") == few <= 28


class TestPast:
    def test_a_day_of_the_past_is_as_it_was(self) -> None:
        reader = UserFactory()
        one = WatchlistFactory(user=reader)
        start = datetime.now(UTC).replace(hour=12) - 10 * DAY
        bitcoin, solana = (AssetFactory(symbol=symbol) for symbol in ("BTC", "SOL"))
        first = add_to_watchlist(one, bitcoin, actor=reader, at=start)
        add_to_watchlist(one, solana, actor=reader, at=start + 2 * DAY)
        remove_from_watchlist(first, actor=reader, at=start + 4 * DAY)
        day = (start + 3 * DAY).date()
        shown = page(f"/watchlists/{one.pk}?at={day}", reader)
        assert [row[:3] for row in shown.every("table")[0].rows()] == [["1", "BTC", "long"], ["2", "SOL", "long"]]
        assert not shown.every("form", id="order-form")
        answer = client_of(reader).get(f"/watchlists/{one.pk}.csv?at={day}")
        assert [row["asset"] for row in csv.DictReader(StringIO(answer.content.decode()))] == ["BTC", "SOL"]
        assert [(stay.symbol, stay.first_place, stay.last_place, stay.until) for stay in stays(one)] == [
            ("SOL", 2, 1, None),
            ("BTC", 1, 1, start + 4 * DAY),
        ]

    def test_a_day_that_is_none_is_said(self) -> None:
        shown = page(f"/watchlists/{filled(UserFactory()).pk}", status=404)
        one = filled(None, "DOT")
        shown = page(f"/watchlists/{one.pk}?at=soon")
        assert shown.one(id="id_at_error").attributes["role"] == "alert"
        assert [row[1] for row in shown.every("table")[0].rows()] == ["DOT"]

    def test_the_file_has_what_is_shown(self) -> None:
        reader = UserFactory()
        one = filled(reader)
        answer = client_of(reader).get(f"/watchlists/{one.pk}.csv?sort=-asset")
        rows = list(csv.DictReader(StringIO(answer.content.decode())))
        assert [(row["place"], row["asset"], row["price_usd"]) for row in rows] == [
            ("3", "SOL", "100"), ("2", "BTC", "100"), ("1", "ADA", "100"),
        ]  # fmt: skip


class TestSuggestions:
    def suggestion(self, one: Watchlist, **columns: Any) -> AISuggestion:
        reasoning = {"percentiles": {"trend": 0.9, "calm": 0.2}, "direction": 1, "measured": {"share": 0.6, "n": 40}}
        asset = AssetFactory(symbol="DOT")
        made: AISuggestion = SuggestionFactory(watchlist=one, asset=asset, reasoning=reasoning, **columns)
        return made

    def test_they_stand_with_their_numbers(self) -> None:
        one = filled()
        self.suggestion(one)
        told = page(f"/watchlists/{one.pk}").one("section", id="suggestions")
        assert "add DOT" in told.text
        assert "Clearness 0.71" in told.text
        assert "Came true before 60 % n 40" in told.text
        assert "trend 90 % calmness 20 %" in told.text
        assert not told.every("form")

    def test_the_owner_approves_and_the_list_changes(self) -> None:
        reader = UserFactory()
        one = filled(reader, wants_suggestions=True)
        suggestion = self.suggestion(one)
        client = browser(reader)
        shown = read(
            client.post(f"/watchlists/{one.pk}/suggestions/{suggestion.pk}", {"decision": "approve"}, follow=True)
        )
        assert toast(shown) == "Approved; the list has changed."
        assert order(one)[-1] == "DOT"
        again = client.post(f"/watchlists/{one.pk}/suggestions/{suggestion.pk}", {"decision": "approve"}, follow=True)
        assert "already" in toast(read(again))

    def test_a_rejection_needs_a_reason_and_a_deferral_a_day(self) -> None:
        one, admin = filled(), AdminFactory()
        suggestion, client = self.suggestion(one), browser(admin)
        address = f"/watchlists/{one.pk}/suggestions/{suggestion.pk}"
        refused = client.post(address, {"decision": "reject"})
        assert refused.status_code == 422
        assert read(refused).one(id=f"suggestion-{suggestion.pk}-notes_error").text == "A rejection needs a reason."
        late = read(client.post(address, {"decision": "defer", "until": "2020-01-01"}))
        assert "lies ahead" in late.one(id=f"suggestion-{suggestion.pk}-until_error").text
        client.post(address, {"decision": "reject", "notes": "too thin"})
        suggestion.refresh_from_db()
        assert suggestion.status == "rejected"
        assert browser(UserFactory()).post(address, {"decision": "approve"}).status_code == 404


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ("add SOL to Mine", "add SOL to Mine"),
        ("undo: move SOL on Mine from 3 to 1", "taken back: move SOL on Mine from 3 to 1"),
        ("something else", "something else"),
    ],
)
def test_changes_are_told_in_words(details: str, told: str) -> None:
    assert words(details) == told


class TestUndo:
    """What was done is told with a button that takes it back."""

    def told(self, shown: Element) -> Element | None:
        forms = [one for toast_ in shown.every("div", cls="toast-note") for one in toast_.every("form")]
        assert len(forms) <= 1
        return forms[0] if forms else None

    def test_a_change_is_taken_back_from_the_word_on_it(self) -> None:
        user = UserFactory()
        one, client = filled(user), browser(user)
        form = self.told(act(client, one, "BTC", "remove"))
        assert order(one) == ["ADA", "SOL"]
        assert form is not None
        given = {field.attributes["name"]: field.attributes["value"] for field in form.every("input")}
        assert form.one("button").text == "Undo"
        client.post(form.attributes["action"], given)
        assert order(one) == ["ADA", "BTC", "SOL"]

    def test_what_changed_nothing_offers_nothing_to_take_back(self) -> None:
        user = UserFactory()
        one, client = filled(user), browser(user)
        keys = ",".join(str(entry(one, symbol)) for symbol in ("ADA", "BTC", "SOL"))
        shown = read(client.post(f"/watchlists/{one.pk}/order", {"order": keys}, follow=True))
        assert self.told(shown) is None
        assert order(one) == ["ADA", "BTC", "SOL"]
