"""Words of layer 3, used by layer 4 too."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tier(models.TextChoices):
    TIER1 = "tier1", _("tier 1")
    TIER2 = "tier2", _("tier 2")


class PositionType(models.TextChoices):
    LONG = "long", _("long")
    SHORT = "short", _("short")


class SuggestionType(models.TextChoices):
    ADD = "add", _("add")
    REMOVE = "remove", _("remove")
    REBALANCE = "rebalance", _("rebalance")
    TIER_CHANGE = "tier_change", _("change of tier")
    PROMOTE = "promote", _("promote")
    DEMOTE = "demote", _("demote")


class SuggestionStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    DEFERRED = "deferred", _("deferred")
    IMPLEMENTED = "implemented", _("implemented")
    EXPIRED = "expired", _("expired")


class WatchlistType(models.TextChoices):
    DEFAULT = "default", _("default")
    PERSONAL = "personal", _("personal")


class HoldingType(models.TextChoices):
    CRYPTO_ASSET = "Crypto Asset", _("Crypto Asset")
    STABLECOIN = "Stablecoin", _("Stablecoin")
    LONG_POSITION = "Long Position", _("Long Position")
    SHORT_POSITION = "Short Position", _("Short Position")


class TradeStatus(models.TextChoices):
    OPEN = "open", _("open")
    REDUCING = "reducing", _("reducing")
    CLOSED = "closed", _("closed")
    ACCUMULATING = "accumulating", _("accumulating")
    EXIT_PLAN = "exit_plan", _("exit plan")


class LotMethod(models.TextChoices):
    """Which of the coins held are the ones that leave first."""

    AVERAGE = "average", _("average cost")
    FIFO = "fifo", _("first in, first out")
    LIFO = "lifo", _("last in, first out")
    HIFO = "hifo", _("highest cost first")


class BaseCurrency(models.TextChoices):
    """What a portfolio's figures are shown in."""

    USD = "USD", _("US dollar")
    EUR = "EUR", _("euro")
    BTC = "BTC", _("Bitcoin")


class ChainRestart(models.TextChoices):
    """Why a chain of returns starts anew on a day, see ``selection.compute.portfolio_days``."""

    NONE = "", _("it goes on")
    EMPTY = "empty", _("nothing was held before")
    UNKNOWN = "unknown", _("the value at a flow is unknown")


class FlowKind(models.TextChoices):
    """What moved coins or money of a position."""

    TRADE = "trade", _("trade")
    INCOME = "income", _("income")
    FEE = "fee", _("fee")
    FUNDING = "funding", _("funding and interest")
    TRANSFER = "transfer", _("transfer")
    SPLIT = "split", _("split or token migration")
    DEPOSIT = "deposit", _("deposit")
    WITHDRAWAL = "withdrawal", _("withdrawal")


class InvestmentTimeframe(models.TextChoices):
    SHORT_TERM = "short_term", _("short term")
    MEDIUM_TERM = "medium_term", _("medium term")
    LONG_TERM = "long_term", _("long term")


class RiskCategory(models.TextChoices):
    CONSERVATIVE = "conservative", _("conservative")
    MODERATE = "moderate", _("moderate")
    AGGRESSIVE = "aggressive", _("aggressive")


class PortfolioAction(models.TextChoices):
    HOLD = "hold", _("hold")
    REDUCE_RISK = "reduce_risk", _("reduce risk")
    INCREASE_EXPOSURE = "increase_exposure", _("increase exposure")
    REBALANCE = "rebalance", _("rebalance")
    DEFENSIVE = "defensive", _("defensive")


class CyclePhase(models.TextChoices):
    ACCUMULATION = "accumulation", _("accumulation")
    MARKUP = "markup", _("markup")
    DISTRIBUTION = "distribution", _("distribution")
    DECLINE = "decline", _("decline")


class Decision(models.TextChoices):
    APPROVE = "approve", _("approve")
    REJECT = "reject", _("reject")
    DEFER = "defer", _("defer")


class Factor(models.TextChoices):
    """What assets are ranked by, see ``selection.compute.ranking``."""

    MOMENTUM_7D = "momentum_7d", _("return of 7 days")
    MOMENTUM_30D = "momentum_30d", _("return of 30 days")
    MOMENTUM_90D = "momentum_90d", _("return of 90 days")
    TREND = "trend", _("trend")
    VOLUME_SURGE = "volume_surge", _("rise of volume")
    CALM = "calm", _("calmness")
    RESILIENCE = "resilience", _("closeness to the high")
    RELATIVE_STRENGTH = "relative_strength", _("relative strength")
    LIQUIDITY = "liquidity", _("liquidity")
    FORECAST = "forecast", _("forecast of the trained version")


class CurationAction(models.TextChoices):
    """What admins do with several assets of the tier lists at once."""

    PROMOTE_TO_TIER1 = "promote_to_tier1", _("promote to tier 1")
    DEMOTE_TO_TIER2 = "demote_to_tier2", _("demote to tier 2")
    ADD_TIER1 = "add_tier1", _("add to tier 1")
    ADD_TIER2 = "add_tier2", _("add to tier 2")
    PAUSE = "pause", _("pause")
    RESUME = "resume", _("resume")
    REMOVE = "remove", _("remove")


class NotMeasured(models.TextChoices):
    """Why something that is due has no outcome."""

    NO_CANDLE = "no_candle", _("a candle is missing")
    NO_LIST = "no_list", _("the list had no asset with both prices")
    TOO_FEW = "too_few", _("too few assets with both prices")
