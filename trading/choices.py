"""Words of layer 4."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe, subset


class SignalOrigin(models.TextChoices):
    WATCHLIST_SCREENING = "watchlist_screening", _("watchlist screening")
    PORTFOLIO_REBALANCING = "portfolio_rebalancing", _("portfolio rebalancing")
    MARKET_OPPORTUNITY = "market_opportunity", _("market opportunity")
    RISK_MANAGEMENT = "risk_management", _("risk management")


class SignalQuality(models.TextChoices):
    HIGH = "high", _("high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")


ENTRY_TIMEFRAMES = subset(Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1)


MONITORING_TIMEFRAMES = subset(Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4)


class SignalStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    EXECUTED = "executed", _("executed")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")
    INVALIDATED = "invalidated", _("invalidated")


class EntryType(models.TextChoices):
    """How a signal is entered."""

    MARKET = "market", _("market")
    LIMIT = "limit", _("limit")


class SignalEnding(models.TextChoices):
    """What ended a signal."""

    TARGET = "target", _("target")
    STOP = "stop", _("stop")
    EXPIRY = "expiry", _("expiry")
    NEVER_FILLED = "never_filled", _("never filled")
    INVALIDATED = "invalidated", _("invalidated")


class OutcomeDecider(models.TextChoices):
    """What told how a signal ended."""

    OWN = "own", _("own candle")
    FINER = "finer", _("finer candles")
    ASSUMED = "assumed", _("assumed stop")


class SignalStrength(models.TextChoices):
    WEAK = "weak", _("weak")
    MODERATE = "moderate", _("moderate")
    STRONG = "strong", _("strong")
    VERY_STRONG = "very_strong", _("very strong")


class ExecutionType(models.TextChoices):
    MANUAL = "manual", _("manual")
    AUTOMATIC = "automatic", _("automatic")


class ExecutionStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    FILLED = "filled", _("filled")
    PARTIALLY_FILLED = "partially_filled", _("partially filled")
    CANCELLED = "cancelled", _("cancelled")


class AlertType(models.TextChoices):
    PRICE_TARGET = "price_target", _("price target")
    SIGNAL_GENERATED = "signal_generated", _("signal generated")
    VOLUME_SPIKE = "volume_spike", _("volume spike")
    INDICATOR_LEVEL = "indicator_level", _("indicator level")
    REGIME_CHANGE = "regime_change", _("regime change")
    SECTOR_ROTATION = "sector_rotation", _("sector rotation")


class AlertCondition(models.TextChoices):
    ABOVE = "above", _("above")
    BELOW = "below", _("below")
    EQUALS = "equals", _("equals")
    PERCENTAGE_CHANGE = "percentage_change", _("percentage change")


class NotificationMethod(models.TextChoices):
    EMAIL = "email", _("email")
    PUSH = "push", _("push")
    SMS = "sms", _("sms")
    IN_APP = "in_app", _("in app")
    TELEGRAM = "telegram", _("telegram")
    DISCORD = "discord", _("discord")
    SLACK = "slack", _("slack")
    WEBHOOK = "webhook", _("webhook")
    NTFY = "ntfy", _("ntfy")


class ActionType(models.TextChoices):
    BUY = "buy", _("buy")
    SELL = "sell", _("sell")
    PARTIAL_SELL = "partial_sell", _("partial sell")
    ENTRY = "entry", _("entry")
    PARTIAL_EXIT = "partial_exit", _("partial exit")
    FULL_EXIT = "full_exit", _("full exit")
    MODIFY_SL = "modify_sl", _("modify sl")
    MODIFY_TP = "modify_tp", _("modify tp")
    SHORT = "short", _("short")
    COVER = "cover", _("cover")
    DEPOSIT = "deposit", _("deposit")
    WITHDRAWAL = "withdrawal", _("withdrawal")
    TRANSFER_IN = "transfer_in", _("transfer in")
    TRANSFER_OUT = "transfer_out", _("transfer out")
    INCOME = "income", _("income")
    FEE = "fee", _("fee")
    FUNDING = "funding", _("funding")
    SPLIT = "split", _("split")
    REVERSAL = "reversal", _("reversal")


TRADED_TIMEFRAMES = subset(Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1)


class MarketSentiment(models.TextChoices):
    BULLISH = "bullish", _("bullish")
    BEARISH = "bearish", _("bearish")
    SIDEWAYS = "sideways", _("sideways")


class VolumeProfile(models.TextChoices):
    ABOVE_AVERAGE = "above_average", _("above average")
    BELOW_AVERAGE = "below_average", _("below average")
    NORMAL = "normal", _("normal")


class PrimarySetup(models.TextChoices):
    BREAKOUT = "breakout", _("breakout")
    PULLBACK = "pullback", _("pullback")
    REVERSAL = "reversal", _("reversal")
    TREND_FOLLOW = "trend_follow", _("trend follow")


class ActionSource(models.TextChoices):
    MANUAL = "manual", _("manual")
    AI_SIGNAL = "ai_signal", _("ai signal")
    COPY_TRADE = "copy_trade", _("copy trade")
    ALGORITHM = "algorithm", _("algorithm")


class ImportSource(models.TextChoices):
    """Whose format a file of trades is in."""

    OWN = "own", _("own format")
    BINANCE = "binance", _("Binance")
    COINBASE = "coinbase", _("Coinbase")
    KRAKEN = "kraken", _("Kraken")


class ImportStatus(models.TextChoices):
    PREVIEW = "preview", _("preview")
    BOOKED = "booked", _("booked")
    EXPIRED = "expired", _("expired")


class AccountStatus(models.TextChoices):
    """Whether an account at an exchange is read."""

    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    REFUSED = "refused", _("key refused")


class PositionStatus(models.TextChoices):
    HEALTHY = "healthy", _("healthy")
    AT_RISK = "at_risk", _("at risk")
    CRITICAL = "critical", _("critical")
    TAKE_PROFIT_ZONE = "take_profit_zone", _("take profit zone")


class PositionAction(models.TextChoices):
    HOLD = "hold", _("hold")
    PARTIAL_EXIT_25 = "partial_exit_25", _("partial exit 25")
    PARTIAL_EXIT_50 = "partial_exit_50", _("partial exit 50")
    PARTIAL_EXIT_75 = "partial_exit_75", _("partial exit 75")
    FULL_EXIT = "full_exit", _("full exit")
    ADD_POSITION = "add_position", _("add position")
    MOVE_SL_TO_BE = "move_sl_to_be", _("move sl to be")
    TIGHTEN_SL = "tighten_sl", _("tighten sl")
    EXTEND_TP = "extend_tp", _("extend tp")


class Urgency(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")
    IMMEDIATE = "immediate", _("immediate")


class RegimeChange(models.TextChoices):
    BULL_TO_BEAR = "bull_to_bear", _("bull to bear")
    BULL_TO_SIDEWAYS = "bull_to_sideways", _("bull to sideways")
    BEAR_TO_BULL = "bear_to_bull", _("bear to bull")
    NO_CHANGE = "no_change", _("no change")


class RecommendationTarget(models.TextChoices):
    PORTFOLIO = "portfolio", _("portfolio")
    WATCHLIST = "watchlist", _("watchlist")
    ASSET = "asset", _("asset")
    USER = "user", _("user")
    STRATEGY = "strategy", _("strategy")


class RecommendationType(models.TextChoices):
    ENTRY = "entry", _("entry")
    EXIT = "exit", _("exit")
    RISK_MANAGEMENT = "risk_management", _("risk management")
    REBALANCE = "rebalance", _("rebalance")
    ALLOCATION = "allocation", _("allocation")
    POSITION_SIZING = "position_sizing", _("position sizing")
    LEARNING = "learning", _("learning")


class RecommendationStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    FOLLOWED = "followed", _("followed")
    IMPLEMENTED = "implemented", _("implemented")
    IGNORED = "ignored", _("ignored")
    EXPIRED = "expired", _("expired")
    REJECTED = "rejected", _("rejected")


class PaperRefusal(models.TextChoices):
    """Why a paper portfolio did not follow a signal."""

    FULL = "full", _("as many signals as allowed were open")
    NO_SIZE = "no_size", _("no size fits")
    JOURNAL = "journal", _("the journal refused the entry")


class RecommendationAnswer(models.TextChoices):
    """What a person said to an advice; it stays when the advice lapses."""

    FOLLOWED = "followed", _("followed")
    IGNORED = "ignored", _("ignored")


class AdviceUnmeasured(models.TextChoices):
    """Why nothing is known of what came of an advice."""

    NO_CANDLE = "no_candle", _("a candle is missing")
    NO_COURSE = "no_course", _("nothing to compare it with")


class RecommendationPriority(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")
    URGENT = "urgent", _("urgent")


WITHOUT_QUANTITY = (
    ActionType.MODIFY_SL,
    ActionType.MODIFY_TP,
    ActionType.FEE,
    ActionType.FUNDING,
    ActionType.REVERSAL,
)
"""Kinds of journal entries that need not name a quantity."""


class BacktestSource(models.TextChoices):
    """Where the orders of a backtest come from."""

    RULES = "rules", _("declared rules")
    PLANS = "plans", _("plans made anew")
    SERIES = "series", _("stored signals of a series")


class BacktestStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
