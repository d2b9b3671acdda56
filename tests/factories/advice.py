"""Signals, alerts, actions and recommendations."""

from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from selection.choices import PositionType
from tests.factories.analyses import MetricsSnapshotFactory
from tests.factories.assets import AssetFactory
from tests.factories.base import moment
from tests.factories.lists import PositionFactory
from tests.factories.models import AIModelFactory
from tests.factories.people import UserFactory
from trading.choices import ActionType, AlertCondition, AlertType, SignalOrigin, SignalQuality
from trading.models import AITradingSignal, Recommendation, SignalAlert, TradeAction


class TradeActionFactory(DjangoModelFactory):
    """A purchase."""

    class Meta:
        model = TradeAction

    portfolio_asset = factory.SubFactory(PositionFactory)
    action_type = ActionType.BUY
    asset_price = Decimal(80)
    quantity = Decimal(2)
    executed_at = factory.Sequence(moment)


class SignalFactory(DjangoModelFactory):
    """An active long: entry 100, target 120, stop 90."""

    class Meta:
        model = AITradingSignal

    asset = factory.SubFactory(AssetFactory)
    ai_model = factory.SubFactory(AIModelFactory)
    metrics_snapshot = factory.SubFactory(MetricsSnapshotFactory)
    signal_type = PositionType.LONG
    signal_origin = SignalOrigin.WATCHLIST_SCREENING
    signal_quality = SignalQuality.LOW
    confidence_score = Decimal("0.58")
    entry_price = Decimal(100)
    target_price = Decimal(120)
    stop_loss = Decimal(90)
    risk_reward_ratio = Decimal(2)
    time_horizon_hours = 72


class AlertFactory(DjangoModelFactory):
    class Meta:
        model = SignalAlert

    user = factory.SubFactory(UserFactory)
    asset = factory.SubFactory(AssetFactory)
    alert_type = AlertType.PRICE_TARGET
    trigger_value = Decimal(100)
    condition = AlertCondition.ABOVE


class RecommendationFactory(DjangoModelFactory):
    class Meta:
        model = Recommendation

    user = factory.SubFactory(UserFactory)
    recommendation_title = "Take profit"
