"""Series of single assets: what perpetuals cost and how much is at stake, and how large coins are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from assets.providers.base import Fetched
from assets.providers.binance import BinanceSource
from assets.providers.coingecko import CoinGeckoSource
from macro.compute.values import DAY, ValueRule
from macro.providers.base import SeriesSpec

AT_ONCE = timedelta(0)
YEAR = timedelta(days=365)
"""How far back CoinGecko's public interface goes."""
BINANCE = BinanceSource(is_perpetual=True)


@dataclass(frozen=True)
class Perpetuals:
    """Funding, open interest and takers' purchases of perpetuals at Binance.

    Args:
        pairs: Binance's name of a perpetual, our symbol and id.
    """

    pairs: tuple[tuple[str, str, int], ...]
    name: str = "binance"

    @cached_property
    def specs(self) -> Sequence[SeriesSpec]:
        return [
            SeriesSpec(f"{kind.upper()}:{symbol}", f"{name} of {pair}", kind, unit, f"{kind} {pair}", rule, asset_id)
            for pair, symbol, asset_id in self.pairs
            for kind, name, unit, rule in (
                ("funding", "Funding rate", "fraction per interval", FUNDING),
                ("open_interest", "Open interest", "USD", INTEREST),
                ("taker_volume", "Volume bought by takers", "USD per day", TAKERS),
            )
        ]

    def fetch(self, spec: SeriesSpec, since: datetime, until: datetime) -> Fetched:
        """Values of the span; of open interest the last 30 days at most."""
        kind, pair = spec.key.split(" ")
        if kind == "funding":
            return BINANCE.fetch_funding(pair, since, until, now=until)
        if kind == "open_interest":
            return BINANCE.fetch_open_interest(pair, "1d", since, until, now=until)
        return BINANCE.fetch_taker_volume(pair, "1d", since, until, now=until)


FUNDING = ValueRule("fundingTime", "fundingRate", known_after=AT_ONCE, is_jittery=True)
INTEREST = ValueRule("timestamp", "sumOpenInterestValue", known_after=AT_ONCE, zero_is_unknown=True, least=0)
TAKERS = ValueRule("open time", "taker buy volume", known_after=DAY, least=0)
CAP = ValueRule("date", "market cap", zero_is_unknown=True, least=0)
VOLUME = ValueRule("date", "volume", least=0)


@dataclass
class CoinSizes:
    """Market caps and volumes of coins by day, from CoinGecko. One call brings both.

    Args:
        coins: CoinGecko's id, our symbol and id.
    """

    coins: tuple[tuple[str, str, int], ...]
    name: str = "coingecko"
    newest: tuple[tuple[str, datetime, datetime], dict[str, Fetched]] | None = field(default=None, repr=False)

    @cached_property
    def specs(self) -> Sequence[SeriesSpec]:
        return [
            SeriesSpec(f"{kind.upper()}:{symbol}", f"{name} of {coin}", kind, "USD", f"{kind} {coin}", rule, pk,
                       reach=YEAR)
            for coin, symbol, pk in self.coins
            for kind, name, rule in (("market_cap", "Market cap", CAP), ("volume", "24 h volume", VOLUME))
        ]  # fmt: skip

    def fetch(self, spec: SeriesSpec, since: datetime, until: datetime) -> Fetched:
        """Days of the span that are over."""
        kind, coin = spec.key.split(" ")
        asked = (coin, since, until)
        if self.newest is None or self.newest[0] != asked:
            self.newest = (asked, CoinGeckoSource().daily_history(coin, since, until, now=until))
        return self.newest[1][kind]
