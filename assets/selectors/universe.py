"""Which assets can be analysed at a moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from assets.choices import DEMO_SOURCE, AssetType, Market
from assets.compute import periods
from system.exceptions import NoData

MAX_MISSED = 2
"""An asset whose newest candle is this many periods old is still alive; an older one is not."""
BENCHMARKS = {Market.REAL: ("BTC", "ETH"), Market.DEMO: ("BTC-DEMO", "ETH-DEMO")}


@dataclass(frozen=True)
class Member:
    """An asset of the universe."""

    asset_id: int
    symbol: str
    is_pegged: bool


@dataclass(frozen=True)
class Universe:
    """Assets with fresh candles at a moment, of one market: the real one where it has any, else the demo market.

    Attributes:
        market: real or demo; never both.
        members: spot assets by id; those that stopped trading before are not among them.
        bitcoin, ether: ids of the benchmarks; None if it has no fresh candles.
    """

    market: Market
    members: tuple[Member, ...]
    bitcoin: int | None
    ether: int | None

    @property
    def asset_ids(self) -> list[int]:
        return [member.asset_id for member in self.members]

    @property
    def free(self) -> list[int]:
        """Members that follow no other price: without stablecoins, fiat and wrapped coins."""
        return [member.asset_id for member in self.members if not member.is_pegged]


QUERY = """
SELECT a.id, a.symbol, a.asset_type = %(stable)s OR a.metrics_details ? 'pegged_to', a.data_source = %(demo)s
FROM assets a
WHERE a.asset_type IN (%(crypto)s, %(stable)s) AND (a.is_active OR %(is_past)s) AND a.symbol NOT LIKE '%%-PERP'
  AND EXISTS (
      SELECT 1 FROM price_data c
      WHERE c.asset_id = a.id AND c.timeframe = %(timeframe)s AND c.candle_time BETWEEN %(oldest)s AND %(newest)s
      UNION ALL
      SELECT 1 FROM price_data_archive c
      WHERE c.asset_id = a.id AND c.timeframe = %(timeframe)s AND c.candle_time BETWEEN %(oldest)s AND %(newest)s)
ORDER BY a.id
"""


def universe(timeframe: str, as_of: datetime) -> Universe:
    """Assets that traded at ``as_of``, as far as was known then.

    An asset that is switched off is left out of the present. Nobody knows since when it is off, so once the next candle
    has closed, the candles alone say who was there: a run of the past is the same whatever is switched off today.

    Raises:
        NoData: no asset has a candle of the timeframe near that moment.
    """
    newest = periods.last_closed(as_of, timeframe)
    parameters: dict[str, Any] = {
        "timeframe": timeframe,
        "newest": newest,
        "oldest": newest - MAX_MISSED * periods.LENGTHS[timeframe],
        "crypto": AssetType.CRYPTO.value,
        "stable": AssetType.STABLECOIN.value,
        "demo": DEMO_SOURCE,
        "is_past": newest < periods.last_closed(timezone.now(), timeframe),
    }
    with connection.cursor() as cursor:
        cursor.execute(QUERY, parameters)
        rows = cursor.fetchall()
    real = [row for row in rows if not row[3]]
    market, chosen = (Market.REAL, real) if real else (Market.DEMO, rows)
    if not chosen:
        raise NoData(
            f"No asset has a {timeframe} candle that is closed at {as_of:%Y-%m-%d %H:%M} UTC and at most "
            f"{MAX_MISSED} periods old; import candles of that time first (manage.py import_market)."
        )
    ids = {symbol: asset_id for asset_id, symbol, _pegged, _demo in chosen}
    bitcoin, ether = (ids.get(symbol) for symbol in BENCHMARKS[market])
    return Universe(market, tuple(Member(i, symbol, pegged) for i, symbol, pegged, _demo in chosen), bitcoin, ether)
