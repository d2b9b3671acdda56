"""Words of layer 1."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe, subset


class MarketRegime(models.TextChoices):
    BULL = "Bull", _("bull market")
    BEAR = "Bear", _("bear market")
    SIDEWAYS = "Sideways", _("sideways")
    TRANSITION = "Transition", _("transition")
    ACCUMULATION = "Accumulation", _("accumulation")
    DISTRIBUTION = "Distribution", _("distribution")


SNAPSHOT_TIMEFRAMES = subset(
    Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1
)


REGIME_TIMEFRAMES = subset(Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1, Timeframe.MO1)


class AnalysisSource(models.TextChoices):
    LIVE = "live", _("live")
    BACKTEST = "backtest", _("backtest")
    SIMULATION = "simulation", _("simulation")


class StructureChange(models.TextChoices):
    HIGHER_HIGH = "higher_high", _("higher high")
    LOWER_LOW = "lower_low", _("lower low")
    CONSOLIDATION = "consolidation", _("consolidation")
    REVERSAL = "reversal", _("reversal")


class BreakoutType(models.TextChoices):
    RESISTANCE = "resistance", _("resistance")
    SUPPORT = "support", _("support")
    TRENDLINE = "trendline", _("trendline")
    PATTERN = "pattern", _("pattern")
    RANGE = "range", _("range")


class SentimentRegime(models.TextChoices):
    EXTREME_FEAR = "extreme_fear", _("extreme fear")
    FEAR = "fear", _("fear")
    NEUTRAL = "neutral", _("neutral")
    GREED = "greed", _("greed")
    EXTREME_GREED = "extreme_greed", _("extreme greed")


class LiquidityRegime(models.TextChoices):
    ABUNDANT = "abundant", _("abundant")
    NORMAL = "normal", _("normal")
    TIGHT = "tight", _("tight")
    STRESSED = "stressed", _("stressed")


class MacroAlignment(models.TextChoices):
    SUPPORTIVE = "supportive", _("supportive")
    NEUTRAL = "neutral", _("neutral")
    HEADWIND = "headwind", _("headwind")


class RiskAppetite(models.TextChoices):
    RISK_ON = "risk_on", _("risk on")
    RISK_OFF = "risk_off", _("risk off")
    MIXED = "mixed", _("mixed")
    TRANSITIONING = "transitioning", _("transitioning")


class Strategy(models.TextChoices):
    TREND_FOLLOWING = "trend_following", _("trend following")
    MEAN_REVERSION = "mean_reversion", _("mean reversion")
    BREAKOUT = "breakout", _("breakout")
    RANGE_TRADING = "range_trading", _("range trading")
    DEFENSIVE = "defensive", _("defensive")


class PositionSizing(models.TextChoices):
    CONSERVATIVE = "conservative", _("conservative")
    NORMAL = "normal", _("normal")
    AGGRESSIVE = "aggressive", _("aggressive")
    MAXIMUM = "maximum", _("maximum")


class PerformanceRating(models.TextChoices):
    EXCELLENT = "excellent", _("excellent")
    GOOD = "good", _("good")
    AVERAGE = "average", _("average")
    POOR = "poor", _("poor")


class NewsImportance(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")
    CRITICAL = "critical", _("critical")


class SentimentLabel(models.TextChoices):
    BEARISH = "bearish", _("bearish")
    NEUTRAL = "neutral", _("neutral")
    BULLISH = "bullish", _("bullish")
