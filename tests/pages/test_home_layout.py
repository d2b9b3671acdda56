"""The start page of a person: what changed, how much is shown, and in which order."""

from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.backends.base import SessionBase

from accounts.models import User
from assets.choices import Market
from assets.models import Asset
from cryptopredict.pages.home.layout import CASUAL, PROFESSIONAL, WIDGETS, Layout, layout_of
from cryptopredict.pages.home.visits import since_last_visit
from selection.models import Watchlist, WatchlistAssetHistory
from selection.selectors.list_changes import list_changes, watched_asset_ids
from selection.services import add_to_watchlist, remove_from_watchlist
from tests.doors import client_of, queries
from tests.factories import (
    AdminFactory,
    AssetFactory,
    EntryFactory,
    FiringFactory,
    RegimeFactory,
    SignalOutcomeFactory,
    UserFactory,
    WatchlistFactory,
)
from tests.pages import market as making
from tests.pages.html import Element, page

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def titles(shown: Element) -> list[str]:
    cards = shown.one("div", cls="cards").every("section", cls="card")
    return [one.attributes.get("aria-labelledby", "kpis-title").removesuffix("-title") for one in cards]


def lines(user: User) -> list[str]:
    """What is told to have changed, without its age."""
    told = page("/", user).one("section", aria_labelledby="changes-title").every("ul", cls="changes")
    return [line.every("span")[0].text for line in told[0].every("li")] if told else []


def test_who_looks_in_sees_few_cards_an_admin_all_and_a_visitor_none_of_his_own() -> None:
    making.make_market()
    assert titles(page("/", UserFactory())) == ["market", "portfolio", "changes", "signals", "record"]
    assert titles(page("/", AdminFactory())) == list(WIDGETS)
    assert titles(page("/")) == ["market", "record", "kpis", "sectors", "suggestions", "signals"]
    assert not page("/").every("form", action="/home/layout")


def test_the_other_view_is_remembered() -> None:
    making.make_market()
    user = UserFactory(preferences={"theme": "dark"})
    answer = client_of(user).post("/home/layout", {"mode": "professional"}, follow=True)
    assert "All cards are shown." in answer.content.decode()
    user.refresh_from_db()
    assert user.preferences == {"theme": "dark", "dashboard_mode": "professional"}
    assert titles(page("/", user)) == list(WIDGETS)
    assert client_of(user).post("/home/layout", {"mode": "nonsense"}).status_code == 404
    assert client_of().post("/home/layout", {"mode": "casual"}).status_code == 302


def test_cards_are_moved_hidden_and_put_back() -> None:
    making.make_market()
    admin = AdminFactory()
    shown = [key for key in WIDGETS if key != "portfolio"]
    answer = client_of(admin).post("/home/layout", {"shown": shown, "up": "kpis"})
    assert answer["Location"] == "/?arrange=1#arrange"
    assert titles(page("/", admin)) == ["market", "changes", "kpis", "record", "sectors", "suggestions", "signals"]
    boxes = page("/", admin, arrange="1").one("details", cls="arrange").every("input", type="checkbox")
    assert [box.attributes["value"] for box in boxes if "checked" not in box.attributes] == ["portfolio"]
    client_of(admin).post("/home/layout", {"reset": ""})
    assert titles(page("/", admin)) == list(WIDGETS)
    admin.refresh_from_db()
    assert not {"home_order", "home_hidden"} & admin.preferences.keys()


def test_preferences_that_a_program_wrote_are_read_as_far_as_they_make_sense() -> None:
    kept = {"dashboard_mode": "both", "home_order": ["kpis", "nonsense", 3, "kpis"], "home_hidden": "market"}
    layout = layout_of(UserFactory(preferences=kept))
    assert layout is not None
    assert layout.mode == CASUAL
    assert layout.order == ("kpis", *(key for key in WIDGETS if key != "kpis"))
    assert layout.hidden == frozenset()


def test_a_card_at_an_end_stays_there() -> None:
    layout = Layout(PROFESSIONAL, tuple(WIDGETS), frozenset())
    first, last = layout.order[0], layout.order[-1]
    assert layout.moved(first, -1) == layout.moved(last, 1) == layout
    assert layout.moved(first, 1).order[:2] == (layout.order[1], first)


def test_a_visit_ends_after_half_an_hour_without_a_look() -> None:
    session, start = SessionBase(), making.NOW
    assert since_last_visit(session, start) == start - DAY, "never here before"
    session.modified = False
    soon = start + timedelta(minutes=4)
    assert since_last_visit(session, soon) == soon - DAY
    assert not session.modified, "not every look is written down"
    since_last_visit(session, start + timedelta(minutes=20))
    assert since_last_visit(session, start + timedelta(hours=9)) == start + timedelta(minutes=20), "another visit"
    assert since_last_visit(session, start + timedelta(hours=9, minutes=10)) == start + timedelta(minutes=20)


def test_what_changed_is_told_line_by_line() -> None:
    made, user = making.make_market(), UserFactory()
    RegimeFactory(
        metrics_snapshot=making.factories.MetricsSnapshotFactory(snapshot_time=making.TODAY - 3 * DAY),
        current_regime="Bear",
        analysis_time=making.TODAY - 3 * DAY,
        data_source=made.regime.data_source,
        analysis_timeframe=made.regime.analysis_timeframe,
    )
    EntryFactory(watchlist=WatchlistFactory(user=user), asset=made.asset)
    signal = making.add_signal(made, proven=True, status="expired")
    SignalOutcomeFactory(signal=signal, ended_at=making.NOW - timedelta(hours=1))
    FiringFactory(user=user, fired_at=making.NOW - timedelta(hours=2))
    assert lines(user) == [
        "The market accumulation now, bear market before",
        "1 signal ended target 1",
        "1 alert fired",
    ]


def test_nothing_changed_is_told_with_the_next_step() -> None:
    making.make_market()
    shown = page("/", UserFactory()).one("section", aria_labelledby="changes-title")
    assert "Nothing has changed" in shown.text
    assert shown.one("a", cls="button").attributes["href"] == "/alerts"


def on(watchlist: Watchlist, symbol: str, since: datetime, until: datetime | None = None) -> None:
    """It was on a list."""
    asset = AssetFactory(symbol=symbol)
    WatchlistAssetHistory.objects.create(
        watchlist=watchlist, asset=asset, sort_order=1, valid_from=since, valid_to=until
    )


def test_net_changes_of_lists() -> None:
    made, user = making.make_market(), UserFactory()
    mine, second = WatchlistFactory(user=user, name="Mine"), making.factories.DefaultListFactory(tier="tier2")
    stranger = WatchlistFactory()
    before, since, then = making.NOW - 3 * DAY, making.NOW - 2 * DAY, making.NOW - DAY
    on(mine, "STAYS", before)
    on(mine, "CAME", then)
    on(mine, "LEFT", before, then)
    on(mine, "BRIEF", since + timedelta(hours=1), then)
    on(stranger, "FOREIGN", then)
    on(second, "ROSE", before, then)
    rose = Asset.objects.get(symbol="ROSE")
    WatchlistAssetHistory.objects.create(watchlist=made.tier, asset=rose, sort_order=1, valid_from=then)
    found = {(one.asset.symbol, one.move.value, one.watchlist.pk) for one in list_changes(Market.REAL, user, since)}
    assert found == {("CAME", "came", mine.pk), ("LEFT", "left", mine.pk), ("ROSE", "promoted", made.tier.pk)}


def test_another_place_on_the_same_list_is_no_change() -> None:
    making.make_market()
    user = UserFactory()
    mine = WatchlistFactory(user=user)
    since = making.NOW - 2 * DAY
    on(mine, "SOL", since - DAY, since + DAY)
    asset = Asset.objects.get(symbol="SOL")
    WatchlistAssetHistory.objects.create(watchlist=mine, asset=asset, sort_order=2, valid_from=since + DAY)
    assert list_changes(Market.REAL, user, since) == []


def test_signals_are_those_of_the_own_lists_and_without_one_of_the_default_lists() -> None:
    made, user = making.make_market(), UserFactory()
    other = AssetFactory(symbol="SOL")
    EntryFactory(watchlist=made.tier, asset=other)
    assert watched_asset_ids(user) == {other.pk}
    mine = WatchlistFactory(user=user)
    entry = add_to_watchlist(mine, made.asset, actor=user)
    assert watched_asset_ids(user) == {made.asset.pk}
    making.add_signal(made)
    making.add_signal(made, asset=other)
    table = page("/", user).one("section", id="signals").one("table")
    assert [row[1] for row in table.rows()] == ["BTC"]
    remove_from_watchlist(entry, actor=user)
    assert watched_asset_ids(user) == {other.pk}


def test_the_record_in_a_line_of_each_horizon() -> None:
    making.add_record(making.make_market(), days=12)
    told = page("/", UserFactory()).one("section", aria_labelledby="record-title")
    assert "12 forecasts scored, right 50.0 %" in told.text
    assert "no proven skill yet" in told.text


def test_more_changes_need_no_more_queries() -> None:
    made, user = making.make_market(), UserFactory()
    mine = WatchlistFactory(user=user)

    def add(symbols: str) -> None:
        for symbol in symbols:
            on(mine, f"N{symbol}", making.NOW - timedelta(hours=3))
            EntryFactory(watchlist=mine, asset=Asset.objects.get(symbol=f"N{symbol}"))
            signal = making.add_signal(made, status="expired", asset=made.asset)
            SignalOutcomeFactory(signal=signal, ended_at=making.NOW - timedelta(hours=1))
            FiringFactory(user=user, fired_at=making.NOW - timedelta(hours=2))

    EntryFactory(watchlist=mine, asset=made.asset)
    add("a")
    one = queries(client_of(user), "/")
    add("bcdefgh")
    assert queries(client_of(user), "/") == one
    assert lines(user)[6] == "2 more changes of lists"
