"""Who may read what: every address of the API by a visitor, a user, somebody else, a guest account and an admin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from accounts.choices import UserRole
from accounts.models import User, WebhookSubscription
from accounts.services import create_api_token
from aimodels.models import Prediction
from selection.models import AISuggestion, Portfolio, Watchlist
from tests import factories as make
from tests.doors import API, client_of, client_with_token, queries, refused

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Address:
    """An address and a way to fill it.

    Attributes:
        path: below /api/v1/, ``{pk}`` for the id of the row that ``row`` makes.
        auth: guest, user or admin, as endpoints.yaml has it.
        row: makes what one address is about.
        more: makes one more row of a list.
    """

    path: str
    auth: str
    row: Callable[[], Any] | None = None
    more: Callable[[Any], Any] | None = None


def ranked_list() -> Watchlist:
    watchlist = make.DefaultListFactory()
    make.RankingFactory(watchlist=watchlist)
    return watchlist


ADDRESSES = [
    Address("assets", "guest", None, lambda _row: make.SectorMappingFactory()),
    Address("assets/{pk}", "guest", make.AssetFactory),
    Address("assets/prices", "guest"),
    Address("assets/{pk}/candles", "guest", make.AssetFactory),
    Address("assets/{pk}/sectors", "guest", make.AssetFactory, lambda asset: make.SectorMappingFactory(asset=asset)),
    Address("macro/snapshots", "guest", None, lambda _row: make.MetricsSnapshotFactory(timeframe="1h")),
    Address("macro/snapshots/{pk}", "guest", make.MetricsSnapshotFactory),
    Address("macro/snapshots/latest?timeframe=1d", "guest", make.MetricsSnapshotFactory),
    Address("macro/regimes", "guest", None, lambda _row: make.RegimeFactory()),
    Address("macro/regimes/{pk}", "guest", make.RegimeFactory),
    Address("macro/regime", "guest", make.RegimeFactory),
    Address("macro/history", "guest", make.RegimeFactory, lambda _row: make.RegimeFactory()),
    Address("macro/news?days=366", "guest", None, lambda _row: make.NewsEventFactory(published_at=timezone.now())),
    Address("macro/news/{pk}", "guest", make.NewsEventFactory),
    Address("sectors", "guest", make.CrossSectorFactory, lambda _row: make.SectorAnalysisFactory()),
    Address("sectors/{pk}", "guest", make.SectorFactory),
    Address(
        "sectors/rotation",
        "guest",
        make.CrossSectorFactory,
        lambda row: make.RotationFlowFactory(ai_cross_sector_analysis=row),
    ),
    Address("sectors/{pk}/assets", "guest", make.SectorFactory, lambda row: make.SectorMappingFactory(sector=row)),
    Address("sectors/{pk}/analyses", "user", make.SectorFactory, lambda row: make.SectorAnalysisFactory(sector=row)),
    Address("watchlists", "guest", make.DefaultListFactory),
    Address("watchlists/{pk}", "guest", ranked_list, lambda row: make.EntryFactory(watchlist=row)),
    Address("watchlists/{pk}/items", "guest", ranked_list, lambda row: make.EntryFactory(watchlist=row)),
    Address("watchlists/{pk}/analysis", "user", ranked_list),
    Address("watchlists/{pk}/analyses", "user", ranked_list, lambda row: make.RankingFactory(watchlist=row)),
    Address("watchlists/summary", "admin", None, lambda _row: make.EntryFactory()),
    Address("suggestions", "user", None, lambda _row: make.SuggestionFactory()),
    Address("suggestions/queue", "admin", make.DefaultListFactory, lambda row: make.SuggestionFactory(watchlist=row)),
    Address("suggestions/performance", "admin"),
    Address(
        "suggestions/{pk}/reviews", "admin", make.SuggestionFactory, lambda row: make.ReviewFactory(suggestion=row)
    ),
    Address("signals", "user", None, lambda _row: make.SignalFactory()),
    Address("signals/{pk}", "user", make.SignalFactory),
    Address("predictions", "user", None, lambda _row: make.PredictionFactory()),
    Address("predictions/{pk}", "user", make.PredictionFactory),
    Address("predictions/{pk}/accuracy", "user", make.PredictionFactory),
    Address("predictions/active", "admin", None, lambda _row: make.PredictionFactory()),
    Address("predictions/record", "guest"),
    Address("models", "admin", None, lambda _row: make.AIModelFactory()),
    Address("models/{pk}", "admin", make.AIModelFactory),
    Address("models/{pk}/health", "admin", make.AIModelFactory),
    Address(
        "models/{pk}/evaluations", "admin", make.AIModelFactory, lambda row: make.ModelPerformanceFactory(model=row)
    ),
    Address("models/evaluations", "admin", None, lambda _row: make.ModelPerformanceFactory()),
    Address("models/evaluations/{pk}", "admin", make.ModelPerformanceFactory),
    Address("portfolios", "user"),
    Address("system/runs", "admin", None, lambda _row: make.PipelineRunFactory()),
    Address("system/runs/{pk}", "admin", make.PipelineRunFactory),
    Address("system/health", "guest"),
    Address("system/tasks", "admin"),
    Address("dashboard/professional", "user", make.CrossSectorFactory, lambda _row: make.SectorAnalysisFactory()),
    Address("dashboard/admin", "admin", None, lambda _row: make.UserActivityFactory()),
    Address("users/me", "user"),
    Address("users/me/notifications", "user"),
    Address("users/me/notifications/unread-count", "user"),
    Address("users/me/risk-profile", "user"),
    Address("signals/executions", "user"),
    Address("signals/performance", "user"),
    Address("signals/{pk}/executions", "admin", make.SignalFactory, lambda row: make.ExecutionFactory(signal=row)),
    Address("trade-actions/statistics", "user"),
    Address("alerts", "user"),
    Address("recommendations", "user", None, lambda _row: make.RecommendationFactory(user=None)),
    Address("recommendations/{pk}", "user", lambda: make.RecommendationFactory(user=None)),
    Address("backtests", "user"),
    Address("webhooks", "user"),
]
IDS = [address.path for address in ADDRESSES]


def url(address: Address) -> tuple[str, Any]:
    row = address.row() if address.row else None
    return API + address.path.format(pk=row.pk if row is not None else ""), row


@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_who_may_read(address: Address) -> None:
    path, _row = url(address)
    user, guest, admin = make.UserFactory(), make.UserFactory(role=UserRole.GUEST), make.AdminFactory()
    visitor = client_of().get(path)
    if address.auth == "guest":
        assert visitor.status_code == 200, visitor.content
    else:
        assert refused(visitor, 401)["type"].endswith("not-authenticated")
        assert visitor["WWW-Authenticate"].startswith("Bearer")
    for person in (user, guest):
        if address.auth == "admin":
            refused(client_of(person).get(path), 403)
        else:
            assert client_of(person).get(path).status_code == 200
    assert client_of(admin).get(path).status_code == 200
    assert client_with_token(user, "read").get(path).status_code == (403 if address.auth == "admin" else 200)
    assert client_with_token(admin, "read", "write").get(path).status_code == (403 if address.auth == "admin" else 200)
    assert client_with_token(admin, "admin").get(path).status_code == 200


@pytest.mark.parametrize("address", [one for one in ADDRESSES if "{pk}" in one.path], ids=lambda one: one.path)
def test_what_is_not_there_is_absent(address: Address) -> None:
    refused(client_of(make.AdminFactory()).get(API + address.path.format(pk=987654321)), 404)


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one.more], ids=lambda one: one.path)
def test_the_queries_do_not_grow_with_the_rows(address: Address) -> None:
    path, row = url(address)
    client = client_of(make.AdminFactory())
    assert address.more is not None
    address.more(row)
    one = queries(client, path)
    for _ in range(4):
        address.more(row)
    body = client.get(path).json()
    assert sum(len(part) for part in lists_in(body)) >= 5
    assert queries(client, path) == one


@pytest.mark.parametrize(("path", "rows"), [("watchlists", make.EntryFactory), ("portfolios", make.PositionFactory)])
def test_the_queries_do_not_grow_with_the_own_rows(path: str, rows: Any) -> None:
    user = make.UserFactory()
    client, holder = client_of(user), "watchlist__user" if path == "watchlists" else "portfolio__user"
    rows(**{holder: user})
    one = queries(client, API + path)
    for _ in range(4):
        rows(**{holder: user})
    assert len(client.get(API + path).json()["results"]) == 5
    assert queries(client, API + path) == one


def test_the_queries_do_not_grow_with_the_positions() -> None:
    portfolio = make.PortfolioFactory()
    client, path = client_of(portfolio.user), f"{API}portfolios/{portfolio.pk}/assets"
    make.PositionFactory(portfolio=portfolio)
    one = queries(client, path)
    make.PositionFactory.create_batch(4, portfolio=portfolio)
    assert client.get(path).json()["count"] == 5
    assert queries(client, path) == one


def lists_in(body: Any) -> list[list[Any]]:
    return [body] if isinstance(body, list) else [part for part in body.values() if isinstance(part, list)]


def of_person(user: User) -> dict[str, Any]:
    """What belongs to somebody, and where it is read."""
    watchlist = make.WatchlistFactory(user=user)
    make.RankingFactory(watchlist=watchlist)
    suggestion = make.SuggestionFactory(watchlist=watchlist)
    portfolio = make.PortfolioFactory(user=user)
    position = make.PositionFactory(portfolio=portfolio)
    make.PositionAnalysisFactory(portfolio_asset=position)
    make.PortfolioAnalysisFactory(portfolio=portfolio)
    prediction = make.PredictionFactory(user=user)
    webhook = make.WebhookFactory(user=user)
    return {
        f"webhooks/{webhook.pk}": WebhookSubscription,
        f"webhooks/{webhook.pk}/deliveries": WebhookSubscription,
        f"watchlists/{watchlist.pk}": Watchlist,
        f"watchlists/{watchlist.pk}/items": Watchlist,
        f"watchlists/{watchlist.pk}/analysis": Watchlist,
        f"watchlists/{watchlist.pk}/analyses": Watchlist,
        f"suggestions/{suggestion.pk}": AISuggestion,
        f"portfolios/{portfolio.pk}": Portfolio,
        f"portfolios/{portfolio.pk}/assets": Portfolio,
        f"portfolios/{portfolio.pk}/assets/{position.pk}": Portfolio,
        f"portfolios/{portfolio.pk}/assets/{position.pk}/analysis": Portfolio,
        f"portfolios/{portfolio.pk}/assets/{position.pk}/analyses": Portfolio,
        f"portfolios/{portfolio.pk}/analysis": Portfolio,
        f"portfolios/{portfolio.pk}/analyses": Portfolio,
        f"predictions/{prediction.pk}": Prediction,
        f"predictions/{prediction.pk}/accuracy": Prediction,
    }


def test_foreign_rows_are_absent_rows() -> None:
    owner, other, admin = make.UserFactory(), make.UserFactory(), make.AdminFactory()
    plain = client_with_token(admin, "read")  # an admin's token without that scope sees what a user sees
    for path in of_person(owner):
        assert client_of(owner).get(API + path).status_code == 200, path
        assert client_of(admin).get(API + path).status_code == 200, path
        foreign = [client_of(other).get(API + path), plain.get(API + path)]
        absent = client_of(other).get(
            API + "/".join(["987654321" if part.isdecimal() else part for part in path.split("/")])
        )
        for response in foreign:
            problem, nothing = refused(response, 404), refused(absent, 404)
            assert {**problem, "instance": "", "request_id": ""} == {**nothing, "instance": "", "request_id": ""}


@pytest.mark.parametrize("path", ["watchlists", "suggestions", "portfolios", "predictions"])
def test_lists_show_the_own_rows_only(path: str) -> None:
    owner, other, admin = make.UserFactory(), make.UserFactory(), make.AdminFactory()
    of_person(owner)
    count = {person: len(client_of(person).get(API + path).json()["results"]) for person in (owner, other)}
    assert count == {owner: 1, other: 0}
    asked = client_of(other).get(API + path, {"user_id": owner.pk}).json()["results"]
    assert asked == []
    if path in {"watchlists", "portfolios"}:
        assert client_of(admin).get(API + path).json()["results"] == []
        assert len(client_of(admin).get(API + path, {"user_id": owner.pk}).json()["results"]) == 1
    else:
        assert len(client_of(admin).get(API + path).json()["results"]) == 1


def replayed() -> dict[str, Any]:
    """Rows of a replay, by the list they must not appear in."""
    series = {"series": "replay-1"}
    return {
        "macro/regimes": make.RegimeFactory(**series),
        "suggestions": make.SuggestionFactory(**series),
        "signals": make.SignalFactory(**series),
        "predictions": make.PredictionFactory(**series),
    }


def test_replays_are_not_seen() -> None:
    admin = client_of(make.AdminFactory())
    for path, row in replayed().items():
        assert admin.get(API + path).json()["results"] == [], path
        refused(admin.get(f"{API}{path}/{row.pk}"), 404)
    refused(admin.get(API + "macro/regime"), 404)
    watchlist = make.DefaultListFactory()
    make.RankingFactory(watchlist=watchlist, series="replay-1")
    refused(admin.get(f"{API}watchlists/{watchlist.pk}/analysis"), 404)
    assert admin.get(API + "suggestions/queue").json()["count"] == 0
    assert admin.get(API + "predictions/active").json()["results"] == []
    assert admin.get(API + "predictions/record").json()["n"] == 0


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer cp_wrong", "Bearer a b c", "bearer cp_" + "x" * 5000, "Bearer \u00e9"]
)
def test_a_wrong_token_is_refused_even_where_none_is_needed(header: str) -> None:
    response = client_of().get(API + "assets", headers={"Authorization": header})
    assert refused(response, 401)["detail"] == "This token is unknown, ended, or not valid from here."


def test_another_kind_of_authorisation_is_not_ours() -> None:
    assert client_of().get(API + "assets", headers={"Authorization": "Basic abc"}).status_code == 200


def test_a_token_is_bound_to_its_addresses() -> None:
    _token, secret = create_api_token(make.UserFactory(), name="n", scopes=["read"], allowed_ips=["10.0.0.1"])
    header = {"Authorization": f"Bearer {secret}"}
    refused(client_of().get(API + "users/me", headers=header), 401)
    assert client_of().get(API + "users/me", headers=header, REMOTE_ADDR="10.0.0.1").status_code == 200
