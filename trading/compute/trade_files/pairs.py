"""Which of two coins is the money: a trade is told as buying or selling the other one for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.compute.trade_files import values

FIAT = (
    "USD", "EUR", "GBP", "CHF", "JPY", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "TRY", "BRL", "ARS",
    "MXN", "ZAR", "RUB", "UAH", "NGN", "RON", "AED", "SGD", "HKD", "INR", "KRW", "COP",
)  # fmt: skip
DOLLAR_COINS = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "PYUSD", "USDP", "USDS", "USDG", "RLUSD", "PAX", "UST")
COINS = ("BTC", "ETH", "BNB", "SOL")
MONEY = (*FIAT, *DOLLAR_COINS, *COINS)


@dataclass(frozen=True)
class Side:
    """How a journal tells an exchange of two coins."""

    kind: str
    symbol: str
    quantity: Decimal
    quote: str
    price: Decimal


def side(bought: str, received: Decimal, paid: str, spent: Decimal) -> Side:
    """Buying what was received, or selling what was spent if what was received is the money of the two.

    Args:
        bought: coin received.
        received: how much, above 0.
        paid: coin spent.
        spent: how much, above 0.
    """
    if _rank(bought) < _rank(paid):
        return Side("sell", paid, spent, bought, values.quotient(received, spent))
    return Side("buy", bought, received, paid, values.quotient(spent, received))


def _rank(symbol: str) -> int:
    return MONEY.index(symbol) if symbol in MONEY else len(MONEY)


def ending(name: str, quotes: Sequence[str]) -> tuple[str, str] | None:
    """Base and quote of a pair that is written together; None if it ends with none of the quotes.

    Args:
        quotes: in the order in which they are tried, longer ones before their own endings.
    """
    found = next((quote for quote in quotes if name.endswith(quote) and len(name) > len(quote)), None)
    return None if found is None else (name.removesuffix(found), found)
