"""Who may call what: every operation of the OpenAPI document, by everybody, on the own, a foreign and no row.

What an operation asks for it says itself (``x-access``), and ``endpoints.yaml`` says the same where it is at hand. A
refusal tells nothing of what is there: for whoever may not see a row, it is answered as one that does not exist, byte
for byte but for the path and the id of the request. Each call is undone.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import transaction
from django.test import Client

from accounts.models import User
from accounts.services import Client as Caller
from cryptopredict.portability.requests import order_export
from system.models import SystemConfig
from tests import factories as make
from tests.cryptopredict.described import described
from tests.doors import client_of, client_with_token

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
NOWHERE = "987654321"
ANY_PART = "any"
NEEDS_MORE = {
    "POST /api/v1/suggestions/{id}/implement": "of a personal list, its owner alone decides",
    "POST /api/v1/users/me/mfa/totp": "asks for a new login or the password",
    "DELETE /api/v1/users/me/mfa/totp": "asks for a code",
}
"""Operations that refuse an empty body with 403, and why."""
READERS_AND_WRITERS = ("person", "user")


@dataclass(frozen=True)
class Operation:
    """What the document says of one."""

    method: str
    path: str
    role: str
    scope: str
    part: str

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def has_row(self) -> bool:
        return "{" in self.path


def in_order(one: tuple[str, Any]) -> str:
    """As they are served: a list before one of its rows, and that before what else has its name."""
    return one[0].replace("{", "!")


def operations() -> list[Operation]:
    return [
        Operation(method, path, **methods[method]["x-access"])
        for path, methods in sorted(described()["paths"].items(), key=in_order)
        for method in METHODS
        if method in methods
    ]


OPERATIONS = operations()


# -- rows -------------------------------------------------------------------------------------------------------------


def private(user: User) -> dict[str, int]:
    """Rows that nobody but their owner and admins may see, by the path of one."""
    watchlist, portfolio = make.WatchlistFactory(user=user), make.PortfolioFactory(user=user)
    position = make.PositionFactory(portfolio=portfolio)
    webhook, export = make.WebhookFactory(user=user), order_export(user, client=Caller())
    rows: dict[str, Any] = {
        "alerts/{id}": make.AlertFactory(user=user),
        "backtests/{id}": make.BacktestFactory(created_by=user),
        "feedback/{id}": make.UserFeedbackFactory(user=user),
        "portfolios/{id}": portfolio,
        "portfolios/{id}/assets/{position_id}": position,
        "portfolios/{id}/imports/{import_id}": make.ImportFactory(portfolio=portfolio),
        "predictions/{id}": make.PredictionFactory(user=user),
        "recommendations/{id}": make.RecommendationFactory(user=user),
        "signals/executions/{id}": make.ExecutionFactory(user=user),
        "suggestions/{id}": make.SuggestionFactory(watchlist=watchlist),
        "trade-actions/{id}": make.TradeActionFactory(portfolio_asset=position),
        "users/me/export/{id}": export,
        "users/me/notifications/{id}": make.NotificationFactory(user=user),
        "users/me/sessions/{id}": make.UserSessionFactory(user=user),
        "users/me/tokens/{id}": make.ApiTokenFactory(user=user),
        "users/{id}": user,
        "watchlists/{id}": watchlist,
        "watchlists/{id}/items/{item_id}": make.EntryFactory(watchlist=watchlist),
        "webhooks/{id}": webhook,
        "webhooks/{id}/deliveries/{delivery_id}": make.WebhookDeliveryFactory(subscription=webhook),
    }
    return {path: row.pk for path, row in rows.items()}


def public() -> dict[str, Any]:
    """Rows that everybody may see, or all admins."""
    sector, model = make.SectorFactory(), make.AIModelFactory()
    rows: dict[str, Any] = {
        "assets/{id}": make.AssetFactory(),
        "macro/news/{id}": make.NewsEventFactory(),
        "macro/regimes/{id}": make.RegimeFactory(),
        "macro/snapshots/{id}": make.MetricsSnapshotFactory(),
        "models/evaluations/{id}": make.ModelPerformanceFactory(model=model),
        "models/jobs/{id}": make.ModelJobFactory(),
        "models/{id}": model,
        "sectors/{id}": sector,
        "sectors/{id}/assets/{mapping_id}": make.SectorMappingFactory(sector=sector),
        "signals/{id}": make.SignalFactory(),
        "system/runs/{id}": make.PipelineRunFactory(),
    }
    settings = SystemConfig.objects.order_by("key").first() or SystemConfig.objects.create(key="test_setting", value=1)
    return {path: row.pk for path, row in rows.items()} | {
        "system/config/{key}": settings.key,
        "system/tasks/{id}": order_export(make.UserFactory(), client=Caller()).pk,
    }


SPOTS = re.compile(r"\{\w+\}")


def filled(path: str, rows: dict[str, Any]) -> str | None:
    """The path with the keys of these rows; None where one of them is not among them."""

    def key(spot: re.Match[str]) -> str:
        if spot.group() == "{figure}":
            return "twr"
        return str(rows[path.removeprefix("/api/v1/")[: spot.end() - len("/api/v1/")]])

    try:
        return SPOTS.sub(key, path)
    except KeyError:
        return None


def absent(path: str) -> str:
    """The path with keys that nobody has; what has no number is called by a name that nothing has."""
    words = {"{figure}": "twr", "{key}": "no_such_setting"}
    return SPOTS.sub(lambda spot: words.get(spot.group(), NOWHERE), path)


# -- calls ------------------------------------------------------------------------------------------------------------


def call(client: Client, operation: Operation, path: str) -> Any:
    """An answer to an empty body; what it did is undone."""
    body = "" if operation.method == "get" else "{}"
    with transaction.atomic():
        response = client.generic(operation.method.upper(), path, body, "application/json", headers={"If-Match": "*"})
        if response.streaming:
            list(response)
        transaction.set_rollback(True)
    return response


def said(response: Any) -> tuple[int, Any]:
    """What a refusal says, but for what no two have in common."""
    content = json.loads(response.content)
    assert response["Content-Type"] == "application/problem+json", response.content
    return response.status_code, {**content, "instance": "", "request_id": ""}


@dataclass(frozen=True)
class World:
    """Callers and rows. ``theirs`` belong to ``user``, ``foreign`` to somebody else."""

    callers: dict[str, Client]
    limited: Callable[[str], Client]
    theirs: dict[str, Any]
    foreign: dict[str, Any]

    def targets(self, operation: Operation) -> dict[str, str]:
        """Paths by whose row they name; an operation without a row has one."""
        if not operation.has_row:
            return {"none": operation.path}
        found = {"own": filled(operation.path, self.theirs), "foreign": filled(operation.path, self.foreign)}
        assert all(found.values()), f"{operation}: no row is made for it"
        return {name: path for name, path in found.items() if path} | {"absent": absent(operation.path)}


@pytest.fixture
def world() -> World:
    user, other, admin = make.UserFactory(), make.UserFactory(), make.AdminFactory()
    make.TotpDeviceFactory.of(admin)
    shared = public()
    tokens: dict[str, Client] = {}

    def limited(part: str) -> Client:
        """A token of the user for another part of the API."""
        elsewhere = "market" if part != "market" else "account"
        if elsewhere not in tokens:
            tokens[elsewhere] = client_with_token(user, f"{elsewhere}:read", f"{elsewhere}:write")
        return tokens[elsewhere]

    callers = {
        "visitor": client_of(),
        "user": client_of(user),
        "reader": client_with_token(user, "read"),
        "admin": client_of(admin),
        "plain admin": client_with_token(admin, "read", "write"),
    }
    return World(callers, limited, private(user) | shared, private(other) | shared)


def refusals(operation: Operation) -> Iterator[tuple[str, int]]:
    """Callers that an operation refuses whatever the row is, and how."""
    if operation.role == "guest":
        return
    yield "visitor", 401
    if operation.part != ANY_PART:
        yield "token of another part", 403
    if operation.scope != "read":
        yield "reader", 403
    if operation.role == "admin":
        yield "user", 403
        yield "plain admin", 403


def test_refused_before_any_row_is_looked_at(world: World, request: pytest.FixtureRequest) -> None:
    """By role and scope; the normal round asks for a row that is there, ``--full`` for each kind."""
    kinds = ("own", "foreign", "absent", "none") if request.config.getoption("--full") else ("own", "none")
    cells, leaks = Counter[str](), []
    for operation in OPERATIONS:
        targets = world.targets(operation)
        for (caller, status), kind in product(refusals(operation), kinds):
            if kind in targets:
                client = world.callers.get(caller) or world.limited(operation.part)
                response = call(client, operation, targets[kind])
                cells[caller] += 1
                if response.status_code != status or said(response)[0] != status:
                    leaks.append(f"{operation} {kind} by {caller}: {response.status_code}, not {status}")
    print(f"refused: {sum(cells.values())} cells {dict(cells)}, {len(leaks)} leaks")  # noqa: T201
    assert not leaks, "\n".join(leaks)


def test_foreign_rows_are_absent_ones(world: World) -> None:
    """Where a body is judged before the row is looked for, both are refused for the body (400)."""
    cells, leaks = 0, []
    shared = public()
    for operation in OPERATIONS:
        if operation.role not in READERS_AND_WRITERS and operation.role != "guest":
            continue
        if not operation.has_row or filled(operation.path, shared):
            continue
        targets = world.targets(operation)
        for caller in ("user", "plain admin", "visitor"):
            if caller == "visitor" and operation.role != "guest":
                continue
            foreign, nothing = (call(world.callers[caller], operation, targets[kind]) for kind in ("foreign", "absent"))
            cells += 1
            if said(foreign) != said(nothing) or foreign.status_code not in {404, 400}:
                leaks.append(f"{operation} by {caller}: {foreign.status_code} and {nothing.status_code}")
    print(f"foreign against absent: {cells} cells, {len(leaks)} leaks")  # noqa: T201
    assert not leaks, "\n".join(leaks)


def test_who_may_is_let_in(world: World) -> None:
    """No answer to those who may says that they may not; what is wrong then is the empty body or the state."""
    cells, shut = 0, []
    for operation in OPERATIONS:
        targets = world.targets(operation)
        callers = {"guest": ("visitor", "user", "admin"), "admin": ("admin",)}.get(operation.role, ("user",))
        for caller in callers:
            response = call(world.callers[caller], operation, targets.get("own") or targets["none"])
            cells += 1
            allowed = {403} if str(operation) in NEEDS_MORE else set()
            if response.status_code in {401, 403} - allowed or response.status_code >= 500:
                shut.append(f"{operation} by {caller}: {response.status_code}")
    print(f"let in: {cells} cells, {len(shut)} refused")  # noqa: T201
    assert not shut, "\n".join(shut)


def test_roles_are_those_of_the_contract() -> None:
    contract = Path(__file__).resolve().parents[3] / "shared/design/endpoints.yaml"
    if not contract.exists():
        pytest.skip(f"no contract at {contract}")
    agree = {
        ("guest", "guest"),
        ("person", "user"),
        ("user", "user"),
        ("user", "owner"),
        ("person", "owner"),
        ("admin", "admin"),
    }
    asked = {
        (one["method"].lower(), SPOTS.sub("{}", one["path"])): one["auth"]
        for one in yaml.safe_load(contract.read_text())["endpoints"]
    }
    found = {(one.method, SPOTS.sub("{}", one.path)): one.role for one in OPERATIONS}
    wrong = {
        key: (found.get(key), auth)
        for key, auth in asked.items()
        if (found.get(key), auth) not in agree | {("admin", "admin")}
    }
    assert wrong == {}
