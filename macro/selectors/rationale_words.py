"""Words and figures of the rationale, in the language that is active."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from system import formats

EVIDENCE = {
    "trend_long": gettext_lazy("distance from the 200-candle average"),
    "trend_slope": gettext_lazy("slope of the 50-candle average"),
    "structure": gettext_lazy("order of highs and lows"),
    "momentum": gettext_lazy("momentum over 60 candles"),
    "breadth": gettext_lazy("market breadth"),
    "hmm": gettext_lazy("the hidden Markov model"),
    "learned": gettext_lazy("the trained model"),
    "persistence": gettext_lazy("the days before and the rest of the market"),
}
"""Pieces of evidence, as ``primary_signals`` names them."""
SOURCES = EVIDENCE | {
    "sentiment": gettext_lazy("the mood"),
    "derivatives": gettext_lazy("derivatives"),
    "outside_markets": gettext_lazy("other markets"),
}
"""What may be missing, as ``missing_sources`` names it."""
MARKETS = {
    "SP500": gettext_lazy("S&P 500"),
    "VIX": gettext_lazy("VIX"),
    "DXY": gettext_lazy("dollar index"),
    "GOLD": gettext_lazy("gold"),
    "US10Y": gettext_lazy("US yields"),
}
MEANT = {
    "rise": gettext_lazy("the price stood higher"),
    "fall": gettext_lazy("the price stood lower"),
    "small_move": gettext_lazy("the price had moved less than usual"),
    "other_state": gettext_lazy("another state was in force"),
}
"""What a state announces, as ``regime_statistics.success_means`` names it."""
RISKS = {
    "high_volatility": gettext_lazy("unusually high volatility"),
    "deep_drawdown": gettext_lazy("a deep fall from the high"),
    "bearish_divergence": gettext_lazy("a higher high that its drivers do not share"),
    "bullish_divergence": gettext_lazy("a lower low that its drivers do not share"),
    "broken_downwards": gettext_lazy("a structure broken downwards"),
    "broken_upwards": gettext_lazy("a structure broken upwards"),
    "failed_breakout": gettext_lazy("a breakout that failed"),
    "rising_line_lost": gettext_lazy("a rising line that was lost"),
    "falling_line_left": gettext_lazy("a falling line that was left upwards"),
    "thin_liquidity": gettext_lazy("thin liquidity"),
    "macro_headwind": gettext_lazy("headwind from other markets"),
    "timeframes_disagree": gettext_lazy("timeframes that disagree"),
}
"""What speaks for caution, as ``risk_factors`` names it."""


def number(value: float, decimals: int = 2, *, signed: bool = False) -> str:
    """A figure of the analysis, to two decimals; its sign stays on the left in a sentence that runs to the left."""
    return formats.number(value, decimals, signed=signed)


def day(text: str) -> str:
    """A stored moment as a date: ``5 Aug 2024``."""
    return formats.day(datetime.fromisoformat(text))


def span(hours: float) -> str:
    """A length of time in whole hours, or in days from two days on."""
    if hours >= 48:
        days = round(hours / 24)
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": number(days, 0)}
    whole = max(1, round(hours))
    return ngettext("%(n)s hour", "%(n)s hours", whole) % {"n": number(whole, 0)}


def named(table: dict[str, Any], word: str) -> str:
    """A stored word in the reader's language; one that the table lacks is shown as it is stored."""
    return str(table.get(word, word.replace("_", " ")))
