"""The pages of signals: the list, one of them, and what a reader does with it."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from accounts.models import UserFeedback
from tests.doors import client_of, queries
from tests.factories import (
    AssetFactory,
    EntryFactory,
    PortfolioAnalysisFactory,
    PortfolioFactory,
    SignalOutcomeFactory,
    SignalOutcomeRevisionFactory,
    SignalTrackFactory,
    UserFactory,
    WatchlistFactory,
    add_candles,
)
from tests.pages import market as making
from tests.pages.html import Element, browser, page, read
from tests.pages.test_market import graph
from tests.trading.executing import D, funded
from trading.models import AITradingSignal, SignalAlert, SignalExecution, TradeAction

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def priced(market: making.Market, price: int = 110) -> None:
    market.asset.current_price = Decimal(price)
    market.asset.save()


def plan(market: making.Market, **columns: Any) -> AITradingSignal:
    """A long at 100 with its target at 120 and its stop at 90."""
    return making.add_signal(market, **columns)


def shown_assets(shown: Element) -> list[str]:
    return [one.one("h2").text for one in shown.every("article", cls="plan")]


class TestList:
    def test_before_there_is_a_market_it_says_how_to_make_one(self) -> None:
        assert page("/signals").one("h1").text == "The market has not been analysed yet"

    def test_proven_ones_stand_apart_with_what_their_chance_was_measured_on(self) -> None:
        made = making.make_market()
        priced(made)
        record = {"is_proven": True, "record": {"n": 12, "tested": 200}}
        plan(made, ai_analysis=record, confidence_score=Decimal("0.58"))
        plan(made, asset=AssetFactory(symbol="SOL", current_price=Decimal(95)), time_horizon_hours=168)
        shown = page("/signals")
        tabs = [one.text for one in shown.one("nav", aria_label="Proven or not").every("a")]
        assert tabs == ["Actionable 1", "Unproven 1", "All 2"]
        [card] = shown.every("article", cls="plan")
        assert "BTC" in card.text
        assert "0.58 n 212" in card.text
        assert "+10.0 % so far" in card.text
        unproven = page("/signals?proof=unproven")
        assert shown_assets(unproven) == ["SOL"]
        assert "no proven skill yet" in unproven.one("article").text
        assert "0.58" not in unproven.one("article").text
        assert "size 0, no notice" in unproven.text

    def test_it_is_narrowed_by_what_was_planned(self) -> None:
        made = making.make_market()
        plan(made)
        short = {"signal_type": "short", "target_price": 80, "stop_loss": 105}
        plan(made, asset=AssetFactory(symbol="SOL", current_price=90), time_horizon_hours=24, **short)
        assert shown_assets(page("/signals?direction=short")) == ["SOL"]
        assert "+10.0 % so far" in page("/signals?direction=short").one("article").text
        assert shown_assets(page("/signals?horizon=72")) == ["BTC"]
        assert shown_assets(page("/signals?asset=sol")) == ["SOL"]
        assert shown_assets(page("/signals?timeframe=1d")) == ["SOL", "BTC"]
        assert shown_assets(page("/signals?timeframe=1w")) == []
        assert "No signal fits what you chose." in page("/signals?timeframe=1w").text

    def test_it_is_narrowed_to_lists(self) -> None:
        made, reader = making.make_market(), UserFactory()
        solana = AssetFactory(symbol="SOL")
        plan(made)
        plan(made, asset=solana)
        mine, theirs = WatchlistFactory(user=reader), WatchlistFactory()
        EntryFactory(watchlist=mine, asset=solana)
        EntryFactory(watchlist=theirs, asset=made.asset)
        assert shown_assets(page("/signals?list=mine", reader)) == ["SOL"]
        assert shown_assets(page(f"/signals?list={mine.pk}", reader)) == ["SOL"]
        foreign = page(f"/signals?list={theirs.pk}", reader)
        assert foreign.one(id="id_list_error").attributes["role"] == "alert"
        assert len(shown_assets(foreign)) == 2

    def test_ended_ones_say_how_as_it_was_corrected_last(self) -> None:
        made = making.make_market()
        first = plan(made, status="executed")
        SignalOutcomeFactory(signal=first)
        second = plan(made, asset=AssetFactory(symbol="SOL"), status="executed")
        SignalOutcomeFactory(signal=second)
        SignalOutcomeRevisionFactory(signal=second, net_return_pct=D("-10.3"))
        plan(made, asset=AssetFactory(symbol="ADA"))
        assert shown_assets(page("/signals?state=ended&sort=-result")) == ["BTC", "SOL"]
        assert shown_assets(page("/signals?state=ended&sort=result")) == ["SOL", "BTC"]
        assert shown_assets(page("/signals?state=stop")) == ["SOL"]
        card = page("/signals?state=target").one("article")
        assert "target +19.7 %" in card.text

    def test_one_that_has_run_out_is_not_open(self) -> None:
        made = making.make_market()
        plan(made, expires_at=making.NOW - HOUR)
        assert "None is open" in page("/signals").text
        assert shown_assets(page("/signals?state=ended")) == ["BTC"]

    def test_nobody_sees_what_was_made_for_the_portfolio_of_somebody_else(self) -> None:
        made, analysis = making.make_market(), PortfolioAnalysisFactory()
        one = plan(made, portfolio_analysis=analysis)
        assert shown_assets(page("/signals", UserFactory())) == []
        assert page(f"/signals/{one.pk}", UserFactory(), status=404)
        assert shown_assets(page("/signals", analysis.portfolio.user)) == ["BTC"]
        assert page(f"/signals/{one.pk}", analysis.portfolio.user)

    def test_the_file_has_the_rows_that_are_shown(self) -> None:
        made = making.make_market()
        priced(made)
        plan(made)
        plan(made, asset=AssetFactory(symbol="SOL"), ai_analysis={"is_proven": True})
        answer = client_of().get("/signals.csv?proof=unproven&view=table")
        [row] = csv.DictReader(StringIO(answer.content.decode()))
        told = ("asset", "direction", "status", "entry", "target", "stop", "risk_reward", "so_far_pct", "probability")
        assert [row[name] for name in told] == ["BTC", "long", "active", "100", "120", "90", "2.00", "10.0000", ""]

    def test_the_table_sorts_by_its_heads(self) -> None:
        made = making.make_market()
        plan(made, risk_reward_ratio=3)
        plan(made, asset=AssetFactory(symbol="ADA"), risk_reward_ratio=2)
        shown = page("/signals?view=table&sort=-rr")
        assert [row[1] for row in shown.one("table").rows()] == ["BTC", "ADA"]
        head = next(one for one in shown.every("th") if one.attributes.get("aria-sort") == "descending")
        assert head.one("a").attributes["href"] == "?sort=rr&view=table"
        assert [row[1] for row in page("/signals?view=table&sort=rr").one("table").rows()] == ["ADA", "BTC"]

    @pytest.mark.parametrize(
        "query", ["sort=no", "state=%00", "page=x", "horizon=-1", "list=a", "asset=%00", "proof=x"]
    )
    def test_an_address_that_makes_no_sense_is_no_error(self, query: str) -> None:
        made = making.make_market()
        plan(made)
        assert shown_assets(page(f"/signals?{query}")) == ["BTC"]

    def test_more_signals_need_no_more_queries(self) -> None:
        made, client = making.make_market(), client_of()
        plan(made)
        few = queries(client, "/signals")
        for _number in range(5):
            plan(made, asset=AssetFactory())
        assert queries(client, "/signals") == few <= 16


class TestPage:
    def test_it_tells_the_plan_and_what_has_become_of_it(self) -> None:
        made = making.make_market()
        priced(made)
        one = plan(
            made,
            ai_analysis={"is_proven": True, "record": {"n": 0, "tested": 212},
                         "contributions": [{"feature": "risk_reward", "log_odds": -0.4},
                                           {"feature": "trend_agrees", "log_odds": 0.2}]},
            invalidation_criteria=[{"condition": {"close": "below", "price": 92.5}, "severity": "high",
                                    "rule": "carrying_level"}],
        )  # fmt: skip
        SignalTrackFactory(
            signal=one, filled_at=making.TODAY, fill_price=100, mfe_price=115, mfe_at=making.TODAY + HOUR, mae_price=96,
            mae_at=making.TODAY,
        )  # fmt: skip
        add_candles(made.asset, [100, 104, 110], first=making.TODAY - 72 * HOUR)
        shown = page(f"/signals/{one.pk}")
        assert shown.one("h1").text == "long BTC 3 d active"
        assert "measured on 212 plans" in shown.text
        steps = shown.one("section", aria_labelledby="moments-title")
        assert "MFE +15.0 % 1.5 R" in steps.text
        assert "MAE −4.0 % −0.4 R" in steps.text
        assert [item.every("span")[0].text for item in steps.every("li")] == [
            "Planned", "Entered", "Worst price since (MAE)", "Best price since (MFE)",
        ]  # fmt: skip
        rules = [item.text for item in shown.one("section", aria_labelledby="rules-title").every("li")]
        assert rules[0].startswith("A candle of 1d closes below 92.5000.")
        assert rules[1] == "The price reaches the stop at 90.0000."
        factors = shown.one("section", aria_labelledby="factors-title").one("table").rows()
        assert factors[0][:2] == ["Trend", "+0.25"]
        assert {row[1] for row in factors[1:]} == {"does not speak for it"}
        moved = shown.one("section", aria_labelledby="moved-title").one("table").rows()
        assert [row[:2] for row in moved] == [["Reward to risk", "−0.40"], ["Trend agrees", "+0.20"]]
        drawn = graph(shown, "path")
        assert [line["values"][-2] for line in drawn["lines"]] == [110, 120, 100, 90]
        # The levels reach to the end of the plan.
        assert [line["values"][-1] for line in drawn["lines"]] == [None, 120, 100, 90]
        assert drawn["lines"][1]["values"][0] is None
        title = shown.one("figure", id="graph-path").one("h3").text
        assert title == "Since the entry it went +15.0 % for the plan and −4.0 % against it"

    def test_a_short_counts_the_other_way_round(self) -> None:
        made = making.make_market()
        priced(made, 95)
        one = plan(made, signal_type="short", entry_price=100, target_price=80, stop_loss=110)
        SignalTrackFactory(
            signal=one, filled_at=making.TODAY, fill_price=100, mfe_price=90, mfe_at=making.TODAY, mae_price=105,
            mae_at=making.TODAY,
        )  # fmt: skip
        shown = page(f"/signals/{one.pk}")
        assert "MFE +10.0 % 1.0 R" in shown.text
        assert "MAE −5.0 % −0.5 R" in shown.text
        distances = [div.text for div in shown.one("div", cls="ladder").every("div")]
        assert distances == ["Stop 110.00 −10.0 %", "Entry 100.00", "Now 95.0000 +5.0 %", "Target 80.0000 +20.0 %"]

    def test_an_ended_one_tells_how_and_that_it_was_corrected(self) -> None:
        made = making.make_market()
        one = plan(made, status="executed")
        SignalOutcomeFactory(signal=one, ended_at=making.TODAY + HOUR, filled_at=making.TODAY)
        SignalOutcomeRevisionFactory(signal=one, ended_at=making.TODAY + HOUR, filled_at=making.TODAY)
        shown = page(f"/signals/{one.pk}", UserFactory())
        told = shown.one("section", aria_labelledby="moments-title").text
        assert "Ended: stop" in told
        assert "first it read “target”" in told
        assert not shown.every("form", action=f"/signals/{one.pk}/execute")

    def test_without_a_record_the_size_is_nothing_and_it_says_why(self) -> None:
        made = making.make_market()
        one = plan(made)
        portfolio = funded()
        size = page(f"/signals/{one.pk}", portfolio.user).one("section", aria_labelledby="size-title")
        assert size.one("p", cls="sized").text == "0"
        assert "No measured record" in size.text
        persian = page(f"/signals/{one.pk}", portfolio.user, language="fa").one("section", aria_labelledby="size-title")
        assert persian.one("p", cls="sized").text == "۰"

    def test_the_size_is_that_of_the_tightest_rule(self) -> None:
        made = making.make_market()
        priced(made, 100)
        one = plan(made, proven=True, risk_management={"max_position_size_pct": 20})
        portfolio = funded("10000", max_portfolio_risk=D("0.01"), max_asset_pct=50)
        size = page(f"/signals/{one.pk}", portfolio.user).one("section", aria_labelledby="size-title")
        # 1 % of 10,000 is lost at a stop 10 % away by 1,000; the plan is worth 2,000, one asset may have 5,000.
        assert size.one("p", cls="sized").text == "1,000.00 USD"
        assert "At the stop it loses 100.00 USD" in size.text
        bounds = [row.text for row in size.one("dl").every("div")]
        assert bounds == [
            "Largest loss of one trade at its stop 1,000.00",
            "Worth of the plan by its measured chance 2,000.00",
            "Largest part in one asset 5,000.00",
        ]
        assert "20.0 %" in page(f"/signals/{one.pk}").one("section", aria_labelledby="size-title").text

    def test_like_ones_are_told_with_their_number_and_interval(self) -> None:
        made = making.make_market()
        one = plan(made)
        for number in range(4):
            other = plan(made, asset=AssetFactory(), status="executed")
            ended = {} if number else {"outcome": "stop", "targets_reached": 0, "net_r_multiple": D("-1.03")}
            SignalOutcomeFactory(signal=other, **ended)
        alike = page(f"/signals/{one.pk}").one("section", aria_labelledby="alike-title")
        assert "Ended (n) 4" in alike.text
        assert "Reached the target 75 % [ 30 % … 95 % ]" in alike.text
        assert len(alike.one("table").rows()) == 4

    def test_none_like_it_is_said(self) -> None:
        one = plan(making.make_market())
        assert "None has ended yet." in page(f"/signals/{one.pk}").one("section", aria_labelledby="alike-title").text

    def test_the_chain_leads_down_to_the_candles(self) -> None:
        made = making.make_market()
        making.add_sector(made, "Layer 1", 1)
        one = plan(made)
        chain = page(f"/signals/{one.pk}").one("section", id="why")
        assert [step.one("h3").text.split()[0].rstrip(":") for step in chain.every("li")] == [
            "Signal", "Ranking", "Sector", "State", "Snapshot", "Candles",
        ]  # fmt: skip
        assert {"/market", "/assets/BTC?timeframe=1d"} <= {link.attributes["href"] for link in chain.every("a")}

    def test_what_is_not_there_is_not_found(self) -> None:
        assert page("/signals/5", status=404)
        assert page(f"/signals/{2**63}", status=404)

    def test_its_queries_are_as_many_whatever_has_ended(self) -> None:
        made, reader = making.make_market(), UserFactory()
        one, client = plan(made), client_of(reader)
        few = queries(client, f"/signals/{one.pk}")
        for _number in range(5):
            SignalOutcomeFactory(signal=plan(made, asset=AssetFactory(), status="executed"))
        assert queries(client, f"/signals/{one.pk}") <= few + 1 <= 30


class TestExecution:
    def test_within_the_limits_it_is_booked_once(self) -> None:
        made = making.make_market()
        priced(made, 100)
        one, portfolio = plan(made), funded()
        client = browser(portfolio.user)
        form = {"portfolio": portfolio.pk, "position_size": "1000", "price": "100", "leverage": "1", "key": "k",
                "risk_confirmed": "on"}  # fmt: skip
        for _twice in range(2):
            answer = client.post(f"/signals/{one.pk}/execute", form)
            assert (answer.status_code, answer["Location"]) == (302, f"/signals/{one.pk}#executions")
        execution = SignalExecution.objects.get(user=portfolio.user)
        assert execution.status == "filled"
        assert execution.position_size == 1000
        assert TradeAction.objects.filter(ai_signal=one).count() == 1
        shown = page(f"/signals/{one.pk}", portfolio.user)
        assert "Part 1: 10.0000 at 100.00 USD" in shown.one("section", id="executions").text

    def test_a_limit_that_it_would_break_is_told_with_its_value_and_what_was_typed_stays(self) -> None:
        made = making.make_market()
        priced(made, 100)
        one, portfolio = plan(made), funded(max_position_size=D(500), max_leverage=2)
        form = {"portfolio": portfolio.pk, "position_size": "1000", "price": "100", "leverage": "3", "key": "k",
                "risk_confirmed": "on"}  # fmt: skip
        answer = browser(portfolio.user).post(f"/signals/{one.pk}/execute", form)
        assert answer.status_code == 422
        shown = read(answer)
        assert shown.one(id="id_position_size_error").text == (
            "Largest position in one asset: it would be 1,000.00 USD, your limit is 500.00 USD."
        )
        assert shown.one(id="id_leverage_error").text == "Leverage: it would be 3.00, your limit is 2.00."
        assert shown.one("input", id="id_position_size").attributes["value"] == "1000"
        assert not SignalExecution.objects.exists()

    def test_what_the_service_refuses_stands_beside_its_field(self) -> None:
        made = making.make_market()
        priced(made, 100)
        one, portfolio = plan(made), funded()
        form = {"portfolio": portfolio.pk, "position_size": "10", "leverage": "1", "key": "k", "stop_loss": "130"}
        shown = read(browser(portfolio.user).post(f"/signals/{one.pk}/execute", form))
        assert shown.one(id="id_risk_confirmed_error").text == "Confirm that you know what this may lose."
        shown = read(browser(portfolio.user).post(f"/signals/{one.pk}/execute", form | {"risk_confirmed": "on"}))
        assert shown.one(id="id_stop_loss_error").text == "The stop is on the wrong side of the price."

    def test_somebody_elses_portfolio_is_no_choice(self) -> None:
        made = making.make_market()
        one, portfolio = plan(made), funded()
        form = {"portfolio": PortfolioFactory().pk, "position_size": "10", "price": "100", "leverage": "1", "key": "k",
                "risk_confirmed": "on"}  # fmt: skip
        shown = read(browser(portfolio.user).post(f"/signals/{one.pk}/execute", form))
        assert "Select a valid choice" in shown.one(id="id_portfolio_error").text

    def test_a_plan_is_filled_later_in_parts_and_the_rest_given_up(self) -> None:
        made = making.make_market()
        priced(made, 100)
        one, portfolio = plan(made), funded()
        client = browser(portfolio.user)
        form = {"portfolio": portfolio.pk, "position_size": "1000", "leverage": "1", "key": "k", "risk_confirmed": "on"}
        client.post(f"/signals/{one.pk}/execute", form)
        pending = SignalExecution.objects.get()
        assert pending.status == "pending"
        fill = {"portfolio": portfolio.pk, "price": "100", "quantity": "4", "key": "f"}
        assert client.post(f"/signals/{one.pk}/executions/{pending.pk}/fill", fill).status_code == 302
        pending.refresh_from_db()
        assert pending.status == "partially_filled"
        shown = read(
            client.post(f"/signals/{one.pk}/executions/{pending.pk}/fill", fill | {"quantity": "40", "key": "g"})
        )
        assert "Only" in shown.one(id=f"fill-{pending.pk}-quantity_error").text
        client.post(f"/signals/{one.pk}/executions/{pending.pk}/cancel")
        pending.refresh_from_db()
        assert pending.status == "cancelled"

    def test_visitors_log_in_first(self) -> None:
        one = plan(making.make_market())
        answer = browser().post(f"/signals/{one.pk}/execute", {})
        assert answer["Location"].startswith("/login?next=")
        assert page(f"/signals/{one.pk}").one("a", href=f"/login?next=/signals/{one.pk}", cls="button")


class TestWords:
    def test_an_alert_of_new_ones_is_made_once(self) -> None:
        made, reader = making.make_market(), UserFactory()
        one = plan(made)
        client = browser(reader)
        for words in ("You are told of new actionable signals of BTC.", "already"):
            answer = client.post(f"/signals/{one.pk}/alert", follow=True)
            assert words in read(answer).one("div", cls="toast-note").text
        alert = SignalAlert.objects.get()
        assert (alert.user, alert.alert_type, alert.asset) == (reader, "signal_generated", made.asset)

    def test_a_word_about_it_is_sent_with_its_number(self) -> None:
        one, reader = plan(making.make_market()), UserFactory()
        client = browser(reader)
        client.post(f"/signals/{one.pk}/feedback", {"message": " "})
        assert not UserFeedback.objects.exists()
        client.post(f"/signals/{one.pk}/feedback", {"message": "The level is old."})
        told = UserFeedback.objects.get()
        assert (told.user, told.message, (told.context_data or {})["signal_id"]) == (
            reader,
            "The level is old.",
            one.pk,
        )
