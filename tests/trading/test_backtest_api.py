"""Backtests through the API: ordered, listed and read by who ordered them."""

from typing import Any

import pytest
from django.utils import timezone

from aimodels.choices import ModelType
from aimodels.models import ModelJob
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import AdminFactory, AIModelFactory, BacktestFactory, UserFactory
from trading.models import Backtest

pytestmark = pytest.mark.django_db
JSON = "application/json"
ORDER: dict[str, Any] = {
    "name": "a cross", "start": "2024-01-01", "end": "2024-03-01", "timeframe": "1d",
    "configuration": {"signals": "plans"},
}  # fmt: skip
DONE: dict[str, Any] = {
    "status": "done", "metrics": {}, "assumptions": [{"code": "one_position"}], "trades": 3, "trials": 1,
    "fingerprint": "f" * 64, "report": "backtests/1", "finished_at": timezone.now(),
}  # fmt: skip
LINES = """symbol,side,entered_at,exited_at,entry,exit,quantity,fees,funding,pnl,return_percent,r,reason,assumed
BTC,long,2024-01-02T00:00:00+00:00,2024-01-05T00:00:00+00:00,64000.0,66000.0,0.1,13.0,0.0,187.0,2.9,1.2,target,False
ETH,short,2024-01-03T00:00:00+00:00,2024-01-04T00:00:00+00:00,2500.0,2600.0,1e-05,0.0,0.0,-1.0,-4,-1,stop,False
SOL,long,2024-01-09T00:00:00+00:00,,100.0,,2.0,0.1,0.0,,,,,False
"""


@pytest.fixture
def model() -> Any:
    return AIModelFactory(model_type=ModelType.TIMING, is_active=True)


def test_one_is_ordered_and_queued(model: Any) -> None:
    user = UserFactory()
    made = client_of(user).post(API + "backtests", ORDER, JSON)
    assert made.status_code == 202, made.content
    told = made.json()
    assert (told["name"], told["status"], told["timeframe"]) == ("a cross", "pending", "1d")
    assert (told["start"], told["end"]) == ("2024-01-01T00:00:00Z", "2024-03-01T00:00:00Z")
    row, job = Backtest.objects.get(), ModelJob.objects.get()
    assert (row.created_by, row.job, job.model, job.job_type) == (user, job, model, "backtest")
    assert (
        job.job_config
        == row.configuration
        == ORDER["configuration"] | {name: ORDER[name] for name in ("name", "start", "end", "timeframe")}
    )
    assert [one["id"] for one in answer("backtests", user)["results"]] == [row.pk]


def test_not_too_many_at_once(model: Any) -> None:
    user = UserFactory()
    BacktestFactory.create_batch(5, created_by=user)
    problem = refused(client_of(user).post(API + "backtests", ORDER, JSON), 409)
    assert problem["type"].endswith("too-many-backtests")
    assert client_of(UserFactory()).post(API + "backtests", ORDER, JSON).status_code == 202


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": "soon"}, "start"),
        ({"start": "2024-04-01"}, "start"),
        ({"end": "2999-01-01"}, "end"),
        ({"timeframe": "2h"}, "timeframe"),
        ({"timeframe": "1M"}, "timeframe"),
        ({"configuration": {}}, "configuration.rules"),
        ({"configuration": {"signals": "plans", "moon": 1}}, "configuration.moon"),
        ({"configuration": {"signals": "plans", "account": {"leverage": "much"}}}, "configuration.account.leverage"),
    ],
)
def test_bad_orders_name_their_field(model: Any, change: dict[str, Any], field: str) -> None:
    problem = refused(client_of(UserFactory()).post(API + "backtests", ORDER | change, JSON), 400)
    assert field in [error["field"] for error in problem["errors"]]
    assert not Backtest.objects.exists()


def test_without_a_model_none_is_ordered() -> None:
    assert refused(client_of(UserFactory()).post(API + "backtests", ORDER, JSON), 409)["type"].endswith("no-model")


def test_its_assumptions_and_trades(settings: Any, tmp_path: Any) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    user = UserFactory()
    done = BacktestFactory(created_by=user, **DONE)
    folder = tmp_path / "backtests" / "1"
    folder.mkdir(parents=True)
    (folder / "trades.csv").write_text(LINES)
    told = answer(f"backtests/{done.pk}", user)
    assert (told["assumptions"], told["progress_pct"]) == ([{"code": "one_position"}], 100.0)
    page = answer(f"backtests/{done.pk}/trades", user, limit=2)
    assert (page["count"], page["previous"], len(page["results"])) == (3, None, 2)
    assert page["results"][0] == {
        "symbol": "BTC", "side": "long", "entered_at": "2024-01-02T00:00:00Z", "exited_at": "2024-01-05T00:00:00Z",
        "entry": "64000.0", "exit": "66000.0", "quantity": "0.1", "fees": "13.0", "pnl": "187.0", "reason": "target",
    }  # fmt: skip
    assert page["results"][1]["quantity"] == "0.00001"
    (rest,) = client_of(user).get(page["next"]).json()["results"]
    assert (rest["symbol"], rest["exit"], rest["exited_at"], rest["pnl"], rest["reason"]) == (
        "SOL",
        None,
        None,
        None,
        None,
    )
    waiting = BacktestFactory(created_by=user)
    assert answer(f"backtests/{waiting.pk}/trades", user)["results"] == []


def test_what_is_somebody_elses_is_not_there() -> None:
    backtest = BacktestFactory(created_by=UserFactory())
    unowned = BacktestFactory()
    stranger, admin = UserFactory(), AdminFactory()
    for one in (backtest.pk, unowned.pk, unowned.pk + 999):
        for path in (f"backtests/{one}", f"backtests/{one}/trades"):
            refused(client_of(stranger).get(API + path), 404)
            refused(client_of().get(API + path), 401)
    assert answer("backtests", stranger)["results"] == []
    assert answer(f"backtests/{backtest.pk}", admin)["id"] == backtest.pk
    assert answer("backtests", backtest.created_by, status="done")["results"] == []


def test_the_queries_do_not_grow() -> None:
    user = UserFactory()
    BacktestFactory(created_by=user)
    few = queries(client_of(user), API + "backtests?limit=100")
    for count in (4, 45):
        BacktestFactory.create_batch(count, created_by=user)
        assert queries(client_of(user), API + "backtests?limit=100") == few
