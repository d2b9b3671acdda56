"""Positions through the API: opened by the journal, planned by hand, removed from sight, analysed on request."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User, UserActivity
from aimodels.services import ensure_rules
from assets.models import Asset
from cryptopredict.orders import carry_out_analyses
from selection.models import AIPortfolioAnalysis, Portfolio, PortfolioAsset
from selection.rules import ASSET_RULES
from selection.services import analyse_portfolio
from system.models import AuditLog, BackgroundTask
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import (
    AdminFactory,
    AssetFactory,
    MetricsSnapshotFactory,
    PipelineRunFactory,
    PositionAnalysisFactory,
    PositionFactory,
    SignalFactory,
    UserFactory,
    add_candles,
)
from tests.factories.base import EPOCH, clock_at
from tests.trading.entering import D
from trading.models import TradeAction
from trading.rules import TIMING_RULES
from trading.services import analyse_positions, change_keeping, correct_entry, record_trade, reverse_entry

pytestmark = pytest.mark.django_db
JSON = "application/json"


def path_of(portfolio: Portfolio, *rest: object) -> str:
    return "/".join([f"{API}portfolios/{portfolio.pk}/assets", *map(str, rest)])


def opened(portfolio: Portfolio, asset: Asset, person: User | None = None, **given: Any) -> Any:
    body = {"asset_id": asset.pk, "quantity": "0.5", "entry_price": "100"} | given
    body = {name: value for name, value in body.items() if value is not ...}
    return client_of(person or portfolio.user).post(path_of(portfolio), body, JSON)


def sent(position: PortfolioAsset, method: str, person: User | None = None, query: str = "", **body: Any) -> Any:
    client, path = client_of(person or position.portfolio.user), path_of(position.portfolio, position.pk)
    etag = client.get(path).headers.get("ETag", "")
    return getattr(client, method)(path + query, body, JSON, headers={"If-Match": etag})


@pytest.fixture
def position(portfolio: Portfolio, bitcoin: Asset) -> PortfolioAsset:
    return PortfolioAsset.objects.get(pk=opened(portfolio, bitcoin).json()["id"])


def test_a_position_is_opened_by_its_first_entry(portfolio: Portfolio, bitcoin: Asset) -> None:
    made = opened(
        portfolio, bitcoin, asset_type="Crypto Asset", leverage_ratio=1.0, fees_paid="3.2", timeframe="1d",
        stop_loss_price="63", take_profit_price="175", allocation_target_percent=20, investment_thesis=None,
    )  # fmt: skip
    assert made.status_code == 201, made.content
    told, row = made.json(), PortfolioAsset.objects.get()
    assert (told["id"], told["quantity"], told["trade_status"]) == (row.pk, "0.5", "open")
    assert (told["stop_loss_price"], told["take_profit_price"]) == ("63", "175")
    assert (told["allocation_target_percent"], told["entry_price"]) == (20, "106.4")
    assert {"current_price", "current_value_usd", "unrealized_pnl_usd", "weight_pct"} <= told.keys()
    entries = TradeAction.objects.order_by("id").values_list("action_type", "timeframe", "stop_loss", "take_profit")
    assert list(entries) == [("buy", "1d", None, None), ("modify_sl", None, D(63), None),
                             ("modify_tp", None, None, D(175))]  # fmt: skip
    assert UserActivity.objects.filter(user=portfolio.user, action="open_position", entity_id=row.pk).exists()
    assert AuditLog.objects.filter(table_name="portfolio_assets", record_id=row.pk, operation="INSERT").exists()
    assert client_of(portfolio.user).get(path_of(portfolio, row.pk))["ETag"].split(".")[0] == made["ETag"][:-1]
    assert refused(opened(portfolio, bitcoin), 409)["type"].endswith("position-exists")


def test_kinds_of_holdings(portfolio: Portfolio, bitcoin: Asset) -> None:
    holdings: list[dict[str, Any]] = [
        {}, {"leverage_ratio": 3}, {"asset_type": "Short Position", "leverage_ratio": 2},
    ]  # fmt: skip
    kinds = [opened(portfolio, bitcoin, **given).json()["asset_type"] for given in holdings]
    assert kinds == ["Crypto Asset", "Long Position", "Short Position"]
    assert list(TradeAction.objects.order_by("id").values_list("action_type", flat=True)) == ["buy", "entry", "short"]
    unsupported = AssetFactory(is_supported=False)
    assert opened(portfolio, unsupported).status_code == 201, "what has no data may be held all the same"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": ...}, "quantity"),
        ({"entry_price": "0"}, "entry_price"),
        ({"executed_at": "2999-01-01T00:00:00Z"}, "executed_at"),
        ({"asset_type": "Long Position"}, "leverage_ratio"),
        ({"asset_type": "Stablecoin"}, "asset_type"),
        ({"stop_loss_price": "0"}, "stop_loss_price"),
        ({"allocation_target_percent": 101}, "allocation_target_percent"),
        ({"pnl_realized_usd": "5"}, "pnl_realized_usd"),
        ({"asset_id": ...}, "asset_id"),
    ],
)
def test_what_is_wrong_is_named(portfolio: Portfolio, bitcoin: Asset, given: dict[str, Any], field: str) -> None:
    assert [one["field"] for one in refused(opened(portfolio, bitcoin, **given), 400)["errors"]] == [field]
    assert not PortfolioAsset.objects.exists()


def test_without_the_cash_nothing_is_opened(portfolio: Portfolio, bitcoin: Asset) -> None:
    dollar = AssetFactory(symbol="USDT", asset_type="stablecoin")
    change_keeping(portfolio, actor=portfolio.user, cash_asset=dollar)
    problem = refused(opened(portfolio, bitcoin), 409)
    assert problem["errors"][0]["field"] == "quantity"
    assert not TradeAction.objects.exists()


def test_plans_change_and_levels_are_entries(position: PortfolioAsset) -> None:
    answer = sent(position, "patch", stop_loss_price="80", notes="patience", trade_status="exit_plan", sort_order=3)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["stop_loss_price"], told["notes"], told["trade_status"]) == ("80", "patience", "exit_plan")
    assert sent(position, "patch", stop_loss_price="80").status_code == 200
    assert TradeAction.objects.filter(action_type="modify_sl").count() == 1, "an equal stop is no entry"
    assert sent(position, "patch", stop_loss_price=None).json()["stop_loss_price"] is None
    assert TradeAction.objects.filter(action_type="modify_sl").count() == 2
    record_trade(position.portfolio, position.asset, actor=position.portfolio.user, action_type="buy", quantity=D(1),
                 price=D(100), executed_at=position.created_at)  # fmt: skip
    position.refresh_from_db()
    assert (position.stop_loss_price, position.trade_status) == (None, "exit_plan")
    lines = AuditLog.objects.filter(table_name="portfolio_assets", operation="UPDATE").order_by("pk")
    assert (lines[0].old_values or {})["stop_loss_price"] is None
    wrong: list[dict[str, Any]] = [
        {"quantity": "2"},
        {"entry_price": "1"},
        {"trade_status": "closed"},
        {"sort_order": 0},
    ]
    for given in wrong:
        assert refused(sent(position, "patch", **given), 400)["errors"][0]["field"] in given
    client = client_of(position.portfolio.user)
    refused(client.patch(path_of(position.portfolio, position.pk), {"notes": "x"}, JSON), 428)
    stale = {"If-Match": 'W/"1-1"'}
    refused(client.patch(path_of(position.portfolio, position.pk), {"notes": "x"}, JSON, headers=stale), 412)


def test_a_closed_position_stays_closed(position: PortfolioAsset) -> None:
    record_trade(position.portfolio, position.asset, actor=position.portfolio.user, action_type="full_exit",
                 price=D(120), executed_at=position.created_at + timedelta(0))  # fmt: skip
    assert refused(sent(position, "patch", trade_status="open"), 409)["type"].endswith(":closed")


def test_removing_puts_it_out_of_sight_and_no_more(position: PortfolioAsset) -> None:
    portfolio, user = position.portfolio, position.portfolio.user
    assert refused(sent(position, "delete"), 409)["type"].endswith("position-open")
    assert sent(position, "delete", query="?force=true").status_code == 204
    assert answer(f"portfolios/{portfolio.pk}/assets", user)["count"] == 0
    assert answer(f"portfolios/{portfolio.pk}/assets", user, active="false")["count"] == 1
    assert TradeAction.objects.count() == 1
    refused(sent(position, "delete"), 409)
    sold: dict[str, Any] = {"action_type": "full_exit", "price": D(120), "executed_at": position.created_at}
    record_trade(portfolio, position.asset, actor=user, **sold)
    position.refresh_from_db()
    assert not position.is_active
    assert opened(portfolio, position.asset).json()["id"] == position.pk
    position.refresh_from_db()
    assert position.is_active, "what is held again is seen again"


def test_what_is_held_out_of_sight_comes_back_when_it_changes(position: PortfolioAsset) -> None:
    assert sent(position, "delete", query="?force=true").status_code == 204
    bought: dict[str, Any] = {"quantity": D(1), "price": D(120), "executed_at": position.created_at}
    record_trade(position.portfolio, position.asset, actor=position.portfolio.user, action_type="buy", **bought)
    position.refresh_from_db()
    assert (position.quantity, position.is_active) == (D("1.5"), True)


def test_foreign_is_absent(position: PortfolioAsset, bitcoin: Asset) -> None:
    portfolio, other, admin = position.portfolio, UserFactory(), AdminFactory()
    PositionAnalysisFactory(portfolio_asset=position)
    same = {"instance": "", "request_id": ""}
    elsewhere = PositionFactory()
    for rest in ((position.pk,), (position.pk, "analysis"), (position.pk, "analyses")):
        path = path_of(portfolio, *rest)
        absent = refused(client_of(other).get(path.replace(f"/{portfolio.pk}/", "/987654321/")), 404) | same
        assert refused(client_of(other).get(path), 404) | same == absent
        refused(client_of().get(path), 401)
        mixed = path.replace(f"assets/{position.pk}", f"assets/{elsewhere.pk}")
        assert refused(client_of(portfolio.user).get(mixed), 404) | same == absent
        assert client_of(admin).get(path).status_code == 200
    refused(opened(portfolio, bitcoin, other), 404)
    refused(sent(position, "patch", other, notes="x"), 404)
    refused(sent(position, "delete", other), 404)
    refused(client_of(other).post(f"{API}portfolios/{portfolio.pk}/analyze"), 404)
    refused(opened(portfolio, bitcoin, UserFactory(role="guest")), 403)


def test_analyses_of_a_position(position: PortfolioAsset) -> None:
    user, path = position.portfolio.user, f"portfolios/{position.portfolio_id}/assets/{position.pk}"
    assert refused(client_of(user).get(f"{API}{path}/analysis"), 404)["type"].endswith("no-analysis-yet")
    PositionAnalysisFactory(portfolio_asset=position)
    newest = PositionAnalysisFactory(portfolio_asset=position)
    PositionAnalysisFactory(portfolio_asset=position, series="replay-1")
    assert answer(f"{path}/analysis", user)["id"] == newest.pk
    assert answer(f"{path}/analyses", user)["results"][0]["id"] == newest.pk
    client, url = client_of(user), f"{API}{path}/analyses"
    one = queries(client, url)
    for _ in range(3):
        PositionAnalysisFactory(portfolio_asset=position)
    assert queries(client, url) == one
    single = queries(client, f"{API}{path}")
    PositionFactory.create_batch(3, portfolio=position.portfolio)
    assert queries(client, f"{API}{path}") == single


def test_an_analysis_is_ordered_and_done(portfolio: Portfolio) -> None:
    for rules in (TIMING_RULES, ASSET_RULES):
        ensure_rules(rules)
    coin, as_of = AssetFactory(symbol="BTC"), EPOCH + timedelta(days=40)
    add_candles(coin, [*range(140, 101, -1), 100])
    client, url = client_of(portfolio.user), f"{API}portfolios/{portfolio.pk}/analyze"
    assert refused(client.post(url), 409)["type"].endswith("no-snapshot")
    MetricsSnapshotFactory(snapshot_time=as_of)
    assert refused(client.post(url), 409)["type"].endswith("empty-portfolio")
    opened(portfolio, coin, executed_at="2024-06-02T00:00:00Z")
    made = client.post(url)
    assert made.status_code == 202, made.content
    task = BackgroundTask.objects.get()
    assert made.json() == {"task_id": task.pk}
    assert client.post(url).json() == made.json(), "while it waits it is the same order"
    refused(client.get(made["Location"]), 404)
    with clock_at(as_of + timedelta(hours=1)):
        assert carry_out_analyses() == 1
    task.refresh_from_db()
    assert (task.status, task.error_message) == ("completed", None)
    told = client.get(made["Location"]).json()
    assert told["id"] == (task.result_data or {})["analysis"]
    (position,) = PortfolioAsset.objects.all()
    assert client.get(path_of(portfolio, position.pk, "analysis")).json()["portfolio_asset_id"] == position.pk
    refused(client.post(url), 429)


def test_an_ordered_analysis_is_that_of_the_run(portfolio: Portfolio) -> None:
    for rules in (TIMING_RULES, ASSET_RULES):
        ensure_rules(rules)
    coin, as_of = AssetFactory(symbol="BTC"), EPOCH + timedelta(days=40)
    add_candles(coin, [*range(140, 101, -1), 100])
    snapshot, run = MetricsSnapshotFactory(snapshot_time=as_of), PipelineRunFactory(timeframe="1d", as_of=as_of)
    opened(portfolio, coin, executed_at="2024-06-02T00:00:00Z")
    whole = analyse_portfolio(portfolio, snapshot, run=run)
    (single,) = analyse_positions(portfolio, snapshot, run=run)
    assert whole is not None
    client_of(portfolio.user).post(f"{API}portfolios/{portfolio.pk}/analyze")
    with clock_at(as_of + timedelta(hours=1)):
        assert carry_out_analyses() == 1
    before = whole.updated_at, single.updated_at
    for row in (whole, single):
        row.refresh_from_db()
        assert row.run == run, "the advice of the next run asks what this one saw"
    assert (whole.updated_at, single.updated_at) == before, "what is equal is not written anew"


def test_what_was_entered_after_the_run_is_analysed_with_its_signals(portfolio: Portfolio) -> None:
    for rules in (TIMING_RULES, ASSET_RULES):
        ensure_rules(rules)
    coin, as_of = AssetFactory(symbol="BTC"), EPOCH + timedelta(days=40)
    add_candles(coin, [*range(140, 101, -1), 100])
    snapshot = MetricsSnapshotFactory(snapshot_time=as_of)
    run = PipelineRunFactory(timeframe="1d", as_of=as_of, status="running")
    opened(portfolio, coin, executed_at="2024-06-02T00:00:00Z")

    def analysed() -> Any:
        BackgroundTask.objects.all().delete()
        client_of(portfolio.user).post(f"{API}portfolios/{portfolio.pk}/analyze")
        with clock_at(as_of + timedelta(hours=1)):
            assert carry_out_analyses() == 1
        return AIPortfolioAnalysis.objects.get().portfolio_signals

    assert analysed() == {}, "the run has planned nothing yet, and notes itself what it plans"
    signal = SignalFactory(run=run, asset=coin, metrics_snapshot=snapshot)
    told = analysed()
    assert [one["signal_id"] for one in told["adjustment_signals"]] == [signal.pk]
    assert (told["exit_signals"], told["entry_signals"]) == ([], [])


def test_a_level_that_was_taken_away_is_corrected_like_any_entry(position: PortfolioAsset) -> None:
    sent(position, "patch", stop_loss_price="80")
    sent(position, "patch", stop_loss_price=None)
    lifted = TradeAction.objects.filter(action_type="modify_sl").latest("pk")
    correct_entry(lifted, actor=position.portfolio.user, notes="meant so")
    position.refresh_from_db()
    assert position.stop_loss_price is None
    again = TradeAction.objects.filter(action_type="modify_sl").latest("pk")
    correct_entry(again, actor=position.portfolio.user, stop_loss=D(70))
    assert PortfolioAsset.objects.get().stop_loss_price == 70
    for entry in TradeAction.objects.filter(action_type="modify_sl", reversal=None).order_by("pk"):
        reverse_entry(entry, actor=position.portfolio.user)
    assert PortfolioAsset.objects.get().stop_loss_price is None, "all that set one were taken back"
