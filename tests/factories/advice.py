"""Signals, alerts, actions and recommendations."""

import zlib
from datetime import timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from selection.choices import PositionType
from tests.factories.analyses import AnalysisFactory, MetricsSnapshotFactory
from tests.factories.assets import AssetFactory
from tests.factories.base import EPOCH, moment
from tests.factories.lists import PortfolioFactory, PositionFactory
from tests.factories.models import AIModelFactory
from tests.factories.people import UserFactory
from trading.choices import (
    ActionType,
    AlertCondition,
    AlertType,
    BacktestSource,
    ImportSource,
    OutcomeDecider,
    SignalEnding,
    SignalOrigin,
    SignalQuality,
)
from trading.models import (
    AIPortfolioAssetAnalysis,
    AITradingSignal,
    AlertFiring,
    Backtest,
    ExchangeAccount,
    ExchangeRecord,
    ExecutionFill,
    PaperPortfolio,
    PaperTrade,
    Recommendation,
    RecommendationOutcome,
    RecommendationResponse,
    SignalAlert,
    SignalExecution,
    SignalOutcome,
    SignalOutcomeRevision,
    SignalTrack,
    TrackedSeries,
    TradeAction,
    TradeImport,
    TradeNote,
    TradeNoteVersion,
    TradeScreenshot,
)


class TradeActionFactory(DjangoModelFactory):
    """A purchase."""

    class Meta:
        model = TradeAction

    portfolio_asset = factory.SubFactory(PositionFactory)
    action_type = ActionType.BUY
    asset_price = Decimal(80)
    quantity = Decimal(2)
    executed_at = factory.Sequence(moment)


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = TradeNote

    trade_action = factory.SubFactory(TradeActionFactory)
    text = "Bought too late."


class NoteVersionFactory(DjangoModelFactory):
    class Meta:
        model = TradeNoteVersion

    note = factory.SubFactory(NoteFactory)
    version = 1
    written_by = factory.SelfAttribute("note.trade_action.portfolio_asset.portfolio.user")


class ScreenshotFactory(DjangoModelFactory):
    """A row without a file."""

    class Meta:
        model = TradeScreenshot

    trade_action = factory.SubFactory(TradeActionFactory)
    name = factory.Sequence(lambda n: f"{n:032x}.webp")
    width = 4
    height = 3
    file_bytes = 100
    sha256 = factory.Sequence(lambda n: f"{n:064x}")


class ImportFactory(DjangoModelFactory):
    """A previewed file without rows."""

    class Meta:
        model = TradeImport

    portfolio = factory.SubFactory(PortfolioFactory)
    created_by = factory.SelfAttribute("portfolio.user")
    source = ImportSource.OWN
    layout = "journal"
    file_name = "trades.csv"
    file_hash = factory.Sequence(lambda n: f"{n:064x}")
    file_bytes = 30
    content = zlib.compress(b"time,kind,symbol,quantity\n")
    expires_at = EPOCH + timedelta(days=3650)


class BacktestFactory(DjangoModelFactory):
    """A backtest that waits."""

    class Meta:
        model = Backtest

    name = "a cross"
    source = BacktestSource.RULES
    timeframe = "1d"
    start_at = EPOCH
    end_at = EPOCH + timedelta(days=100)
    configuration = factory.LazyFunction(lambda: {"rules": {}})


class ExchangeAccountFactory(DjangoModelFactory):
    """An account whose key is nobody's."""

    class Meta:
        model = ExchangeAccount

    portfolio = factory.SubFactory(PortfolioFactory)
    created_by = factory.SelfAttribute("portfolio.user")
    exchange = "binance"
    label = factory.Sequence(lambda n: f"Account {n}")
    key_hint = "…abcd"
    sealed_key = "v1:"


class ExchangeRecordFactory(DjangoModelFactory):
    class Meta:
        model = ExchangeRecord

    account = factory.SubFactory(ExchangeAccountFactory)
    key = factory.Sequence(lambda n: f"binance:{n}")
    line = {"kind": "deposit", "symbol": "BTC", "quantity": "1"}
    occurred_at = EPOCH


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


class PositionAnalysisFactory(AnalysisFactory):
    """A position on an hourly moment of its own."""

    class Meta:
        model = AIPortfolioAssetAnalysis

    portfolio_asset = factory.SubFactory(PositionFactory)


class ExecutionFactory(DjangoModelFactory):
    """A plan that is not filled yet."""

    class Meta:
        model = SignalExecution

    signal = factory.SubFactory(SignalFactory)
    user = factory.SubFactory(UserFactory)
    position_size = Decimal(1000)
    stop_price = factory.SelfAttribute("signal.stop_loss")
    target_price = factory.SelfAttribute("signal.target_price")


class ExecutionFillFactory(DjangoModelFactory):
    class Meta:
        model = ExecutionFill

    execution = factory.SubFactory(ExecutionFactory)
    trade_action = factory.SubFactory(TradeActionFactory)
    number = 1


class SignalTrackFactory(DjangoModelFactory):
    """A signal that was filled and judged on one candle."""

    class Meta:
        model = SignalTrack

    signal = factory.SubFactory(SignalFactory)
    filled_at = EPOCH
    fill_price = Decimal(100)
    known_at = EPOCH + timedelta(hours=4)


class TrackedSeriesFactory(DjangoModelFactory):
    class Meta:
        model = TrackedSeries

    series = factory.Sequence(lambda number: f"replay-{number}")
    timeframe = "4h"
    known_at = EPOCH + timedelta(hours=4)


class SignalOutcomeFactory(DjangoModelFactory):
    """A long that reached its target."""

    class Meta:
        model = SignalOutcome

    signal = factory.SubFactory(SignalFactory)
    series = factory.SelfAttribute("signal.series")
    outcome = SignalEnding.TARGET
    ended_at = factory.Sequence(moment)
    filled_at = EPOCH
    fill_price = Decimal(100)
    exit_price = Decimal(120)
    targets_reached = 1
    hours = Decimal(8)
    r_multiple = Decimal(2)
    return_pct = Decimal(20)
    net_r_multiple = Decimal("1.97")
    net_return_pct = Decimal("19.7")
    decided_by = OutcomeDecider.OWN
    timeframe = "4h"
    judged_at = factory.SelfAttribute("ended_at")


class SignalOutcomeRevisionFactory(SignalOutcomeFactory):
    """A stop that was taken for a target before."""

    class Meta:
        model = SignalOutcomeRevision
        exclude = ("series",)

    number = 1
    reason = "a candle was corrected"
    outcome = SignalEnding.STOP
    targets_reached = 0
    exit_price = Decimal(90)
    r_multiple = Decimal(-1)


class AlertFactory(DjangoModelFactory):
    class Meta:
        model = SignalAlert

    user = factory.SubFactory(UserFactory)
    asset = factory.SubFactory(AssetFactory)
    alert_type = AlertType.PRICE_TARGET
    trigger_value = Decimal(100)
    condition = AlertCondition.ABOVE


class FiringFactory(DjangoModelFactory):
    """A price that went above its level."""

    class Meta:
        model = AlertFiring

    alert = factory.SubFactory(AlertFactory)
    user = factory.SelfAttribute("alert.user")
    asset = factory.SelfAttribute("alert.asset")
    number = 1
    alert_type = AlertType.PRICE_TARGET
    condition = AlertCondition.ABOVE
    threshold = Decimal(100)
    value = Decimal(101)
    timeframe = "1h"
    known_at = EPOCH
    fired_at = factory.Sequence(moment)


class RecommendationFactory(DjangoModelFactory):
    class Meta:
        model = Recommendation

    user = factory.SubFactory(UserFactory)
    recommendation_title = "Take profit"


class RecommendationResponseFactory(DjangoModelFactory):
    """An answer to an advice to everybody."""

    class Meta:
        model = RecommendationResponse

    recommendation = factory.SubFactory(RecommendationFactory, user=None)
    user = factory.SubFactory(UserFactory)
    status = "followed"
    answer = "followed"


class RecommendationOutcomeFactory(DjangoModelFactory):
    """Selling half before a fall of 10 %."""

    class Meta:
        model = RecommendationOutcome

    recommendation = factory.SubFactory(RecommendationFactory)
    asset = factory.SubFactory(AssetFactory)
    side = 1
    share_without = Decimal(1)
    share_with = Decimal("0.5")
    return_without = Decimal(-10)
    return_with = Decimal(-5)
    advantage = Decimal(5)
    started_at = EPOCH
    ended_at = EPOCH + timedelta(days=7)
    scored_at = EPOCH + timedelta(days=7)


class PaperPortfolioFactory(DjangoModelFactory):
    """10,000 dollars that follow every signal."""

    class Meta:
        model = PaperPortfolio

    portfolio = factory.SubFactory(PortfolioFactory, is_paper=True)
    capital = Decimal(10_000)
    takes_unproven = True
    risk_pct = Decimal(1)
    max_positions = 10
    opened_at = EPOCH


class PaperTradeFactory(DjangoModelFactory):
    """A signal that found no place."""

    class Meta:
        model = PaperTrade

    paper = factory.SubFactory(PaperPortfolioFactory)
    signal = factory.SubFactory(SignalFactory)
    refusal = "full"
