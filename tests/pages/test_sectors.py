"""The page of all sectors: sizes, rotation, table, flows, comparison; as of now and as of then."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from tests import factories
from tests.doors import client_of, queries
from tests.factories import MetricsSnapshotFactory, RegimeFactory, SectorMappingFactory, scored_direction
from tests.pages import market as making
from tests.pages import sectors as sectoring
from tests.pages.html import Element, page
from tests.pages.test_market import graph

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def made() -> making.Market:
    return making.make_market()


def table(shown: Element) -> list[list[str]]:
    return shown.one("section", id="table").one("table").rows()


def rows_of(path: str) -> list[list[str]]:
    response = client_of().get(path)
    assert response["Content-Type"].startswith("text/csv")
    return list(csv.reader(StringIO(response.content.decode())))


class TestStates:
    def test_without_a_market_it_says_how_to_make_one(self) -> None:
        shown = page("/sectors")
        assert "manage.py up" in shown.one("main").text
        assert not shown.every("figure")

    @pytest.mark.usefixtures("made")
    def test_before_the_first_comparison_it_says_how_to_make_one(self) -> None:
        assert "The sectors have not been compared yet" in page("/sectors").one("main").text
        assert client_of().get("/sectors.csv").status_code == 404

    def test_what_is_not_known_is_a_dash_with_its_reason(self, made: making.Market) -> None:
        unknown = dict.fromkeys(("sector_market_cap", "sector_volume_24h", "performance_7d_pct", "momentum_score"))
        reasons = {"performance_7d_pct": "too little history (3 candles)", "momentum_score": "prices did not move"}
        sectoring.analysed(made, "AI", 1, data={"rotation_graph": [], "missing": reasons}, **unknown)
        shown = page("/sectors")
        row = table(shown)[0]
        assert (row[0], row[3], row[6]) == ("–", "–", "–")
        told = [one.attributes["data-reason"] for one in shown.one("section", id="table").every(data_reason="")]
        assert {"too little history (3 candles)", "prices did not move"} <= set(told)
        text = shown.one("main").text
        assert "Areas stand here as soon as a market cap or a volume is known." in text
        assert "Sectors stand here as soon as one has 37 days of history." in text
        assert "Flows between sectors stand here as soon as" in text

    def test_an_old_analysis_is_told_as_stale(self, made: making.Market) -> None:
        made.snapshot.snapshot_time = making.TODAY - 9 * DAY
        made.snapshot.save()
        sectoring.analysed(made, "AI", 1)
        chip = page("/sectors").one("header", cls="asset-head").one("span", cls="chip")
        assert chip.attributes["data-state"] == "stale"


class TestMap:
    def test_areas_are_market_caps_and_colours_changes(self, made: making.Market) -> None:
        sectoring.sectors(made)
        figure = page("/sectors").one("figure", id="drawing-map")
        tiles = figure.one("svg", cls="treemap").every("a")
        assert [one.attributes["href"] for one in tiles] == [
            "/sectors/ai",
            "/sectors/defi",
            "/sectors/layer-1",
            "/sectors/gaming",
        ]
        areas = []
        for one in tiles:
            box = one.one("svg").attributes
            areas.append(float(box["width"][:-1]) * float(box["height"][:-1]))
        assert areas == pytest.approx([4000, 3000, 2000, 1000], rel=1e-3)
        assert tiles[0].attributes["aria-label"].replace("\N{NO-BREAK SPACE}", " ") == "AI: 4.00 K USD, +9.0 %"
        assert [one.one("rect").attributes["class"] for one in tiles] == ["heat p2", "heat p2", "heat p1", "heat p1"]
        assert figure.one("table").rows()[0] == ["AI", "4.00 K", "+9.0 %"]
        assert page("/sectors").one("h2", id="map-title").text == "4 of 4 rose in 7 d; the best: AI, +9.0 %"

    def test_the_span_of_the_change_is_chosen(self, made: making.Market) -> None:
        sectoring.sectors(made)
        shown = page("/sectors?change=30d")
        assert shown.one("h2", id="map-title").text.startswith("0 of 4 rose in 30 d")
        assert shown.one("nav", aria_label="Change over").one("a", aria_current="true").text == "30 d"

    def test_without_caps_areas_are_volumes_and_what_has_none_is_named(self, made: making.Market) -> None:
        sectoring.analysed(made, "AI", 1, sector_market_cap=None)
        sectoring.analysed(made, "DeFi", 2, sector_market_cap=None, sector_volume_24h=None)
        text = page("/sectors").one("figure", id="drawing-map").text
        assert "areas are volumes of 24 h" in text
        assert "not drawn: DeFi" in text


class TestRotation:
    def test_tails_are_dated_and_who_leads_is_told(self, made: making.Market) -> None:
        sectoring.sectors(made)
        shown = page("/sectors")
        assert shown.one("h2", id="rotation-title").text == "Leading: AI"
        figure = shown.one("figure", id="drawing-rotation")
        tails = figure.one("svg", cls="rotation").every("a")
        assert [one.attributes["href"] for one in tails] == ["/sectors/ai", "/sectors/layer-1", "/sectors/defi"]
        newest = tails[0].one("circle", cls="now").attributes
        assert 50 < float(newest["cx"][:-1]) < 100
        assert 0 < float(newest["cy"][:-1]) < 50
        assert len(tails[0].every("circle", cls="day")) == 2
        rows = figure.one("table").rows()
        assert rows[0] == ["AI", making.TODAY.strftime("%-d %b %Y"), "Leading", "+1.00", "+0.50"]
        assert len(rows) == 9

    def test_its_file_has_every_point(self, made: making.Market) -> None:
        sectoring.sectors(made)
        rows = rows_of("/sectors/rotation.csv")
        assert len(rows) == 10
        assert rows[3] == ["AI", making.TODAY.isoformat(), "1.0", "0.5", "leading"]


class TestTable:
    def test_figures_outlook_and_record(self, made: making.Market) -> None:
        sectoring.sectors(made)
        row = table(page("/sectors"))[0]
        assert row[:11] == [
            "1", "AI", "+0.5 %", "+9.0 %", "−4.0 %", "0.60", "+0.42", "50 %", "12.5 %", "+30 %", "Leading",
        ]  # fmt: skip
        assert "bullish" in row[11]
        assert "no proven skill yet" in row[11]
        assert "came true in 30 of 48 past cases" in row[11]

    def test_it_is_sorted_by_a_column_and_unknown_ones_come_last(self, made: making.Market) -> None:
        sectoring.analysed(made, "AI", 1, sector_dominance_pct=None)
        sectoring.analysed(made, "DeFi", 2, sector_dominance_pct=Decimal(5))
        sectoring.analysed(made, "Gaming", 3, sector_dominance_pct=Decimal(9))
        assert [row[1] for row in table(page("/sectors?sort=-dominance"))] == ["Gaming", "DeFi", "AI"]
        assert [row[1] for row in table(page("/sectors?sort=dominance"))] == ["DeFi", "Gaming", "AI"]
        assert [row[1] for row in table(page("/sectors?sort=nonsense"))] == ["AI", "DeFi", "Gaming"]
        heads = page("/sectors?sort=-dominance").one("section", id="table").every("th", aria_sort="descending")
        assert [one.text for one in heads] == ["Dominance"]

    def test_its_file_is_what_is_shown(self, made: making.Market) -> None:
        sectoring.sectors(made)
        rows = rows_of("/sectors.csv?sort=name")
        assert [row[1] for row in rows[1:]] == ["AI", "DeFi", "Gaming", "Layer 1"]
        assert rows[1][:4] == ["1", "AI", "0.50", "9.00"]

    def test_proven_skill_takes_the_place_of_the_words(self, made: making.Market) -> None:
        found = sectoring.analysed(made, "AI", 1)
        index = sectoring.index_of(found, [1, 2])
        model = factories.AIModelFactory(name="sector_learned")
        for back in range(80):
            as_of = making.TODAY - (back + 2) * DAY
            up = back % 3 != 0
            scored_direction(
                0.95 if up else 0.05, Decimal(70000 if up else 60000), asset=index, ai_model=model, as_of=as_of,
                evaluated_at=as_of + DAY, layer_source=2,
            )  # fmt: skip
        row = table(page("/sectors"))[0]
        assert "no proven skill yet" not in row[11]
        assert "skill +99.0 %" in row[11]


class TestFlows:
    def test_rows_sum_to_what_left_and_columns_to_what_arrived(self, made: making.Market) -> None:
        sectoring.sectors(made)
        shown = page("/sectors").one("section", aria_labelledby="flows-title")
        assert shown.one("h2").text == "Most went from DeFi to AI: 1.00 pp"
        assert "In 7 d 2.00 pp of the market cap of all sectors moved" in shown.text
        assert "about 200.00 USD" in shown.text
        matrix = shown.one("table")
        assert matrix.rows() == [["DeFi", "1.00", "0.50", "1.50"], ["Gaming", "0.50", "–", "0.50"]]
        foot = [cell.text for cell in matrix.one("tfoot").one("tr").children if isinstance(cell, Element)]
        assert foot == ["Sum", "1.50", "0.50", "2.00"]
        assert len(shown.every("path", cls="ribbon")) == 3

    def test_its_file(self, made: making.Market) -> None:
        sectoring.sectors(made)
        rows = rows_of("/sectors/flows.csv")
        assert rows[1] == ["DeFi", "AI", "1.0", "market_cap", "168.0", making.TODAY.isoformat()]
        assert len(rows) == 4

    def test_volumes_are_told_as_such_and_not_in_dollars(self, made: making.Market) -> None:
        sectoring.sectors(made)
        comparison = sectoring.compared(made)
        comparison.analysis_data = {
            "rotation_signals": {"basis": "turnover", "horizon_hours": 168.0, "moved_points": 2.0}
        }
        comparison.save()
        text = page("/sectors").one("section", aria_labelledby="flows-title").text
        assert "of the dollars that are traded a day" in text
        assert "about" not in text.split("Percentage points")[0]


class TestCompare:
    def test_without_a_choice_the_two_best_and_the_two_worst(self, made: making.Market) -> None:
        sectoring.sectors(made)
        shown = page("/sectors?range=30d")
        found = graph(shown, "compare")
        assert [line["name"] for line in found["lines"]] == ["AI", "DeFi", "Layer 1", "Gaming"]
        assert found["lines"][0]["values"][0] == 100
        assert found["lines"][0]["values"][-1] == pytest.approx(100 * (50 + 39 * 3) / (50 + 9 * 3))
        assert found["lines"][3]["values"][-1] == 100
        assert " ".join(found["title"].split()) == "AI did best of these in 30 d: +116.9 %"
        assert len({line["hue"] for line in found["lines"]}) == 4

    def test_those_that_are_chosen_and_how_they_went_together(self, made: making.Market) -> None:
        sectoring.sectors(made)
        shown = page("/sectors?compare=defi&compare=ai").one("section", id="compare")
        assert [one.attributes["value"] for one in shown.every("input", checked="")] == ["ai", "defi"]
        assert shown.one("table").rows() == [["DeFi", "+1.00", "+0.80"], ["AI", "+0.80", "+1.00"]]

    def test_more_than_four_and_unknown_ones_are_told_in_words(self, made: making.Market) -> None:
        sectoring.sectors(made)
        sectoring.analysed(made, "NFT", 5)
        query = "&".join(f"compare={one}" for one in ("ai", "defi", "gaming", "layer-1", "nft", "nothing"))
        shown = page(f"/sectors?{query}").one("section", id="compare")
        told = [one.text for one in shown.every("p", role="alert")]
        assert told[0] == "Four can be compared; the first four are shown."
        assert "nothing" in told[1]
        assert len(shown.every("input", checked="")) == 4

    def test_without_an_index_there_is_no_line(self, made: making.Market) -> None:
        sectoring.analysed(made, "AI", 1)
        shown = page("/sectors").one("section", id="compare")
        assert "A line stands here as soon as two moments are known." in shown.text


class TestThen:
    @pytest.fixture
    def before(self, made: making.Market) -> making.Market:
        """A comparison of the day before."""
        snapshot = MetricsSnapshotFactory(snapshot_time=making.TODAY - DAY, data_source="aggregated")
        regime = RegimeFactory(metrics_snapshot=snapshot, data_source=made.regime.data_source)
        return making.Market(made.asset, snapshot, regime, made.tier)

    def test_the_whole_page_is_shown_as_it_was(self, made: making.Market, before: making.Market) -> None:
        sectoring.analysed(before, "AI", 1, performance_7d_pct=Decimal(-3))
        sectoring.analysed(made, "AI", 1)
        assert table(page("/sectors"))[0][3] == "+9.0 %"
        yesterday = (making.TODAY - DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown = page(f"/sectors?at={yesterday}")
        assert table(shown)[0][3] == "−3.0 %"
        assert shown.one("input", id="when-place").attributes["value"] == "0"
        assert shown.one("a", id="when-later").attributes["href"] == "?"
        assert "hidden" in shown.one("a", id="when-earlier").attributes
        newest = page("/sectors")
        assert f"at={yesterday.replace(':', '%3A')}" in newest.one("a", id="when-earlier").attributes["href"]
        assert "hidden" in newest.one("a", id="when-later").attributes

    def test_a_moment_between_two_is_the_one_before_and_nonsense_is_now(
        self, made: making.Market, before: making.Market
    ) -> None:
        sectoring.analysed(before, "AI", 1, performance_7d_pct=Decimal(-3))
        sectoring.analysed(made, "AI", 1)
        between = (making.TODAY - DAY / 2).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert table(page(f"/sectors?at={between}"))[0][3] == "−3.0 %"
        for nonsense in ("yesterday", "2026-01-01", "%00"):
            assert table(page(f"/sectors?at={nonsense}"))[0][3] == "+9.0 %"

    def test_the_other_market_is_left_out(self, made: making.Market) -> None:
        demo = MetricsSnapshotFactory(snapshot_time=making.TODAY + DAY, data_source="demo")
        sectoring.analysed(making.Market(made.asset, demo, made.regime, made.tier), "DeFi", 1)
        sectoring.analysed(made, "AI", 1)
        assert [row[1] for row in table(page("/sectors"))] == ["AI"]


def test_it_asks_the_database_as_often_for_five_sectors_as_for_one(made: making.Market) -> None:
    sectoring.index_of(sectoring.analysed(made, "AI", 1), [1, 2, 3])
    client = client_of()
    few = queries(client, "/sectors")
    for place, name in enumerate(("DeFi", "Gaming", "NFT", "RWA"), 2):
        sectoring.index_of(sectoring.analysed(made, name, place), [1, 2, 3])
    sectoring.add_flows(made)
    assert queries(client, "/sectors") == few <= 22


def test_home_and_asset_lead_here(made: making.Market) -> None:
    found = sectoring.analysed(made, "Layer 1", 1)
    SectorMappingFactory(asset=made.asset, sector=found)
    home: Any = page("/").one("section", aria_labelledby="sectors-title")
    assert {"/sectors", "/sectors/layer-1"} <= {one.attributes["href"] for one in home.every("a")}
    pills = page("/assets/BTC").one("header", cls="asset-head").every("a", cls="pill")
    assert [one.attributes["href"] for one in pills] == ["/sectors/layer-1"]
