"""The demo market is marked wherever a person or a program sees its figures, and nothing of it asks the network."""

import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.services import ensure_system_user
from aimodels.services import ensure_rules
from cryptopredict import demo
from cryptopredict.pipeline import run_pipeline
from cryptopredict.rules import RULES
from sectors.services import ensure_sectors
from selection.services import ensure_default_watchlists
from tests.doors import answer, client_of
from tests.factories import AdminFactory, AssetFactory
from tests.pages.html import page

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 9, 20, 7, 5, tzinfo=UTC)
PAGES = ("/", "/assets", "/assets/BTC-DEMO", "/assets/USDT-DEMO", "/assets/MATIC-DEMO", "/login", "/admin/none")


@pytest.fixture
def plugged_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine can be reached."""
    connect = socket.socket.connect

    def here_only(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            pytest.fail(f"something asked {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", here_only)


@pytest.fixture
def admin(plugged_out: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """Somebody who looks at a demo market that was loaded and analysed without a network."""
    monkeypatch.setattr(demo, "SPANS", {"1d": timedelta(days=300), "1h": timedelta(days=3)})
    ensure_system_user()
    ensure_sectors()
    ensure_default_watchlists()
    for rules in RULES:
        ensure_rules(rules)
    demo.ensure_demo_market(NOW)
    run_pipeline(NOW.replace(hour=0, minute=0), "1d")
    user: User = AdminFactory()
    return user


def lists_of_the_api(admin: User) -> list[str]:
    """Addresses that need no id and no parameter."""
    paths = client_of(admin).get("/api/schema?format=json").json()["paths"]
    return sorted(
        path
        for path, methods in paths.items()
        if "get" in methods and not any(one.get("required") for one in methods["get"].get("parameters", ()))
    )


@pytest.mark.long
def test_every_page_says_demo_and_every_list_answers_without_a_network(admin: User) -> None:
    for path in PAGES:
        shown = page(path, admin if "admin" in path else None, status=404 if "none" in path else 200)
        assert shown.every("div", cls="demo-ribbon"), path
    for name in ("admin:index", "admin:assets_asset_changelist", "admin:selection_aisuggestion_changelist"):
        assert ">demo<" in "".join(client_of(admin).get(reverse(name)).content.decode().split()), name
    lists = lists_of_the_api(admin)
    assert len(lists) > 20
    for path in lists:
        allowed = {200, 404} if path.endswith("latest") else {200}  # no run of the timeframe that they begin with
        assert client_of(admin).get(path).status_code in allowed, path
    assert answer("assets", admin)["count"] == 59
    AssetFactory(symbol="BTC", data_source="binance")
    text = client_of(admin).get(reverse("admin:index")).content.decode()
    assert ">demo<" not in "".join(text.split()), "the real market is shown from now on"
