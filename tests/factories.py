"""Rows for tests. Every factory makes a row that the database accepts; a test says what matters to it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.choices import NotificationType, UserRole
from accounts.models import ApiToken, Notification, User, UserActivity, UserFeedback, UserSession
from aimodels.choices import JobCategory, ModelStatus, ModelType
from aimodels.models import AIModel, ModelActivation, ModelJob, ModelPerformance, Prediction
from assets.choices import AssetType
from assets.compute import periods
from assets.models import Asset, PriceData
from macro.choices import MarketRegime
from macro.models import AIRegimeAnalysis, ExternalSeries, MetricsSnapshot, NewsEvent
from sectors.models import (
    AICrossSectorAnalysis,
    AISectorAnalysis,
    Sector,
    SectorHistory,
    SectorMapping,
    SectorRotationFlow,
)
from selection.choices import Decision, HoldingType, PositionType, SuggestionType, Tier, WatchlistType
from selection.models import (
    AIPortfolioAnalysis,
    AISuggestion,
    AIWatchlistAnalysis,
    Portfolio,
    PortfolioAsset,
    SuggestionReview,
    Watchlist,
    WatchlistAsset,
)
from system.models import PipelineRun
from trading.choices import ActionType, AlertCondition, AlertType, SignalOrigin, SignalQuality
from trading.models import AITradingSignal, Recommendation, RiskProfile, SignalAlert, TradeAction

PASSWORD = "a long passphrase"
EPOCH = datetime(2024, 6, 1, tzinfo=UTC)
"""Moment of the first row of a factory; each further one is an hour later."""


def moment(number: int) -> datetime:
    """Moment of the n-th row."""
    return EPOCH + timedelta(hours=number)


@cache
def hashed_once(password: str) -> str:
    """The hash is slow on purpose; tests need one, not one per person."""
    return make_password(password)


class UserFactory(DjangoModelFactory):
    """An ordinary user who can log in with PASSWORD."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.LazyFunction(lambda: hashed_once(PASSWORD))
    role = UserRole.PUBLIC


class AdminFactory(UserFactory):
    """A user with the role admin."""

    email = factory.Sequence(lambda n: f"admin{n}@example.org")
    role = UserRole.ADMIN


class UserSessionFactory(DjangoModelFactory):
    class Meta:
        model = UserSession

    user = factory.SubFactory(UserFactory)
    session_token = factory.Sequence(lambda n: f"{n:064x}")
    expires_at = datetime(2100, 1, 1, tzinfo=UTC)


class UserActivityFactory(DjangoModelFactory):
    class Meta:
        model = UserActivity

    user = factory.SubFactory(UserFactory)
    activity_type = "login"
    action = "login"


class NotificationFactory(DjangoModelFactory):
    class Meta:
        model = Notification

    user = factory.SubFactory(UserFactory)
    notification_type = NotificationType.SYSTEM
    title = factory.Sequence(lambda n: f"Message {n}")
    message = "Something happened."


class UserFeedbackFactory(DjangoModelFactory):
    class Meta:
        model = UserFeedback

    user = factory.SubFactory(UserFactory)
    feedback_type = "general_comment"
    message = "It works."


class ApiTokenFactory(DjangoModelFactory):
    """A token whose secret nobody knows; ``accounts.services.create_api_token`` makes usable ones."""

    class Meta:
        model = ApiToken

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"token {n}")
    prefix = "cp_abcdefghi"
    token_hash = factory.Sequence(lambda n: f"{n:064x}")
    scopes = factory.LazyFunction(lambda: ["read"])


class PipelineRunFactory(DjangoModelFactory):
    class Meta:
        model = PipelineRun

    timeframe = "1d"
    as_of = factory.Sequence(moment)


class AssetFactory(DjangoModelFactory):
    """A crypto coin with a price."""

    class Meta:
        model = Asset

    symbol = factory.Sequence(lambda n: f"COIN{n}")
    name = factory.Sequence(lambda n: f"Coin {n}")
    asset_type = AssetType.CRYPTO
    external_ids = factory.LazyAttribute(lambda asset: {"coingecko": asset.symbol.lower()})
    current_price = Decimal("100.5")
    market_cap_rank = factory.Sequence(lambda n: n + 1)


def add_candles(
    asset: Asset, closes: Iterable[float | Decimal], *, timeframe: str = "1d", first: datetime = EPOCH, **columns: Any
) -> list[PriceData]:
    """Candles with the given closes, one after the other, where ``tests/conftest.py`` has made room.

    Each candle opens at its close and spans one percent to either side.
    """
    candles, time = [], periods.start(first, timeframe)
    for value in closes:
        close = Decimal(str(value))
        values = {
            "open_price": close,
            "high_price": close * Decimal("1.01"),
            "low_price": close * Decimal("0.99"),
            "close_price": close,
            "volume": Decimal(1000),
        }
        candles.append(PriceData(asset=asset, timeframe=timeframe, candle_time=time, **(values | columns)))
        time = periods.end(time, timeframe)
    return PriceData.objects.bulk_create(candles)


class ExternalSeriesFactory(DjangoModelFactory):
    class Meta:
        model = ExternalSeries

    code = factory.Sequence(lambda n: f"SERIES{n}")
    name = factory.Sequence(lambda n: f"Series {n}")
    kind = "macro"
    unit = "points"
    source = "test"


class NewsEventFactory(DjangoModelFactory):
    class Meta:
        model = NewsEvent

    source = "rss"
    title = factory.Sequence(lambda n: f"Headline {n}")
    published_at = factory.Sequence(moment)


class AIModelFactory(DjangoModelFactory):
    """A rule-based version."""

    class Meta:
        model = AIModel

    name = factory.Sequence(lambda n: f"rule_based_{n}")
    version = "v1"
    architecture = "rules"
    model_type = ModelType.ASSET
    status = ModelStatus.ACTIVE
    training_data_timeframe = "1d"
    target_variable = "return"


class ModelActivationFactory(DjangoModelFactory):
    class Meta:
        model = ModelActivation

    model = factory.SubFactory(AIModelFactory)


class ModelJobFactory(DjangoModelFactory):
    class Meta:
        model = ModelJob

    model = factory.SubFactory(AIModelFactory)
    job_category = JobCategory.TRAINING
    job_type = "full"


class ModelPerformanceFactory(DjangoModelFactory):
    class Meta:
        model = ModelPerformance

    model = factory.SubFactory(AIModelFactory)
    evaluation_date = factory.Sequence(moment)
    evaluation_type = "backtesting"


class MetricsSnapshotFactory(DjangoModelFactory):
    class Meta:
        model = MetricsSnapshot

    snapshot_time = factory.Sequence(moment)
    timeframe = "1d"
    btc_price_usd = Decimal("67234.5")


class AnalysisFactory(DjangoModelFactory):
    """What the analyses of all layers share."""

    class Meta:
        abstract = True

    metrics_snapshot = factory.SubFactory(MetricsSnapshotFactory)
    ai_model = factory.SubFactory(AIModelFactory)
    analysis_time = factory.SelfAttribute("metrics_snapshot.snapshot_time")


class RegimeFactory(AnalysisFactory):
    class Meta:
        model = AIRegimeAnalysis

    analysis_timeframe = "1d"
    current_regime = MarketRegime.BULL
    regime_confidence = Decimal("0.62")


class SectorFactory(DjangoModelFactory):
    class Meta:
        model = Sector

    coingecko_id = factory.Sequence(lambda n: f"local:sector-{n}")
    name = factory.Sequence(lambda n: f"Sector {n}")
    description = "A part of the market."


class SectorMappingFactory(DjangoModelFactory):
    class Meta:
        model = SectorMapping

    asset = factory.SubFactory(AssetFactory)
    sector = factory.SubFactory(SectorFactory)


class SectorHistoryFactory(DjangoModelFactory):
    class Meta:
        model = SectorHistory

    sector = factory.SubFactory(SectorFactory)
    timeframe = "1d"
    candle_time = factory.Sequence(moment)


class SectorAnalysisFactory(AnalysisFactory):
    class Meta:
        model = AISectorAnalysis

    sector = factory.SubFactory(SectorFactory)


class CrossSectorFactory(AnalysisFactory):
    class Meta:
        model = AICrossSectorAnalysis


class RotationFlowFactory(DjangoModelFactory):
    class Meta:
        model = SectorRotationFlow

    ai_cross_sector_analysis = factory.SubFactory(CrossSectorFactory)
    from_sector = factory.SubFactory(SectorFactory)
    to_sector = factory.SubFactory(SectorFactory)
    score = Decimal("0.72")


class WatchlistFactory(DjangoModelFactory):
    """A personal list."""

    class Meta:
        model = Watchlist

    name = factory.Sequence(lambda n: f"List {n}")
    user = factory.SubFactory(UserFactory)
    watchlist_type = WatchlistType.PERSONAL


class DefaultListFactory(WatchlistFactory):
    """The default list of tier 2."""

    user = None
    watchlist_type = WatchlistType.DEFAULT
    tier = Tier.TIER2


class EntryFactory(DjangoModelFactory):
    """An entry at the end of a list."""

    class Meta:
        model = WatchlistAsset

    watchlist = factory.SubFactory(WatchlistFactory)
    asset = factory.SubFactory(AssetFactory)
    sort_order = factory.LazyAttribute(lambda entry: entry.watchlist.entries.count() + 1)
    added_by = factory.SubFactory(UserFactory)
    last_modified_by = factory.SelfAttribute("added_by")


class RankingFactory(AnalysisFactory):
    class Meta:
        model = AIWatchlistAnalysis

    watchlist = factory.SubFactory(WatchlistFactory)


class SuggestionFactory(DjangoModelFactory):
    """An open suggestion to put a coin on a list."""

    class Meta:
        model = AISuggestion

    watchlist = factory.SubFactory(WatchlistFactory)
    asset = factory.SubFactory(AssetFactory)
    suggestion_type = SuggestionType.ADD
    ai_layer = 3
    confidence_score = Decimal("0.71")
    reasoning = factory.LazyFunction(lambda: {"momentum_30d": 0.92})
    horizon_hours = 168
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class ReviewFactory(DjangoModelFactory):
    """A row of the history, without its effect; ``selection.services.review_suggestion`` decides."""

    class Meta:
        model = SuggestionReview

    suggestion = factory.SubFactory(SuggestionFactory)
    reviewer = factory.SubFactory(AdminFactory)
    decision = Decision.DEFER


class PortfolioFactory(DjangoModelFactory):
    class Meta:
        model = Portfolio

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Portfolio {n}")


class PositionFactory(DjangoModelFactory):
    """Two coins, bought at 80."""

    class Meta:
        model = PortfolioAsset

    portfolio = factory.SubFactory(PortfolioFactory)
    asset = factory.SubFactory(AssetFactory)
    asset_type = HoldingType.CRYPTO_ASSET
    quantity = Decimal(2)
    entry_price = Decimal(80)
    added_by = factory.SelfAttribute("portfolio.user")
    last_modified_by = factory.SelfAttribute("portfolio.user")


class PortfolioAnalysisFactory(AnalysisFactory):
    class Meta:
        model = AIPortfolioAnalysis

    portfolio = factory.SubFactory(PortfolioFactory)


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


class PredictionFactory(DjangoModelFactory):
    """A price forecast of the system over a day."""

    class Meta:
        model = Prediction

    asset = factory.SubFactory(AssetFactory)
    ai_model = factory.SubFactory(AIModelFactory)
    model_name = factory.SelfAttribute("ai_model.name")
    model_version = factory.SelfAttribute("ai_model.version")
    predicted_price = Decimal(69500)
    input_price = Decimal("67234.5")
    confidence_score = Decimal("0.55")
    prediction_horizon = 24
    as_of = factory.Sequence(moment)
    target_datetime = factory.LazyAttribute(
        lambda prediction: prediction.as_of + timedelta(hours=prediction.prediction_horizon)
    )


class RiskProfileFactory(DjangoModelFactory):
    class Meta:
        model = RiskProfile

    user = factory.SubFactory(UserFactory)


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
