"""Layer 4: signals, journal and advice."""

from trading.models.active import ActiveSignal
from trading.models.alerts import AlertFiring, SignalAlert
from trading.models.backtests import Backtest
from trading.models.executions import ExecutionFill, RiskProfile, SignalExecution
from trading.models.imports import ExchangeAccount, ExchangeRecord, TradeImport
from trading.models.journal import TradeAction
from trading.models.notes import TradeNote, TradeNoteVersion, TradeScreenshot
from trading.models.outcomes import SignalOutcome, SignalOutcomeRevision, SignalTrack, TrackedSeries
from trading.models.paper import PaperPortfolio, PaperTrade
from trading.models.positions import AIPortfolioAssetAnalysis
from trading.models.recommendation_outcomes import RecommendationOutcome
from trading.models.recommendations import Recommendation, RecommendationResponse
from trading.models.signals import AITradingSignal

__all__ = [
    "AIPortfolioAssetAnalysis",
    "AITradingSignal",
    "ActiveSignal",
    "AlertFiring",
    "Backtest",
    "ExchangeAccount",
    "ExchangeRecord",
    "ExecutionFill",
    "PaperPortfolio",
    "PaperTrade",
    "Recommendation",
    "RecommendationOutcome",
    "RecommendationResponse",
    "RiskProfile",
    "SignalAlert",
    "SignalExecution",
    "SignalOutcome",
    "SignalOutcomeRevision",
    "SignalTrack",
    "TrackedSeries",
    "TradeAction",
    "TradeImport",
    "TradeNote",
    "TradeNoteVersion",
    "TradeScreenshot",
]
