"""The pages of backtests."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from aimodels.choices import ModelType
from aimodels.models import ModelJob
from tests.doors import client_of, queries
from tests.factories import AdminFactory, AIModelFactory, ModelJobFactory, UserFactory
from tests.pages import market as making
from tests.pages.html import page, read
from trading.models import Backtest
from trading.services.backtests.report import COLUMNS, CURVE_COLUMNS

pytestmark = pytest.mark.django_db
ASKED = {
    "name": "Averages", "source": "rules", "timeframe": "1d", "start": "2024-01-01", "end": "2024-09-01",
    "assets": "btc, ETH", "rule": "sma_cross", "fast": "20", "slow": "50", "sides": "both", "stop_kind": "percent",
    "stop_size": "5", "target": "2", "leave": "opposite", "capital": "10000", "share": "10", "max_open": "4",
    "fee": "0.1", "slippage": "0.05", "folds": "5",
}  # fmt: skip

BREAKOUTS = [{"entry": {"rule": "breakout", "bars": bars}} for bars in (20, 9)]
VARIANTS = {"variants": json.dumps(BREAKOUTS)}


@pytest.fixture
def person() -> User:
    user: User = UserFactory()
    return user


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


@pytest.fixture
def signals_model() -> None:
    AIModelFactory(model_type=ModelType.TIMING, is_active=True)


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    settings.CRYPTOPREDICT_HOME = tmp_path
    return tmp_path


def with_report(home: Path, row: Backtest, values: tuple[float, ...] = (100, 110, 99)) -> Backtest:
    """The files of a report beside a row."""
    row.report = f"backtests/{row.pk}"
    row.save()
    folder = home / row.report
    folder.mkdir(parents=True)
    high, lines = values[0], [",".join(CURVE_COLUMNS)]
    for place, value in enumerate(values):
        high = max(high, value)
        closed = row.start_at + timedelta(days=place + 1)
        lines.append(f"{closed.isoformat()},{value},{-100 * (1 - value / high)}")
    (folder / "equity.csv").write_text("\n".join(lines))
    trade = dict.fromkeys(COLUMNS, "") | {
        "symbol": "BTC", "side": "long", "entered_at": "2026-01-02T00:00:00+00:00",
        "exited_at": "2026-01-05T00:00:00+00:00", "entry": "100.0", "exit": "95.0", "pnl": "-51.5",
        "return_percent": "-5.15", "reason": "stop", "assumed": "True",
    }  # fmt: skip
    running = trade | {"exited_at": "", "exit": "", "pnl": "", "return_percent": "", "reason": "", "assumed": "False"}
    rows = [",".join(COLUMNS), *(",".join(one[name] for name in COLUMNS) for one in (trade, running))]
    (folder / "trades.csv").write_text("\n".join(rows))
    return row


class TestList:
    def test_visitors_log_in_first(self) -> None:
        for path in ("/backtests", "/backtests/new", "/backtests/compare", "/backtests/1"):
            assert client_of().get(path)["Location"].startswith("/login?next=")

    def test_without_any_it_offers_the_first(self, person: User) -> None:
        shown = page("/backtests", person)
        assert "Try the first one" in shown.text
        assert not shown.every("table")

    def test_each_is_told_with_holding_and_luck(self, person: User) -> None:
        making.add_backtest(person)
        lucky = making.backtest_metrics() | {
            "random_entries": {"mean_pct": 1, "random_pct": 0, "p_value": 0.01},
            "deflated_sharpe": {"chance": 0.99, "trials": 3},
        }
        making.add_backtest(person, name="Good", metrics=lucky)
        making.add_backtest(UserFactory(), name="Other's")
        good, plain = page("/backtests", person).one("table").rows()
        assert plain[4:] == ["+10.0 %", "+4.0 %", "7.0 %", "12", "not proven"]
        assert good[-1] == "more than luck"

    def test_what_runs_is_followed_and_what_failed_has_no_result(self, person: User) -> None:
        job = ModelJobFactory(progress_pct=40)
        nothing = {"metrics": None, "assumptions": None, "trades": None, "trials": None, "fingerprint": None,
                   "report": None, "finished_at": None}  # fmt: skip
        making.add_backtest(person, name="Runs", status="running", job=job, **nothing)
        making.add_backtest(person, name="Failed", status="failed", error="No candle lies there.", **nothing)
        shown = page("/backtests", person)
        assert shown.one("progress").attributes["value"] == "40.0"
        assert shown.one("form", id="backtest-list").attributes["hx-trigger"] == "every 5s"
        assert [row[4] for row in shown.one("table").rows()] == ["–", "–"]

    def test_more_need_no_more_queries(self, person: User, client: Client) -> None:
        making.add_backtest(person)
        few = queries(client, "/backtests")
        for _place in range(4):
            making.add_backtest(person, job=ModelJobFactory())
        assert queries(client, "/backtests") == few <= 20


class TestAsking:
    @pytest.mark.usefixtures("signals_model")
    def test_declared_rules_are_queued(self, client: Client, person: User) -> None:
        answer = client.post("/backtests/new", ASKED)
        row = Backtest.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/backtests/{row.pk}")
        assert (row.created_by, row.source, row.timeframe) == (person, "rules", "1d")
        assert row.configuration["assets"] == ["BTC", "ETH"]
        assert row.configuration["rules"] == {
            "entry": {"rule": "sma_cross", "fast": 20, "slow": 50},
            "sides": ["long", "short"],
            "leave": "opposite",
            "stop": {"percent": 5.0},
            "targets": [{"r": 2.0, "share": 1}],
        }
        assert row.configuration["account"] == {"start": 10000.0, "share_percent": 10.0, "max_open": 4}
        assert ModelJob.objects.get().job_type == "backtest"

    @pytest.mark.usefixtures("signals_model")
    @pytest.mark.parametrize(
        ("source", "given", "configuration"),
        [
            ("plans", {"timeframe": "4h"}, {"signals": "plans"}),
            ("series", {"timeframe": "4h"}, {"series": "live"}),
            (
                "variants",
                VARIANTS,
                {"folds": 5},
            ),
        ],
    )
    def test_other_orders(
        self, client: Client, source: str, given: dict[str, str], configuration: dict[str, Any]
    ) -> None:
        answer = client.post("/backtests/new", ASKED | {"source": source} | given)
        assert answer.status_code == 302, read(answer).text
        assert configuration.items() <= Backtest.objects.get().configuration.items()

    @pytest.mark.usefixtures("signals_model")
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"fast": ""}, "fast"),
            ({"fast": "90"}, "fast"),
            ({"slow": "5000"}, "slow"),
            ({"start": "2024-10-01"}, "start"),
            ({"end": "2100-01-01"}, "end"),
            ({"start": "yesterday"}, "start"),
            ({"stop_size": ""}, "stop_size"),
            ({"rule": "rsi", "below": "80", "above": "20", "length": "14"}, "below"),
            ({"stop_kind": "none"}, "target"),
            ({"source": "variants", "variants": "{"}, "variants"),
            ({"source": "variants", "variants": "{}"}, "variants"),
            ({"source": "variants", "variants": '[{"entry": {"rule": "guess"}}]'}, "variants"),
            ({"source": "plans", "timeframe": "1m"}, "timeframe"),
            ({"assets": "BTC, btc"}, "assets"),
            ({"capital": "0"}, "capital"),
        ],
    )
    def test_what_is_refused_stands_beside_its_field_and_what_was_written_stays(
        self, client: Client, changes: dict[str, str], field: str
    ) -> None:
        answer = client.post("/backtests/new", ASKED | changes)
        assert answer.status_code == 422
        shown = read(answer)
        (said,) = [one for one in shown.every("p", cls="form-error") if "id" in one.attributes]
        assert said.attributes["id"] == f"id_{field}_error"
        assert shown.one("input", name="name").attributes["value"] == "Averages"
        assert not Backtest.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"end": "2020-01-01", "start": "2020-01-02"}, "The start must lie before the end."),
            ({"end": "2100-01-01"}, "The end is still to come."),
            ({"start": "1999-01-01"}, "No candle is older than "),
            ({"fast": "50", "slow": "20"}, "The short average must be shorter than the long one."),
            ({"rule": "rsi", "below": "80", "above": "20", "length": "14"}, "It must lie below the other level."),
            ({"stop_kind": "none"}, "A target is a multiple of the way to the stop, and there is no stop."),
            ({"source": "plans", "timeframe": "1m"}, "Signals are made on "),
            ({"assets": "BTC, BTC"}, "One asset is named twice."),
        ],
    )
    def test_what_is_refused_is_said_in_words_that_are_translated(
        self, client: Client, changes: dict[str, str], said: str
    ) -> None:
        shown = read(client.post("/backtests/new", ASKED | changes))
        assert said in " ".join(one.text for one in shown.every("p", cls="form-error"))

    def test_what_no_field_is_about_stands_above_them(self, client: Client) -> None:
        shown = read(client.post("/backtests/new", ASKED))
        assert "No model of signals is in force yet." in shown.text

    @pytest.mark.usefixtures("signals_model")
    def test_more_than_five_wait_for_their_turn(self, client: Client) -> None:
        for _place in range(5):
            assert client.post("/backtests/new", ASKED).status_code == 302
        answer = client.post("/backtests/new", ASKED)
        assert answer.status_code == 422
        assert "5 of your backtests have not ended yet." in read(answer).text


class TestReport:
    def test_the_answer_stands_first(self, person: User, home: Path) -> None:
        row = with_report(home, making.add_backtest(person))
        shown = page(f"/backtests/{row.pk}", person)
        assert shown.one("p", cls="verdict").text == "Result +10.0 % ; holding all assets in equal parts +4.0 % ."
        assert "Luck may explain the result" in shown.text
        assert shown.one("figure", id="graph-equity").one("h3").text == "From 100.00 to 99.00 USD"
        assert shown.one("figure", id="graph-falls").one("h3").text == "At the deepest 10.0 % below its high"
        assert "nothing is filled before the next open." in shown.text
        assert "Orders that were not taken: the asset was held already 3" in shown.text

    def test_every_trade_is_listed_and_in_the_file(self, person: User, client: Client, home: Path) -> None:
        row = with_report(home, making.add_backtest(person))
        lost, running = page(f"/backtests/{row.pk}", person).one("section", id="trades").one("table").rows()
        assert lost[0:2] == ["BTC", "long"]
        assert lost[6:] == ["−51.50", "−5.2 %", "stop stop assumed"]
        assert running[6:] == ["–", "–", "open"]
        answer = client.get(f"/backtests/{row.pk}/trades.csv")
        assert b"".join(answer) == (home / str(row.report) / "trades.csv").read_bytes()

    @pytest.mark.usefixtures("home")
    def test_a_report_without_its_files_keeps_its_figures(self, person: User, client: Client) -> None:
        row = making.add_backtest(person)
        shown = page(f"/backtests/{row.pk}", person)
        assert "A line stands here as soon as two moments are known." in shown.text
        assert "11,000.00" in shown.text
        assert client.get(f"/backtests/{row.pk}/trades.csv").status_code == 404

    @pytest.mark.usefixtures("home")
    def test_those_of_others_are_not_there_but_for_admins(self, client: Client) -> None:
        row = making.add_backtest(UserFactory())
        for path in ("", "/progress", "/trades.csv"):
            assert client.get(f"/backtests/{row.pk}{path}").status_code == 404
        assert page(f"/backtests/{row.pk}", AdminFactory()).one("h1").text == "Averages"

    def test_one_that_runs_is_followed_until_it_has_ended(self, person: User, client: Client) -> None:
        job = ModelJobFactory(progress_pct=25, current_phase="following")
        row = making.add_backtest(person, status="running", job=job, metrics=None)
        shown = page(f"/backtests/{row.pk}", person)
        assert shown.one("progress").attributes["value"] == "25.0"
        assert "following" in shown.one("div", id="progress").text
        assert "HX-Refresh" not in client.get(f"/backtests/{row.pk}/progress")
        Backtest.objects.filter(pk=row.pk).update(status="failed", error="It was cancelled.")
        assert client.get(f"/backtests/{row.pk}/progress")["HX-Refresh"] == "true"
        assert "It was cancelled." in page(f"/backtests/{row.pk}", person).text


class TestComparison:
    def test_they_stand_side_by_side_in_the_order_of_the_address(self, person: User, home: Path) -> None:
        first = with_report(home, making.add_backtest(person, name="One"))
        second = with_report(
            home, making.add_backtest(person, name="Two", metrics=making.backtest_metrics(total_return=-0.2)), (50, 55)
        )
        making.add_backtest(UserFactory(), name="Other's")
        shown = page(f"/backtests/compare?id={second.pk}&id={first.pk}&id=x&id={second.pk}", person)
        heads = [one.text for one in shown.one("table").every("th", scope="col")]
        assert [head.split(" ")[:2] for head in heads[1:]] == [["1:", "Two"], ["2:", "One"]]
        rows = {row[0]: row[1:] for row in shown.one("table").rows()}
        assert rows["Result"] == ["−20.00 %", "10.00 %"]

    def test_nothing_to_compare_says_what_to_choose(self, person: User) -> None:
        other = making.add_backtest(UserFactory())
        shown = page(f"/backtests/compare?id={other.pk}", person)
        assert "Choose up to four backtests that are done." in shown.text

    @pytest.mark.usefixtures("home")
    def test_at_most_four(self, person: User) -> None:
        query = "&".join(f"id={making.add_backtest(person).pk}" for _place in range(5))
        shown = page(f"/backtests/compare?{query}", person)
        assert len(shown.one("table").every("th", scope="col")) == 5
        assert "1 more was left out" in shown.text
