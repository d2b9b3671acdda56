"""The portfolio of two coins in a market with candles, after an analysis, for tests that only read it or undo."""

from selection.models import Portfolio
from tests.factories import UserFactory, add_candles
from tests.pages import holding
from tests.pages import market as making
from tests.pages.every import CLOSES


def two_coins_analysed() -> Portfolio:
    """Whose it is, it says itself."""
    market = making.make_market()
    add_candles(market.asset, CLOSES, first=making.TODAY - len(CLOSES) * holding.DAY)
    found = holding.two_coins(UserFactory(), market.asset)
    holding.analysed(found, market.snapshot)
    return found
