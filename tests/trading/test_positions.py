"""Open positions: judged by their own stop and target, and only where there is something to judge by."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from aimodels.services import ensure_rules
from assets.models import Asset
from selection.models import PortfolioAsset, PositionFlow
from system.models import SystemConfigHistory
from tests.factories import AssetFactory, MetricsSnapshotFactory, PositionFactory, add_candles
from tests.factories.base import EPOCH
from trading.models import AIPortfolioAssetAnalysis
from trading.rules import TIMING_RULES
from trading.services import analyse_positions

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AS_OF = EPOCH + 40 * DAY
CLOSES = [*range(140, 101, -1), 100]


@pytest.fixture
def asset() -> Asset:
    """A coin that has fallen from 140 to 100."""
    ensure_rules(TIMING_RULES)
    found = AssetFactory(symbol="FALLEN")
    add_candles(found, CLOSES)
    return found


def bought(asset: Asset, price: int = 140, **columns: Any) -> PortfolioAsset:
    """One coin, bought at the epoch."""
    position = PositionFactory(asset=asset, quantity=1, **columns)
    PositionFlow.objects.create(
        position=position,
        action_id=position.pk,
        occurred_at=EPOCH,
        quantity_change=1,
        price=price,
        cash_flow_usd=-price,
        cost_change_usd=price,
    )
    return position


def judged(position: PortfolioAsset, **snapshot: Any) -> AIPortfolioAssetAnalysis:
    wanted = MetricsSnapshotFactory(**{"snapshot_time": AS_OF} | snapshot)
    (found,) = analyse_positions(position.portfolio, wanted)
    found.refresh_from_db()
    return found


def missing(found: AIPortfolioAssetAnalysis) -> dict[str, str]:
    return (found.analysis_data or {})["missing"]


def test_without_a_stop_nothing_is_called_healthy(asset: Asset) -> None:
    found = judged(bought(asset))
    assert (found.position_status, found.recommended_action, found.urgency_level) == (None, None, None)
    assert found.recommendation_reason == "no stop is set"
    assert found.current_pnl_pct == Decimal("-28.5714")
    assert {missing(found)[name] for name in ("position_status", "recommended_action", "urgency_level")} == {
        "no stop is set"
    }


@pytest.mark.parametrize(
    ("levels", "status", "action"),
    [
        ({"stop_loss_price": 101}, "critical", "full_exit"),
        ({"stop_loss_price": 99}, "at_risk", "tighten_sl"),
        ({"stop_loss_price": 50}, "healthy", "hold"),
        ({"take_profit_price": 99}, "take_profit_zone", "partial_exit_50"),
    ],
)
def test_its_own_levels_judge_it(asset: Asset, levels: dict[str, int], status: str, action: str) -> None:
    found = judged(bought(asset, **levels))
    assert (found.position_status, found.recommended_action) == (status, action)
    assert "position_status" not in missing(found)


def test_new_levels_keep_to_the_settings_of_the_moment(asset: Asset) -> None:
    position = bought(asset)
    plain = judged(position)
    value = {"min_risk_reward": 4.0, "min_confluence": 3, "min_stop_atr": 6.0, "max_stop_atr": 6.0}
    SystemConfigHistory.objects.create(key="signals", value=value, valid_from=AS_OF)
    found = judged(position, snapshot_time=AS_OF + timedelta(hours=1))
    assert plain.suggested_sl_price is not None
    assert found.suggested_sl_price is not None
    assert found.suggested_sl_price < plain.suggested_sl_price


def test_a_week_has_no_name_in_the_column_and_that_is_said(asset: Asset) -> None:
    add_candles(asset, range(100, 146), timeframe="1w", first=EPOCH - 280 * DAY)
    found = judged(bought(asset), timeframe="1w", snapshot_time=AS_OF)
    assert (found.timeframe, missing(found)["timeframe"]) == (None, "the column has no 1w")
    assert "timeframe" not in missing(judged(bought(asset), snapshot_time=AS_OF + DAY))


def test_a_dollar_without_candles_has_a_profit_but_no_verdict(asset: Asset) -> None:
    found = judged(bought(AssetFactory(symbol="USDT", asset_type="stablecoin"), price=2))
    assert (found.current_pnl_pct, found.position_status) == (Decimal(-50), None)
    assert missing(found)["position_status"] == "too few candles"
    assert (found.analysis_data or {})["assumptions"] == ["USDT counted as 1 USD: no rate is known"]


def test_one_without_a_price_says_so(asset: Asset) -> None:
    found = judged(bought(AssetFactory(symbol="UNKNOWN"), stop_loss_price=1))
    assert (found.current_pnl_pct, found.position_status) == (None, None)
    assert missing(found)["current_pnl_pct"] == missing(found)["position_status"] == "no price at this moment"
