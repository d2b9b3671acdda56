"""Names of well-known coins, so that files which name them differently mean the same asset, without asking anybody."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assets.choices import AssetType

TABLE = Path(__file__).with_name("catalogue.csv")


@dataclass(frozen=True)
class Coin:
    """A coin as the catalogue knows it. ``pegged_to`` names what a stable or wrapped coin follows."""

    symbol: str
    name: str
    coingecko_id: str | None
    asset_type: str
    pegged_to: str | None
    aliases: tuple[str, ...]


@cache
def coins() -> dict[str, Coin]:
    """All coins by symbol."""
    with TABLE.open(encoding="utf-8", newline="") as table:
        return {
            row["symbol"]: Coin(
                row["symbol"],
                row["name"],
                row["coingecko_id"] or None,
                AssetType(row["asset_type"]),
                row["pegged_to"] or None,
                tuple(filter(None, row["aliases"].split(";"))),
            )
            for row in csv.DictReader(table)
        }


@cache
def symbols_by_name() -> dict[str, str]:
    """Symbol of each name and alias, in lower case."""
    return {name.lower(): coin.symbol for coin in coins().values() for name in (coin.name, *coin.aliases)}


@cache
def symbols_by_coingecko_id() -> dict[str, str]:
    """Symbol of each CoinGecko id."""
    return {coin.coingecko_id: coin.symbol for coin in coins().values() if coin.coingecko_id}
