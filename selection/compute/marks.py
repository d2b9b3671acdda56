"""Which coins count as a dollar where no rate of theirs is known, and the marks of what rests on an assumption.

One rule for entries, imports, daily values and analyses.
"""

DOLLAR = "USD"
"""Symbol of the dollar itself."""
DOLLARS = ("USDT", "USDC")
"""Symbols of the coins that count as one dollar where no rate of theirs is known. Any other stablecoin needs a rate, or
a price that a person states: it may follow another currency, or have lost its dollar."""
AS_DOLLAR, STATED = "as_dollar", "manual_price"
"""Codes of assumptions, each followed by the asset: a coin counted as one dollar, a price that a person stated."""


def counts_as_dollar(symbol: str) -> bool:
    """Whether a coin without a known rate is taken for one dollar, and marked."""
    return symbol in DOLLARS
