"""The regime in the words that are kept with what was made under it."""

from datetime import datetime

from macro.models import AIRegimeAnalysis
from system.choices import LIVE


def regime_words(regime: AIRegimeAnalysis | None) -> dict[str, str | None]:
    """Regime and volatility of the market; nothing where none is known."""
    if regime is None:
        return {}
    return {"market_regime": regime.current_regime, "volatility_level": regime.risk_level}


def live_regime(timeframe: str, as_of: datetime) -> AIRegimeAnalysis | None:
    """The newest live analysis of a timeframe that was known at a moment."""
    found = AIRegimeAnalysis.objects.filter(
        series=LIVE, metrics_snapshot__timeframe=timeframe, analysis_time__lte=as_of
    )
    return found.order_by("-analysis_time", "-pk").first()
