"""Asking an exchange, before it is chosen, whether it answers and what it trades."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from assets.providers.base import Listing
from assets.providers.sources import candle_source
from system.exceptions import InvalidInput, UnavailableError

TRIED = "1h"
"""Length of the candles that are asked for."""
SPAN = timedelta(hours=6)
FAVOURITES = ("BTC", "ETH")
"""Coins whose candles are asked for; of the first that is traded."""


@dataclass(frozen=True)
class Probe:
    """What an exchange answered.

    Attributes:
        exchange: its name as in ``assets.data_source``.
        pairs: how many spot pairs it trades in the quote currency.
        pair: the one whose candles were asked for.
        candles: how many of the last six hours came, the running one included.
        newest: start of the newest of them, UTC.
    """

    exchange: str
    pairs: int
    pair: str
    candles: int
    newest: datetime


def probe_exchange(exchange: str, quote: str, now: datetime) -> Probe:
    """Ask an exchange for its pairs and for the newest candles of one. Nothing is stored.

    Args:
        exchange: its name as in the setting ``collection``.
        quote: what the pairs are priced in.
        now: the present.
    Raises:
        InvalidInput: nobody knows the exchange, or it trades nothing against the quote; the field is named.
        UnavailableError: it does not answer, or gives no candles.
        DomainError: it refuses, or answers what makes no sense.
    """
    source = candle_source(exchange)
    if source is None or not hasattr(source, "listings"):
        raise InvalidInput(_("There is no exchange called %(name)s.") % {"name": exchange}, field="exchange")
    traded = {one.base: one for one in source.listings().listings if one.quote == quote and one.is_trading}
    if not traded:
        raise InvalidInput(
            _("%(exchange)s trades nothing against %(quote)s.") % {"exchange": exchange, "quote": quote}, field="quote"
        )
    pair = _tried(traded).pair
    told = source.fetch_candles(pair, TRIED, now - SPAN, now, now=now)
    if told.rows.is_empty():
        reason = told.error or _("no candles")
        raise UnavailableError(_("%(pair)s: %(reason)s") % {"pair": pair, "reason": reason})
    newest = datetime.fromisoformat(told.rows["candle_time"][-1])
    return Probe(exchange, len(traded), pair, len(told.rows), newest)


def _tried(traded: dict[str, Listing]) -> Listing:
    """The pair that shows best whether candles come."""
    return next((traded[coin] for coin in FAVOURITES if coin in traded), next(iter(traded.values())))
