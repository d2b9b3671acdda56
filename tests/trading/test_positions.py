"""Open positions: judged by their own stop and target, and only where there is something to judge by."""

from datetime import timedelta
from decimal import Decimal
from math import sin
from typing import Any

import pytest

from aimodels.services import ensure_rules
from assets.models import Asset, PriceData
from selection.models import PortfolioAsset, PositionFlow
from system.models import SystemConfigHistory
from tests.factories import (
    AssetFactory,
    MetricsSnapshotFactory,
    PipelineRunFactory,
    PositionFactory,
    RegimeFactory,
    SignalFactory,
    add_candles,
)
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
        ({"stop_loss_price": 99}, "at_risk", "partial_exit_50"),
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


def risen(asset: Asset, candles: int = 90) -> None:
    """Candles of a coin that climbs from 60 in waves; the last one closes at 105."""
    PriceData.objects.filter(asset=asset).delete()
    closes = [60 + number / 2 + 3 * sin(number / 3) for number in range(candles - 1)]
    add_candles(asset, [*closes, 105], first=AS_OF - candles * DAY)


class TestEveryColumn:
    def test_what_is_known_is_filled_and_what_is_not_has_its_reason(self, asset: Asset) -> None:
        risen(asset)
        found = judged(bought(asset, price=100, stop_loss_price=90, take_profit_price=130))
        columns = {column.name for column in found._meta.concrete_fields if column.null}
        empty = {name for name in columns - {"run", "analysis_data"} if getattr(found, name) is None}
        assert empty == set(missing(found)) == {"market_regime_change", "signal_agreement_score"}
        assert missing(found)["market_regime_change"] == "no regime is known then or now"
        assert found.ai_position_outlook == "Bullish"
        assert found.suggested_exit_percentage == 0

    def test_the_chances_of_its_own_stop_and_target(self, asset: Asset) -> None:
        """Both ways are those of the walk, and with what is left they make one."""
        risen(asset)
        found = judged(bought(asset, price=100, stop_loss_price=90, take_profit_price=130))
        ways = (found.analysis_data or {})["current_analysis"]["chances"]
        assert float(found.exit_probability or 0) == pytest.approx(ways["stop_first"], abs=1e-4)
        assert float(found.ai_confidence_score or 0) == pytest.approx(ways["target_first"], abs=0.006)
        assert sum(ways.values()) == pytest.approx(1)
        assert ways["stop_first"] > ways["target_first"] > 0

    def test_without_a_target_only_the_stop_has_a_chance(self, asset: Asset) -> None:
        risen(asset)
        found = judged(bought(asset, price=100, stop_loss_price=90))
        assert 0 < float(found.exit_probability or 0) < 1
        assert found.ai_confidence_score is None
        assert missing(found)["ai_confidence_score"] == "no target is set"
        assert missing(found)["optimal_position_size"] == "no stop and target of its own lie around the price"

    @pytest.mark.parametrize(
        ("levels", "probability", "reason"),
        [
            ({"stop_loss_price": 110}, 1, "the stop is passed"),
            ({"stop_loss_price": 90, "take_profit_price": 104}, None, "the target is reached"),
            ({}, None, "no stop is set"),
        ],
    )
    def test_what_is_over_has_no_chance_left(
        self, asset: Asset, levels: dict[str, int], probability: int | None, reason: str
    ) -> None:
        risen(asset)
        found = judged(bought(asset, price=100, **levels))
        assert found.exit_probability == probability
        assert missing(found)["ai_confidence_score"] == reason

    def test_without_a_measured_edge_the_best_size_is_none(self, asset: Asset) -> None:
        risen(asset)
        found = judged(bought(asset, price=100, stop_loss_price=90, take_profit_price=130))
        assert found.optimal_position_size == 0
        assert (found.analysis_data or {})["current_analysis"]["size"] == "0: no measured edge"

    def test_a_stop_is_never_suggested_farther_away(self, asset: Asset) -> None:
        risen(asset)
        near = judged(bought(asset, price=60, stop_loss_price=104))
        (far,) = analyse_positions(bought(asset, price=60, stop_loss_price=70).portfolio, near.metrics_snapshot)
        assert near.suggested_sl_price == 104
        assert far.suggested_sl_price is not None
        assert 70 < far.suggested_sl_price < 105
        assert (far.recommended_action, near.recommended_action) == ("tighten_sl", "partial_exit_50")

    def test_what_has_turned_since_the_entry(self, asset: Asset) -> None:
        """Bought in a bull market at greed 80 above a level that the price has fallen through."""
        MetricsSnapshotFactory(snapshot_time=EPOCH - DAY, fear_greed_index=80)
        before = MetricsSnapshotFactory(snapshot_time=EPOCH - 2 * DAY)
        RegimeFactory(metrics_snapshot=before, analysis_time=EPOCH - 2 * DAY, current_regime="Bull")
        now = MetricsSnapshotFactory(snapshot_time=AS_OF, fear_greed_index=30)
        RegimeFactory(metrics_snapshot=now, analysis_time=AS_OF, current_regime="Bear")
        PriceData.objects.filter(asset=asset).delete()
        add_candles(asset, [120 + 8 * sin(number / 3) for number in range(80)] + [100] * 10, first=AS_OF - 90 * DAY)
        (found,) = analyse_positions(bought(asset, price=130).portfolio, now)
        signs = found.current_signals or {}
        assert (found.market_regime_change, signs["sentiment_change"], signs["support_broken"]) == (
            "bull_to_bear", True, True,
        )  # fmt: skip
        assert signs["sector_rotation"] is None
        factors = {one["factor"]: one for one in found.risk_factors or []}
        assert 100 < factors["support_broken"]["price_level"] < 130
        known = [sign for name, sign in signs.items() if name not in {"atr", "unknown"} and sign is not None]
        assert float(found.condition_deterioration_score or 0) == pytest.approx(sum(known) / len(known), abs=1e-4)
        assert (found.analysis_data or {})["entry_analysis"]["opened_at"] == EPOCH.isoformat()

    def test_live_signals_agree_or_not(self, asset: Asset) -> None:
        run = PipelineRunFactory(as_of=AS_OF)
        for kind, hours in (("long", 24), ("short", 48), ("short", 72)):
            levels = {} if kind == "long" else {"target_price": 80, "stop_loss": 110}
            SignalFactory(
                asset=asset, signal_type=kind, run=run, time_horizon_hours=hours,
                expires_at=AS_OF + timedelta(hours=hours), **levels,
            )  # fmt: skip
        SignalFactory(asset=asset, run=run, series="replay-a", expires_at=AS_OF + DAY)
        SignalFactory(asset=asset, run=PipelineRunFactory(as_of=AS_OF - DAY), expires_at=AS_OF, time_horizon_hours=9)
        assert judged(bought(asset)).signal_agreement_score == Decimal("0.33")

    @pytest.mark.parametrize("cut", [60, 70, 80])
    def test_the_future_changes_nothing(self, asset: Asset, cut: int) -> None:
        risen(asset, 120)
        position = bought(asset, price=100, stop_loss_price=20, take_profit_price=300)
        PositionFlow.objects.update(occurred_at=AS_OF - 100 * DAY)
        at = AS_OF - (120 - cut) * DAY
        snapshot = MetricsSnapshotFactory(snapshot_time=at)
        (whole,) = analyse_positions(position.portfolio, snapshot)
        told = values(whole)
        AIPortfolioAssetAnalysis.objects.all().delete()
        PriceData.objects.filter(candle_time__gte=at).delete()
        (again,) = analyse_positions(position.portfolio, snapshot)
        assert values(again) == told
        assert again.exit_probability is not None


def values(found: AIPortfolioAssetAnalysis) -> dict[str, Any]:
    """All columns but those about the act of writing."""
    found.refresh_from_db()
    names = [column.attname for column in found._meta.concrete_fields]
    return {name: getattr(found, name) for name in names if name not in {"id", "created_at", "updated_at"}}
