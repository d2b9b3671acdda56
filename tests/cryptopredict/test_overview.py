"""The first figures a person sees: true, his own, and null where nothing is known."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from assets.choices import DEMO_SOURCE
from cryptopredict.api.dashboard_serializers import OverviewSerializer
from cryptopredict.dashboards import market_overview
from cryptopredict.dashboards import overview as overview_of
from macro.choices import AnalysisSource
from tests.factories import (
    AssetFactory,
    MetricsSnapshotFactory,
    NotificationFactory,
    PortfolioFactory,
    PositionFactory,
    RegimeFactory,
    SignalFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
EMPTY = {"total_value": "0", "daily_pnl": "0", "daily_pnl_percentage": None}


def overview(user: User) -> Any:
    return OverviewSerializer(overview_of(user, timezone.now(), market_overview())).data


def test_before_anything_has_happened() -> None:
    found = overview(UserFactory())
    market = found["market_overview"]
    assert market == dict.fromkeys(market) | {"is_demo": False}
    assert (found["portfolio_summary"], found["active_signals"], found["notifications"]) == (EMPTY, 0, 0)


def test_the_market_of_the_newest_daily_analysis() -> None:
    AssetFactory()
    RegimeFactory(analysis_time=timezone.now() - timedelta(days=1), current_regime="Bear")
    snapshot = MetricsSnapshotFactory(
        crypto_market_breadth=Decimal("61.5"), total_market_cap=Decimal("2.5e12"), btc_price_usd=Decimal(51200)
    )
    newest = RegimeFactory(analysis_time=timezone.now(), metrics_snapshot=snapshot)
    RegimeFactory(analysis_time=timezone.now(), analysis_timeframe="1h", current_regime="Bear")
    RegimeFactory(analysis_time=timezone.now(), series="a replay", current_regime="Bear")
    assert overview(UserFactory())["market_overview"] == {
        "as_of": newest.analysis_time,
        "is_demo": False,
        "regime": "bull",
        "regime_confidence": 0.62,
        "risk_level": None,
        "sentiment": None,
        "breadth": 61.5,
        "btc_dominance": None,
        "btc_price_usd": "51200",
        "total_market_cap": "2500000000000",
    }


def test_the_demo_market_says_so() -> None:
    AssetFactory(data_source=DEMO_SOURCE)
    RegimeFactory(analysis_time=timezone.now(), data_source=AnalysisSource.SIMULATION)
    assert overview(UserFactory())["market_overview"]["is_demo"] is True


def test_the_own_portfolios_and_nobody_elses() -> None:
    user = UserFactory()
    PositionFactory()
    PositionFactory(portfolio=PortfolioFactory(user=user))
    PositionFactory(portfolio=PortfolioFactory(user=user))
    assert overview(user)["portfolio_summary"]["total_value"] == "402"
    PositionFactory(portfolio__user=user, asset__current_price=None)
    assert overview(user)["portfolio_summary"]["total_value"] is None


def test_what_is_open() -> None:
    user, now = UserFactory(), timezone.now()
    SignalFactory(expires_at=now + timedelta(hours=1))
    SignalFactory(expires_at=now - timedelta(seconds=1))
    SignalFactory(series="a replay")
    NotificationFactory(user=user, sent_at=now)
    NotificationFactory(user=user, sent_at=now, status="read")
    NotificationFactory(user=user, sent_at=None)
    NotificationFactory(user=user, sent_at=now, expires_at=now - timedelta(seconds=1))
    NotificationFactory(sent_at=now)
    found = overview(user)
    assert (found["active_signals"], found["notifications"]) == (1, 1)
