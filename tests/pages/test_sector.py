"""The page of one sector."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest

from assets.models import Asset
from sectors.models import Sector
from sectors.selectors.indexes import SOURCE
from tests import factories
from tests.doors import client_of, queries
from tests.factories import scored_direction
from tests.pages import market as making
from tests.pages import sectors as sectoring
from tests.pages.html import page
from tests.pages.test_market import graph

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def made() -> making.Market:
    return making.make_market()


@pytest.fixture
def ai(made: making.Market) -> Sector:
    return sectoring.sectors(made)["AI"]


class TestAddress:
    def test_its_key_and_another_spelling_lead_to_its_name(self, ai: Sector) -> None:
        client = client_of()
        for name in (str(ai.pk), "Ai"):
            response = client.get(f"/sectors/{name}")
            assert (response.status_code, response["Location"]) == (302, "/sectors/ai")
        assert client.get("/sectors/ai").status_code == 200

    @pytest.mark.usefixtures("ai")
    def test_what_is_no_sector_is_not_found(self) -> None:
        for name in ("nothing", "0", "%00"):
            assert client_of().get(f"/sectors/{name}").status_code == 404

    def test_a_name_that_an_address_cannot_have_is_its_key(self, made: making.Market) -> None:
        found = sectoring.analysed(made, "!!!", 1)
        assert page(f"/sectors/{found.pk}").one("h1").text == "!!!"


class TestStates:
    @pytest.mark.usefixtures("made")
    def test_without_an_analysis_it_says_what_will_stand_there(self) -> None:
        factories.SectorFactory(name="Empty", is_active=False)
        shown = page("/sectors/empty")
        text = shown.one("main").text
        assert "not tracked any more" in text
        assert "What this sector did stands here as soon as it has members" in text
        assert "The members of the sector stand here. It has none" in text
        assert "None was issued" in text

    def test_without_any_market_too(self) -> None:
        factories.SectorFactory(name="Empty")
        assert "It has none" in page("/sectors/empty").one("main").text


def test_where_it_stands_with_explanations_and_reasons(ai: Sector) -> None:
    shown = page("/sectors/ai")
    head = shown.one("header", cls="asset-head").text
    assert "Leading" in head
    assert "place 1 of 4 by the return of 7 days" in head
    kpis = {one.one("h2").text: one.one("p", cls="value").text for one in shown.every("div", cls="kpi")}
    assert kpis == {
        "Return of 7 days": "+9.0 %",
        "Return of 30 days": "−4.0 %",
        "Relative strength": "0.60",
        "Momentum": "+0.42",
        "Breadth": "50 %",
        "Dominance": "12.5 %",
    }
    assert len(shown.every("div", cls="explain")) == 6
    why = shown.one("section", aria_labelledby="why-title").one("table").rows()
    assert [row[:2] for row in why] == [["Momentum of 30 days", "+0.60"], ["Net inflow of 7 days", "−0.25"]]
    sources = shown.one("section", aria_labelledby="sources-title")
    assert sources.one("table").rows() == [["no source Active users and Total value locked", "2"]]


def test_its_index_stands_beside_the_whole_market(ai: Sector) -> None:
    found = graph(page("/sectors/ai?range=30d"), "index")
    assert [line["name"] for line in found["lines"]] == ["AI", "Whole market"]
    own, whole = (line["values"][-1] for line in found["lines"])
    assert own == pytest.approx(100 * (50 + 39 * 3) / (50 + 9 * 3))
    assert whole == pytest.approx(100 * 239 / 209)
    assert " ".join(found["title"].split()) == "AI: +116.9 % in 30 d, +102.5 pp against the whole market"
    assert found["times"][-1] == making.TODAY.timestamp() * 1000


def test_its_figures_over_time(made: making.Market, ai: Sector) -> None:
    for back in (2, 1):
        snapshot = factories.MetricsSnapshotFactory(snapshot_time=making.TODAY - back * DAY, data_source="aggregated")
        sectoring.analysed(
            making.Market(made.asset, snapshot, made.regime, made.tier), "AI", 1,
            sector_dominance_pct=Decimal(10 + back), data={"performance_metrics": {"breadth": 0.1 * back}},
        )  # fmt: skip
    shown = page("/sectors/ai")
    assert graph(shown, "dominance")["lines"][0]["values"] == [12, 11, 12.5]
    assert graph(shown, "breadth")["lines"][0]["values"] == pytest.approx([20, 10, 50])
    assert graph(shown, "inflow")["lines"][0]["values"] == pytest.approx([30, 30, 30])


class TestMembers:
    def test_they_weigh_by_market_cap_and_are_sorted(self, made: making.Market, ai: Sector) -> None:
        sectoring.add_members(ai, made)
        shown = page("/sectors/ai")
        rows = shown.one("section", id="members").one("table").rows()
        assert [(row[0].split()[0], row[1], row[4]) for row in rows] == [
            ("BIG", "75.0 %", "−2.0 %"),
            ("BTC", "25.0 %", "+5.0 %"),
        ]
        rows = page("/sectors/ai?sort=-7d").one("section", id="members").one("table").rows()
        assert [row[0].split()[0] for row in rows] == ["BTC", "BIG"]
        ends = shown.one("section", aria_labelledby="best-title").one("table").rows()
        assert [row[0] for row in ends] == ["Leaders", "BTC", "Laggards", "BIG"]
        tiles = shown.one("svg", cls="treemap").every("a")
        assert [one.attributes["href"] for one in tiles] == ["/assets/BIG", "/assets/BTC"]

    def test_a_coin_of_two_sectors_counts_in_parts(self, made: making.Market, ai: Sector) -> None:
        sectoring.add_members(ai, made)
        factories.SectorMappingFactory(asset=made.asset, sector=Sector.objects.get(name="DeFi"))
        rows = page("/sectors/ai").one("section", id="members").one("table").rows()
        assert "50 % of it counts here" in rows[1][0]
        assert [row[1] for row in rows] == ["85.7 %", "14.3 %"]

    def test_what_counts_nowhere_has_no_weight_and_says_why(self, made: making.Market, ai: Sector) -> None:
        sectoring.add_members(ai, made)
        Asset.objects.filter(symbol="BIG").update(metrics_details={"pegged_to": "BTC"})
        shown = page("/sectors/ai").one("section", id="members")
        assert [(row[0].split()[0], row[1]) for row in shown.one("table").rows()] == [("BTC", "100.0 %"), ("BIG", "–")]
        told = [one.attributes["data-reason"] for one in shown.every(data_reason="")]
        assert "a wrapped coin repeats another and counts nowhere" in told

    def test_where_caps_are_missing_all_weigh_the_same(self, made: making.Market) -> None:
        found = sectoring.analysed(made, "AI", 1, data={"flags": ["equal_weighted"]})
        sectoring.add_members(found, made)
        shown = page("/sectors/ai").one("section", id="members")
        assert [row[1] for row in shown.one("table").rows()] == ["50.0 %", "50.0 %"]
        assert "all members weigh the same" in shown.text

    def test_their_file(self, made: making.Market, ai: Sector) -> None:
        sectoring.add_members(ai, made)
        text = client_of().get("/sectors/ai/members.csv?sort=symbol").content.decode()
        rows = list(csv.reader(StringIO(text)))
        assert [(row[0], row[4]) for row in rows[1:]] == [("BIG", "75.0000"), ("BTC", "25.0000")]


class TestForecasts:
    def test_open_ones_have_the_record_of_their_horizon(self, ai: Sector) -> None:
        index = Asset.objects.get(external_ids__contains={SOURCE: f"sector:{ai.coingecko_id}"})
        sectoring.add_forecast(index)
        row = page("/sectors/ai").one("section", aria_labelledby="forecasts-title").one("table").rows()[0]
        assert row[0].startswith("24 h")
        assert row[1:4] == ["58 %", "−3.0 % … +3.0 %", "−10.0 % … +10.0 %"]
        assert "no proven skill yet" in row[4]
        assert "sector_rules_24 1.0.0" in row[5]

    def test_what_came_of_the_last_ones(self, ai: Sector) -> None:
        index = Asset.objects.get(external_ids__contains={SOURCE: f"sector:{ai.coingecko_id}"})
        as_of = making.TODAY - 2 * DAY
        scored_direction(0.6, Decimal(110), input_price=Decimal(100), asset=index, as_of=as_of,
                         evaluated_at=as_of + DAY, layer_source=2)  # fmt: skip
        row = page("/sectors/ai").one("section", aria_labelledby="forecasts-title").one("table").rows()[0]
        assert row[2:] == ["24 h", "rises: 60.0 %", "+10.0 %", "Brier 0.160 , naive 0.250"]


def test_it_asks_the_database_as_often_for_five_members_as_for_one(made: making.Market, ai: Sector) -> None:
    factories.SectorMappingFactory(asset=made.asset, sector=ai)
    index = Asset.objects.get(external_ids__contains={SOURCE: f"sector:{ai.coingecko_id}"})
    sectoring.add_forecast(index)
    client = client_of()
    few = queries(client, "/sectors/ai")
    for _ in range(4):
        factories.SectorMappingFactory(sector=ai)
    assert queries(client, "/sectors/ai") == few <= 26
