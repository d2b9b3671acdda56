"""Which exchanges can be read."""

from collections.abc import Callable, Sequence

from system.exceptions import InvalidInput
from trading.providers.binance_account import BinanceAccount
from trading.providers.connection import Key
from trading.providers.kraken_account import KrakenAccount
from trading.providers.reading import AccountReader

READERS: dict[str, Callable[[Key, Sequence[str], Sequence[str]], AccountReader]] = {
    "binance": BinanceAccount,
    "kraken": KrakenAccount,
}


def reader(exchange: str, key: Key, *, pairs: Sequence[str] = (), coins: Sequence[str] = ()) -> AccountReader:
    """The reader of an account.

    Raises:
        InvalidInput: this exchange cannot be read.
    """
    if exchange not in READERS:
        raise InvalidInput(f"exchange must be one of: {', '.join(sorted(READERS))}.", field="exchange")
    return READERS[exchange](key, pairs, coins)
