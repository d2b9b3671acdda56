"""Words that stand in the database in English, in the language of the reader."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.translation import gettext, gettext_lazy, gettext_noop, pgettext_lazy

from cryptopredict.pages.portfolios import reasons as portfolios
from system import formats

FACTORS = {
    "trend": gettext_lazy("trend"),
    "structure": gettext_lazy("order of highs and lows"),
    "momentum": gettext_lazy("momentum"),
    "relative_strength": gettext_lazy("strength relative to other assets"),
    "regime": gettext_lazy("state of the market"),
    "sector": gettext_lazy("outlook of the sector"),
}
"""What speaks for a signal, as ``confluence_factors`` names it."""

SECTORS = {
    "AI": gettext_lazy("AI"),
    "Bitcoin": pgettext_lazy("sector", "Bitcoin"),
    "DeFi": gettext_lazy("DeFi"),
    "Gaming": gettext_lazy("Gaming"),
    "Infrastructure": gettext_lazy("Infrastructure"),
    "Layer 1": gettext_lazy("Layer 1"),
    "Layer 2": gettext_lazy("Layer 2"),
    "Meme": gettext_lazy("Meme"),
    "NFT": gettext_lazy("NFT"),
    "Payments": gettext_lazy("Payments"),
    "Privacy": gettext_lazy("Privacy"),
    "RWA": gettext_lazy("RWA"),
    "Smart Contract Platforms": gettext_lazy("Smart Contract Platforms"),
    "Stablecoins": gettext_lazy("Stablecoins"),
}
"""The sectors that every installation has; others keep the name that somebody gave them."""

QUADRANTS = {
    "leading": gettext_lazy("Leading"),
    "improving": gettext_lazy("Improving"),
    "weakening": gettext_lazy("Weakening"),
    "declining": gettext_lazy("Declining"),
}
"""Where a sector stands in the rotation graph."""

SOURCES = {
    "demo": gettext_lazy("demo"),
    "binance": gettext_lazy("Binance"),
    "binanceusdm": gettext_lazy("Binance futures"),
    "coingecko": gettext_lazy("CoinGecko"),
    "file": gettext_lazy("imported files"),
}
"""Where prices come from, as ``assets.data_source`` names it."""

PROVIDERS = SOURCES | {
    "alternative_me": gettext_lazy("Alternative.me (Fear & Greed)"),
    "coinmetrics": gettext_lazy("Coin Metrics"),
    "fred": gettext_lazy("FRED, Federal Reserve of St. Louis"),
    "stooq": gettext_lazy("Stooq"),
    "yahoo": gettext_lazy("Yahoo Finance"),
    "telegram": gettext_lazy("Telegram"),
    "discord": gettext_lazy("Discord"),
    "slack": gettext_lazy("Slack"),
    "ntfy": gettext_lazy("ntfy"),
}
"""Outside sources and messengers, as they are registered."""

OUTSIDE = {
    "SP500": gettext_lazy("S&P 500"),
    "GOLD": gettext_lazy("Gold, ounce"),
    "DXY": gettext_lazy("US dollar index"),
    "VIX": gettext_lazy("VIX, expected swings of shares"),
    "US10Y": gettext_lazy("US government bonds, 10 years, yield"),
    "OIL": gettext_lazy("Oil, WTI, barrel"),
    "BRENT": gettext_lazy("Oil, Brent, barrel"),
}
"""Series of the world outside, as the snapshot names them."""

REASONS = (
    gettext_noop("no change of state was seen yet"),
    gettext_noop("not due yet"),
    gettext_noop("no earlier value"),
    gettext_noop("not known"),
    gettext_noop("no source"),
    gettext_noop("not computed yet"),
    gettext_noop("no measured record yet"),
    gettext_noop("too little history"),
    gettext_noop("too little history (%(n)s daily candles)"),
    gettext_noop("too little history (%(n)s candles)"),
    gettext_noop("needs %(n)s assets with %(m)s candles"),
    gettext_noop("no asset with two closes"),
    gettext_noop("stale: last value of %(day)s"),
    gettext_noop("market caps of %(n)s assets are known"),
    gettext_noop("market caps of the members are not known"),
    gettext_noop("Ether has fewer than 20 returns in 30 days"),
    gettext_noop("fewer than 15 common trading days in 30 days"),
    gettext_noop("fewer than 20 returns"),
    gettext_noop("the asset belongs to no analysed sector"),
    gettext_noop("no member has 30 days of history"),
    gettext_noop("the rules give a drift, not a proven return"),
    gettext_noop("a removal has none"),
    gettext_noop("the price of something held is missing"),
    gettext_noop("too few periods for an interval"),
    gettext_noop("no candles yet"),
    gettext_noop("no price of that moment"),
    gettext_noop("months differ in length"),
    gettext_noop("the source gives none"),
    gettext_noop("only English headlines are scored"),
    gettext_noop("fewer than 30 volatilities are known"),
    gettext_noop("the price has not moved"),
    gettext_noop("trend or momentum is not known"),
    gettext_noop("nothing pulls the judgement"),
    gettext_noop("fewer than %(n)s judgements in a row"),
    gettext_noop("no state ended within the %(n)s candles judged"),
    gettext_noop("this state has %(n)s separate past moments with a known aftermath, %(m)s are needed"),
    gettext_noop("no graded evaluation of this version was known then"),
    gettext_noop("fewer than two highs and two lows are confirmed"),
    gettext_noop("the price has no primary trend"),
    gettext_noop("the price has not moved for %(n)s candles"),
    gettext_noop("no volume in the 20 candles before"),
    gettext_noop("no volume in the 20 candles before the breakout"),
    gettext_noop("too little history, or no movement"),
    gettext_noop("no breakout began in the last %(n)s candles"),
    gettext_noop("%(n)s of %(m)s timeframes have enough candles"),
    gettext_noop("a line that is crossed moves on: it is not tested again"),
    gettext_noop("too little history of volume"),
    gettext_noop("trades are known of %(n)s candles"),
    gettext_noop("open interest is known of %(n)s days"),
    gettext_noop("%(n)s of %(m)s markets are known well enough"),
    gettext_noop("fewer than 90 common days with any other market"),
    gettext_noop("fewer than %(n)s past moments whose %(m)s days afterwards are known"),
    gettext_noop("no returns of sectors are known"),
    gettext_noop("sectors have at most %(n)s candles after this state, %(m)s are needed"),
    gettext_noop("no extreme of 24 hours is known: there are no closes of its hours"),
    gettext_noop("no asset is at an extreme of 24 hours"),
    gettext_noop("its market cap is not known"),
    gettext_noop("no stablecoin's market cap is known"),
    gettext_noop("neither Fear & Greed, funding nor news are known"),
    gettext_noop("before the first halving"),
    gettext_noop("no news of the last 24 hours are known"),
    gettext_noop("no Fear & Greed of a week ago is known"),
    gettext_noop("fewer than 20 returns in 30 days"),
    gettext_noop("fewer than %(n)s common trading days in 30 days"),
    gettext_noop("no market caps of the day before or the week before"),
    gettext_noop("no candles of 24 hours"),
    gettext_noop("too large for its column"),
    gettext_noop("not entered yet"),
    gettext_noop("never entered"),
    gettext_noop("nothing is filled yet"),
    gettext_noop("a price, a sector or the worth of the portfolio is not known"),
    gettext_noop("the list has not been ranked yet"),
    gettext_noop("it belongs to no sector"),
    gettext_noop("nothing moved"),
    gettext_noop("a wrapped coin repeats another and counts nowhere"),
    gettext_noop("a stablecoin counts in the sector of the stablecoins only"),
    gettext_noop("market caps of %(n)s of %(m)s members are known"),
    gettext_noop("market caps of less than half of the assets are known"),
    gettext_noop("no volume is known"),
    gettext_noop("needs market caps of a week ago or volumes of two weeks"),
    gettext_noop("no headline of the last seven days names a sector"),
    gettext_noop("prices did not move"),
    gettext_noop("Ether has no fresh candles"),
    gettext_noop("a candle is longer than the span"),
    gettext_noop("no measured record yet: %(n)s cases in %(m)s separate weeks"),
    gettext_noop("fewer than five such outlooks that lasted as long have ended before"),
    gettext_noop("nobody decided"),
    gettext_noop("this is where the reason stands"),
    gettext_noop("nobody has decided yet"),
    gettext_noop("the asset is no more"),
    gettext_noop("the list is no more"),
    gettext_noop("not noted"),
    gettext_noop("no source was asked yet"),
    gettext_noop("it never was complete"),
    gettext_noop("it has no budget"),
    gettext_noop("it has no budget, or Redis does not answer"),
    gettext_noop("not called lately"),
    gettext_noop("it was never tested on the untouched block"),
    gettext_noop("its name writes no forecasts of prices"),
    gettext_noop("rules cannot break, other versions are looked at while they serve"),
    gettext_noop("nothing was trained"),
    gettext_noop("it has not ended"),
    gettext_noop("too few are scored"),
    gettext_noop("not measured lately"),
    gettext_noop("too few trades to say"),
    gettext_noop("it has no result"),
    gettext_noop("it was open at the end"),
    gettext_noop("it has not begun"),
    gettext_noop("it does not expire"),
    gettext_noop("it has begun nothing yet"),
    gettext_noop("it has not run yet"),
    gettext_noop("it was never called"),
    gettext_noop("Redis does not answer"),
    gettext_noop("none was made yet"),
    gettext_noop("none was tried out yet"),
)
"""Why a column is empty, as the analyses note it in their flags; a name in brackets stands for what varies."""


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each reason as it is translated and as it is recognised."""
    return tuple(
        (known, re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(known)) + r"\Z"))
        for known in (*REASONS, *portfolios.REASONS)
    )


def reason(stored: str) -> str:
    """Why something is unknown, as it was noted; words that nobody has translated stay as they are."""
    for known, pattern in _patterns():
        found = pattern.match(stored)
        if found:
            return gettext(known) % {name: formats.told(text) for name, text in found.groupdict().items()}
    return str(stored)


def provider(name: str) -> str:
    """An outside source in the reader's language; a news feed by the name that somebody gave it."""
    if name.startswith("rss_"):
        return gettext("News: %(name)s") % {"name": name.removeprefix("rss_")}
    return named(PROVIDERS, name)


def named(table: Mapping[Any, Any], word: str) -> str:
    """A stored word in the reader's language; one that the table lacks as it is."""
    return str(table.get(word, word))
