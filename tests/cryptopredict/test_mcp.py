"""Assistants: the SDK's own client lists and calls every tool over stdio and HTTP; who may not, does not; and nothing
changes before a person confirms it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx2
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from accounts.choices import UserRole
from accounts.models import ApiToken, ChangeDraft, User
from accounts.services import create_api_token, keep_draft
from cryptopredict import drafting
from cryptopredict.mcp_server.server import http_application
from selection.models import AISuggestion
from system.exceptions import InvalidInput, LimitExceeded, NoData, NotAllowed
from tests import factories as make
from tests.cryptopredict.installation import ROOT, wait_for
from tests.cryptopredict.serving import served
from tests.doors import client_of
from tests.stubs.outgoing import workers_environment
from trading.models import SignalAlert

Talk = Callable[[Client], Awaitable[Any]]
ALERT = {"alert_type": "price_target", "trigger_value": "100000.5", "condition": "above"}
WHOLE = {"databases": ["default", "owner"], "transaction": True}


@dataclass
class World:
    """Rows that tools are asked about, and their owner."""

    user: User
    calls: dict[str, dict[str, Any]]
    suggestion: AISuggestion

    def token(self, *scopes: str, **options: Any) -> str:
        return create_api_token(self.user, name="assistant", scopes=scopes, **options)[1]


@pytest.fixture
def world(db: None) -> World:
    user: User = make.UserFactory()
    make.MetricsSnapshotFactory(timeframe="1d")
    make.RegimeFactory()
    signal = make.SignalFactory()
    portfolio = make.PortfolioFactory(user=user)
    make.PositionFactory(portfolio=portfolio)
    suggestion = make.SuggestionFactory(watchlist=make.WatchlistFactory(user=user), target_tier=None)
    return World(
        user,
        {
            "market_state": {},
            "search": {"query": signal.asset.symbol},
            "list_signals": {"status": "active"},
            "explain_signal": {"signal_id": signal.pk},
            "forecast_record": {},
            "list_portfolios": {},
            "portfolio_figures": {"portfolio_id": portfolio.pk},
            "explain_figure": {"portfolio_id": portfolio.pk, "figure": "profit"},
            "list_suggestions": {},
            "draft_review": {"suggestion_id": suggestion.pk, "decision": "approve"},
            "draft_alert": ALERT | {"asset_id": signal.asset_id},
        },
        suggestion,
    )


@pytest.fixture
def port() -> Iterator[int]:
    with served(http_application("127.0.0.1")) as number:
        yield number


def over_http(port: int, secret: str, talk: Talk, **headers: str) -> Any:
    """What comes of a talk with the server by the SDK's client."""

    async def run() -> Any:
        told = {"Authorization": f"Bearer {secret}"} | headers
        async with httpx2.AsyncClient(headers=told) as http:
            transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)
            async with Client(transport) as client:
                return await talk(client)

    return anyio.run(run)


def over_stdio(secret: str, talk: Talk) -> Any:
    async def run() -> Any:
        environment = workers_environment() | {"CRYPTOPREDICT_TOKEN": secret, "REDIS_URL": os.environ["REDIS_URL"]}
        server = StdioServerParameters(command=sys.executable, args=["manage.py", "mcp"], cwd=ROOT, env=environment)
        async with Client(server) as client:
            return await talk(client)

    return anyio.run(run)


def everything(world: World) -> Talk:
    """Lists the tools and calls each of them."""

    async def talk(client: Client) -> dict[str, Any]:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert listed.keys() == world.calls.keys()
        for name, tool in listed.items():
            assert tool.description
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint is not name.startswith("draft")
        return {name: told(await client.call_tool(name, given)) for name, given in world.calls.items()}

    return talk


def one(name: str, given: dict[str, Any]) -> Talk:
    async def talk(client: Client) -> Any:
        return await client.call_tool(name, given)

    return talk


def told(result: Any) -> Any:
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


def text(result: Any) -> str:
    assert result.is_error
    return str(result.content[0].text).partition(": ")[2]


def check(world: World, answers: dict[str, Any]) -> None:
    calls = world.calls
    assert answers["market_state"].keys() == {"regime", "snapshot"}
    assert answers["search"]["assets"][0]["symbol"] == calls["search"]["query"]
    assert [row["id"] for row in answers["search"]["signals"]] == [calls["explain_signal"]["signal_id"]]
    assert answers["explain_signal"]["signal"]["id"] == calls["explain_signal"]["signal_id"]
    assert answers["forecast_record"]["record"]["n"] == 0
    assert [row["id"] for row in answers["list_portfolios"]["portfolios"]] == [
        calls["portfolio_figures"]["portfolio_id"]
    ]
    assert len(answers["portfolio_figures"]["positions"]) == 1
    assert answers["explain_figure"]["explanation"]["formula"]
    assert [row["id"] for row in answers["list_suggestions"]["suggestions"]] == [world.suggestion.pk]
    assert answers["draft_alert"]["confirm_at"].endswith("/account/drafts")


def unchanged(world: World) -> bool:
    world.suggestion.refresh_from_db()
    return not SignalAlert.objects.exists() and world.suggestion.status == "pending"


@pytest.mark.django_db(**WHOLE)
def test_every_tool_over_http_and_nothing_changes_before_a_person_confirms(world: World, port: int) -> None:
    answers = over_http(port, world.token("write"), everything(world))
    check(world, answers)
    assert unchanged(world)
    client = client_of(world.user)
    review, alert = answers["draft_review"]["draft_id"], answers["draft_alert"]["draft_id"]
    page = client.get("/account/drafts").content.decode()
    assert f"draft-{review}" in page
    assert world.suggestion.asset.symbol in page
    for draft in (review, alert):
        assert client.get(f"/account/drafts/{draft}/confirm").status_code == 405  # a link confirms nothing
        assert client.post(f"/account/drafts/{draft}/confirm").status_code == 302
    world.suggestion.refresh_from_db()
    assert world.suggestion.status == "implemented"
    made = SignalAlert.objects.get()
    assert (made.user_id, str(made.trigger_value.normalize())) == (world.user.pk, "100000.5")
    client.post(f"/account/drafts/{alert}/confirm")  # twice changes nothing
    assert SignalAlert.objects.count() == 1


@pytest.mark.long
@pytest.mark.django_db(**WHOLE)
def test_every_tool_over_stdio(world: World) -> None:
    check(world, over_stdio(world.token("write"), everything(world)))
    assert unchanged(world)
    assert ChangeDraft.objects.filter(user=world.user, status="waiting").count() == 2


@pytest.mark.django_db(**WHOLE)
def test_a_token_reaches_what_it_reaches_in_the_api(world: World, port: int) -> None:
    reads = world.token("read")
    for name in ("draft_alert", "draft_review"):
        assert "write" in text(over_http(port, reads, one(name, world.calls[name])))
    market = world.token("market:read", "signals:write")
    assert told(over_http(port, market, one("market_state", {})))
    assert text(over_http(port, market, one("list_portfolios", {}))).startswith("403")
    assert "lists:write" in text(over_http(port, market, one("draft_review", world.calls["draft_review"])))
    assert told(over_http(port, market, one("draft_alert", world.calls["draft_alert"])))["draft_id"]
    stranger = create_api_token(make.UserFactory(), name="n", scopes=["write"])[1]
    for name in ("portfolio_figures", "explain_figure"):
        assert text(over_http(port, stranger, one(name, world.calls[name]))).startswith("404")
    assert "no such suggestion" in text(over_http(port, stranger, one("draft_review", world.calls["draft_review"])))
    assert ChangeDraft.objects.count() == 1


@pytest.mark.django_db(**WHOLE)
def test_who_calls_and_from_where_is_checked(world: World, port: int) -> None:
    secret = world.token("read")
    elsewhere = world.token("read", allowed_ips=["203.0.113.7"])
    url = f"http://127.0.0.1:{port}/mcp"
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    plain = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

    def status(**headers: str) -> int:
        with httpx2.Client() as http:
            return http.post(
                url, json=body, headers=plain | {n.replace("_", "-"): v for n, v in headers.items()}
            ).status_code

    assert status() == 401
    assert status(Authorization="Bearer cp_wrong") == 401
    assert status(Authorization=f"Bearer {elsewhere}") == 401
    mine = {"Authorization": f"Bearer {secret}"}
    assert status(**mine) == 200
    assert status(**mine, Host="evil.example") == 421
    assert status(**mine, Origin="https://evil.example") == 403
    ApiToken.objects.update(revoked_at=timezone.now())
    assert status(**mine) == 401


@pytest.mark.long
@pytest.mark.django_db(**WHOLE)
def test_the_command_serves_over_http(world: World) -> None:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        number = chosen.getsockname()[1]
    command = [sys.executable, "manage.py", "mcp", "--http", "--port", str(number)]
    with subprocess.Popen(command, cwd=ROOT, env=workers_environment()) as server:
        try:
            wait_for(lambda: is_heard(number), 60)
            assert told(over_http(number, world.token("read"), one("market_state", {})))["snapshot"]["id"]
            elsewhere = world.token("read", allowed_ips=["203.0.113.7"])
            claimed = {"Authorization": f"Bearer {elsewhere}", "X-Forwarded-For": "203.0.113.7"}
            assert httpx2.post(f"http://127.0.0.1:{number}/mcp", json={}, headers=claimed).status_code == 401
        finally:
            server.terminate()
    assert server.returncode in (0, -signal.SIGTERM)


def is_heard(number: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", number)) == 0


@pytest.mark.django_db
def test_without_a_token_nobody_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOPREDICT_TOKEN", "cp_wrong")
    with pytest.raises(CommandError, match="CRYPTOPREDICT_TOKEN"):
        call_command("mcp")


# -- drafts -----------------------------------------------------------------------------------------------------------


def token_of(user: User, *scopes: str) -> ApiToken:
    return create_api_token(user, name="assistant", scopes=scopes or ["write"])[0]


def draft(user: User, **content: Any) -> ChangeDraft:
    given = ALERT | {"asset_id": make.AssetFactory().pk} | content
    return drafting.propose(token_of(user), "alert", given, now=timezone.now())


@pytest.mark.django_db
def test_what_could_not_be_confirmed_is_refused_at_once(world: World) -> None:
    now, mine = timezone.now(), token_of(world.user)
    refused: list[tuple[str, dict[str, Any], type[Exception]]] = [
        ("alert", ALERT | {"trigger_value": "much"}, InvalidInput),
        ("alert", ALERT | {"surprise": 1}, InvalidInput),
        ("review", {"suggestion_id": world.suggestion.pk, "decision": "reject"}, InvalidInput),
        ("review", {"suggestion_id": make.SuggestionFactory().pk, "decision": "approve"}, NoData),
        ("review", {"suggestion_id": "x", "decision": "approve"}, NoData),
    ]
    for kind, content, error in refused:
        with pytest.raises(error):
            drafting.propose(mine, kind, content, now=now)
    guest = token_of(make.UserFactory(role=UserRole.GUEST))
    with pytest.raises(NotAllowed):
        drafting.propose(guest, "alert", ALERT, now=now)
    assert not ChangeDraft.objects.exists()


@pytest.mark.django_db
def test_an_admin_drafts_as_one_only_with_a_token_of_that_scope() -> None:
    admin, suggestion = make.AdminFactory(), make.SuggestionFactory(watchlist=make.DefaultListFactory())
    make.TotpDeviceFactory.of(admin)
    content, now = {"suggestion_id": suggestion.pk, "decision": "approve"}, timezone.now()
    with pytest.raises(NoData):
        drafting.propose(token_of(admin, "write"), "review", content, now=now)
    made = drafting.propose(token_of(admin, "write", "admin"), "review", content, now=now)
    suggestion.refresh_from_db()
    assert suggestion.status == "pending"
    assert client_of(admin).post(f"/account/drafts/{made.pk}/confirm").status_code == 302
    suggestion.refresh_from_db()
    assert suggestion.status == "implemented"


@pytest.mark.django_db
def test_a_draft_ends_after_a_day() -> None:
    user = make.UserFactory()
    made = draft(user)
    ChangeDraft.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    client = client_of(user)
    assert f"draft-{made.pk}" not in client.get("/account/drafts").content.decode()
    answer = client.post(f"/account/drafts/{made.pk}/confirm", follow=True)
    assert "The time of this draft is over." in answer.content.decode()
    assert not SignalAlert.objects.exists()


@pytest.mark.django_db
def test_who_writes_no_more_confirms_nothing() -> None:
    user = make.UserFactory()
    made = draft(user)
    User.objects.filter(pk=user.pk).update(role=UserRole.GUEST)
    answer = client_of(user).post(f"/account/drafts/{made.pk}/confirm", follow=True)
    assert "may not do this here" in answer.content.decode()
    assert not SignalAlert.objects.exists()


@pytest.mark.django_db
def test_a_draft_about_what_the_person_sees_no_more_says_so() -> None:
    admin, suggestion = make.AdminFactory(), make.SuggestionFactory(watchlist=make.DefaultListFactory())
    make.TotpDeviceFactory.of(admin)
    content = {"suggestion_id": suggestion.pk, "decision": "approve"}
    made = drafting.propose(token_of(admin, "write", "admin"), "review", content, now=timezone.now())
    User.objects.filter(pk=admin.pk).update(role=UserRole.PUBLIC)
    answer = client_of(admin).post(f"/account/drafts/{made.pk}/confirm", follow=True)
    assert (answer.status_code, "There is no such suggestion." in answer.content.decode()) == (200, True)


@pytest.mark.django_db
def test_a_draft_is_its_persons_alone_and_can_be_discarded() -> None:
    user = make.UserFactory()
    made = draft(user, message="<b>now</b>")
    for stranger in (make.UserFactory(), make.AdminFactory()):
        assert client_of(stranger).post(f"/account/drafts/{made.pk}/confirm").status_code == 404
        assert f"draft-{made.pk}" not in client_of(stranger).get("/account/drafts").content.decode()
    assert client_of().post(f"/account/drafts/{made.pk}/confirm").status_code == 302  # to the login
    client = client_of(user)
    assert "&lt;b&gt;now" in client.get("/account/drafts").content.decode()
    assert client.post(f"/account/drafts/{made.pk}/explode").status_code == 404
    assert client.post(f"/account/drafts/{made.pk}/discard").status_code == 302
    made.refresh_from_db()
    assert (made.status, SignalAlert.objects.count()) == ("discarded", 0)
    client.post(f"/account/drafts/{made.pk}/confirm")
    assert not SignalAlert.objects.exists()


@pytest.mark.django_db
def test_there_are_not_too_many() -> None:
    user = make.UserFactory()
    make.DraftFactory.create_batch(20, user=user)
    with pytest.raises(LimitExceeded):
        keep_draft(user, kind="alert", summary="s", content={}, made_with="n", now=datetime(2026, 1, 1, tzinfo=UTC))
